"""Files that are handed over: clean ones, messy ones (`;`, decimal commas, missing-value codes, mixed dates, Latin-1), several to join or to stack."""
import csv
import datetime
import io
from decimal import Decimal

from .checks import NO_FAILURE, any_of, chart_turn, name, number, sure, turn
from .names import slug
from .world import World, draw

TOOLS = ["python|sql|calculator|table"]
THEMES = (  # file, group column, item column and its values, count column, amount column and the span of an amount for each one counted
    ("orders", "Branch", "Product", ("Lamp", "Chair", "Shelf", "Table"), "Units", "Revenue", (4, 60)),
    ("harvest", "Farm", "Crop", ("Barley", "Beans", "Oats", "Plums"), "Crates", "Weight", (8, 23)),
    ("tickets", "Venue", "Category", ("Adult", "Child", "Senior"), "Tickets", "Income", (5, 31)),
    ("repairs", "Workshop", "Part", ("Brake", "Chain", "Gear", "Wheel"), "Jobs", "Cost", (9, 75)),
    ("deliveries", "Depot", "Goods", ("Paper", "Tiles", "Paint"), "Parcels", "Value", (3, 17)),
)
CODES = ("n/a", "-", "", "NA")


class Book:
    """Rows of one theme: date, group, item, count, amount (None where missing)."""

    def __init__(self, world: World, theme, groups, year: int, count: int, holes: float):
        rng, self.theme, self.rows = world.rng, theme, []
        low, high = theme[6]
        for i in range(count):
            day = datetime.date(year, 1, 1) + datetime.timedelta(days=(i * 365) // count + rng.randint(0, max(0, 365 // count - 1)))
            units = rng.randint(3, 96)
            amount = Decimal(units) * Decimal(rng.randint(low * 100, high * 100)) / 100
            group = groups[i] if i < len(groups) else rng.choice(groups)
            missing = i >= len(groups) and rng.random() < holes
            self.rows.append((day, group, rng.choice(theme[3]), units, None if missing else amount.quantize(Decimal("0.01"))))

    def total(self, keep=lambda row: True) -> Decimal:
        return sum((row[4] for row in self.rows if row[4] is not None and keep(row)), Decimal(0))

    def known(self, keep=lambda row: True) -> list[Decimal]:
        return [row[4] for row in self.rows if row[4] is not None and keep(row)]

    def text(self, world: World, messy: bool, sentinel: bool) -> bytes:
        rng, out = world.rng, io.StringIO()
        write = csv.writer(out, delimiter=";" if messy else ",", lineterminator="\n").writerow
        _, group, item, _, units, amount, _ = self.theme
        write(["Date", group, item, units, amount])
        codes = ("-999",) if sentinel else CODES
        for day, place, thing, count, value in self.rows:
            shown = rng.choice(codes) if value is None else f"{value:,.2f}".translate(str.maketrans(",.", ".,")) if messy else str(value)
            when = rng.choice((f"{day:%d.%m.%Y}", f"{day:%Y-%m-%d}", f"{day:%d %b %Y}")) if messy else f"{day:%Y-%m-%d}"
            write([when, place, thing, count, shown])
        return out.getvalue().encode("cp1252" if messy and rng.random() < 0.3 else "utf-8", "replace")


def latin(world: World) -> str:
    return world.names.place(world.rng.choice(("nordic", "romance", "germanic", "celtic")))


def files(world: World) -> list[dict]:
    """One file, a file with a second to join, or two of two years."""
    pick = world.rng.random()
    return one_file(world) if pick < 0.5 else joined(world) if pick < 0.75 else stacked(world)


def per_group(book: Book, groups) -> tuple[list, str]:
    totals = {g: book.total(lambda row, g=g: row[1] == g) for g in groups}
    return [[name(g), number(v, computed=True)] for g, v in totals.items()], "\n".join(f"{g}: {v:,.2f}" for g, v in totals.items())


def group_question(world: World, theme, file: str) -> str:
    _, group, _, _, _, amount, _ = theme
    g, a = group, amount
    return world.rng.choice((f"What is the total {a} for each {g} in {file}?", f"Sum up {a} by {g} in {file}", f"{a} per {g}, please ({file})", f"For every {g}, add up the {a} in {file}", f"Group {file} by {g} and give me the sum of {a}", f"How much {a} did each {g} have in total? The data are in {file}."))


def one_file(world: World) -> list[dict]:
    """Totals, means, bests and counts over one file, messy more often than not."""
    rng, theme = world.rng, world.rng.choice(THEMES)
    groups = [latin(world) for _ in range(rng.randint(3, 4))]
    messy = rng.random() < 0.6
    sentinel = rng.random() < 0.25
    book = Book(world, theme, groups, rng.randint(2019, 2024), rng.randint(36, 140), 0.06 if messy or sentinel else 0)
    file = f"{theme[0]}_{slug(groups[0])}.csv"
    world.files[file] = book.text(world, messy, sentinel)
    _, g, item, _, units, a, _ = theme
    note = " (-999 stands for a missing value)" if sentinel else ""
    known = book.known()
    mean = sum(known) / len(known)
    rows, told = per_group(book, groups)
    totals = {x: book.total(lambda row, x=x: row[1] == x) for x in groups}
    best = max(totals, key=totals.get)
    first = rng.choice((
        turn("files", group_question(world, theme, file) + note, told, rows=rows),
        turn("files", rng.choice((f"What is the total {a} in {file}?", f"Sum of the column {a} of {file}?", f"Add up all {a} in {file}", f"total {a}, please: {file}", f"How much {a} is there in {file} in all?")) + note, f"The total is {book.total():,.2f}.", must=[number(book.total(), computed=True)], figures=[float(book.total())]),
        turn("files", rng.choice((f"What is the average {a} of a row in {file}?", f"mean of {a} in {file}", f"Calculate the mean {a} in {file}, leaving out missing values", f"On average, how large is {a} in {file}?", f"average {a} per row of {file}?")) + note, f"On average {mean:,.2f}, over {len(known)} rows with a value.", must=[number(mean, computed=True)], figures=sure(mean)),
        turn("files", rng.choice((f"How many rows does {file} have, and which columns?", f"Summarise {file}", f"What is in {file}?", f"Describe the file {file}: rows and columns", f"Give me an overview of {file}")), f"{file} has {len(book.rows)} rows and the columns Date, {g}, {item}, {units} and {a}.", must=[number(len(book.rows)), g, item, units, a]),
    ))
    first |= {"files": [file], "tools": TOOLS} | {"mustnot": [*first["mustnot"], *NO_FAILURE, "\ufffd"]}
    thing = rng.choice(theme[3])
    part = book.total(lambda row: row[2] == thing)
    month = rng.choice([1, 3, 5, 8, 10])
    named = datetime.date(2020, month, 1).strftime("%B")
    monthly = book.total(lambda row: row[0].month == month)
    counts = {x: sum(row[1] == x for row in book.rows) for x in groups}
    follow = [
        turn("files", rng.choice((f"Which {g} has the most {a} in total?", f"and which {g} is the best by total {a}?", f"Which {g} comes first in total {a}?", f"the {g} with the largest total {a}?", f"what {g} has the highest sum of {a}?")), f"{best}, with {totals[best]:,.2f}.", must=[name(best)], mustnot=[rf"{any_of(*(name(x) for x in groups if x != best))} (?:has|had|is|was) the (?:most|best|largest|highest)"]),
        turn("files", rng.choice((f"and only for {item} {thing}, the total {a}?", f"What is the total {a} where {item} is {thing}?", f"How much {a} comes from {thing}?", f"total {a} of {thing} only?", f"just {thing}: sum of {a}?")), f"{thing}: {part:,.2f}.", must=[number(part, computed=True)]),
        turn("files", rng.choice((f"What is the total {a} in {named}?", f"and in {named}, how much {a} in all?", f"sum of {a} for {named} only", f"total {a} of the month of {named}?", f"How much {a} fell in {named}?")), f"In {named}: {monthly:,.2f}.", must=[number(monthly, computed=True)]),
        turn("files", rng.choice((f"How many rows are there for each {g}?", f"count the rows by {g}", f"number of rows per {g}?", f"and how many entries does each {g} have?", f"How often does each {g} occur?")), "\n".join(f"{x}: {n}" for x, n in counts.items()), rows=[[name(x), number(n)] for x, n in counts.items()]),
        chart_turn("files", rng.choice((f"Draw the total {a} per {g} as a bar chart", f"can I see total {a} by {g} as bars?", f"bar chart of {a} by {g}, please", f"plot the sum of {a} for each {g} as bars", f"show that for every {g} as a bar chart: total {a}")), ["bar"]),
    ]
    if messy or sentinel:
        holes = len(book.rows) - len(known)
        if holes:
            follow.append(turn("files", rng.choice((f"In how many rows is {a} missing?", f"how many rows have no {a}?", f"number of rows without a value for {a}?", f"How many {a} values are missing?", f"and how many gaps are there in {a}?")), f"{a} is missing in {holes} rows.", must=[number(holes)]))
    return [first, *rng.sample(follow, rng.choice((1, 2, 2, 3)))]


def joined(world: World) -> list[dict]:
    """A second file about the groups: managers and heads."""
    rng, theme = world.rng, world.rng.choice(THEMES)
    groups = [latin(world) for _ in range(4)]
    messy = rng.random() < 0.5
    book = Book(world, theme, groups, rng.randint(2019, 2024), rng.randint(40, 110), 0.05 if messy else 0)
    file, second = f"{theme[0]}_{slug(groups[0])}.csv", f"staff_{slug(groups[0])}.csv"
    _, g, _, _, _, a, _ = theme
    people = [(x, world.names.person(), rng.randint(3, 24)) for x in groups]
    world.files[file] = book.text(world, messy, False)
    world.files[second] = (f"{g},Manager,Headcount\n" + "".join(f"{x},{p},{n}\n" for x, p, n in rng.sample(people, 4))).encode()
    each = {p: book.total(lambda row, x=x: row[1] == x) for x, p, _ in people}
    heads = {p: n for _, p, n in people}
    rows = lambda values: [[name(p.split()[-1]), number(v, computed=True)] for p, v in values.items()]
    told = lambda values: "\n".join(f"{p}: {v:,.2f}" for p, v in values.items())
    per_head = {p: v / heads[p] for p, v in each.items()}
    best = max(each, key=each.get)
    first = rng.choice((f"Join {file} and {second} by {g} and give the total {a} for each Manager", f"What is the total {a} of each Manager? {file} has the data, {second} says who manages which {g}.", f"Total {a} by Manager: the managers are in {second}, the rest in {file}", f"Add the Manager from {second} to {file} and sum {a} by Manager", f"For every manager in {second}, how much {a} is there in {file}?"))
    turns = [turn("files", first, told(each), rows=rows(each), files=[file, second], tools=TOOLS, mustnot=[*NO_FAILURE])]
    turns.append(turn("files", rng.choice((f"and {a} per head?", f"Now divide by Headcount: {a} per head for each Manager", f"What is the {a} per head of each manager?", f"show {a} per Headcount for every Manager", f"how much {a} is that for each head, by manager?")), told(per_head), rows=rows(per_head)))
    turns.append(turn("files", rng.choice((f"Which manager has the most {a} in total?", f"who has the largest total {a}?", f"and whose total {a} is the highest?", f"which of the managers comes first in total {a}?", f"Name the manager with the largest sum of {a}.")), f"{best}, with {each[best]:,.2f}.", must=[name(best.split()[-1])], mustnot=[rf"{any_of(*(name(p.split()[-1]) for p in each if p != best))} (?:has|had|is|was) the (?:most|best|largest|highest)"]))
    return turns


def stacked(world: World) -> list[dict]:
    """Two files of two years with the same columns."""
    rng, theme = world.rng, world.rng.choice(THEMES)
    groups = [latin(world) for _ in range(3)]
    year = rng.randint(2019, 2023)
    messy = rng.random() < 0.4
    books = {y: Book(world, theme, groups, y, rng.randint(30, 80), 0.04 if messy else 0) for y in (year, year + 1)}
    names = {y: f"{theme[0]}_{slug(groups[0])}_{y}.csv" for y in books}
    for y, book in books.items():
        world.files[names[y]] = book.text(world, messy, False)
    _, g, _, _, _, a, _ = theme
    totals = {y: b.total() for y, b in books.items()}
    both = " and ".join(names.values())
    change = (totals[year + 1] - totals[year]) / totals[year] * 100
    turns = [turn("files", rng.choice((f"What is the total {a} in each of {both}?", f"Compare the total {a} of {both}", f"Total {a} of each file, please: {both}", f"Sum up {a} in {both}, each by itself", f"How much {a} is in {both}? One sum a file.")), "\n".join(f"{y}: {v:,.2f}" for y, v in totals.items()), must=[number(v, computed=True) for v in totals.values()], files=list(names.values()), tools=TOOLS, mustnot=[*NO_FAILURE])]
    turns.append(turn("files", rng.choice(("By how many percent did it change?", "what is the change in percent?", f"and how many percent more or less is {year + 1} than {year}?", "percent change from the first year to the second?", "how large is the change, in percent?")), f"It {'rose' if change > 0 else 'fell'} by {abs(change):.2f}%.", must=[number(abs(change), computed=True)]))
    best = rng.choice(groups)
    sums = {y: b.total(lambda row: row[1] == best) for y, b in books.items()}
    turns.append(turn("files", rng.choice((f"And both years together, only {best}?", f"What did {best} have in both years together?", f"total {a} of {best} over the two files?", f"sum of {a} for {best} in the two years?", f"for {best} alone, how much {a} in both files?")), f"{best}: {sum(sums.values()):,.2f}.", must=[number(sum(sums.values()), computed=True)]))
    if rng.random() < 0.5:
        turns.append(chart_turn("files", rng.choice((f"bar chart of the total {a} of each year", f"Plot the two yearly totals of {a} as bars", f"show the total {a} by year as a bar chart", f"draw bars for the totals of {a} of the two years", f"can I have the two totals as bars?")), ["bar"]))
    return turns
