//! Calls written as JSON objects, `{"name": …, "arguments": {…}}`, or as arguments behind a name: read
//! where a call may stand, with the rungs for what is written wrongly within them.

use super::{
    marks::FENCE,
    quotes,
    settle::{self, Trust},
};
use crate::dialect::{
    ParseCx, Step,
    json::{self, NoValue},
    pythonic::{self, Bracket},
    stream::{Io, Sink},
};
use serde_json::Value;

/// Beginnings of another call, at which an unreadable one ends.
const NEXT_CALL: &[&str] = &["{\"name\":", "{ \"name\":", "{\n  \"name\":"];

/// What stands where a call may stand.
#[derive(Debug, PartialEq)]
pub(in crate::dialect) enum Found {
    /// At least one call, and attempts at more; the position is behind the last.
    Calls(Vec<Step>),
    /// Something readable that is no call, though it may be meant as one, and why. The position is
    /// behind it.
    Unfit(String),
    /// Something that cannot be read, and why. The position is undefined, as below.
    Broken(String),
    /// A tool's description instead of a call.
    Description,
    /// The reply ended within it.
    Cut,
    /// Nothing of the kind.
    Nothing,
}

impl Found {
    /// What is wrong, where a mark says that a call was meant.
    pub fn why(&self) -> &str {
        match self {
            Found::Unfit(why) | Found::Broken(why) => why,
            Found::Description => "this repeats the tool's description instead of calling it",
            Found::Cut => "the call's JSON does not end",
            Found::Nothing | Found::Calls(_) => "no tool of that name can be called",
        }
    }
}

/// Reads the call at the position, or the array of calls, or several one after the other, or a list of
/// calls in Python's syntax. What is unreadable ends at one of `ends`.
pub(in crate::dialect) async fn calls(io: &Io, cx: &ParseCx, ends: &[&str], trust: Trust) -> Found {
    io.space().await;
    if pythonic::call_list_ahead(io, cx).await {
        return python_list(io, cx).await;
    }
    if trust != Trust::Unmarked
        && let Some(found) = named_in_marks(io, cx, ends).await
    {
        return found;
    }
    let array = io.eat("[").await;
    let mut found = Vec::new();
    loop {
        let behind = io.position();
        io.take_while(|c| c.is_whitespace() || matches!(c, ',' | ';')).await;
        let from = io.position();
        if io.peek().await != Some('{') {
            io.seek(behind);
            break;
        }
        let why = match one(io, cx, ends, trust).await {
            Found::Calls(one) => {
                found.extend(one);
                continue;
            }
            other if found.is_empty() => return other,
            Found::Unfit(why) => why,
            Found::Broken(why) => {
                io.seek(from);
                pass_to(io, ends).await;
                why
            }
            Found::Cut => io.cut_why().to_owned(),
            Found::Description | Found::Nothing => {
                io.seek(behind);
                break;
            }
        };
        found.push(Step::Malformed { raw: io.since(from), why });
    }
    if found.is_empty() {
        return match trust {
            Trust::Marked => Found::Broken("there is no JSON object after the marker".into()),
            _ => Found::Nothing,
        };
    }
    if array {
        let behind = io.position();
        io.space().await;
        if !io.eat("]").await {
            io.seek(behind);
        }
    }
    Found::Calls(found)
}

/// Reads `weather(city="Rome")` or `weather {"city": "Rome"}`, where marks say that it is a call.
async fn named_in_marks(io: &Io, cx: &ParseCx, ends: &[&str]) -> Option<Found> {
    let from = io.position();
    let name = io.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-')).await;
    let behind = io.position();
    io.space().await;
    match io.peek().await.filter(|_| cx.tool(&name).is_some()) {
        Some('(') if io.position() == behind => {
            io.seek(from);
            Some(python_list(io, cx).await)
        }
        Some('{') => Some(match named_call(io, cx, &name, ends).await {
            Ok(step) => Found::Calls(vec![step]),
            Err(no) => no_value(no),
        }),
        _ => {
            io.seek(from);
            None
        }
    }
}

/// Goes to the next of `ends`, or to the end of the reply.
pub(super) async fn pass_to(io: &Io, ends: &[&str]) {
    if let Some(end) = io.until(ends, Sink::Nothing).await {
        io.seek(io.position() - ends[end].len());
    }
}

/// Reads a list of calls in Python's syntax, or one such call.
async fn python_list(io: &Io, cx: &ParseCx) -> Found {
    let from = io.position();
    io.take_while(|c| !matches!(c, '[' | '(')).await;
    match pythonic::balanced(io).await {
        Bracket::Closed => {}
        Bracket::Open => return Found::Cut,
        Bracket::Deep => return Found::Broken("the list of calls is nested too deeply".into()),
    }
    let Some(calls) = pythonic::parse(&io.since(from)) else {
        return Found::Unfit("the list of calls cannot be read".into());
    };
    let steps: Result<Vec<Step>, String> =
        calls.into_iter().map(|(name, arguments)| settle::settled(cx, &name, arguments, Trust::Rescued)).collect();
    steps.map_or_else(Found::Unfit, Found::Calls)
}

/// Reads one call object, telling the caller as soon as a known tool is named.
async fn one(io: &Io, cx: &ParseCx, ends: &[&str], trust: Trust) -> Found {
    let from = io.position();
    let mut named = trust == Trust::Marked;
    let read = json::read(io, |name| {
        if cx.tool(name).is_some() {
            named = true;
            io.begin_call(name, from);
        }
    })
    .await;
    io.end_call();
    let read = match read {
        Ok(read) => read,
        Err(_) if !named && !quotes::names_a_tool(cx, &io.since(from)) => return Found::Nothing,
        Err(no) => match unescaped(io, cx, (from, None), ends).await {
            Some(step) => return Found::Calls(vec![step]),
            None => return no_value(no),
        },
    };
    if settle::description_of_a_tool(cx, &read.value) {
        return Found::Description;
    }
    let trust = if read.mended && trust == Trust::Marked { Trust::Rescued } else { trust };
    let unfit = |why, meant| if meant { Found::Unfit(why) } else { Found::Nothing };
    match settle::call_of(read.value) {
        Err(why) => unfit(why, named),
        // What only has a name is anything.
        Ok((_, None)) if trust == Trust::Unmarked => Found::Nothing,
        Ok((name, arguments)) => {
            let known = cx.tool(&name).is_some();
            match settle::settled(cx, &name, arguments.unwrap_or_default(), trust) {
                Ok(step) => Found::Calls(vec![step]),
                Err(why) => unfit(why, named || known),
            }
        }
    }
}

fn no_value(no: NoValue) -> Found {
    match no {
        NoValue::Cut => Found::Cut,
        NoValue::Bad(why) => Found::Broken(why),
    }
}

/// Reads the unreadable object that began at offset `from` as a call whose only string holds quotation
/// marks that are not escaped; the name, where the format has it elsewhere. If it is one, the
/// position is behind it. Not at the token limit: there the braces may be the string's own.
async fn unescaped(io: &Io, cx: &ParseCx, (from, name): (usize, Option<&str>), ends: &[&str]) -> Option<Step> {
    if cx.tools.is_empty() {
        return None;
    }
    let stops: Vec<&str> = ends.iter().chain(NEXT_CALL).copied().collect();
    io.seek(from);
    io.take_while(|c| c == '{').await;
    match io.until(&stops, Sink::Nothing).await {
        Some(stop) => io.seek(io.position() - stops[stop].len()),
        None if io.truncated() => return None,
        None => {}
    }
    let found = quotes::only_string(cx, name, &io.since(from))?;
    io.seek(from + found.used);
    settle::settled(cx, &found.name, found.arguments, Trust::Rescued).ok()
}

/// Reads the call of `name`, whose format has the name elsewhere: an object of arguments, or one within
/// a JSON string or a fence, or, for a tool that can do without, nothing before one of `ends` or the end of the reply.
pub(in crate::dialect) async fn named_call(io: &Io, cx: &ParseCx, name: &str, ends: &[&str]) -> Result<Step, NoValue> {
    io.space().await;
    let fenced = open_fence(io).await;
    let settled = |value: Value, trust| settle::settled(cx, name, value, trust).map_err(NoValue::Bad);
    let from = io.position();
    let mut over = fenced && io.looking_at(FENCE).await;
    for end in ends {
        over = over || io.looking_at(end).await;
    }
    let step = match io.peek().await {
        None if io.truncated() => return Err(NoValue::Cut),
        next if over || next.is_none() => settled(Value::Null, Trust::Marked)?,
        Some('{' | '[') => match json::read(io, |_| {}).await {
            Ok(read) => settled(read.value, if read.mended { Trust::Rescued } else { Trust::Marked })?,
            Err(no) => unescaped(io, cx, (from, Some(name)), ends).await.ok_or(no)?,
        },
        Some('"') => settled(Value::String(json::string(io).await?), Trust::Marked)?,
        _ => return Err(NoValue::Bad(format!("the arguments of {name} are no JSON object"))),
    };
    io.end_call();
    surplus(io, ends, fenced).await;
    Ok(step)
}

/// Passes over the beginning of a fence around JSON.
pub(in crate::dialect) async fn open_fence(io: &Io) -> bool {
    let there = io.eat(FENCE).await;
    if there {
        io.take_while(|c| c.is_ascii_alphanumeric() || c == '_').await;
        io.space().await;
    }
    there
}

/// Passes over a fence's end and over brackets too many, where one of `ends` or the end of the reply
/// follows them.
pub(in crate::dialect) async fn surplus(io: &Io, ends: &[&str], fenced: bool) {
    let behind = io.position();
    io.take_while(|c| c.is_whitespace() || matches!(c, '}' | ']')).await;
    if fenced {
        io.eat(FENCE).await;
        io.space().await;
    }
    if io.peek().await.is_none() {
        return;
    }
    for end in ends {
        if io.looking_at(end).await {
            return;
        }
    }
    io.seek(behind);
}
