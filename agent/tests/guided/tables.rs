//! Tables: collected, given, asked in SQL, and the provenance of their cells on the way.

use crate::world::{Page, World, given, origins, rows};
use polymath_chat::Event;

const TUNNELS: Page = Page(
    "local:tunnels.html",
    "Tunnels of Ardun",
    "Tunnel | Length (m) | Opened\nOst | 1,268 | 1911\nWest | 940 | 1934\nWest Kap | 940 | 1956",
);
const PROSE: Page = Page(
    "local:dams.html",
    "Dams of the Varn valley",
    "The Upper Varn dam was completed in 1931 and is 58 m high.\nThe Lower Varn dam, completed in 1954, is 33 m high.",
);

fn tunnels() -> World {
    let mut world = World::new(&[TUNNELS]);
    let plan = "t1 = collect(\"tunnels of Ardun\", [\"Tunnel\", \"Length\", \"Opened\"])";
    world.ask("Make a table of the tunnels of Ardun: length, opened", &[plan, "text, number, date"], &[]);
    world
}

#[test]
fn a_pages_table_is_taken_over_with_its_units() {
    let world = tunnels();
    let table = &world.chat.tables[0];
    assert_eq!(rows(table), "Ost,1,268 m,1911; West,940 m,1934; West Kap,940 m,1956");
    // Metres are no millions.
    assert_eq!(table.rows[0][1].number, Some(1268.0));
    assert_eq!(origins(table), "sss sss sss");
}

#[test]
fn columns_of_other_names_are_asked_for() {
    let mut world = World::new(&[TUNNELS]);
    let plan = "t1 = collect(\"tunnels of Ardun\", [\"Tunnel\", \"Year of completion\"])";
    let columns = "{\"Year of completion\":\"Opened\"}";
    world.ask("List the tunnels of Ardun and their years of completion", &[plan, "text, date", columns], &[]);
    assert_eq!(rows(&world.chat.tables[0]), "Ost,1911; West,1934; West Kap,1956");
}

#[test]
fn the_names_of_the_rows_come_along_unasked() {
    let mut world = World::new(&[TUNNELS]);
    let plan = "t1 = collect(\"tunnels of Ardun\", [\"Opened\", \"Length\"])";
    // What its cells are is seen from the cells.
    world.ask("Make a table of the tunnels of Ardun (opened, length)", &[plan, "text, number"], &[]);
    let table = &world.chat.tables[0];
    assert_eq!(table.columns, ["Tunnel", "Opened", "Length"]);
    assert_eq!(rows(table), "Ost,1911,1,268 m; West,1934,940 m; West Kap,1956,940 m");
    assert_eq!(table.rows[0][1].date.as_deref(), Some("1911"));
}

#[test]
fn rows_are_copied_out_of_prose() {
    let mut world = World::new(&[PROSE]);
    let said = world.ask(
        "Make a table of the dams of the Varn valley: height, completed",
        &[
            "t1 = collect(\"dams of the Varn valley\", [\"Dam\", \"Height\", \"Completed\"])",
            "text, number, date",
            "[{\"Dam\":\"Upper Varn dam\",\"Height\":\"58 m\",\"Completed\":\"1931\"},{\"Dam\":\"Lower Varn dam\",\"Height\":\"33 m\",\"Completed\":\"1954\"}]",
        ],
        &[],
    );
    said.has("| Upper Varn dam [1] | 58 m [1] | 1931 [1] |").has("| Lower Varn dam [1] | 33 m [1] | 1954 [1] |");
}

#[test]
fn a_table_that_no_page_has_is_not_found() {
    let mut world = World::new(&[]);
    let plan = "t1 = collect(\"tunnels of Ardun\", [\"Tunnel\", \"Length\"])";
    let said = world.ask("Make a table of the tunnels of Ardun: length", &[plan, "text, number"], &[]);
    said.has("Not found in the pages opened: tunnels of Ardun").lacks("|");
}

#[test]
fn the_largest_of_these_needs_no_search() {
    let mut world = tunnels();
    let said = world.ask("Which of these is the longest?", &["The longest is {r1}, {r2} long."], &[]);
    assert_eq!(said.text(), "The longest is Ost [1], 1,268 m [1] long.");
    assert!(said.called("browser_search").is_empty());
}

#[test]
fn sorting_moves_whole_rows_with_their_pages() {
    let mut world = tunnels();
    world.ask("Sort them by length", &[], &[]);
    let sorted = world.chat.tables.last().unwrap();
    assert_eq!(rows(sorted), "West,940 m,1934; West Kap,940 m,1956; Ost,1,268 m,1911");
    assert_eq!(origins(sorted), "sss sss sss");
}

#[test]
fn filtering_keeps_what_is_left_as_it_was() {
    let mut world = tunnels();
    let said = world.ask("Only those since 1930", &["t2 = sql(\"SELECT * FROM t1 WHERE Opened >= 1930\")"], &[]);
    said.has("| West [1] | 940 m [1] | 1934 [1] |").lacks("Ost");
}

#[test]
fn names_within_names_and_equal_cells_stay_apart() {
    let mut world = tunnels();
    let plan = "t2 = sql(\"SELECT Tunnel, Length, Opened FROM t1 WHERE Tunnel = 'West Kap'\")";
    world.ask("Show West Kap", &[plan, "{r1} is {r2} long, since {r3}."], &[]);
    assert_eq!(rows(world.chat.tables.last().unwrap()), "West Kap,940 m,1956");
    assert_eq!(origins(world.chat.tables.last().unwrap()), "sss");
}

#[test]
fn columns_that_are_added_are_computed() {
    let mut world = tunnels();
    let plan = "t2 = sql(\"SELECT *, ROUND(100.0 * Length / SUM(Length) OVER (), 1) AS Share FROM t1\")";
    world.ask("add the share of each in the total length in percent", &[plan], &[]);
    let table = world.chat.tables.last().unwrap();
    assert_eq!(origins(table), "sssc sssc sssc");
    assert_eq!(table.rows[0][3].display(), "40.3");
}

#[test]
fn a_row_is_added_with_the_users_figures() {
    let mut world = tunnels();
    let plan = "t2 = sql(\"SELECT * FROM t1 UNION ALL SELECT 'Nord', 1500, 1970\")";
    let said = world.ask("add Nord with 1500 m, opened 1970", &[plan], &[]);
    said.has("| Nord | 1500 | 1970 |").has("| Ost [1] |");
}

#[test]
fn two_tables_are_joined() {
    let mut world = World::new(&[]);
    world.chat.tables.push(given("sales.csv", "Shop | Amount\nKöln | 12.5\nMálaga | 8\nKöln | 4"));
    world.chat.tables.push(given("staff.csv", "Shop | Manager\nKöln | Brandt\nMálaga | Ortega"));
    let plan = "t3 = sql(\"SELECT t2.Manager, SUM(t1.Amount) AS Total FROM t1 JOIN t2 ON t1.Shop = t2.Shop GROUP BY t2.Manager\")";
    let said = world.ask("Join them and show the total amount for each manager", &[plan], &[]);
    said.has("| Brandt | 16.5 |").has("| Ortega | 8 |");
    let told = &said.prompts()[0].prompt;
    assert!(
        told.contains("sales.csv (Shop, Amount), 3 rows") && told.contains("staff.csv (Shop, Manager), 2 rows"),
        "{told}"
    );
}

#[test]
fn a_files_total_is_computed_and_the_file_not_printed() {
    let mut world = World::new(&[]);
    world.chat.tables.push(given("invoices.csv", "Customer | Amount\nAcme | 1204.5\nBirch | 300\nCole | 99.25"));
    let said = world.ask("What is the total amount?", &["The total is {r1}."], &[]);
    assert_eq!(said.text(), "The total is 1603.75.");
    said.lacks("Acme").lacks("pages");
}

#[test]
fn a_query_that_failed_is_written_again() {
    let mut world = tunnels();
    let said = world.ask(
        "Which tunnel of the south is the shortest?",
        &[
            "t2 = sql(\"SELECT Tunnel FROM t1 ORDER BY Size LIMIT 1\")",
            "SELECT Tunnel, Length FROM t1 ORDER BY Length LIMIT 1",
            "The shortest is {r1}.",
        ],
        &[],
    );
    said.has("The shortest is West [1].");
    let mending = &said.prompts()[1].prompt;
    assert!(mending.contains("no such column: Size") && mending.contains("t1 (Tunnel, Length, Opened)"), "{mending}");
}

#[test]
fn a_query_that_cannot_be_mended_is_said_to_be_so() {
    let mut world = tunnels();
    let again = "SELECT Length WHERE FROM t1";
    let plan = "t2 = sql(\"SELECT Length FROM t1 ORDER BY Deepness LIMIT 1\")";
    let said = world.try_ask("Which tunnel of the south is the shortest?", &[plan, again, again], &[]);
    said.has("This could not be worked out").lacks("Ost");
}

#[test]
fn columns_with_spaces_are_quoted_for_the_model() {
    let mut world = World::new(&[]);
    world.chat.tables.push(given("b.csv", "Name | Year of opening\nOst | 1911\nWest | 1934"));
    let plan = "t2 = sql(\"SELECT Name FROM t1 WHERE Year_of_opening > 1920\")";
    world.ask("Which opened after 1920?", &[plan, "{r1} did."], &[]).has("West did.");
}

#[test]
fn a_table_of_the_requests_own_numbers() {
    let mut world = World::new(&[]);
    let plan = "t1 = table([\"Animal\", \"Count\"], [[\"cats\", 12], [\"dogs\", 9]])";
    let said = world.ask("Make a table of these: cats 12, dogs 9", &[plan], &[]);
    said.has("| cats | 12 |");
    assert_eq!(origins(&world.chat.tables[0]), "gg gg");
}

#[test]
fn missing_cells_are_named() {
    let page = Page("local:t.html", "Tunnels of Ardun", "Tunnel | Length\nOst | 1268\nWest | ");
    let mut world = World::new(&[page]);
    let said = world.ask(
        "Make a table of the tunnels of Ardun: length",
        &["t1 = collect(\"tunnels of Ardun\", [\"Tunnel\", \"Length\"])", "text, number"],
        &[],
    );
    said.has("Not found in the pages opened: Length (West)").has("| West [1] | n/a |");
    assert!(said.events.iter().any(|e| matches!(e, Event::Table { .. })));
}

#[test]
fn things_that_are_named_are_rows_whatever_is_found() {
    let pages = [
        Page("local:u.html", "Upper Varn Dam", "The Upper Varn Dam is 58 m high."),
        Page("local:l.html", "Lower Varn Dam", "The Lower Varn Dam is 33 m high."),
    ];
    let mut world = World::new(&pages);
    let said = world.ask(
        "Make a table of the Upper Varn Dam, the Lower Varn Dam and the Sund Dam with their height",
        &["t1 = collect(\"dam\", [\"Dam\", \"Height\"])", "58 m", "33 m"],
        &[],
    );
    assert_eq!(rows(&world.chat.tables[0]), "Upper Varn Dam,58 m; Lower Varn Dam,33 m; Sund Dam,n/a");
    said.has("| Lower Varn Dam | 33 m [2] |").has("Height (Sund Dam)");
}

#[test]
fn columns_with_underscores_for_spaces_are_the_tables_own() {
    let mut world = World::new(&[]);
    world.chat.tables.push(given("b.csv", "Name | Year of opening\nOst | 1911\nWest | 1934"));
    let plan = "t2 = sql(\"SELECT Name FROM t1 WHERE Year_of_opening > 1920\")";
    world.ask("Which opened after 1920?", &[plan, "{r1} did."], &[]).has("West did.");
}

#[test]
fn two_files_of_one_shape_are_asked_as_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(&[]);
    for (year, rows) in [("2021", "Sund;10\nArdun;20\n"), ("2022", "Sund;15\nArdun;30\n")] {
        let path = folder.path().join(format!("sales_{year}.csv"));
        std::fs::write(&path, format!("Shop;Cost\n{rows}")).unwrap();
        world.chat.give(&path).unwrap();
    }
    let plan = "t4 = sql(\"SELECT Year, SUM(Cost) AS Total FROM t3 GROUP BY Year\")";
    let said = world.ask("The total cost of sales_2021.csv and sales_2022.csv, each by itself", &[plan], &[]);
    assert!(
        said.prompts()[0].prompt.contains("There is: t3 = sales_2021.csv + sales_2022.csv (Year, Shop, Cost), 4 rows")
    );
    said.has("| 2021 | 30 |").has("| 2022 | 45 |");
    world.ask("by how many percent did it change?", &["It rose by {r1} percent."], &[]).has("It rose by 50 percent");
    // A condition that the query forgets.
    let plan = "t6 = sql(\"SELECT SUM(Cost) AS Total FROM t3\")";
    world.ask("The total cost of Sund over both years?", &[plan, "It is {r1}."], &[]).has("It is 25");
}
