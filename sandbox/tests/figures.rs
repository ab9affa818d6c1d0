//! Text in figures: dollars that are money, characters that the chosen font lacks, old style names.
//! `POLYMATH_PICTURES=DIR` keeps the pictures, to be looked at.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod common;
use common::{run, value};
use polymath_sandbox::RunOutput;

const SETUP: &str = "import matplotlib.pyplot as plt, numpy as np";

#[test]
fn all_of_this_as_an_ordinary_user() {
    common::ordinary::run_again();
}

/// Draws one figure, without an error and without a word on standard error.
#[track_caller]
fn drawn(name: &str, code: &str) -> RunOutput {
    let output = run("figures", &format!("{SETUP}\n{code}"));
    assert_eq!((output.error.as_ref(), output.stderr.as_str()), (None, ""), "{code}");
    assert_eq!(output.figures.len(), 1, "{code}");
    if let Some(folder) = std::env::var_os("POLYMATH_PICTURES") {
        let path = std::path::Path::new(&folder).join(format!("{name}.png"));
        std::fs::write(path, &output.figures[0].png).unwrap();
    }
    output
}

#[test]
fn dollars_are_money_unless_they_clearly_begin_a_formula() {
    let mut wrong = Vec::new();
    let mut check = |text: &str, formula: bool, shown: &str| {
        let code = format!("{SETUP}\nt = plt.figure().text(0, 0, 'x')._preprocess_math({text:?}); plt.close(); t");
        let got = value("dollars", &code);
        let want = format!("({}, {})", value("dollars", &format!("{shown:?}")), if formula { "True" } else { "False" });
        if got != want {
            wrong.push(format!("{text}: {got}, wanted {want}"));
        }
    };
    let mut money = |text: &str| check(text, false, &text.replace("\\$", "$"));
    for text in [
        "Revenue ($)",
        "Revenue ($M) and cost ($M)",
        "from $5 to $10",
        "$1.2B in 2020, $3.4B in 2021",
        "US$ / EUR$",
        "A$ vs B$",
        "Price_A ($) and Price_B ($)",
        "$100_000 and $5",
        "$5M–$10M",
        "cost: $5^ and $6^",
        "paid \\$5 of $7",
        "$ and $",
        "$$",
        "($m)/($bn)",
        "net_income ($) – op_income ($)",
        "$/oz vs $/g",
        "$12,500 | $13,000",
    ] {
        money(text);
    }
    for text in [
        "$x^2$",
        "$\\alpha$",
        "area $\\pi r^2$ of a circle",
        "$R_{adj}^2 = 0.9$",
        "$E = mc^2$",
        "$CO_2$",
        "$x$",
        "$p<0.05$",
        "$y = 2x + 1$",
        "$H_2O$ and $CO_2$",
        "$\\frac{a}{b}$",
        "$\\mathdefault{10^{2}}$",
        "$10^6$",
        "$P(A \\mid B)$",
        "$n=30$",
        "$\\log_{10} x$",
    ] {
        check(text, true, text);
    }
    check("cost $5, $x^2$", true, "cost \\$5, $x^2$");
    check("$10 for $x^2$ and $y$", true, "\\$10 for $x^2$ and $y$");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn money_in_every_text_of_a_figure() {
    let output = drawn(
        "money",
        "plt.plot([1, 2], label='a ($M)'); plt.plot([2, 1], label='b ($M), $x^2$')\nplt.title('Revenue ($M) vs cost ($M)')\n\
         plt.xlabel('from $5 to $10'); plt.ylabel('$\\\\alpha$ per $'); plt.legend(title='in $ or in US$')\n\
         plt.annotate('$5 is not $6', (0, 1)); plt.xticks([0, 1], ['$1', '$2 or $3'])",
    );
    assert!(output.notes.is_empty(), "{:?}", output.notes);
}

#[test]
fn a_formula_that_cannot_be_read_is_text() {
    let output = drawn("broken", "plt.plot([1]); plt.title('$\\\\nonsense{x}$ of $x^2')");
    assert!(output.notes.is_empty() || output.notes[0].contains("drawn as text"), "{:?}", output.notes);
    let output = drawn("broken-2", "plt.plot([1]); plt.title('$\\\\frac{x}$')");
    assert!(output.notes[0].contains("drawn as text"), "{:?}", output.notes);
}

#[test]
fn any_family_falls_back_to_one_that_has_the_glyphs() {
    let settings = [
        "plt.rcParams['font.family'] = 'Times New Roman'",
        "plt.rcParams['font.family'] = 'SimHei'",
        "plt.rcParams['font.sans-serif'] = ['Arial']; plt.rcParams['font.family'] = 'sans-serif'",
        "plt.style.use('seaborn')",
        "plt.rcdefaults()",
        "plt.rcParams['font.family'] = 'DejaVu Serif'; plt.rcParams['mathtext.fontset'] = 'stix'",
        "plt.rcParams['font.weight'] = 'bold'; plt.rcParams['font.family'] = ['Comic Sans MS', 'Hiragino Maru Gothic Pro']",
    ];
    for (index, setting) in settings.iter().enumerate() {
        let code = format!(
            "plt.rcdefaults(); {setting}\nplt.plot([-1, 2]); plt.title('收入增长 売上 매출 Ωμέγα Выручка $x^2$ 中文')\n\
             plt.xlabel('年份 (2024)', fontfamily='Helvetica'); plt.text(0, 0, '中', fontname='Courier New')"
        );
        let output = drawn(&format!("family-{index}"), &code);
        assert!(output.notes.is_empty(), "{setting}: {:?}", output.notes);
    }
}

#[test]
fn a_character_that_no_font_has_is_told_once() {
    let code = "import warnings; warnings.simplefilter('always')\nplt.plot([1]); plt.title('up \u{1F680} up \u{1F680}'); plt.xlabel('\u{1F680}')";
    let output = drawn("rocket", code);
    assert_eq!(output.notes.len(), 1, "{:?}", output.notes);
    assert!(output.notes[0].contains("U+1F680, rocket"), "{:?}", output.notes);
}

#[test]
fn old_style_names_and_arguments_draw() {
    for (index, code) in [
        "plt.style.use('seaborn'); plt.plot([1, 4])",
        "plt.style.use('seaborn-whitegrid'); plt.plot([1, 4])",
        "plt.style.use(['seaborn-darkgrid', 'seaborn-talk']); plt.plot([1, 4])",
        "with plt.style.context('seaborn-pastel'): plt.bar([1], [2])",
        "plt.hist([1, 2, 2], normed=True, color=plt.cm.get_cmap('viridis')(0.5))",
        "ax = plt.gca(projection='3d'); ax.plot([1, 2], [1, 2], [1, 2])",
        "fig = plt.figure(); ax = fig.gca(projection='polar'); ax.plot([0, 1], [1, 2])",
        "plt.boxplot([[1, 2], [2, 3]], labels=['a', 'b']); plt.grid(b=True)",
        "plt.stem([1, 2], use_line_collection=True); plt.annotate(s='here', xy=(0, 1))",
        "import datetime; plt.plot_date([datetime.date(2024, 1, 1)], [1]); plt.gcf().canvas.set_window_title('x')",
    ]
    .iter()
    .enumerate()
    {
        drawn(&format!("old-{index}"), code);
    }
    let output = drawn("tex", "plt.rc('text', usetex=True); plt.plot([1]); plt.title('$x^2$')");
    assert!(output.notes[0].contains("usetex"), "{:?}", output.notes);
}
