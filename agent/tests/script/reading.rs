//! What is wrong with a script is told with its line, its key and what to do.

use super::bench::{Bench, repository};
use polymath_agent::script::{Inputs, mermaid, read};

/// `want` is what stands behind the file's name, a line an error.
#[track_caller]
fn check(text: &str, want: &[&str]) {
    let bench = Bench::new();
    let errors = bench.read(text).err().unwrap_or_default();
    let folder = format!("{}/", bench.folder.path().display());
    let told: Vec<String> = errors.iter().map(|error| error.to_string().replace(&folder, "")).collect();
    assert_eq!(told.len(), want.len(), "{told:#?}");
    for (told, want) in told.iter().zip(want) {
        let (place, says) = want.split_once(" … ").unwrap_or((want, ""));
        assert!(told.starts_with(place) && told.contains(says), "{told}\nshould be: {want}");
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    check("title = ", &["script.toml:1: "]);
    check("[steps.a]\naks = \"x\"", &["script.toml:2: aks: unknown field `aks` … hint: write `ask`"]);
    check("[steps.a]\nask = 5", &["script.toml:2: invalid type: integer `5`, expected a string"]);
    check("[steps]", &["script.toml:1: steps: the script has no step"]);
    check(
        "[steps.a]\nretries = 1\n[steps.b]\nask = \"x\"\nsql = \"y\"",
        &[
            "script.toml:1: steps.a: the step does not say what it does … ask, tool, sql",
            "script.toml:3: steps.b: the step does several things: ask, sql",
        ],
    );
    check(
        "[vars]\ncompany = \"x\"\n[steps.a]\nask = \"How old is {{ compny }}?\"",
        &["script.toml:4: steps.a.ask: there is no variable, file or step `compny` … hint: write company"],
    );
    check(
        "[steps.a]\nask = \"{{ item }}\"",
        &["script.toml:2: steps.a.ask: there is no … hint: `item` is known in steps with for-each"],
    );
    check("[steps.a]\nask = \"{{ a\"", &["script.toml:2: steps.a.ask: syntax error"]);
    check(
        "[steps.a]\ntool = \"calculater\"\nargs = { expression = \"1\" }",
        &["script.toml:2: steps.a.tool: there is no tool `calculater` … hint: write \"calculator\""],
    );
    check(
        "[steps.a]\ntool = \"calculator\"\n\nargs = { expresion = \"1\" }",
        &["script.toml:4: steps.a.args: … it takes expression (string, required)"],
    );
    check(
        "[steps.t]\ntool = \"calculator\"\nargs = { expression = \"1\" }\n[steps.c]\nchart = { data = \"tt\", kind = \"lines\", y = \"A\" }",
        &[
            "script.toml:5: steps.c.chart.data: there is no `tt` … hint: write \"t\"",
            "script.toml:5: steps.c.chart: /kind: \"lines\" is not one of",
        ],
    );
    check(
        "[steps.a]\nreport = \"x\"\nfollows = \"b\"\n[steps.b]\nask = \"y\"",
        &["script.toml:1: steps.a.follows: a step with `report` has no `follows`"],
    );
    check(
        "[steps.b]\nask = \"y\"\nfor-each = [\"p\", \"q\"]\n[steps.a]\nask = \"x\"\nfollows = \"b\"",
        &["script.toml:6: steps.a.follows: `b` is no single question"],
    );
    check(
        "[steps.a]\nassert = { of = \"b\", status = \"source\" }\n[steps.b]\nask = \"x\"\n[steps.c]\nassert = { of = \"b\" }",
        &[
            "script.toml:2: steps.a.assert.status: there is no status \"source\" … write \"sourced\"",
            "script.toml:6: steps.c.assert: it does not say what must hold",
        ],
    );
    check(
        "[steps.one]\nsql = \"SELECT * FROM two\"\n[steps.two]\nsql = \"SELECT * FROM one\"",
        &["script.toml:1: steps.one: the steps wait for each other: one needs two needs one"],
    );
    check(
        "time = \"soon\"\nmode = \"wild\"\ntoday = 10:00:00\n[vars]\nN = 1\nx = { type = \"numbr\" }\ny = { type = \"date\", default = \"then\" }\nz = { typ = \"text\" }\n[steps.z]\nask = \"x\"\n[steps.item]\nask = \"x\"",
        &[
            "script.toml:1: time: \"soon\" is no time … hint: write it as 20m",
            "script.toml:2: mode: \"wild\" is none of",
            "script.toml:3: today: it is no day",
            "script.toml:5: vars.N: it cannot be called so",
            "script.toml:6: vars.x: there is no type \"numbr\" … write \"number\"",
            "script.toml:7: vars.y: its default is no date",
            "script.toml:8: vars.z: `typ` is none of",
            "script.toml:9: steps.z: another thing of this script has this name",
            "script.toml:11: steps.item: `item` is what",
        ],
    );
    check(
        "[files]\nf = \"{{ nothing }}.csv\"\n[steps.a]\nask = \"x\"",
        &["script.toml:2: files.f: there is no variable `nothing`"],
    );
    check("[steps.a]\nask = \"x\"\nif = \"b.rows >\"", &["script.toml:3: steps.a.if: syntax error"]);
}

#[track_caller]
fn input(vars: &[(&str, &str)], want: &str) {
    let bench = Bench::new();
    let text = "[vars]\nwho = {}\nn = 3\nday = 2024-01-02\nlist = [\"a\"]\nflag = true\n[files]\nf = \"{{ who }}.csv\"\n[steps.a]\nask = \"{{ who }}\"";
    std::fs::write(bench.folder.path().join("x.csv"), "a,b\n1,2\n").unwrap();
    let vars: Vec<(String, String)> = vars.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let told = match Inputs::read(&bench.read(text).unwrap(), &vars) {
        Ok(inputs) => serde_json::to_string(&inputs.vars).unwrap(),
        Err(e) => e.to_string(),
    };
    assert!(told.contains(want), "{told}");
}

#[test]
fn inputs_have_types_and_defaults() {
    input(&[("who", "x")], r#"{"day":"2024-01-02","flag":true,"list":["a"],"n":3,"who":"x"}"#);
    input(
        &[("who", "x"), ("n", "2.5"), ("day", "2025-12-31"), ("list", "b, c"), ("flag", "no"), ("n", "4")],
        r#"{"day":"2025-12-31","flag":false,"list":["b","c"],"n":4,"who":"x"}"#,
    );
    input(&[], "`who` has no value and no default\nhint: give it: --var who=…");
    input(&[("wo", "x")], "no variable `wo`\nhint: --var who=…");
    input(&[("who", "x"), ("n", "many")], "--var n=many: it is no number\nhint: write it as 2.5");
    input(&[("who", "x"), ("day", "soon")], "write it as 2025-12-31");
    input(&[("who", "nobody")], "nobody.csv, cannot be read");
}

#[test]
fn the_steps_are_a_flow_chart() {
    let path = repository().join("examples/runs/sales.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let script = read(&path, &text, &Bench::new().tools().specs()).unwrap();
    let graph = mermaid(&script);
    assert!(graph.starts_with("flowchart TD\n    sales[(\"data/sales.csv\")]\n"), "{graph}");
    for line in [
        "complete{{\"complete: assert\"}}",
        "weak[\"weak: sql<br/>if total.number > least\"]",
        "report([\"report: report\"])",
        "sales --> total",
        "by_region --> regions",
        "total --> by_region",
    ] {
        assert!(graph.contains(&format!("    {line}\n")), "{line} is not in {graph}");
    }
}
