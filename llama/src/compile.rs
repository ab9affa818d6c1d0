//! Compiles constraints on the decoding thread. The walk over the vocabulary that this needs runs
//! in the background while the model gets ready, and what was compiled once is kept.

use crate::vocabulary::Vocabulary;
use llguidance::Matcher;
use polymath_chat::Constraint;
use polymath_model::constrain::Compiler;
use polymath_model::engine::EngineError;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Compiled constraints that are kept.
const KEPT: usize = 32;

type Prepared = Result<Compiler, EngineError>;

pub struct LateCompiler {
    preparing: RefCell<Option<JoinHandle<Prepared>>>,
    compiler: RefCell<Option<Prepared>>,
    kept: RefCell<VecDeque<(Constraint, Matcher)>>,
}

/// The preparation under way; a [`LateCompiler`] is made of it on the decoding thread.
pub struct Preparing(JoinHandle<Prepared>);

impl Preparing {
    pub fn start(vocabulary: Arc<Vocabulary>) -> Result<Self, EngineError> {
        std::thread::Builder::new()
            .name("vocabulary".into())
            .spawn(move || Compiler::new(&vocabulary.tok_env()))
            .map(Preparing)
            .map_err(|e| EngineError::Failed(format!("cannot start a thread: {e}")))
    }
}

impl LateCompiler {
    pub fn new(preparing: Preparing) -> Self {
        LateCompiler {
            preparing: RefCell::new(Some(preparing.0)),
            compiler: RefCell::new(None),
            kept: RefCell::default(),
        }
    }

    /// A matcher at the start of the constraint.
    pub fn compile(&self, constraint: &Constraint) -> Result<Matcher, EngineError> {
        if let Some((_, matcher)) = self.kept.borrow().iter().find(|(known, _)| known == constraint) {
            return Ok(matcher.deep_clone());
        }
        if let Some(preparing) = self.preparing.borrow_mut().take() {
            let died = || Err(EngineError::Failed("the thread that prepares constraints has died".into()));
            *self.compiler.borrow_mut() = Some(preparing.join().unwrap_or_else(|_| died()));
        }
        let compiler = self.compiler.borrow();
        let matcher = match compiler.as_ref() {
            Some(Ok(compiler)) => compiler.compile(constraint)?,
            Some(Err(error)) => return Err(error.clone()),
            None => return Err(EngineError::Failed("constraints were not prepared".into())),
        };
        let mut kept = self.kept.borrow_mut();
        kept.truncate(KEPT - 1);
        kept.push_front((constraint.clone(), matcher.deep_clone()));
        Ok(matcher)
    }
}
