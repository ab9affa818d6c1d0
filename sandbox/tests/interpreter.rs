//! The interpreter as people know it: state, values, tracebacks, figures, files, tables.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod common;
use common::{fails, request, run, value};
use polymath_chat::{Cell, Provenance, Table};
use polymath_sandbox::{Kind, RunRequest};

#[test]
fn all_of_this_as_an_ordinary_user() {
    common::ordinary::run_again();
}

#[test]
fn variables_stay_between_calls_of_a_session() {
    value("state", "x = 40\ndef f(n): return n + x");
    assert_eq!(value("state", "import math\nf(2)"), "42");
    assert_eq!(value("state", "math.floor(2.5)"), "2");
}

#[test]
fn the_last_expression_is_the_value_and_statements_have_none() {
    assert_eq!(value("value", "1\n'two'"), "'two'");
    assert_eq!(value("value", "y = 3"), "");
    assert_eq!(value("value", "None"), "");
}

#[test]
fn printed_text_keeps_its_order_and_its_stream() {
    let output = run("print", "import sys\nprint('a', end='')\nprint('b')\nprint('c', file=sys.stderr)\nprint('中文')");
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("ab\n中文\n", "c\n"));
}

#[test]
fn tracebacks_point_at_the_codes_own_lines() {
    let output = fails("trace", "def f(a):\n    return 1 / a\n\nf(0)", Kind::Exception);
    let traceback = output.error.unwrap().traceback.unwrap();
    assert_eq!(
        traceback,
        "Traceback (innermost call last):\n  cell 1, line 4: f(0)\n  cell 1, line 2, in f: return 1 / a\n\
         ZeroDivisionError: division by zero"
    );
}

#[test]
fn a_column_that_is_not_there_is_answered_with_those_that_are() {
    let code = "import pandas as pd\ndf = pd.DataFrame({'Sales ($)': [1]})\ndf['Sales']";
    let error = fails("columns", code, Kind::Exception).error.unwrap();
    assert_eq!(error.message, "KeyError: 'Sales'");
    assert!(error.traceback.unwrap().ends_with("df has the columns ['Sales ($)']"));
}

#[test]
fn a_syntax_error_shows_its_line() {
    let output = fails("syntax", "x = 1\ny = = 2", Kind::Exception);
    assert!(output.error.unwrap().traceback.unwrap().contains("line 2"));
}

#[test]
fn output_before_a_failure_is_kept() {
    assert_eq!(fails("before", "print('one')\n1/0", Kind::Exception).stdout, "one\n");
}

#[test]
fn input_says_that_nobody_answers() {
    let output = fails("input", "input('name? ')", Kind::Exception);
    assert!(output.error.unwrap().message.contains("nobody"));
}

#[test]
fn every_figure_comes_out_in_order_with_its_title() {
    let code = "import matplotlib.pyplot as plt\n\
        plt.plot([1, 10], [1, 100]); plt.yscale('log'); plt.title('first')\nplt.show()\n\
        fig, ax = plt.subplots(); ax.bar(['a'], [1]); fig.suptitle('second')\n\
        plt.figure(); plt.plot([1, 2])";
    let output = run("figures", code);
    assert_eq!(output.error, None);
    assert_eq!(output.figures.iter().map(|f| f.title.as_str()).collect::<Vec<_>>(), ["first", "second", ""]);
    assert!(output.figures.iter().all(|f| f.png.len() > 1000));
    assert_eq!(output.value, None, "what plot returns is noise");
    assert!(run("figures", "1").figures.is_empty(), "figures are closed after a call");
}

#[test]
fn a_figure_that_the_code_saves_comes_out_once_under_its_own_name() {
    let output = run("saved", "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.savefig('mine.png')\nplt.show()");
    assert_eq!((output.figures.len(), output.files.len()), (0, 1));
    assert_eq!(output.files[0].name, "mine.png");
}

#[test]
fn chinese_titles_draw_without_a_flood_of_warnings() {
    let output = run("cjk", "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('收入增长'); plt.show()");
    assert_eq!((output.error, output.stderr.as_str(), output.figures.len()), (None, "", 1));
}

#[test]
fn files_written_in_the_working_directory_come_out_once() {
    let code =
        "import os\nos.mkdir('sub')\nopen('a.csv', 'w').write('x\\n1\\n')\nopen('sub/b.bin', 'wb').write(b'\\0\\1')";
    let mut files = run("files", code).files;
    files.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(
        files.iter().map(|f| (f.name.as_str(), f.bytes.len())).collect::<Vec<_>>(),
        [("a.csv", 4), ("sub/b.bin", 2)]
    );
    assert!(run("files", "1").files.is_empty());
    assert_eq!(value("files", "open('a.csv').read()"), "'x\\n1\\n'");
    assert_eq!(run("files", "open('a.csv', 'w').write('new')").files.len(), 1);
}

/// A table with a number, a date and a text column, and a hole in each.
fn rounds() -> Table {
    let given = |text: &str, number: Option<f64>, date: Option<&str>| Cell {
        number,
        date: date.map(str::to_owned),
        ..Cell::new(text, Provenance::Given)
    };
    let row = |name: &str, day: &str, amount: Cell| vec![given(name, None, None), given(day, None, Some(day)), amount];
    Table {
        title: "rounds".into(),
        columns: vec!["Round".into(), "Date".into(), "Amount ($)".into()],
        rows: vec![
            row("A \"quoted\" __import__('os')", "2017-07", given("$4.5M", Some(4.5e6), None)),
            row("B", "2018-08-07", Cell::missing()),
            vec![Cell::missing(), Cell::missing(), given("$100M", Some(1e8), None)],
        ],
    }
}

#[test]
fn tables_go_in_as_typed_frames() {
    let with_table = |code: &str| RunRequest { tables: vec![("df".into(), rounds())], ..RunRequest::new(code) };
    let value = |code: &str| {
        let output = request("frames", with_table(code));
        assert_eq!(output.error, None, "{code}");
        output.value.unwrap()
    };
    assert_eq!(value("[str(t).split('[')[0] for t in df.dtypes]"), "['object', 'datetime64', 'float64']");
    assert_eq!(value("df['Amount ($)'].sum()").replace("np.float64(", "").replace(')', ""), "104500000.0");
    assert_eq!(value("int(df['Date'].dt.year[0]), int(df.isna().sum().sum())"), "(2017, 3)");
    assert_eq!(value("df['Round'][0]"), "'A \"quoted\" __import__(\\'os\\')'");
}

#[test]
fn a_given_frame_that_the_code_changes_comes_back_and_stays_changed() {
    let with_table = |code: &str| RunRequest { tables: vec![("df".into(), rounds())], ..RunRequest::new(code) };
    let output = request("changed", with_table("df['Amount ($)'] = df['Amount ($)'].fillna(18e6)"));
    assert_eq!(output.tables.len(), 1);
    assert_eq!(output.tables[0].rows[1][2].number, Some(18e6));
    assert!(matches!(*output.tables[0].rows[1][2].provenance, Provenance::Computed { .. }));
    let output = request("changed", with_table("int(df['Amount ($)'].isna().sum())"));
    assert_eq!((output.value.as_deref(), output.tables.len()), (Some("0"), 0));
}

#[test]
fn frames_come_out_as_tables_and_are_shown_as_markdown() {
    let code = "import pandas as pd\nd = pd.DataFrame({'n': [1, 2.5, None], 'w': pd.to_datetime(['2020-01-02'] * 3), 't': ['a', 'b|c', None]})\nd";
    let output = run("out", code);
    assert!(output.value.unwrap().starts_with("| n | w | t |\n| --- | --- | --- |\n| 1 | 2020-01-02 | a |"));
    let table = &output.tables[0];
    assert_eq!((table.title.as_str(), table.rows.len()), ("d", 3));
    assert_eq!(table.rows[1][0].number, Some(2.5));
    assert_eq!(table.rows[0][1].date.as_deref(), Some("2020-01-02"));
    assert_eq!(table.rows[2][2], Cell::missing());
}

#[test]
fn named_frames_are_returned_and_long_ones_shortened() {
    let code = "import pandas as pd\nbig = pd.DataFrame({'i': range(1000)})\nbig";
    let output = request("long", RunRequest { return_tables: vec!["big".into()], ..RunRequest::new(code) });
    assert!(output.value.unwrap().ends_with("[1000 rows x 1 columns]"));
    assert_eq!(output.tables.len(), 1);
    assert_eq!(output.tables[0].rows.len(), 1000);
}

#[test]
fn the_usual_libraries_work_behind_the_walls() {
    let code = "import sqlite3, asyncio, decimal, json, zoneinfo, statistics\n\
        import scipy.optimize, sympy\n\
        from concurrent.futures import ThreadPoolExecutor\n\
        with ThreadPoolExecutor(2) as pool: total = sum(pool.map(lambda n: n * n, range(5)))\n\
        rows = sqlite3.connect(':memory:').execute('select 1 + 1').fetchall()\n\
        slept = asyncio.run(asyncio.sleep(0, 5))\n\
        root = scipy.optimize.brentq(lambda x: x * x - 2, 0, 2)\n\
        (total, rows, slept, round(root, 6), str(sympy.integrate(sympy.Symbol('x'))))";
    assert_eq!(value("libraries", code), "(30, [(2,)], 5, 1.414214, 'x**2/2')");
}

#[test]
fn two_sessions_draw_different_random_numbers() {
    let code = "import random, numpy\n(random.random(), numpy.random.rand())";
    assert_ne!(value("random-1", code), value("random-2", code));
}
