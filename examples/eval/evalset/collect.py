"""Collecting tables and working on with them, and charts and their changes."""
from decimal import Decimal

from .checks import any_of, chart_turn, drawn, name, number, sure, turn, unless
from .pages import Fact, Series, Sheet
from .web import BROWSER, right
from .world import ATTRIBUTES, SORTS, YEARS, World, draw, grouped

GROUPS = {"bridge": "Bridges over the {n} River", "tunnel": "Tunnels of the {n} line", "lake": "Lakes of the {n} plateau", "mountain": "Mountains of the {n} range", "theatre": "Theatres of {n}", "museum": "Museums of {n}", "dam": "Dams of the {n} valley", "university": "Universities of {n}", "brewery": "Breweries of {n}"}
NO_VALUE = r"n/?a\b|\bnot\b|unknown|unpublished|\bno\b|none|null|nan\b|missing|[—–?]|\|\s*-?\s*\|"


def markdown(header, rows) -> str:
    line = lambda cells: "| " + " | ".join(map(str, cells)) + " |"
    return "\n".join([line(header), line(["---"] * len(header)), *map(line, rows)])


def collect(world: World) -> list[dict]:
    """Several rows from a listing, from several pages, or a series by year; then questions about what was collected."""
    pick = world.rng.random()
    return listed(world) if pick < 0.5 else scattered(world) if pick < 0.75 else by_year(world)


def items(world: World, sort, key: str, year: str, count: int):
    """Things of one sort whose values are all different and whose years too."""
    things = [world.thing(sort) for _ in range(count)]
    while any(len({t.values[k] for t in things}) < count for k in (key, year)) or {t.values[key] for t in things} & {t.values[year] for t in things}:
        for t in things:
            t.values |= {k: draw(world.rng, ATTRIBUTES[k].span) for k in (key, year)}
    return things


def listed(world: World) -> list[dict]:
    """A listing of a place's things; one may lack a value; the listing of another place is near."""
    rng = world.rng
    sort = rng.choice([s for s in SORTS if s.noun in GROUPS])
    key = rng.choice([k for k in sort.attributes if k not in YEARS and k != "cost"])
    year = next(k for k in sort.attributes if k in YEARS)
    place, count = world.names.place(), rng.randint(4, 7)
    title = GROUPS[sort.noun].format(n=place)
    things = items(world, sort, key, year, count)
    silent = rng.choice(things) if rng.random() < 0.35 else None
    a, when = ATTRIBUTES[key], ATTRIBUTES[year]
    past = {"opened": "opened", "founded": "founded", "climbed": "first climbed", "surveyed": "first surveyed"}[year]

    def page(title, things, silent):
        sheet = Sheet(title, f"{len(things)} of them are described here.", asides=["The list is looked after by volunteers."], links=[t.title for t in things[:2]])
        if rng.random() < 0.5:
            for t in things:
                value = t.shown(key)
                known = rng.choice((f"{t.title}, {past} in {t.values[year]}, {a.noun} {value}.", f"{t.title} ({a.noun}: {value}) was {past} in {t.values[year]}.", f"{t.title} was {past} in {t.values[year]}; its {a.noun} is {value}."))
                sheet.facts.append(Fact("", "", known if t is not silent else f"{t.title} was {past} in {t.values[year]}; its {a.noun} has not been published."))
            return world.site.add(sheet, "listing")
        rows = [[t.title, t.shown(key) if t is not silent else "n/a", str(t.values[year]), t.region] for t in things]
        sheet.series = [Series(title, ["Name", a.noun.capitalize(), when.noun.capitalize(), "Parish"], rows)]
        return world.site.add(sheet, rng.choice(("table", "markdown")))

    stem = page(title, things, silent)
    others = items(world, sort, key, year, 3)
    page(GROUPS[sort.noun].format(n=f"Lower {place}"), others, None)
    plural = title[0].lower() + title[1:]
    q = rng.choice((f"Make a table of the {plural} with {a.noun} and {when.noun}", f"Collect the {plural} in a table: name, {a.noun}, {when.noun}", f"I'd like a table of the {plural}, with {a.noun} and {when.noun} of each", f"List all {plural} with their {a.noun} and {when.noun} as a table", f"Put the {plural} into a table with the columns name, {a.noun} and {when.noun}", f"table please: {plural}, {a.noun}, {when.noun}"))
    rows = [[name(t.title), right(key, t.values[key]) if t is not silent else NO_VALUE, number(t.values[year], year=True)] for t in things]
    gold = markdown(["Name", a.noun.capitalize(), when.noun.capitalize()], [[t.title, t.shown(key) if t is not silent else "n/a", t.values[year]] for t in things])
    turns = [turn("collect", q, gold, table=count, rows=rows, mustnot=[name(others[0].title)], tools=BROWSER, cite=[stem])]
    return turns + after(world, [t for t in things if t is not silent], things, key, year)


def after(world: World, known, things, key: str, year: str) -> list[dict]:
    """Two of: which is the largest, total or mean, sorted by year, only those above a bound."""
    rng, a = world.rng, ATTRIBUTES[key]
    top = max(known, key=lambda t: t.values[key])
    total = sum(t.values[key] for t in known)
    mean = total / len(known)
    middle = sorted(t.values[key] for t in known)
    bound = Decimal(round((middle[len(middle) // 2 - 1] + middle[len(middle) // 2]) / 2))
    above, below = [t for t in known if t.values[key] > bound], [t for t in known if t.values[key] < bound]
    rivals = any_of(*(name(t.title) for t in known if t is not top))
    best = {"length": "longest", "depth": "deepest", "height": "highest", "summit": "highest"}.get(key, "largest")
    unit = a.unit
    order = sorted(things, key=lambda t: t.values[year])
    choices = [
        turn("collect", rng.choice((f"which of these is the {best}?", f"Which one is {best}?", f"and the {best}?", f"Which of them has the largest {a.noun}?", f"what's the {best} one of them?")), f"The {best} is {top.title}, with {top.shown(key)} [1].", must=[name(top.title)], mustnot=[rf"{rivals} (?:is|has|was) the {best}"]),
        turn("collect", rng.choice(("Sort the table by year", "order it by year, oldest first", "please sort them by year, earliest on top", "the same table, sorted by year, ascending", "now by year, from the oldest to the newest")), markdown(["Name", a.noun, "Year"], [[t.title, t.shown(key) if t in known else "n/a", t.values[year]] for t in order]), table=len(things), order=[name(t.title) for t in order], rows=[[name(t.title), number(t.values[year], year=True)] for t in things]),
    ]
    if len(known) >= 3 and unit:
        choices.append(turn("collect", rng.choice((f"What is their average {a.noun}?", f"and the mean of the {a.noun}?", f"average {a.noun}?", f"what is the {a.noun} on average?", f"calculate the mean {a.noun} of these")), f"On average {mean:,.2f} {unit}.", must=[right(key, mean, computed=True)], figures=[] if a.money else sure(mean)))
        choices.append(turn("collect", rng.choice((f"What do they make together in {a.noun}?", f"what is the sum of the {a.noun} column?", f"add up the {a.noun}", f"total {a.noun}?", f"and all together, the {a.noun}?")), f"Together {grouped(total)} {unit}.", must=[right(key, total)], figures=[] if a.money else [float(total)]))
    if above and below:
        choices.append(turn("collect", rng.choice((f"Which of them have more than {grouped(bound)} {unit}?", f"only those above {grouped(bound)} {unit}, please", f"which ones are over {grouped(bound)} {unit}?", f"show just the ones with more than {grouped(bound)} {unit}", f"leave only those over {grouped(bound)} {unit}")), ", ".join(f"{t.title} ({t.shown(key)})" for t in above), must=[name(t.title) for t in above]))
    return rng.sample(choices, 2) if rng.random() < 0.6 else rng.sample(choices, 3)


def scattered(world: World) -> list[dict]:
    """Named things, each on a page of its own."""
    rng = world.rng
    sort = rng.choice([s for s in SORTS if len(s.attributes) > 1])
    key = rng.choice([k for k in sort.attributes if k not in YEARS and k != "cost" and k != "turnover"])
    year = next(k for k in sort.attributes if k in YEARS)
    things = items(world, sort, key, year, rng.choice((3, 3, 4)))
    stems = [world.site.add(world.sheet(t)) for t in things]
    false = world.namesake(things[0])
    world.site.add(world.sheet(false))
    a, when = ATTRIBUTES[key], ATTRIBUTES[year]
    names = ", ".join(t.called for t in things[:-1]) + f" and {things[-1].called}"
    q = rng.choice((f"Make a table of {names} with {a.noun} and {when.noun}", f"Compare {names} in a table: {a.noun}, {when.noun}", f"I need a table with the {a.noun} and the {when.noun} of {names}", f"Collect {a.noun} and {when.noun} of {names} into a table", f"{names}: put their {a.noun} and {when.noun} into a table"))
    rows = [[name(t.title), right(key, t.values[key]), number(t.values[year], year=True)] for t in things]
    gold = markdown(["Name", a.noun.capitalize(), "Year"], [[t.title, t.shown(key), t.values[year]] for t in things])
    return [turn("collect", q, gold, table=len(things), rows=rows, mustnot=[unless(name(false.title), number(false.values[key]))], tools=BROWSER, cite=stems)] + after(world, things, things, key, year)


def series_thing(world: World):
    """A thing with a yearly table on its page, and a namesake."""
    thing = world.thing(world.rng.choice([s for s in SORTS if s.yearly]))
    while len(set(thing.yearly.values())) < len(thing.yearly) or any(2000 < v < 2040 for v in thing.yearly.values()):
        thing.yearly = {y: v + draw(world.rng, (11, 300, 1)) for y, v in thing.yearly.items()}
    stem = world.site.add(world.sheet(thing))
    world.site.add(world.sheet(world.namesake(thing)))
    return thing, stem


def by_year(world: World) -> list[dict]:
    """A series by year as a table, its extremes, a row more."""
    rng = world.rng
    thing, stem = series_thing(world)
    label, unit, _ = thing.sort.yearly
    q = rng.choice((f"Collect the {label} of {thing.called} by year into a table", f"Make a table of the yearly {label} of {thing.called}", f"table of {label} per year for {thing.called}", f"Show me the {label} of {thing.called} year by year as a table", f"I want the {label} of {thing.called} for all years in a table"))
    rows = lambda data: [[number(y, year=True), number(v)] for y, v in data.items()]
    gold = lambda data: markdown(["Year", f"{label} ({unit})"], [[y, grouped(v)] for y, v in data.items()])
    turns = [turn("collect", q, gold(thing.yearly), table=len(thing.yearly), rows=rows(thing.yearly), tools=BROWSER, cite=[stem])]
    best, worst = max(thing.yearly, key=thing.yearly.get), min(thing.yearly, key=thing.yearly.get)
    rest = "|".join(str(y) for y in thing.yearly if y != best)
    turns.append(turn("collect", rng.choice(("which of these is the largest?", "which year was the best?", "In which year was it highest?", "when was the maximum?", "and the top year?")), f"The largest is {grouped(thing.yearly[best])}, in {best} [1].", must=[number(best, year=True)], mustnot=[rf"(?:{rest}) (?:is|was|has|had) the (?:largest|highest|best)"]))
    if rng.random() < 0.5:
        turns.append(turn("collect", rng.choice(("and the smallest?", "which is the smallest?", "and when was it lowest?", "what about the minimum?", "and the worst year?")), f"The smallest is {grouped(thing.yearly[worst])}, in {worst} [1].", must=[number(worst, year=True)]))
    new, last = draw(rng, thing.sort.yearly[2]), max(thing.yearly) + 1
    more = thing.yearly | {last: new}
    turns.append(turn("collect", rng.choice((f"add {last} with {grouped(new)} {unit} to the table", f"now add a row for {last}: {grouped(new)}", f"please add {last}, {grouped(new)} {unit}", f"append {last} = {grouped(new)} to it", f"The value for {last} is {grouped(new)}. Add it to the table.")), gold(more), table=len(more), rows=rows(more)))
    return turns


KINDS = {"bar": ("a bar chart", "bars", "a bar graph"), "line": ("a line chart", "a line", "a line graph")}
IS_KIND = {"bar": "bar", "line": r"plot\(|line", "pie": "pie", "scatter": "scatter"}


def charts(world: World) -> list[dict]:
    """A chart of a page's series or of numbers in the request, then changes: kind, scale, title, years, a row."""
    rng = world.rng
    kind = rng.choice(("bar", "line"))
    if rng.random() < 0.65:
        thing, stem = series_thing(world)
        label, unit, span = thing.sort.yearly
        data = dict(thing.yearly)
        x = thing.called
        first, last = min(data), max(data)
        q = rng.choice((f"Plot the {label} of {x} from {first} to {last} as {KINDS[kind][0]}", f"Draw {KINDS[kind][2]} of the yearly {label} of {x}", f"Show the {label} of {x} by year as {KINDS[kind][0]}", f"I'd like {KINDS[kind][0]} of the {label} of {x} for all years", f"{KINDS[kind][0]}, please: {label} of {x} per year"))
        turns = [chart_turn("charts", q, [IS_KIND[kind], *map(drawn, data.values())])]
        turns[0]["tools"] = [*BROWSER, *turns[0]["tools"]]
    else:
        what = rng.choice(("rain days", "bicycles sold", "loaves baked", "letters", "eggs", "tickets"))
        first = rng.randint(2015, 2018)
        span = (110, 980, 1)
        data = {first + i: draw(rng, span) for i in range(rng.randint(4, 6))}
        given = rng.choice((", ".join(f"{y}: {v}" for y, v in data.items()), "; ".join(f"{y} {v}" for y, v in data.items()), ", ".join(f"{v} in {y}" for y, v in data.items())))
        q = rng.choice((f"Plot these {what} as {KINDS[kind][0]}: {given}", f"Here are my numbers of {what}: {given}. Draw {KINDS[kind][2]}.", f"{what}: {given}. Show this as {KINDS[kind][0]}", f"Make {KINDS[kind][0]} from {given} ({what})", f"Draw {KINDS[kind][0]} of {what} per year: {given}"))
        turns = [chart_turn("charts", q, [IS_KIND[kind]], data=[number(v) for v in data.values()])]
    other = "line" if kind == "bar" else "bar"
    years = sorted(data)
    since = rng.choice(years[1:-2])
    title = f"{world.names.place()} at a glance"
    new, upcoming = draw(rng, span), years[-1] + 1
    changes = [
        chart_turn("charts", rng.choice((f"make it {KINDS[other][0]}", f"now as {KINDS[other][0]}", f"can I see it as {KINDS[other][2]}?", f"Change it to {KINDS[other][0]}, please", f"and the same as {KINDS[other][0]}?")), [IS_KIND[other]]),
        chart_turn("charts", rng.choice(("use a logarithmic y axis", "make the y axis logarithmic", "with a log scale, please", "Put it on a logarithmic scale", "now with a logarithmic value axis")), [r"log"]),
        chart_turn("charts", rng.choice((f'give it the title "{title}"', f'Call the chart "{title}"', f'The title should be "{title}"', f'change the title to "{title}"', f'set the title: "{title}"')), [name(title)]),
        chart_turn("charts", rng.choice((f"only since {since}", f"Show only the years from {since} on", f"leave out everything before {since}", f"just from {since} onwards, please", f"restrict it to {since} and later")), [rf"{since}|{since - 1}"]),
        chart_turn("charts", rng.choice((f"add {upcoming} with {grouped(new)}", f"Add a value for {upcoming}: {grouped(new)}", f"please add {upcoming} = {grouped(new)} to the chart", f"and {upcoming}, which had {grouped(new)}", f"include {upcoming} too, it was {grouped(new)}")), data=[number(new), str(upcoming)]),
    ]
    return turns + rng.sample(changes, rng.choice((2, 3, 3)))
