//! One column by another, and a value for each of a kind: "trips per dock", "the mean count for every pond". The
//! columns are plain from the request's words, and so is the query.

use super::Step;
use super::signs::{FUNCTIONS, LEAST, MOST, PERCENT, asks_for_one, is_drawn, says, words, years};
use crate::evidence::terms;
use crate::notebook::{Chat, query_of, unit_of_column};
use polymath_chat::Table;
use polymath_quantity::{Topic, UnitKind, read, topic_of};
use polymath_tools::in_sql;
use std::collections::HashSet;

/// Words of such a request, at most.
const SHORT: usize = 20;
/// Words before what something is measured by.
const PER: &[&str] = &["per", "pro", "par", "por"];
/// Words before what there is one value of each for.
const EACH: &[&str] = &["each", "every", "per", "by", "pro", "je", "jede", "jeden", "jedes", "chaque", "cada"];
/// Words between the measure and what it is measured by.
const NEAR: usize = 3;
/// Columns of years from which on a table is one of values by years.
const YEARS: usize = 3;

/// The query where columns at hand are asked for so; none where the request sets conditions as well.
pub fn per(request: &str, chat: &Chat) -> Option<Vec<Step>> {
    // A file's name is no column's.
    let small = chat.tables.iter().fold(request.to_lowercase(), |text, table| {
        let title = table.title.to_lowercase();
        if title.is_empty() { text } else { text.replace(&title, " ") }
    });
    let conditions = ["where", "only", "since", "before", "after", "without", "except", "over", "under", "than"];
    let all: Vec<&str> = words(&small).collect();
    if all.len() > SHORT || is_drawn(&small) || says(&small, &conditions) {
        return None;
    }
    let query = share(&small, chat).or_else(|| growth(&all, &small, chat)).or_else(|| {
        // A year that is in no column's name is a condition.
        let named = |year: &String| chat.tables.iter().flat_map(|t| &t.columns).any(|column| column.contains(year));
        let known = years(&small).iter().all(named);
        known.then(|| quotient(&all, &small, chat).or_else(|| of_each(&all, &small, chat)))?
    })?;
    Some(vec![Step::Sql { name: format!("t{}", chat.tables.len() + 1), query }])
}

/// What share of it all one value of a column has: of its rows where these are what is counted, of the only measure
/// otherwise.
fn share(small: &str, chat: &Chat) -> Option<String> {
    const SHARE: &[&str] = &[
        "share",
        "percentage of",
        "percent of",
        "what percentage",
        "proportion",
        "anteil",
        "prozent der",
        "prozent des",
        "prozent von",
        "prozent davon",
        "percent of",
        "wieviel prozent",
        "wie viel prozent",
        "pourcentage d",
        "porcentaje d",
        "part de",
        "占",
    ];
    const OTHERWISE: &[&str] = &[
        "more", "less", "than", "rise", "rose", "grow", "grew", "fall", "fell", "change", "each", "every", "per",
        "mehr", "weniger",
    ];
    if !SHARE.iter().any(|sign| small.contains(sign)) || says(small, OTHERWISE) || !years(small).is_empty() {
        return None;
    }
    let tables = chat.tables.iter().enumerate().rev().filter(|(_, table)| table.rows.len() > 1);
    tables.into_iter().find_map(|(i, table)| share_of(small, i, table, chat))
}

fn share_of(small: &str, i: usize, table: &Table, chat: &Chat) -> Option<String> {
    let named = |column: usize| {
        let texts =
            table.rows.iter().filter_map(move |row| row.get(column)).filter(|c| c.number.is_none() && c.date.is_none());
        // "Tea" and "tea" are one.
        let all: HashSet<String> = texts.filter_map(|cell| cell.text.as_deref()).map(str::to_lowercase).collect();
        all.into_iter().filter(|text| text.chars().count() > 2 && says(small, &[text.as_str()])).collect::<Vec<_>>()
    };
    let found: Vec<(usize, Vec<String>)> =
        (0..table.columns.len()).map(|c| (c, named(c))).filter(|(_, values)| !values.is_empty()).collect();
    let [(key, values)] = found.as_slice() else { return None };
    let [value] = values.as_slice() else { return None };
    let measures: Vec<usize> = (0..table.columns.len()).filter(|c| is_numeric(table, *c)).collect();
    let asked = terms(small);
    let counts = terms(&table.title.replace(['_', '.', '-'], " ")).iter().any(|term| asked.contains(term));
    let written = table.rows.iter().filter_map(|row| row.get(*key)?.text.as_deref());
    let mut written: Vec<&str> = written.filter(|text| text.to_lowercase() == *value).collect();
    written.sort_unstable();
    written.dedup();
    let quoted: Vec<String> = written.iter().map(|text| format!("'{}'", text.replace('\'', "''"))).collect();
    let condition = match quoted.as_slice() {
        [one] => format!("{} = {one}", in_sql(&table.columns[*key])),
        several => format!("{} IN ({})", in_sql(&table.columns[*key]), several.join(", ")),
    };
    let (part, all) = match measures.as_slice() {
        _ if counts => (format!("SUM({condition})"), "COUNT(*)".to_owned()),
        [one] => {
            let measure = in_sql(&table.columns[*one]);
            (format!("SUM(CASE WHEN {condition} THEN {measure} ELSE 0 END)"), format!("SUM({measure})"))
        }
        _ => return None,
    };
    // "Of that" is of the rows that the query before was of.
    const OF_THAT: &[&str] =
        &["of that", "of those", "of these", "of them", "of it", "davon", "de cela", "de eso", "de ellos", "其中"];
    let own = format!("t{}", i + 1);
    let before = chat.tables.last().and_then(query_of).filter(|before| {
        says(small, OF_THAT) && before.matches("SELECT").count() == 1 && words(before).any(|word| word == own)
    });
    let condition = before.and_then(|before| {
        let (_, rest) = before.split_once(" WHERE ")?;
        let ends = [" GROUP BY ", " ORDER BY ", " LIMIT "].iter().filter_map(|next| rest.find(next)).min();
        Some(format!(" WHERE {}", rest[..ends.unwrap_or(rest.len())].trim()))
    });
    Some(format!("SELECT {part} * 100.0 / {all} AS \"Share in %\" FROM {own}{}", condition.unwrap_or_default()))
}

/// By how many percent each of a kind grew, of two columns that differ in their years.
fn growth(all: &[&str], small: &str, chat: &Chat) -> Option<String> {
    let [from, to] = <[String; 2]>::try_from(years(small)).ok()?;
    if !says(small, PERCENT) && !small.contains('%') {
        return None;
    }
    chat.tables.iter().enumerate().find_map(|(i, table)| {
        let named = |year: &str| {
            let mut fitting = (0..table.columns.len()).filter(|c| table.columns[*c].contains(year));
            fitting.next().filter(|c| fitting.next().is_none() && is_numeric(table, *c))
        };
        let (old, new) = (named(&from)?, named(&to)?);
        let key = kind(all, table).filter(|kind| is_key(table, *kind)).or_else(|| first_key(table))?;
        let alike = table.columns[old].replace(&from, "") == table.columns[new].replace(&to, "");
        let (old, new, key) = (in_sql(&table.columns[old]), in_sql(&table.columns[new]), in_sql(&table.columns[key]));
        alike.then(|| {
            format!("SELECT {key}, ({new} - {old}) * 100.0 / {old} AS \"Change in %\" FROM t{}{}", i + 1, order(small))
        })
    })
}

/// A measure by another one: of each row, or of each of a kind; the other one may stand in a second table that
/// shares a column.
fn quotient(all: &[&str], small: &str, chat: &Chat) -> Option<String> {
    // "For each hectare" is per hectare, where hectares are counted.
    let for_each = |at: usize| at > 0 && ["for", "to", "auf", "für"].contains(&all[at - 1]);
    let is_per = |at: usize, word: &str| PER.contains(&word) || EACH.contains(&word) && for_each(at);
    let mut by = all.iter().enumerate().filter(|(at, word)| is_per(*at, word));
    let (at, by_table, by_column) = by.find_map(|(at, word)| {
        let (table, column) = numeric(all.get(at + 1)?, small, chat).or_else(|| in_unit(small, word, chat))?;
        Some((at, table, column))
    })?;
    let before = all[..at].iter().rev().filter(|word| !PER.contains(word)).take(2 * NEAR);
    let (table, measure) =
        before.into_iter().find_map(|word| numeric(word, small, chat)).or_else(|| price(&all[..at], by_table, chat))?;
    if (table, measure) == (by_table, by_column) {
        return None;
    }
    let (own, other) = (&chat.tables[table], &chat.tables[by_table]);
    let (value, divisor) = (in_sql(&own.columns[measure]), in_sql(&other.columns[by_column]));
    let name = in_sql(&format!("{} per {}", own.columns[measure], other.columns[by_column]));
    let order = order(small);
    if table != by_table {
        let shared = shared(own, other)?;
        let key = in_sql(shared);
        let (t, u) = (format!("t{}", table + 1), format!("t{}", by_table + 1));
        let joined = in_sql(other.columns.iter().find(|column| column.eq_ignore_ascii_case(shared))?);
        return Some(format!(
            "SELECT {t}.{key}, SUM({t}.{value}) AS {value}, SUM({t}.{value}) * 1.0 / {u}.{divisor} AS {name} FROM {t} JOIN {u} ON {t}.{key} = {u}.{joined} GROUP BY {t}.{key}{order}"
        ));
    }
    let each = all.iter().enumerate().filter(|(_, word)| EACH.contains(word));
    let each = each.filter_map(|(at, _)| column(all.get(at + 1)?, own, false)).next();
    let kind = each.or_else(|| kind(all, own)).or_else(|| first_key(own))?;
    let (key, t) = (in_sql(&own.columns[kind]), format!("t{}", table + 1));
    Some(match is_key(own, kind) {
        true => format!("SELECT {key}, {value} * 1.0 / {divisor} AS {name} FROM {t}{order}"),
        false => format!("SELECT {key}, SUM({value}) * 1.0 / SUM({divisor}) AS {name} FROM {t} GROUP BY {key}{order}"),
    })
}

/// A sum or a mean for each of a kind; of a table with a column a year, over the years.
fn of_each(all: &[&str], small: &str, chat: &Chat) -> Option<String> {
    let (function, called, _) = FUNCTIONS.iter().find(|(_, _, known)| says(small, known))?;
    let tables = chat.tables.iter().enumerate().filter(|(_, table)| table.rows.len() > 1);
    tables.into_iter().find_map(|(i, table)| {
        let each = all.iter().enumerate().filter(|(_, word)| EACH.contains(word));
        let kind = each.filter_map(|(at, _)| column(all.get(at + 1)?, table, false)).next()?;
        let (key, t) = (in_sql(&table.columns[kind]), format!("t{}", i + 1));
        let mut measures: Vec<usize> = all.iter().filter_map(|word| measure(word, small, table)).collect();
        measures.dedup();
        let (what, from) = match measures.as_slice() {
            [measure] => (in_sql(&table.columns[*measure]), t),
            [] => ("value".to_owned(), format!("({})", by_years(table, &key, &t)?)),
            _ => return None,
        };
        let order = order(small);
        Some(format!("SELECT {key}, {function}({what}) AS {called} FROM {from} GROUP BY {key}{order}"))
    })
}

/// A table with a column a year as one with a row a year.
fn by_years(table: &Table, key: &str, name: &str) -> Option<String> {
    let columns: Vec<usize> = (0..table.columns.len()).filter(|c| years(&table.columns[*c]).len() == 1).collect();
    let part = |c: &usize| format!("SELECT {key}, {} AS value FROM {name}", in_sql(&table.columns[*c]));
    let fits = columns.len() >= YEARS && columns.iter().all(|c| is_numeric(table, *c));
    fits.then(|| columns.iter().map(part).collect::<Vec<_>>().join(" UNION ALL "))
}

/// The order that is asked for, by the last column; one row where one is.
fn order(small: &str) -> String {
    let one = if asks_for_one(small) || small.starts_with("which") { " LIMIT 1" } else { "" };
    match (says(small, MOST), says(small, LEAST)) {
        (true, false) => format!(" ORDER BY 2 DESC{one}"),
        (false, true) => format!(" ORDER BY 2{one}"),
        _ => String::new(),
    }
}

/// The only column of numbers in the unit that is named behind this word: "per watt-hour".
fn in_unit(small: &str, per: &str, chat: &Chat) -> Option<(usize, usize)> {
    let (_, behind) = small.split_once(&format!(" {per} "))?;
    let word = behind.split([' ', ',', '?', '.', ';']).next()?;
    let unit = read(&format!("1 {word}")).unit?;
    let tables = chat.tables.iter().enumerate().rev().filter(|(_, table)| table.rows.len() > 1);
    tables.into_iter().find_map(|(i, table)| {
        let of_it =
            |c: &usize| is_numeric(table, *c) && unit_of_column(table, *c).is_some_and(|own| own.name == unit.name);
        let mut columns = (0..table.columns.len()).filter(of_it);
        columns.next().filter(|_| columns.next().is_none()).map(|column| (i, column))
    })
}

/// The only column of money, where something cheap or dear is asked for.
fn price(all: &[&str], table: usize, chat: &Chat) -> Option<(usize, usize)> {
    const PRICED: &[&str] = &[
        "cheap",
        "cheaper",
        "cheapest",
        "expensive",
        "dear",
        "dearest",
        "cost",
        "costs",
        "pay",
        "günstig",
        "billig",
        "teuer",
        "kostet",
        "cher",
        "chère",
        "coûte",
        "caro",
        "cara",
        "barato",
        "barata",
        "cuesta",
    ];
    let own = &chat.tables[table];
    let priced = all.iter().any(|word| PRICED.contains(word));
    let is_money = |c: &usize| {
        let unit = unit_of_column(own, *c).is_some_and(|unit| unit.kind == UnitKind::Money);
        is_numeric(own, *c) && (unit || terms(&own.columns[*c]).iter().any(|term| topic_of(term) == Some(Topic::Money)))
    };
    let mut columns = (0..own.columns.len()).filter(is_money).filter(|_| priced);
    columns.next().filter(|_| columns.next().is_none()).map(|column| (table, column))
}

/// The only column of numbers that a word names, in all tables.
fn numeric(word: &str, small: &str, chat: &Chat) -> Option<(usize, usize)> {
    let mut found = chat.tables.iter().enumerate().filter(|(_, table)| table.rows.len() > 1);
    found.find_map(|(i, table)| Some((i, measure(word, small, table).or_else(|| counted(word, table))?)))
}

/// The only column of numbers whose cells count what this word says: "182,000 visitors".
fn counted(word: &str, table: &Table) -> Option<usize> {
    let own = terms(word);
    // One page says what it counts, another one gives the number.
    let counts = |c: &usize| {
        let mut cells = table.rows.iter().filter_map(|row| row.get(*c)?.text.as_deref());
        cells.any(|text| terms(text).iter().any(|term| own.contains(term)))
    };
    let mut fitting = (0..table.columns.len()).filter(|c| is_numeric(table, *c) && counts(c));
    fitting.next().filter(|_| fitting.next().is_none() && !own.is_empty())
}

/// The column of numbers that has this word in its name; of several that of the year that the request names.
fn measure(word: &str, small: &str, table: &Table) -> Option<usize> {
    column(word, table, true).or_else(|| {
        let [year] = <[String; 1]>::try_from(years(small)).ok()?;
        let own = terms(word);
        let fits = |c: &usize| {
            let name = table.columns[*c].replace('_', " ");
            let all = terms(&name);
            name.contains(&year) && !own.is_empty() && own.iter().all(|t| all.contains(t)) && is_numeric(table, *c)
        };
        let mut fitting = (0..table.columns.len()).filter(fits);
        fitting.next().filter(|_| fitting.next().is_none())
    })
}

/// The column that has this word in its name.
fn column(word: &str, table: &Table, numbers: bool) -> Option<usize> {
    let own = terms(word);
    let has = |c: &usize| {
        let name = table.columns[*c].replace('_', " ");
        let all: HashSet<String> = terms(&name).into_iter().collect();
        // A column may be called `kg`.
        let named = name.eq_ignore_ascii_case(word) || !own.is_empty() && own.iter().all(|term| all.contains(term));
        named && is_numeric(table, *c) == numbers
    };
    let mut fitting = (0..table.columns.len()).filter(has);
    fitting.next().filter(|_| fitting.next().is_none())
}

fn is_numeric(table: &Table, column: usize) -> bool {
    let cells = || table.rows.iter().filter_map(|row| row.get(column)).filter(|cell| cell.text.is_some());
    let numbers = cells().filter(|cell| cell.number.is_some() && cell.date.is_none()).count();
    numbers > 0 && numbers * 2 > cells().count()
}

/// The column of words that the request names.
fn kind(all: &[&str], table: &Table) -> Option<usize> {
    all.iter().find_map(|word| column(word, table, false))
}

/// The first column whose values are all different words.
fn first_key(table: &Table) -> Option<usize> {
    (0..table.columns.len()).find(|c| !is_numeric(table, *c) && is_key(table, *c))
}

fn is_key(table: &Table, column: usize) -> bool {
    let values: HashSet<&str> =
        table.rows.iter().filter_map(|row| row.get(column)).map(polymath_chat::Cell::display).collect();
    values.len() == table.rows.len()
}

/// A column that both have and that is a key of the second.
fn shared<'a>(table: &'a Table, other: &Table) -> Option<&'a str> {
    let is_shared = |name: &&String| {
        let place = other.columns.iter().position(|column| column.eq_ignore_ascii_case(name));
        place.is_some_and(|place| is_key(other, place) && !is_numeric(other, place))
    };
    table.columns.iter().find(is_shared).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use polymath_chat::{Cell, Provenance};

    fn table(title: &str, columns: &[&str], rows: &[&[&str]]) -> Table {
        let cell = |text: &&str| Cell { number: text.parse().ok(), ..Cell::new(*text, Provenance::Given) };
        Table {
            title: title.into(),
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
            rows: rows.iter().map(|row| row.iter().map(cell).collect()).collect(),
        }
    }

    fn chat() -> Chat {
        let mut chat = Chat::new("c");
        let halls = [["Ost", "A", "4", "90"].as_slice(), &["West", "A", "5", "60"], &["Nord", "B", "2", "80"]];
        chat.tables.push(table("halls.csv", &["hall", "quarter", "doors", "guests_2020"], &halls));
        chat.tables.push(table("quarters.csv", &["quarter", "people"], &[&["A", "300"], &["B", "500"]]));
        let trees = [["Oak", "1", "2", "3"].as_slice(), &["Elm", "4", "5", "6"]];
        chat.tables.push(table("trees.csv", &["tree", "2018", "2019", "2020"], &trees));
        chat
    }

    #[track_caller]
    fn check(request: &str, want: Option<&str>) {
        let steps = per(request, &chat());
        let got = steps.map(|steps| steps[0].to_string().trim_start_matches("t4 = ").to_owned());
        assert_eq!(got.as_deref(), want, "{request}");
    }

    #[test]
    fn one_column_by_another() {
        check(
            "which hall in halls.csv has the most guests per door?",
            Some(
                "sql(SELECT \"hall\", \"guests_2020\" * 1.0 / \"doors\" AS \"guests_2020 per doors\" FROM t1 ORDER BY 2 DESC LIMIT 1)",
            ),
        );
        check(
            "guests per door for each quarter",
            Some(
                "sql(SELECT \"quarter\", SUM(\"guests_2020\") * 1.0 / SUM(\"doors\") AS \"guests_2020 per doors\" FROM t1 GROUP BY \"quarter\")",
            ),
        );
        check(
            "all halls together, guests per door for each quarter",
            Some(
                "sql(SELECT \"quarter\", SUM(\"guests_2020\") * 1.0 / SUM(\"doors\") AS \"guests_2020 per doors\" FROM t1 GROUP BY \"quarter\")",
            ),
        );
        check("guests per quarter, and per person", None);
        check(
            "guests of each quarter per people",
            Some(
                "sql(SELECT t1.\"quarter\", SUM(t1.\"guests_2020\") AS \"guests_2020\", SUM(t1.\"guests_2020\") * 1.0 / t2.\"people\" AS \"guests_2020 per people\" FROM t1 JOIN t2 ON t1.\"quarter\" = t2.\"quarter\" GROUP BY t1.\"quarter\")",
            ),
        );
        check(
            "which tree grew the most in percent from 2018 to 2020?",
            Some(
                "sql(SELECT \"tree\", (\"2020\" - \"2018\") * 100.0 / \"2018\" AS \"Change in %\" FROM t3 ORDER BY 2 DESC LIMIT 1)",
            ),
        );
        check(
            "guests per door in 2020",
            Some("sql(SELECT \"hall\", \"guests_2020\" * 1.0 / \"doors\" AS \"guests_2020 per doors\" FROM t1)"),
        );
        check("guests per door in 2021", None);
        check("guests per door since 2019", None);
        check("how much is a ticket per person?", None);
    }

    #[test]
    fn a_price_by_the_unit_of_a_column() {
        let lamps = [["Ost", "960 Wh", "€5,480"].as_slice(), &["Vell", "630 Wh", "€3,149"]];
        let mut lamps = table("lamps", &["Name", "Battery", "Price"], &lamps);
        for cell in lamps.rows.iter_mut().flat_map(|row| &mut row[1..]) {
            cell.number = read(cell.display()).number;
        }
        let chat = Chat { tables: vec![lamps], ..Chat::new("c") };
        let steps = per("which of these is cheapest per watt-hour?", &chat);
        assert_eq!(
            steps.map(|steps| steps[0].to_string()).as_deref(),
            Some(
                "t2 = sql(SELECT \"Name\", \"Price\" * 1.0 / \"Battery\" AS \"Price per Battery\" FROM t1 ORDER BY 2 LIMIT 1)"
            )
        );
    }

    #[test]
    fn a_value_for_each() {
        check(
            "mean count for every tree in trees.csv",
            Some(
                "sql(SELECT \"tree\", AVG(value) AS Average FROM (SELECT \"tree\", \"2018\" AS value FROM t3 UNION ALL SELECT \"tree\", \"2019\" AS value FROM t3 UNION ALL SELECT \"tree\", \"2020\" AS value FROM t3) GROUP BY \"tree\")",
            ),
        );
        check(
            "average doors by quarter",
            Some("sql(SELECT \"quarter\", AVG(\"doors\") AS Average FROM t1 GROUP BY \"quarter\")"),
        );
        check("average doors", None);
    }
}
