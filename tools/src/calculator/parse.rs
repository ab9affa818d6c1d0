//! Arithmetic text to a tree: numbers, operators, percentages and named functions.
//!
//! Units, dates and variables are not read here; an unknown word is reported as such, and fend gets
//! the expression instead.

use super::error::CalcError;
use dashu_ratio::RBig;

/// A part of the expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Number(RBig),
    Constant(Constant),
    Negative(Box<Node>),
    /// `x%`.
    Percent(Box<Node>),
    /// `x°`.
    Degrees(Box<Node>),
    Factorial(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
    Call(String, Vec<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constant {
    Pi,
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

/// The functions `evaluate.rs` has, with the least and greatest number of their arguments.
const FUNCTIONS: &[(&str, usize, usize)] = &[
    ("sqrt", 1, 1),
    ("cbrt", 1, 1),
    ("root", 2, 2),
    ("abs", 1, 1),
    ("exp", 1, 1),
    ("ln", 1, 1),
    ("log", 1, 2),
    ("log2", 1, 1),
    ("log10", 1, 1),
    ("sin", 1, 1),
    ("cos", 1, 1),
    ("tan", 1, 1),
    ("asin", 1, 1),
    ("acos", 1, 1),
    ("atan", 1, 1),
    ("sinh", 1, 1),
    ("cosh", 1, 1),
    ("tanh", 1, 1),
    ("floor", 1, 1),
    ("ceil", 1, 1),
    ("trunc", 1, 1),
    ("round", 1, 2),
    ("pow", 2, 2),
    ("mod", 2, 2),
    ("factorial", 1, 1),
    ("comb", 2, 2),
    ("perm", 2, 2),
    ("gcd", 2, 64),
    ("lcm", 2, 64),
    ("min", 1, 1_000),
    ("max", 1, 1_000),
    ("sum", 1, 1_000),
    ("mean", 1, 1_000),
    ("median", 1, 1_000),
];

/// Other names of those functions.
const ALIASES: &[(&str, &str)] = &[
    ("avg", "mean"),
    ("average", "mean"),
    ("choose", "comb"),
    ("ncr", "comb"),
    ("npr", "perm"),
    ("arcsin", "asin"),
    ("arccos", "acos"),
    ("arctan", "atan"),
    ("ceiling", "ceil"),
    ("int", "trunc"),
    ("log_2", "log2"),
    ("log_10", "log10"),
    ("lg", "log10"),
];

/// Nesting that no honest expression reaches, and the stack easily holds.
const MAX_DEPTH: usize = 64;

/// Errors: `Unknown` for a word that is neither function nor constant, `Arguments` for the rest.
pub fn parse(text: &str) -> Result<Node, CalcError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    if parser.tokens.is_empty() {
        return Err(CalcError::Arguments(
            "the expression is empty; write one such as `17.5% of 2340 + sqrt(2)`".into(),
        ));
    }
    let node = parser.sum()?;
    match parser.peek() {
        None => Ok(node),
        Some(token) => Err(CalcError::Arguments(format!("unexpected {} in `{text}`", token.show()))),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(RBig),
    Word(String),
    Sign(char),
    FloorDivide,
}

impl Token {
    fn show(&self) -> String {
        match self {
            Token::Number(n) => format!("number {n}"),
            Token::Word(w) => format!("`{w}`"),
            Token::Sign(c) => format!("`{c}`"),
            Token::FloorDivide => "`//`".into(),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, CalcError> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = if first.is_ascii_digit() || first == '.' {
            let length = number_length(rest);
            (Token::Number(read_number(&rest[..length])?), length)
        } else if first.is_alphabetic() {
            let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            (Token::Word(rest[..length].to_owned()), length)
        } else if rest.starts_with("//") {
            (Token::FloorDivide, 2)
        } else if "+-*/^%!(),°".contains(first) {
            (Token::Sign(first), first.len_utf8())
        } else {
            return Err(CalcError::Unknown(first.to_string()));
        };
        out.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(out)
}

/// The length of the number `text` begins with; an exponent counts when digits follow the `e`.
fn number_length(text: &str) -> usize {
    let digits = |s: &str| s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
    let mut length = digits(text);
    if text[length..].starts_with('.') {
        length += 1 + digits(&text[length + 1..]);
    }
    let tail = &text[length..];
    if let Some(exponent) = tail.strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let count = digits(&exponent[sign..]);
        if count > 0 {
            length += 1 + sign + count;
        }
    }
    length
}

/// Reads a decimal number exactly. Errors: a lone point, or an exponent beyond ±10,000.
fn read_number(text: &str) -> Result<RBig, CalcError> {
    let bad = || CalcError::Arguments(format!("`{text}` is not a number that can be read"));
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().map_err(|_| bad())?),
        None => (text, 0),
    };
    if exponent.abs() > 10_000 {
        return Err(CalcError::Arguments(format!("`{text}` is out of range: exponents go to 10000")));
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let value: dashu_int::UBig = digits.parse().map_err(|_| bad())?;
    let power = exponent - fraction.len() as i64;
    let scale = dashu_int::UBig::from(10u8).pow(power.unsigned_abs() as usize);
    Ok(if power < 0 {
        RBig::from_parts(value.into(), scale)
    } else {
        RBig::from_parts((value * scale).into(), 1u8.into())
    })
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, sign: char) -> bool {
        let found = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn sum(&mut self) -> Result<Node, CalcError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(CalcError::Arguments("the expression is nested too deeply; split it up".into()));
        }
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Some(Token::Sign('+')) => Operator::Add,
                Some(Token::Sign('-')) => Operator::Subtract,
                _ => break,
            };
            self.at += 1;
            left = Node::Binary(operator, Box::new(left), Box::new(self.product()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn product(&mut self) -> Result<Node, CalcError> {
        let mut left = self.unary()?;
        loop {
            let (operator, length) = match self.peek() {
                Some(Token::Sign('*')) => (Operator::Multiply, 1),
                Some(Token::Sign('/')) => (Operator::Divide, 1),
                Some(Token::FloorDivide) => (Operator::FloorDivide, 1),
                Some(Token::Sign('%')) => (Operator::Modulo, 1),
                Some(Token::Word(w)) if w == "mod" => (Operator::Modulo, 1),
                Some(Token::Word(w)) if w == "of" => (Operator::Of, 1),
                // Two values side by side: `2 pi`, `3(4 + 1)`.
                Some(Token::Word(_) | Token::Sign('(')) => (Operator::Multiply, 0),
                _ => return Ok(left),
            };
            self.at += length;
            left = Node::Binary(operator, Box::new(left), Box::new(self.unary()?));
        }
    }

    fn unary(&mut self) -> Result<Node, CalcError> {
        let mut negative = false;
        loop {
            if self.take('-') {
                negative = !negative;
            } else if !self.take('+') {
                break;
            }
        }
        let node = self.power()?;
        Ok(if negative { Node::Negative(Box::new(node)) } else { node })
    }

    /// Right-associative, and stronger than a minus before it: `-2^2` is -4.
    fn power(&mut self) -> Result<Node, CalcError> {
        let base = self.postfix()?;
        if !self.take('^') {
            return Ok(base);
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(CalcError::Arguments("the expression is nested too deeply; split it up".into()));
        }
        let exponent = self.unary()?;
        self.depth -= 1;
        Ok(Node::Binary(Operator::Power, Box::new(base), Box::new(exponent)))
    }

    fn postfix(&mut self) -> Result<Node, CalcError> {
        let mut node = self.primary()?;
        loop {
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
    }

    /// Whether the next token is a per cent sign and not a remainder: no value follows it.
    fn percent_follows(&self) -> bool {
        self.peek() == Some(&Token::Sign('%'))
            && !match self.tokens.get(self.at + 1) {
                Some(Token::Number(_) | Token::Sign('(')) => true,
                Some(Token::Word(w)) => w != "of" && w != "mod",
                _ => false,
            }
    }

    fn take_word(&mut self, words: &[&str]) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(w)) if words.contains(&w.as_str()));
        self.at += usize::from(found);
        found
    }

    fn primary(&mut self) -> Result<Node, CalcError> {
        let Some(token) = self.peek().cloned() else {
            return Err(CalcError::Arguments("the expression ends where a number should follow".into()));
        };
        self.at += 1;
        match token {
            Token::Number(value) => Ok(Node::Number(value)),
            Token::Sign('(') => {
                let node = self.sum()?;
                self.close()?;
                Ok(node)
            }
            Token::Word(word) => self.word(&word),
            other => Err(CalcError::Arguments(format!("a number should stand where {} is", other.show()))),
        }
    }

    fn close(&mut self) -> Result<(), CalcError> {
        if self.take(')') {
            return Ok(());
        }
        Err(CalcError::Arguments("a closing parenthesis is missing".into()))
    }

    fn word(&mut self, word: &str) -> Result<Node, CalcError> {
        let lower = word.to_lowercase();
        match lower.as_str() {
            "pi" => return Ok(Node::Constant(Constant::Pi)),
            "e" => return Ok(Node::Constant(Constant::E)),
            "phi" => return Ok(Node::Constant(Constant::Phi)),
            _ => {}
        }
        let name = ALIASES.iter().find(|(alias, _)| *alias == lower).map_or(lower.as_str(), |(_, name)| name);
        let Some(&(name, least, most)) = FUNCTIONS.iter().find(|(f, ..)| *f == name) else {
            return Err(CalcError::Unknown(word.to_owned()));
        };
        let mut arguments = Vec::new();
        if self.take('(') {
            arguments.push(self.sum()?);
            while self.take(',') {
                arguments.push(self.sum()?);
            }
            self.close()?;
        } else {
            // `sqrt 2`, `sin 30°`
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                return Err(CalcError::Arguments("the expression is nested too deeply; split it up".into()));
            }
            arguments.push(self.power()?);
            self.depth -= 1;
        }
        if !(least..=most).contains(&arguments.len()) {
            return Err(CalcError::Arguments(format!(
                "{name} takes {} and was given {}",
                if least == most { format!("{least} argument(s)") } else { format!("{least} to {most} arguments") },
                arguments.len()
            )));
        }
        Ok(Node::Call(name.to_owned(), arguments))
    }
}
