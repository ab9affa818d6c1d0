//! Python as people and models write it: notebooks, old spellings, usual places for files, packages
//! that are not there. One row a spelling; a row is a kind, and its neighbours must work as well.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod common;
use common::{run, value};
use polymath_sandbox::RunOutput;

#[test]
fn all_of_this_as_an_ordinary_user() {
    common::ordinary::run_again();
}

/// What every row may use.
const SETUP: &str = "import numpy as np, pandas as pd, io, os\nimport matplotlib.pyplot as plt\n\
    df = pd.DataFrame({'a': [1., None, 3.], 'b': ['x', 'y', 'x']})\nn = pd.DataFrame({'g': [1, 1, 2], 'v': [1, 2, 6]})\n\
    days = pd.date_range('2024-01-30', periods=4)\ns = pd.Series([1, 2, 3, 4], index=days)\na = np.array([1., 2., 4.])";

/// One for each test: its thread has its name.
fn session() -> String {
    std::thread::current().name().unwrap_or_default().to_owned()
}

/// Runs a row after the setup; all of its output in one text.
fn all(code: &str) -> (RunOutput, String) {
    let output = run(&session(), code);
    let error = output.error.as_ref().map(|e| e.traceback.clone().unwrap_or(e.message.clone())).unwrap_or_default();
    let value = output.value.clone().unwrap_or_default();
    let parts = [output.stdout.trim(), value.trim(), output.stderr.trim(), error.trim()];
    let mut text: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    text.extend(output.notes.iter().map(String::as_str));
    let text = text.join("\n");
    (output, text)
}

/// Works and gives exactly this.
#[track_caller]
fn check(rows: &[(&str, &str)]) {
    value(&session(), SETUP);
    let mut wrong = Vec::new();
    for (code, want) in rows {
        let (output, text) = all(code);
        if output.error.is_some() || text != *want {
            wrong.push(format!("{code}\n  wanted: {want}\n  got: {text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Gives a text that ends so, whether it works or not.
#[track_caller]
fn ends(rows: &[(&str, &str)]) {
    value(&session(), SETUP);
    let mut wrong = Vec::new();
    for (code, want) in rows {
        let (_, text) = all(code);
        if !text.ends_with(want) || text.contains("pip") || text.contains("conda") {
            wrong.push(format!("{code}\n  wanted at the end: {want}\n  got: {text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn old_pandas() {
    check(&[
        ("len(pd.DataFrame({'a': [1]}).append({'a': 2}, ignore_index=True))", "2"),
        ("n.append(n).shape", "(6, 2)"),
        ("n.v.append(n.v, ignore_index=True).tolist()", "[1, 2, 6, 1, 2, 6]"),
        ("pd.DataFrame().append({'a': 1}, ignore_index=True).a.tolist()", "[1]"),
        ("pd.Series([1, None, 3]).fillna(method='ffill').tolist()", "[1.0, 1.0, 3.0]"),
        ("df.fillna(method='bfill').a.tolist()", "[1.0, 3.0, 3.0]"),
        ("d = df.copy(); d.a.fillna(0).tolist()", "[1.0, 0.0, 3.0]"),
        ("df.a.pad().tolist()", "[1.0, 1.0, 3.0]"),
        ("df.a.interpolate('pad').tolist()", "[1.0, 1.0, 3.0]"),
        ("df.a.interpolate().tolist()", "[1.0, 2.0, 3.0]"),
        ("[k for k, _ in df.iteritems()]", "['a', 'b']"),
        ("n.applymap(lambda x: x + 1).v.tolist()", "[2, 3, 7]"),
        ("n.lookup([0, 2], ['g', 'v']).tolist()", "[1, 6]"),
        ("n.v.mad().round(4).item()", "2.0"),
        ("n.drop('g', 1).columns.tolist()", "['v']"),
        ("pd.concat([n, n], 1).shape", "(3, 4)"),
        ("n.set_index('g').sum(level=0).v.tolist()", "[3, 6]"),
        ("pd.DataFrame({'r': [1, 1], 'c': ['x', 'y'], 'v': [5, 6]}).pivot('r', 'c', 'v').values.tolist()", "[[5, 6]]"),
        ("pd.Series(['a-b-c']).str.split('-', 1).tolist()", "[['a', 'b-c']]"),
        ("n.sort_values('v', 0, False).v.tolist()", "[6, 2, 1]"),
        ("df.dropna(0).shape", "(2, 2)"),
        ("s.resample('M').sum().tolist()", "[3, 7]"),
        ("s.resample('2Q').sum().tolist(), s.resample('A').sum().tolist()", "([10], [10])"),
        ("len(s.asfreq('12H')), len(pd.date_range('2024', periods=3, freq='15T'))", "(7, 3)"),
        ("s.groupby(pd.Grouper(freq='BM')).sum().tolist()", "[3, 7]"),
        ("str(days.floor('H')[0]), str(days.to_period('M')[0])", "('2024-01-30 00:00:00', '2024-01')"),
        ("days.to_series().dt.week.tolist(), days.weekday_name[0]", "([5, 5, 5, 5], 'Tuesday')"),
        ("n.groupby('g')['g', 'v'].sum().v.tolist()", "[3, 6]"),
        ("df.groupby('b').fillna(method='ffill').a.tolist()[2]", "3.0"),
        ("pd.to_numeric(pd.Series(['1', 'x']), errors='ignore').tolist()", "['1', 'x']"),
        ("pd.read_csv(io.StringIO('a b\\n1 2'), delim_whitespace=True).b[0].item()", "2"),
        ("pd.read_csv(io.StringIO('a\\n1\\n1,2,3'), error_bad_lines=False).shape", "(1, 1)"),
        ("pd.read_csv(io.StringIO('a\\n1'), squeeze=True).tolist()", "[1]"),
        ("pd.read_json('[{\"a\": 1}]').a.tolist()", "[1]"),
        ("pd.value_counts(['x', 'x']).tolist(), pd.np.sum([1]).item(), pd.Int64Index([1]).tolist()", "([2], 1, [1])"),
        ("n.as_matrix().shape, n.v.is_monotonic, n.get_value(0, 'v').item()", "((3, 2), True, 1)"),
        ("n.to_dict('record')[0]", "{'g': 1, 'v': 1}"),
        ("pd.set_option('max_colwidth', -1); pd.get_option('max_colwidth')", ""),
        ("pd.io.json.json_normalize({'a': {'b': 1}}).columns.tolist()", "['a.b']"),
        ("n.describe(datetime_is_numeric=True).shape", "(8, 2)"),
    ]);
}

#[test]
fn old_numpy_and_scipy() {
    check(&[
        ("float(np.trapz([1, 2, 3]))", "4.0"),
        ("np.in1d([1, 2], [2]).tolist()", "[False, True]"),
        ("np.float(2), np.int(2), np.object, np.str(1)", "(2.0, 2, <class 'object'>, '1')"),
        ("int(np.product([2, 3])), np.cumproduct([1, 2]).tolist()", "(6, [1, 2])"),
        (
            "bool(np.sometrue([0, 1])), bool(np.alltrue([0, 1])), np.NaN, np.Inf, np.NINF",
            "(True, False, nan, inf, -inf)",
        ),
        ("np.float_(1).item(), np.asscalar(np.array([3])), np.asfarray([1]).tolist()", "(1.0, 3, [1.0])"),
        ("np.histogram(a, bins=1, normed=True)[0].round(3).item()", "0.333"),
        ("np.percentile(a, 50, interpolation='lower').item(), np.reshape(a, newshape=(3, 1)).shape", "(2.0, (3, 1))"),
        ("issubclass(np.ComplexWarning, Warning), np.msort(a[::-1]).tolist()", "(True, [1.0, 2.0, 4.0])"),
        (
            "from scipy.integrate import simps, cumtrapz\nround(simps(a, [0, 1, 2]), 3).item(), cumtrapz(a).tolist()",
            "(4.333, [1.5, 4.5])",
        ),
        ("from scipy.signal import hann\nlen(hann(5))", "5"),
        ("from scipy.stats import binom_test\nround(binom_test(3, 10), 4).item()", "0.3438"),
    ]);
}

#[test]
fn spellings_that_are_gone_are_answered_with_the_new_ones() {
    ends(&[
        ("df.ix[0]", "use .loc[labels] or .iloc[positions]"),
        ("a.ptp()", "use np.ptp(a)"),
        ("df.mean()", "df.select_dtypes('number')"),
        ("df.corr()", "df.select_dtypes('number')"),
        ("n.groupby('g', axis=1)", "df.T.groupby(…).sum().T"),
        ("n.groupby('g').agg({'v': {'x': 'sum'}})", "use named aggregation: .agg(name=('column', 'sum'))"),
        ("pd.rolling_mean(n.v, 2)", "use .rolling(n).mean(), .expanding() or .ewm() of the column"),
        ("pd.Panel()", "use a DataFrame with a MultiIndex"),
        ("np.npv(0.1, [1])", "irr with scipy.optimize.brentq(npv, -0.9, 10)"),
        ("from collections import Mapping", "use collections.abc"),
        ("{}.has_key(1)", "use `key in d`"),
        ("import time; time.clock()", "use time.perf_counter()"),
        ("import scipy; scipy.array([1])", "use numpy.array"),
        ("plt.style.use('nothing')", "'ggplot', 'fivethirtyeight' or 'seaborn-v0_8'"),
        ("np.array([[1], [1, 2]])", "np.array(rows, dtype=object)"),
        (
            "pd.read_csv(io.StringIO('a'), date_parser=str)",
            "use date_format=…, or pd.to_datetime(df[column]) afterwards",
        ),
    ]);
}

#[test]
fn packages_that_are_not_there_name_the_way_to_have_them() {
    let add = |package: &str| format!("`polymath python add {package}`");
    for (code, package, instead) in [
        ("import plotly.express as px", "plotly", "matplotlib"),
        ("from sklearn.linear_model import LinearRegression", "scikit-learn", "scipy"),
        ("import requests", "requests", "browser tools"),
        ("import statsmodels.api as sm", "statsmodels", "numpy"),
        ("import cv2", "opencv-python-headless", "PIL"),
        ("pd.ExcelWriter('a.xlsx', engine='xlsxwriter')", "xlsxwriter", "openpyxl"),
        ("df.style", "jinja2", "data frame itself"),
        ("import some_thing", "some_thing", ""),
        ("!pip install polars", "polars", "duckdb"),
        ("%pip install -q yfinance", "yfinance", "browser tools"),
        ("pip install tqdm", "tqdm", "loop"),
    ] {
        value(&session(), SETUP);
        let (_, text) = all(code);
        assert!(text.contains(&add(package)) && text.contains(instead), "{code}: {text}");
        assert!(!text.contains("conda") && !text.contains("Use pip"), "{code}: {text}");
    }
}

#[test]
fn notebooks() {
    check(&[
        ("import asyncio\nasync def f():\n    await asyncio.sleep(0.01)\n    return 42\nprint(await f())", "42"),
        ("await f()", "42"),
        ("t = asyncio.create_task(f())\nx = 1", ""),
        ("await t", "42"),
        ("[await f() for _ in range(2)]", "[42, 42]"),
        ("import time\nawait asyncio.to_thread(time.strftime, 'x')", "'x'"),
        ("asyncio.run(f())", "42"),
        ("import nest_asyncio; nest_asyncio.apply()\nasyncio.run(f())", "42"),
        ("display(pd.DataFrame({'a': [1]}))", "| a |\n| --- |\n| 1 |"),
        ("from IPython.display import display, Markdown, HTML\ndisplay(Markdown('# x'), HTML('<b>y</b>'))", "# x\ny"),
        ("%matplotlib inline\n1 + 1", "2\n`%matplotlib inline` was ignored: it is not needed here"),
        (
            "x = 5\nif x:\n    !ls -la {x}\n    y = 1\ny",
            "1\n`!ls -la {x}` was ignored: the sandbox cannot start other programs",
        ),
        ("%time z = 3\nz", "3\n`%time` was ignored; what follows it ran once"),
        ("%%timeit -n 3\nz + 1", "4\nthe line `%%timeit -n 3` was ignored; the rest ran"),
        ("%%bash\nls", "the whole cell was ignored: it is `%%bash` and not Python"),
        ("x = (7\n% 4)\nt = '''\n!ls\n'''\nx, t", "(3, '\\n!ls\\n')"),
        ("!pip install numpy pandas\n1", "1\nthe line that installs packages was ignored: they are there"),
        (
            "get_ipython().run_line_magic('matplotlib', 'inline')",
            "`matplotlib inline` was ignored: it is a notebook's command",
        ),
        ("df?", "`df?` was ignored: use help(df)"),
    ]);
    let (_, text) = all("x = 1\ny = = 2\n!ls");
    assert!(text.contains("line 2"), "{text}");
    let (_, text) = all("files = !ls");
    assert!(text.contains("cannot: write it in Python (os, glob, open)"), "{text}");
}

#[test]
fn files_in_usual_places_are_in_the_working_directory() {
    value(&session(), SETUP);
    for (index, place) in ["/mnt/data", "/tmp", "/home/user", "~", "/content"].into_iter().enumerate() {
        let code = format!(
            "p = os.path.expanduser({place:?})\nos.makedirs(p + '/sub{index}', exist_ok=True)\n\
             n.to_csv({place:?} + '/f{index}.csv')\n\
             from pathlib import Path\nPath(p, 'sub{index}', 'x.txt').write_text('x')\nplt.plot([1]); plt.savefig(p + '/p{index}.png')\n\
             os.rename(p + '/sub{index}/x.txt', 'y{index}.txt')\n\
             len(pd.read_csv(p + '/f{index}.csv')), open('f{index}.csv').read(2), os.path.exists(p + '/p{index}.png')"
        );
        let (output, text) = all(&code);
        assert_eq!(output.value.as_deref(), Some("(3, ',g', True)"), "{place}: {text}");
        let mut names: Vec<&str> = output.files.iter().map(|file| file.name.as_str()).collect();
        names.sort();
        assert_eq!(names, [format!("f{index}.csv"), format!("p{index}.png"), format!("y{index}.txt")]);
        assert!(
            output.notes.iter().any(|note| note.starts_with(place) && note.contains("working directory")),
            "{text}"
        );
    }
    check(&[(
        "import tempfile\nwith tempfile.NamedTemporaryFile() as f: f.write(b'x')\nos.listdir('.').count('sub0')",
        "1",
    )]);
}

#[test]
fn the_standard_set_works_behind_the_walls() {
    check(&[
        (
            "pd.DataFrame({'a': [1.5, 2.5]}).to_excel('a.xlsx', index=False)\npd.read_excel('a.xlsx').a.sum().item()",
            "4.0",
        ),
        (
            "pd.DataFrame({'a': [1, 2], 't': ['x', None]}).to_parquet('a.parquet')\np = pd.read_parquet('a.parquet')\np.a.sum().item(), p.t.isna().sum().item()",
            "(3, 1)",
        ),
        ("import pyarrow.parquet as pq\npq.read_table('a.parquet', columns=['a']).num_rows", "2"),
        ("import duckdb\nduckdb.sql('select sum(a)::int from p').fetchall()", "[(3,)]"),
        ("duckdb.query('select * from \\'a.parquet\\'').df().shape", "(2, 2)"),
        (
            "c = duckdb.connect('x.duckdb'); c.execute('create table t as select 1 as a'); c.sql('from t').fetchall()",
            "[(1,)]",
        ),
        ("import lxml.html\nlxml.html.fromstring('<p>a<b>c</b></p>').text_content()", "'ac'"),
        ("pd.read_html('<table><tr><th>a</th></tr><tr><td>1</td></tr></table>')[0].a[0].item()", "1"),
        ("pd.read_html(io.StringIO('<table><tr><th>a</th></tr><tr><td>1</td></tr></table>'))[0].shape", "(1, 1)"),
        ("plt.plot([1, 2]); plt.savefig('t.pdf')\nimport pdfplumber\nlen(pdfplumber.open('t.pdf').pages)", "1"),
        ("n.to_markdown().count('|') > 5", "True"),
        ("x = 9\nx", "9"),
    ]);
    let seaborn = "import seaborn as sns\nfig, axes = plt.subplots(2, 3)\nsns.histplot(n.v, ax=axes[0][0], kde=True)\n\
        sns.boxplot(data=n, x='g', y='v', ax=axes[0][1])\nsns.heatmap(n.corr(), annot=True, ax=axes[0][2])\n\
        sns.barplot(data=n, x='g', y='v', ax=axes[1][0])\nsns.scatterplot(data=n, x='g', y='v', hue='g', ax=axes[1][1])\n\
        sns.violinplot(data=n, x='g', y='v', ax=axes[1][2])";
    let output = run(&session(), seaborn);
    assert_eq!((output.error.as_ref(), output.figures.len()), (None, 1), "{output:?}");
    value(&session(), "x");
}

#[test]
fn files_in_other_encodings_are_read_with_a_note() {
    value(&session(), SETUP);
    value(&session(), "open('l.csv', 'wb').write('Straße;Wert\\nMünchen;1,5\\nKöln;2,25\\n'.encode('latin-1'))");
    let (output, text) = all("d = pd.read_csv('l.csv')\nlist(d.columns), float(d.Wert.sum())");
    assert_eq!(output.value.as_deref(), Some("(['Straße', 'Wert'], 3.75)"), "{text}");
    assert!(text.contains("not UTF-8") && text.contains("semicolons") && text.contains("decimal commas"), "{text}");
    check(&[
        (
            "open('u.csv', 'wb').write('a,b\\n1,2'.encode('utf-16'))\npd.read_csv('u.csv').b[0].item()",
            "2\nu.csv is not UTF-8: it was read as utf-16",
        ),
        ("open('p.csv', 'w').write('a\\nx;y\\n')\npd.read_csv('p.csv').a[0]", "'x;y'"),
    ]);
}
