//! Replies to requests with tools, decided step by step for models that call badly on their own, and
//! for every model where a call is demanded: then what is written is a call and nothing else.
//!
//! What is asked and how it is read is in `polymath_model::calls`; here it is run, as short tasks beside the
//! conversation's own sequence.

use crate::job::{Control, Generated, Job, Kind, Watcher};
use crate::prompt::task_prompt;
use crate::reply;
use crate::scheduler::Scheduler;
use crate::vocabulary::Vocabulary;
use llama_cpp_2::token::LlamaToken;
use polymath_chat::{Constraint, Event, Message, Role, ToolCall, ToolSpec, call_id};
use polymath_model::calls::{self, CallWay};
use polymath_model::constrain::calls_grammar;
use polymath_model::engine::{EngineError, Reply, ReplyRequest, ReplyStop, Sampling, TokenUsage, ToolChoice};
use polymath_model::template::Template;

/// Alternatives to what is said of a function that are looked at.
const TOP: usize = 20;
/// Tokens of a call that is drafted to look at it.
const DRAFT: usize = 200;
/// Odds of a function that no call could be drafted of.
const UNFIT: f32 = -10.0;
/// Tokens of a yes or no.
const ANSWER: usize = 3;

/// What a request with tools comes to.
pub enum Decision {
    /// The calls, as a whole message.
    Calls(Box<Reply>),
    /// No call: the model answers in words.
    Words,
}

/// Whether a request's calls are decided here, and not left to the model.
pub fn are_decided(way: CallWay, request: &ReplyRequest<'_>) -> bool {
    let rules = &request.rules;
    let wanted = match rules.tool_choice {
        ToolChoice::None => false,
        ToolChoice::Auto => way == CallWay::Decided,
        ToolChoice::Required | ToolChoice::Named(_) => true,
    };
    wanted && rules.constraint.is_none() && !request.tools.is_empty()
}

/// Decides one request.
pub struct Decider<'a> {
    pub scheduler: &'a Scheduler,
    pub template: &'a Template,
    pub vocabulary: &'a Vocabulary,
    pub request: &'a ReplyRequest<'a>,
}

impl Decider<'_> {
    /// Decides whether to call, and what.
    pub async fn decide(&self) -> Result<Decision, EngineError> {
        let request = self.request;
        let tools = offered(request)?;
        let question = calls::question(request.messages, &tools);
        let forced = request.rules.tool_choice != ToolChoice::Auto;
        let asked_for = match (forced, tools.as_slice()) {
            (true, [_]) => tools.clone(),
            _ => self.asked_for(&question, &tools).await?,
        };
        // Where nothing could be said of the functions, a demanded call is of any of them.
        let callable = match (asked_for.is_empty(), forced) {
            (true, false) => return Ok(Decision::Words),
            (true, true) => &tools,
            (false, _) => &asked_for,
        };
        let said = calls::said(&tools, |tool| callable.contains(tool));
        let prompt = self.prompt(question, &said)?;
        let length = prompt.0.len();
        let array = calls_grammar(callable, true, request.rules.parallel_calls);
        let written = self.ask(prompt, array, request.rules.max_tokens, None).await?;
        // All calls lack a value that nobody gave: the model has to ask for it.
        let whole = written.stop == ReplyStop::End && calls::cut(&written.text).is_empty();
        if !forced && whole && calls::read(&written.text, request.tools, request.messages).is_empty() {
            return Ok(Decision::Words);
        }
        Ok(Decision::Calls(Box::new(reply_of(request, written, length))))
    }

    /// The functions that the model says the request asks for.
    async fn asked_for(&self, question: &[Message], tools: &[ToolSpec]) -> Result<Vec<ToolSpec>, EngineError> {
        // A token is a byte at least, and "yes" is as long as it gets.
        let longest = calls::said(tools, |_| true).len();
        let said =
            self.ask(self.prompt(question.to_vec(), "")?, calls::said_grammar(tools), longest, Some(TOP)).await?;
        let odds = calls::odds(&said.logprobs, tools);
        let mut parts = Vec::new();
        let last = self.request.messages.last().filter(|m| m.role == Role::User);
        let request = last.map_or("", |m| m.content.as_str());
        if calls::is_open(&odds) && self.request.rules.parallel_calls {
            for part in calls::clauses(request) {
                let prompt = self.prompt(calls::question_of(part, tools), "")?;
                let said = self.ask(prompt, calls::said_grammar(tools), longest, Some(TOP)).await?;
                parts.push(calls::odds(&said.logprobs, tools));
            }
        }
        let fits = self.fits(question, &odds, tools).await?;
        let demanded = self.request.rules.tool_choice != ToolChoice::Auto;
        Ok(calls::asked_for(&odds, &parts, &fits, tools, demanded))
    }

    /// The odds that a draft of its call does what the request asks for, of each function that is in doubt.
    async fn fits(
        &self,
        question: &[Message],
        odds: &[f32],
        tools: &[ToolSpec],
    ) -> Result<Vec<Option<f32>>, EngineError> {
        let mut fits = vec![None; tools.len()];
        for i in calls::doubtful(odds) {
            let tool = &tools[i];
            let said = calls::said(tools, |other| other == tool);
            let prompt = self.prompt(question.to_vec(), &said)?;
            let array = calls_grammar(std::slice::from_ref(tool), true, false);
            let written = self.ask(prompt, array, self.request.rules.max_tokens.min(DRAFT), None).await?;
            let draft = calls::read(&written.text, tools, self.request.messages).into_iter().next();
            let Some((_, arguments)) = draft else {
                fits[i] = Some(UNFIT);
                continue;
            };
            let asked = calls::fits_question(self.request.messages, tool, &arguments);
            let said = self.ask(self.prompt(asked, "")?, calls::fits_grammar(), ANSWER, Some(TOP)).await?;
            fits[i] = calls::fits_odds(&said.logprobs);
        }
        Ok(fits)
    }

    fn prompt(&self, messages: Vec<Message>, said: &str) -> Result<(Vec<LlamaToken>, usize), EngineError> {
        task_prompt(self.template, self.vocabulary, messages, said)
    }

    async fn ask(
        &self,
        (prompt, fixed): (Vec<LlamaToken>, usize),
        constraint: Constraint,
        max_tokens: usize,
        top_logprobs: Option<usize>,
    ) -> Result<Generated, EngineError> {
        let job = Job {
            kind: Kind::Task,
            prompt,
            fixed,
            constraint: Some(constraint),
            // What is called is decided, not drawn.
            sampling: Sampling::default(),
            max_tokens,
            stop: Vec::new(),
            top_logprobs,
            watcher: Box::new(UntilRepeated {
                written: String::new(),
                quiet: reply::Quiet::new(self.request.events.clone()),
            }),
            cancel: self.request.cancel.clone(),
        };
        self.scheduler.run(job).await
    }
}

/// The tools that may be called.
fn offered(request: &ReplyRequest<'_>) -> Result<Vec<ToolSpec>, EngineError> {
    let ToolChoice::Named(name) = &request.rules.tool_choice else { return Ok(request.tools.to_vec()) };
    let tool = request.tools.iter().find(|t| t.name == *name).ok_or_else(|| {
        let names: Vec<&str> = request.tools.iter().map(|t| t.name.as_str()).collect();
        EngineError::Failed(format!(
            "a call of `{name}` is demanded, which is not among the tools ({}); name one of them",
            names.join(", ")
        ))
    })?;
    Ok(vec![tool.clone()])
}

/// The reply that was written under the grammar of the calls. Where it was cut, whole calls are calls,
/// whatever became of the next one, and the next one is an attempt, as it is in every dialect.
fn reply_of(request: &ReplyRequest<'_>, written: Generated, prompt: usize) -> Reply {
    let before: usize = request.messages.iter().map(|m| m.calls.len()).sum();
    let mut message = Message::assistant("");
    let mut malformed = Vec::new();
    let read = calls::read(&written.text, request.tools, request.messages);
    let is_cut = matches!(written.stop, ReplyStop::Length | ReplyStop::Loop);
    let rest = calls::cut(&written.text);
    if read.is_empty() || is_cut && !rest.is_empty() {
        let why = match is_cut {
            true => format!("it was cut after {} tokens; allow more of them", written.tokens.len()),
            false => "a value that it needs was not given; say it in the request".to_owned(),
        };
        malformed.push((rest.to_owned(), why));
    }
    if is_cut && !malformed.is_empty() && !read.is_empty() {
        let text = format!("the list of calls was cut; {} whole ones are kept", read.len());
        let _ = request.events.send(Event::Notice { text });
    }
    let lacking = calls::lacking(&written.text, request.tools, request.messages);
    if !read.is_empty() && !lacking.is_empty() {
        let text = format!("no call of {}: a value that it needs was not given", lacking.join(" and "));
        let _ = request.events.send(Event::Notice { text });
    }
    // A list that lacks nothing but its bracket has lost nothing.
    let stop = if is_cut && malformed.is_empty() { ReplyStop::End } else { written.stop };
    let numbered = read.into_iter().enumerate().map(|(i, (name, arguments))| ToolCall {
        id: call_id(before + i + 1),
        name,
        arguments,
    });
    message.calls = numbered.collect();
    let usage = TokenUsage { prompt, cached: written.cached, completion: written.tokens.len() };
    Reply { message, malformed, usage, stop, logprobs: written.logprobs }
}

/// Looks on while calls are written, and ends it where they begin to repeat themselves.
struct UntilRepeated {
    written: String,
    quiet: reply::Quiet,
}

impl Watcher for UntilRepeated {
    fn prefilled(&mut self, new: usize, cached: usize, ms: u64) {
        self.quiet.prefilled(new, cached, ms);
    }

    fn text(&mut self, text: &str) -> Control {
        self.written.push_str(text);
        match text.contains('}') && calls::repeats(&self.written) {
            true => Control::Stop,
            false => Control::Continue,
        }
    }

    fn finished(&mut self, _: ReplyStop) {}
}
