//! Arithmetic text to a tree: numbers, operators, percentages, named functions and units.
//!
//! A unit binds to the number before it more tightly than any operator, so that `300 MW / 5 MW` is 60. Whether
//! a word is a unit is not known here, only that it is neither function nor constant.

use super::{
    error::CalcError,
    token::{Placed, Token, tokens},
    units::{MONEY, known_as},
};
use dashu_int::UBig;
use dashu_ratio::RBig;
use std::sync::LazyLock;

/// A part of the expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Number(RBig),
    Constant(Constant),
    Unit(String),
    Negative(Box<Node>),
    /// `x%`.
    Percent(Box<Node>),
    /// `x°`.
    Degrees(Box<Node>),
    Factorial(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
    Call(&'static Function, Vec<Node>),
    /// `x to km/h`; the unit as fend reads it.
    Convert(Box<Node>, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constant {
    Pi,
    Tau,
    E,
    Phi,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    /// `17.5% of 2340`: a multiplication that keeps a percentage a percentage.
    Of,
    Divide,
    FloorDivide,
    Modulo,
    Power,
}

/// A row of `functions.txt`.
#[derive(Debug, PartialEq)]
pub struct Function {
    pub name: &'static str,
    least: usize,
    pub most: usize,
    others: Vec<&'static str>,
}

static FUNCTIONS: LazyLock<Vec<Function>> = LazyLock::new(|| {
    let rows = include_str!("functions.txt").lines().filter(|row| !row.starts_with('#'));
    rows.filter_map(|row| {
        let mut words = row.split_whitespace();
        let (name, least, most) = (words.next()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Function { name, least, most, others: words.collect() })
    })
    .collect()
});

/// The function of that name, in whatever case.
pub fn function(word: &str) -> Option<&'static Function> {
    let word = word.to_lowercase();
    FUNCTIONS.iter().find(|f| f.name == word || f.others.contains(&&*word))
}

/// Words before the unit that a result is wanted in.
const CONVERTING: &[&str] = &["to", "in", "into", "as"];

/// Words that join parts and are never units.
const JOINING: &[&str] = &["of", "mod", "to", "into", "in", "as", "per", "and"];

/// Nesting that no honest expression reaches, and the stack easily holds.
const MAX_DEPTH: usize = 64;

/// The tree, and what is to be said of how it was read.
///
/// # Errors
/// What can't be read as arithmetic.
pub fn parse(text: &str) -> Result<(Node, Vec<String>), CalcError> {
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, depth: 0, notes: Vec::new() };
    if parser.tokens.is_empty() {
        return Err(CalcError::Arguments(
            "the expression is empty; write one such as `17.5% of 2340 + sqrt(2)`".into(),
        ));
    }
    let node = parser.converted()?;
    match parser.peek() {
        None => Ok((node, parser.notes)),
        Some(token) => Err(CalcError::Arguments(format!("unexpected {} in `{text}`", token.show()))),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Placed>,
    at: usize,
    depth: usize,
    notes: Vec<String>,
}

fn too_deep() -> CalcError {
    CalcError::Arguments("the expression is nested too deeply; split it up".into())
}

fn binary(operator: Operator, a: Node, b: Node) -> Node {
    Node::Binary(operator, Box::new(a), Box::new(b))
}

impl Parser<'_> {
    fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at).map(|(token, ..)| token)
    }

    fn peek(&self) -> Option<&Token> {
        self.token(self.at)
    }

    fn take(&mut self, sign: char) -> bool {
        let found = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, words: &[&str]) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(w)) if words.contains(&w.to_lowercase().as_str()));
        self.at += usize::from(found);
        found
    }

    /// Whether token `at` follows the one before it without a space.
    fn is_tight(&self, at: usize) -> bool {
        at > 0 && self.tokens.get(at).is_some_and(|token| token.1 == self.tokens[at - 1].2)
    }

    /// Runs a part of the grammar one level deeper.
    fn deeper<T>(&mut self, part: fn(&mut Self) -> Result<T, CalcError>) -> Result<T, CalcError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep());
        }
        let node = part(self)?;
        self.depth -= 1;
        Ok(node)
    }

    /// A sum, and the units that it is wanted in: `5 km + 300 m in miles`.
    fn converted(&mut self) -> Result<Node, CalcError> {
        let node = self.deeper(Self::sum)?;
        if !self.take_word(CONVERTING) {
            return Ok(node);
        }
        let unit = self.wanted();
        if unit.is_empty() {
            return Err(CalcError::Arguments("the expression ends where a unit should follow".into()));
        }
        Ok(Node::Convert(Box::new(node), unit))
    }

    /// The unit behind `to`, as fend reads it.
    fn wanted(&mut self) -> String {
        let mut unit = String::new();
        while let Some(token) = self.peek() {
            match token {
                Token::Word(word) if word == "per" => unit.push('/'),
                Token::Word(word) if CONVERTING.contains(&word.as_str()) && !unit.is_empty() => break,
                Token::Word(word) => unit.push_str(&format!(" {}", known_as(word))),
                // A power, and no power of a power.
                Token::Number(n) if unit.ends_with(['^', '-']) => unit.push_str(&format!("{n} ")),
                Token::Sign('^') if unit.ends_with([' ', ')']) => break,
                Token::Sign(sign) if "*/^-%(°".contains(*sign) => unit.push(*sign),
                Token::Sign(')') if unit.matches('(').count() > unit.matches(')').count() => unit.push(')'),
                _ => break,
            }
            self.at += 1;
        }
        unit.trim().to_owned()
    }

    fn sum(&mut self) -> Result<Node, CalcError> {
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Some(Token::Sign('+')) => Operator::Add,
                Some(Token::Sign('-')) => Operator::Subtract,
                _ => return Ok(left),
            };
            self.at += 1;
            left = binary(operator, left, self.product()?);
        }
    }

    fn product(&mut self) -> Result<Node, CalcError> {
        let begin = self.at;
        let mut left = self.unary()?;
        let mut divided = false;
        loop {
            let (operator, length) = match self.peek() {
                Some(Token::Sign('*')) => (Operator::Multiply, 1),
                Some(Token::Sign('/')) => (Operator::Divide, 1),
                Some(Token::FloorDivide) => (Operator::FloorDivide, 1),
                Some(Token::Sign('%')) => (Operator::Modulo, 1),
                Some(Token::Word(w)) if w == "mod" => (Operator::Modulo, 1),
                Some(Token::Word(w)) if w == "of" => (Operator::Of, 1),
                // Two values side by side: `2 pi`, `3(4 + 1)`.
                Some(Token::Word(w)) if !JOINING.contains(&w.as_str()) => (Operator::Multiply, 0),
                Some(Token::Sign('(')) => (Operator::Multiply, 0),
                _ => return Ok(left),
            };
            let middle = self.at;
            self.at += length;
            left = binary(operator, left, self.unary()?);
            if divided && length == 0 {
                let span = |from: usize, to: usize| &self.text[self.tokens[from].1..self.tokens[to - 1].2];
                let (first, second) = (span(begin, middle), span(middle, self.at));
                self.notes.push(format!("Read from left to right, as ({first}) * {second}."));
            }
            divided = operator == Operator::Divide;
        }
    }

    fn unary(&mut self) -> Result<Node, CalcError> {
        self.signed(Self::quantity)
    }

    fn signed(&mut self, part: fn(&mut Self) -> Result<Node, CalcError>) -> Result<Node, CalcError> {
        let mut negative = false;
        loop {
            if self.take('-') {
                negative = !negative;
            } else if !self.take('+') {
                break;
            }
        }
        let node = part(self)?;
        Ok(if negative { Node::Negative(Box::new(node)) } else { node })
    }

    /// A value with the units behind it; of several, as in `5 ft 3 in`, the sum.
    fn quantity(&mut self) -> Result<Node, CalcError> {
        let price = matches!(self.peek(), Some(Token::Word(w)) if w == MONEY)
            && matches!(self.token(self.at + 1), Some(Token::Number(_) | Token::Sign('(')));
        self.at += usize::from(price);
        let number = if self.is_fraction() { self.fraction()? } else { self.power()? };
        let first = match (price, self.is_unit(self.at)) {
            (true, _) => Node::Unit(MONEY.to_owned()),
            (false, true) => self.unit()?,
            (false, false) => return Ok(number),
        };
        let mut quantity = binary(Operator::Multiply, number, self.units(first)?);
        while matches!(self.peek(), Some(Token::Number(_))) && self.is_unit(self.at + 1) {
            let more = binary(Operator::Multiply, self.power()?, self.unit()?);
            quantity = binary(Operator::Add, quantity, more);
        }
        Ok(quantity)
    }

    /// Whether a fraction of a unit is next: `1/3 km`, without spaces.
    fn is_fraction(&self) -> bool {
        let number = |at| matches!(self.token(at), Some(Token::Number(_)));
        let stroke = self.token(self.at + 1) == Some(&Token::Sign('/'));
        let tight = self.is_tight(self.at + 1) && self.is_tight(self.at + 2);
        number(self.at) && stroke && tight && number(self.at + 2) && self.is_unit(self.at + 3)
    }

    fn fraction(&mut self) -> Result<Node, CalcError> {
        let fraction = &self.text[self.tokens[self.at].1..self.tokens[self.at + 2].2];
        let unit = &self.text[self.tokens[self.at + 3].1..self.tokens[self.at + 3].2];
        self.notes.push(format!("Read as ({fraction}) {unit}."));
        let above = self.primary()?;
        self.at += 1;
        Ok(binary(Operator::Divide, above, self.primary()?))
    }

    /// What is joined to a unit: `km/h` without spaces, `km per h`, `N m`.
    fn units(&mut self, first: Node) -> Result<Node, CalcError> {
        let mut node = first;
        loop {
            let tight = self.is_tight(self.at) && self.is_tight(self.at + 1);
            let (operator, length) = match self.peek() {
                Some(Token::Sign('/')) if tight => (Operator::Divide, 1),
                Some(Token::Sign('*')) if tight => (Operator::Multiply, 1),
                Some(Token::Word(w)) if w == "per" => (Operator::Divide, 1),
                _ => (Operator::Multiply, 0),
            };
            if !self.is_unit(self.at + length) {
                return Ok(node);
            }
            self.at += length;
            node = binary(operator, node, self.unit()?);
        }
    }

    /// A unit and its power.
    fn unit(&mut self) -> Result<Node, CalcError> {
        let Some(Token::Word(word)) = self.peek() else {
            return Err(CalcError::Arguments("the expression ends where a unit should follow".into()));
        };
        let unit = Node::Unit(word.clone());
        self.at += 1;
        if !self.take('^') {
            return Ok(unit);
        }
        let exponent = self.deeper(|parser| parser.signed(Self::power))?;
        Ok(binary(Operator::Power, unit, exponent))
    }

    /// Whether token `at` is a word that may be a unit. `in` is one where nothing follows it to convert to.
    fn is_unit(&self, at: usize) -> bool {
        let Some(Token::Word(word)) = self.token(at) else { return false };
        if word == "in" {
            let number = at > 0 && matches!(self.token(at - 1), Some(Token::Number(_)));
            return number
                && match self.token(at + 1) {
                    None => true,
                    Some(Token::Sign(sign)) => !"(°%".contains(*sign),
                    Some(Token::Word(next)) => CONVERTING.contains(&next.as_str()),
                    _ => false,
                };
        }
        !JOINING.contains(&word.as_str()) && constant(word).is_none() && !self.is_called(at)
    }

    /// Whether token `at`, a word, has an argument: `f(2)` whatever `f` is, and `sqrt 2`, `sin of 30°`.
    fn is_called(&self, at: usize) -> bool {
        let Some(Token::Word(word)) = self.token(at) else { return false };
        let known = function(word).filter(|_| word.len() > 1);
        let next = match self.token(at + 1) {
            Some(Token::Word(of)) if of == "of" => at + 2,
            _ => at + 1,
        };
        match self.token(next) {
            Some(Token::Sign('(')) => known.is_some() || self.is_tight(next),
            Some(Token::Number(_)) => known.is_some_and(|f| f.most <= 2),
            Some(Token::Word(word)) => known.is_some_and(|f| f.most <= 2) && !JOINING.contains(&word.as_str()),
            _ => false,
        }
    }

    /// Right-associative, and stronger than a minus before it: `-2^2` is -4.
    fn power(&mut self) -> Result<Node, CalcError> {
        let base = self.postfix()?;
        if !self.take('^') {
            return Ok(base);
        }
        let exponent = self.deeper(|parser| parser.signed(Self::power))?;
        Ok(binary(Operator::Power, base, exponent))
    }

    fn postfix(&mut self) -> Result<Node, CalcError> {
        let mut node = self.primary()?;
        for _ in 0..MAX_DEPTH {
            if self.take('!') {
                node = Node::Factorial(Box::new(node));
            } else if self.percent_follows() {
                self.at += 1;
                node = Node::Percent(Box::new(node));
            } else if self.take('°') || self.take_word(&["degrees", "degree", "deg"]) {
                node = Node::Degrees(Box::new(node));
            } else {
                return Ok(node);
            }
        }
        Err(too_deep())
    }

    /// Whether the next token is a per cent sign and not a remainder: no value follows it.
    fn percent_follows(&self) -> bool {
        self.peek() == Some(&Token::Sign('%'))
            && !match self.token(self.at + 1) {
                Some(Token::Number(_) | Token::Sign('(')) => true,
                Some(Token::Word(w)) => !JOINING.contains(&w.as_str()),
                _ => false,
            }
    }

    fn primary(&mut self) -> Result<Node, CalcError> {
        let Some(token) = self.peek().cloned() else {
            return Err(CalcError::Arguments("the expression ends where a number should follow".into()));
        };
        self.at += 1;
        match token {
            Token::Number(value) => Ok(Node::Number(value)),
            Token::Sign(open @ ('(' | '[')) => {
                let node = self.converted()?;
                self.close(open)?;
                Ok(node)
            }
            Token::Word(word) => self.word(&word),
            other => Err(CalcError::Arguments(format!("a number should stand where {} is", other.show()))),
        }
    }

    fn close(&mut self, open: char) -> Result<(), CalcError> {
        if self.take(if open == '(' { ')' } else { ']' }) {
            return Ok(());
        }
        Err(CalcError::Arguments("a closing parenthesis is missing".into()))
    }

    fn word(&mut self, word: &str) -> Result<Node, CalcError> {
        if let Some(constant) = constant(word) {
            return Ok(Node::Constant(constant));
        }
        // `log_2(8)`
        let base = word.strip_prefix("log_").and_then(|base| base.parse::<UBig>().ok());
        if base.is_none() && !self.is_called(self.at - 1) {
            self.at -= 1;
            let unit = self.unit()?;
            return self.units(unit);
        }
        self.take_word(&["of"]);
        let mut arguments = match self.take('(') {
            true => self.arguments()?,
            false => vec![self.deeper(Self::power)?],
        };
        arguments.extend(base.clone().map(|base| Node::Number(RBig::from_parts(base.into(), UBig::ONE))));
        self.call(if base.is_some() { "log" } else { word }, arguments)
    }

    /// The arguments up to the closing parenthesis; those of a list in brackets stand for themselves.
    fn arguments(&mut self) -> Result<Vec<Node>, CalcError> {
        let mut arguments = Vec::new();
        while !self.take(')') {
            if self.take('[') {
                while !self.take(']') {
                    arguments.push(self.converted()?);
                    self.comma(']')?;
                }
            } else {
                arguments.push(self.converted()?);
            }
            self.comma(')')?;
        }
        Ok(arguments)
    }

    fn comma(&mut self, end: char) -> Result<(), CalcError> {
        match self.take(',') || self.peek() == Some(&Token::Sign(end)) {
            true => Ok(()),
            false => self.close(if end == ')' { '(' } else { '[' }),
        }
    }

    fn call(&self, word: &str, arguments: Vec<Node>) -> Result<Node, CalcError> {
        let Some(function) = function(word) else { return Err(CalcError::Unknown(word.to_owned())) };
        let (least, most) = (function.least, function.most);
        if !(least..=most).contains(&arguments.len()) {
            return Err(CalcError::Arguments(format!(
                "{word} takes {} and was given {}",
                if least == most { format!("{least} argument(s)") } else { format!("{least} to {most} arguments") },
                arguments.len()
            )));
        }
        Ok(Node::Call(function, arguments))
    }
}

fn constant(word: &str) -> Option<Constant> {
    match word.to_lowercase().as_str() {
        "pi" => Some(Constant::Pi),
        "tau" => Some(Constant::Tau),
        "e" => Some(Constant::E),
        "phi" => Some(Constant::Phi),
        _ => None,
    }
}
