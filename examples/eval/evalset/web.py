"""Kinds that need the pages: look-up, two hops, comparison, absent facts, contradictions. Each builder returns a dialogue's turns."""
import datetime
import re
from decimal import Decimal

from .checks import NOT_FOUND, UNITS, any_of, invented, name, number, sure, turn, unless, with_unit
from .pages import Fact, Sheet
from .world import ATTRIBUTES, SORTS, YEARS, Thing, World, draw, grouped

FEET = {"m": (("3.28084", "3.2808", "3.281", "3.28"), "feet"), "km²": (("0.386102", "0.3861", "0.386"), "square miles"), "cm": (("0.393701", "0.3937", "0.394"), "inches")}
MORE = r"\b(?:longer|larger|bigger|greater|higher|taller|deeper|more|older|longest|largest|biggest|greatest|highest|tallest|deepest|oldest)\b"
BROWSER = ["browser_"]


def right(key: str, value, computed: bool = False) -> str:
    """The pattern of a value of this attribute."""
    if ATTRIBUTES[key].money:
        return any_of(number(value, computed), number(value * 10**6, computed))
    return number(value, computed, year=key in YEARS)


def figure(key: str, value) -> list[float]:
    """What stands among an answer's checked figures; money may be told with or without its million."""
    return [] if ATTRIBUTES[key].money or key in YEARS else [float(value)]


def says(thing: Thing, key: str) -> str:
    """A right answer in a sentence."""
    return f"The {ATTRIBUTES[key].noun} of {thing.called} is {thing.shown(key)} [1]."


def own(thing: Thing, other: Thing) -> str:
    """The thing's name, not as a part of its namesake's: 'Torvik Bridge', but not in 'Upper Torvik Bridge'."""
    prefix = re.escape(other.title.split()[0] if other.title.endswith(thing.title) else "-")
    return rf"(?<!{prefix} ){name(thing.title)}"


def pair(world: World):
    """A thing and its namesake on pages of their own, with what others must not be taken for it."""
    thing = world.thing()
    other = world.namesake(thing)
    return thing, other


def publish(world: World, thing: Thing, other: Thing, key: str, **kwargs) -> tuple[str, str]:
    """Puts both on pages that link to each other; now and then a reader's comment guesses a wrong value."""
    comments = []
    if key not in YEARS and world.rng.random() < 0.4:
        wrong = draw(world.rng, ATTRIBUTES[key].span)
        comments = [world.comment(f"I always thought it was {grouped(wrong)} {ATTRIBUTES[key].unit}, was I wrong?"), world.comment("Lovely place, we had rain all day.")]
    mine = world.site.add(world.sheet(thing, comments=comments, links=[other.title], **kwargs))
    return mine, world.site.add(world.sheet(other, links=[thing.title]))


def lookup(world: World) -> list[dict]:
    """One value of a thing; then, of what was just spoken of, another value, another unit, or another thing."""
    rng = world.rng
    if rng.random() < 0.35:
        return yearly_lookup(world)
    thing, other = pair(world)
    keys = rng.sample([k for k in thing.sort.attributes], 2)
    stem, other_stem = publish(world, thing, other, keys[0])
    no = lambda key: [unless(name(other.title), right(key, other.values[key]))]
    turns = [turn("lookup", world.ask(keys[0], thing.called), says(thing, keys[0]), must=[right(keys[0], thing.values[keys[0]])], mustnot=no(keys[0]), tools=BROWSER, cite=[stem], figures=figure(keys[0], thing.values[keys[0]]))]
    unit = ATTRIBUTES[keys[0]].unit
    if unit in FEET and rng.random() < 0.6:
        factors, goal = FEET[unit]
        value = thing.values[keys[0]]
        turns.append(turn("lookup", rng.choice((f"in {goal}?", f"and in {goal}?", f"how much is that in {goal}?", f"what is that in {goal}", f"please give it in {goal}")),
                          f"That is {value * Decimal(factors[0]):,.1f} {goal}.", must=[any_of(*(number(value * Decimal(f), computed=True) for f in factors))], figures=[round(float(value) * float(factors[0]), 4)]))
    turns.append(turn("lookup", world.ask_it(keys[1]), says(thing, keys[1]), must=[right(keys[1], thing.values[keys[1]])], mustnot=no(keys[1]), cite=[stem], figures=figure(keys[1], thing.values[keys[1]])))
    if rng.random() < 0.6:
        wanted = rng.choice((f"And {other.called}?", f"what about {other.called}?", f"and the same for {other.called}?", f"now {other.called}, please", f"How is it with {other.called}?"))
        turns.append(turn("lookup", wanted, says(other, keys[1]), must=[right(keys[1], other.values[keys[1]])], cite=[other_stem]))
    return turns


def of_year(world: World, thing: Thing, year: int) -> str:
    """A question for one year's count."""
    label, _, _ = thing.sort.yearly
    what = f"What was the {label} of {thing.called} in {year}?" if label in ("turnover", "output") else f"How many {label} did {thing.called} have in {year}?"
    return world.rng.choice((what, what, f"{label} of {thing.called} in {year}", f"Look up the {label} of {thing.called} for {year}.", f"I need the {label} of {thing.called} in {year}", f"{thing.title}, {label} {year}?"))


def yearly_lookup(world: World) -> list[dict]:
    """One year's value out of a table, then another year's."""
    rng = world.rng
    thing = world.thing(rng.choice([s for s in SORTS if s.yearly]))
    other = world.namesake(thing)
    stem, _ = publish(world, thing, other, thing.sort.attributes[0])
    first, second = rng.sample(list(thing.yearly), 2)
    label, unit, _ = thing.sort.yearly
    money = unit.startswith("million")
    spell = lambda v: any_of(number(v), number(v * 10**6)) if money else number(v)
    told = lambda year: f"In {year} the {label} of {thing.called} was {grouped(thing.yearly[year])} {unit} [1]."
    no = lambda year: [unless(name(other.title), spell(other.yearly[year]))] if year in other.yearly else []
    turns = [turn("lookup", of_year(world, thing, first), told(first), must=[spell(thing.yearly[first])], mustnot=no(first), tools=BROWSER, cite=[stem])]
    again = rng.choice((f"and in {second}?", f"And {second}?", f"what about {second}?", f"the same for {second}, please", f"How was it in {second}?"))
    turns.append(turn("lookup", again, told(second), must=[spell(thing.yearly[second])], mustnot=no(second), cite=[stem]))
    change = (thing.yearly[second] - thing.yearly[first]) / thing.yearly[first] * 100
    if abs(change) > 2:
        turns.append(turn("compare", rng.choice((f"How many percent is {second} {'above' if change > 0 else 'below'} {first}?", f"what is the change from {first} to {second} in percent?", f"By how many percent do the two differ, taking {first} as 100%?", f"so from {first} to {second}, how much is that in percent?", f"percentage change between {first} and {second}?")),
                          f"From {first} to {second} it {'rose' if change > 0 else 'fell'} by {abs(change):.2f}%.", must=[number(abs(change), computed=True)], figures=sure(abs(change))))
    return turns


def two_hops(world: World) -> list[dict]:
    """A thing's designer (or founder, ...) on one page; what is asked of that person, on another."""
    rng = world.rng
    thing, other = pair(world)
    publish(world, thing, other, thing.sort.attributes[0])
    person, false = thing.person, world.names.namesake(thing.person)
    year = next((thing.values[k] for k in ("opened", "founded", "climbed", "surveyed") if k in thing.values), Decimal(1950))
    born = int(year) - rng.randint(27, 58)
    home, towns = world.names.place(), {}
    people = {home: draw(rng, (2100, 480000, 10))}
    false_born = born + rng.choice((-1, 1)) * rng.randint(3, 24)

    def life(who, when, where, work):
        born_on = f"{who} was born in {where} in {when}."
        return Sheet(who, f"{who} ({work}) kept a diary for many years.", [Fact("Born", f"{when} in {where}", born_on), Fact("Known for", work, f"The name is known through {work}."), Fact("Languages", rng.choice(("three", "four", "five")), "Letters survive in several languages.")], asides=["The family archive is open on weekdays."], links=[false if who == person else person])

    stem = world.site.add(life(person, born, home, f"work for {thing.called}"))
    elsewhere = world.names.place()
    world.site.add(life(false, false_born, elsewhere, "songs for children"))
    town = world.site.add(Sheet(home, f"{home} is a town on the river {world.names.place()}.", [Fact("Population", grouped(people[home]), f"It has {grouped(people[home])} inhabitants."), Fact("Market day", "Thursday", "The market is held on Thursdays.")], asides=[world.rng.choice(("The town wall has five gates.", "A tram runs to the harbour."))]))
    role, who = thing.sort.role, thing.sort.who.format(x=thing.called)
    when = rng.choice((f"In which year was the {role} of {thing.called} born?", f"When was the {role} of {thing.called} born?", f"{role} of {thing.called}: year of birth?", f"Find out {who}, and tell me that person's year of birth.", f"What is the year of birth of the {role} of {thing.called}?", f"the person {who} was born when?"))
    where = rng.choice((f"Where was the {role} of {thing.called} born?", f"In which town was the {role} of {thing.called} born?", f"What is the birthplace of the {role} of {thing.called}?", f"birthplace of the {role} of {thing.called}", f"Find out {who}, and where that person was born."))
    no_year, no_place = [unless(name(false), number(false_born, year=True))], [unless(name(false), name(elsewhere))]
    gold_year, gold_place = f"{person}, the {role} of {thing.called}, was born in {born} [2].", f"{person}, the {role} of {thing.called}, was born in {home} [2]."
    must_year, must_place = [number(born, year=True)], [name(home)]
    if rng.random() < 0.5:
        turns = [turn("twohops", when, gold_year, must=must_year, mustnot=no_year, tools=BROWSER, cite=[stem]), turn("twohops", rng.choice(("and where?", "Where was that?", "In which town?", "and the birthplace?", "born where?")), gold_place, must=must_place, mustnot=no_place)]
    else:
        turns = [turn("twohops", where, gold_place, must=must_place, mustnot=no_place, tools=BROWSER, cite=[stem]), turn("twohops", rng.choice(("and in which year?", "When was that?", "In what year?", "and the year?", "when?")), gold_year, must=must_year, mustnot=no_year)]
    turns.append(turn("twohops", rng.choice(("How many inhabitants does that town have?", "What is the population of the birthplace?", "and how many people live in that town?", "population of that town?", "how many inhabitants does the place have?")), f"{home} has {grouped(people[home])} inhabitants [3].", must=[number(people[home])], cite=[town], figures=[float(people[home])]))
    return turns


def compare(world: World) -> list[dict]:
    """Two things on two pages: which is more and by how much; then a ratio or another attribute of the same two."""
    rng = world.rng
    if rng.random() < 0.3:
        return unit_price(world)
    sort = rng.choice([s for s in SORTS if any(ATTRIBUTES[k].more for k in s.attributes)])
    key = rng.choice([k for k in sort.attributes if ATTRIBUTES[k].more])
    one, two = world.thing(sort), world.thing(sort)
    least = 3 if key in YEARS else max(1, one.values[key] / 20)
    while abs(one.values[key] - two.values[key]) < least or (key not in YEARS and max(one.values[key], two.values[key]) > 6 * min(one.values[key], two.values[key])) or any(one.values[k] == two.values[k] for k in sort.attributes):
        two.values |= {k: draw(rng, ATTRIBUTES[k].span) for k in sort.attributes}
    other = world.namesake(one)
    stems = [publish(world, one, other, key)[0], world.site.add(world.sheet(two, links=[one.title]))]
    a = ATTRIBUTES[key]
    by_year = key in YEARS
    winner, loser = sorted((one, two), key=lambda t: t.values[key], reverse=not by_year)
    gap = abs(one.values[key] - two.values[key])
    unit = "years" if by_year else a.unit
    pairs = f"{one.called} or {two.called}"
    ask = rng.choice((f"Which is {a.more}, {pairs}, and by how much?", f"Is {one.called} {a.more} than {two.called}? By how much?", f"Compare {one.called} and {two.called}: which one is {a.more}, and what is the difference?", f"{pairs}: which is {a.more} and by how many {unit}?", f"By how many {unit} do {one.called} and {two.called} differ in {a.noun if not by_year else 'age'}, and which is {a.more}?", f"of {one.called} and {two.called}, which is {a.more}? and how big is the difference?"))
    difference = any_of(number(gap), number(gap * 10**6)) if a.money else with_unit(gap, "year") if by_year else number(gap)
    bad = rf"{name(loser.title)} (?:is|was|has|had)\b(?:(?!{name(winner.title)}|less|than|not|small|short)[^.\n,;:(]){{0,30}}{MORE}"
    bad += rf"|{MORE}(?: one)?(?: \w+){{0,2}} ?(?:is|was|:) (?:the )?{name(loser.title)}|\A\W*(?:the )?{name(loser.title)}\W{{1,3}}(?:by|with)\b"
    gold = f"{winner.called[0].upper()}{winner.called[1:]} is {a.more}, by {grouped(gap) if not by_year else gap} {unit}: {winner.shown(key)} [1] against {loser.shown(key)} [2]."
    turns = [turn("compare", ask, gold, must=[name(winner.title), difference], mustnot=[bad], tools=BROWSER, cite=stems, figures=[] if by_year or a.money else [float(gap)])]
    if not by_year:
        ratio = winner.values[key] / loser.values[key]
        total = one.values[key] + two.values[key]
        turns.append(rng.choice((
            turn("compare", rng.choice(("How many percent is that?", "and in percent?", "what is the difference in percent of the smaller value?", "express the difference as a percentage of the smaller one", "how much is that in percent, the smaller one being 100%?")), f"{(ratio - 1) * 100:.1f}% of the smaller value.", must=[any_of(number((ratio - 1) * 100, computed=True), number((1 - 1 / ratio) * 100, computed=True))]),
            turn("compare", rng.choice(("And both together?", "what is the sum of the two?", "how much are they together?", "add the two up", "what do the two make in all?")), f"Together {grouped(total)} {unit}.", must=[any_of(number(total), number(total * 10**6)) if a.money else number(total)]),
            turn("compare", rng.choice(("What is the ratio of the larger to the smaller?", "the larger is how many times the smaller?", "divide the larger value by the smaller one", "how many times as much is that?", "and as a ratio, larger to smaller?")), f"The ratio is {ratio:.3f}.", must=[number(ratio, computed=True)]))))
    second = next((k for k in sort.attributes if k in YEARS and k != key and ATTRIBUTES[k].more), None)
    if second:
        early = min((one, two), key=lambda t: t.values[second])
        late = two if early is one else one
        verb = "opened" if second == "opened" else "founded"
        turns.append(turn("compare", rng.choice((f"and which of the two was {verb} first?", f"Which of them was {verb} earlier?", "which one is older?", f"which of the two has the earlier year, I mean when it was {verb}?", f"And by date: which was {verb} first?")), f"{early.title}, in {early.values[second]} [1]; {late.title} followed in {late.values[second]} [2].", must=[name(early.title)], mustnot=[rf"{name(late.title)} (?:is|was)\b(?:(?!{name(early.title)}|not|later|after|younger)[^.\n,;:(]){{0,30}}\b(?:first|older|earlier)\b"]))
    return turns


def unit_price(world: World) -> list[dict]:
    """What something cost for each seat, metre or megawatt: two values of one page."""
    rng = world.rng
    key, one = rng.choice((("seats", "seat"), ("length", "metre"), ("capacity", "megawatt"), ("objects", "object")))
    sort = rng.choice([s for s in SORTS if key in s.attributes and "cost" in s.attributes])
    thing = world.thing(sort)
    other = world.namesake(thing)
    stem, _ = publish(world, thing, other, "cost")
    each = thing.values["cost"] * 10**6 / thing.values[key]
    ask = rng.choice((f"What did {thing.called} cost per {one}?", f"How many crowns did {thing.called} cost for each {one}?", f"Work out the building cost of {thing.called} per {one}.", f"building cost per {one} of {thing.called}?", f"If you divide the building cost of {thing.called} by its {ATTRIBUTES[key].noun}, what do you get?"))
    turns = [turn("compare", ask, f"About {each:,.2f} crowns per {one} [1]: {thing.shown('cost')} for {thing.shown(key)}.", must=[any_of(number(each, computed=True), number(each / 10**6, computed=True))], tools=BROWSER, cite=[stem])]
    again = other.values["cost"] * 10**6 / other.values[key]
    turns.append(turn("compare", rng.choice((f"And for {other.called}?", f"and {other.called}?", f"the same for {other.called}", f"what is it for {other.called}?", f"now do it for {other.called}")), f"{again:,.2f} crowns per {one} [2].", must=[any_of(number(again, computed=True), number(again / 10**6, computed=True))]))
    cheaper = thing if each < again else other
    dearer = other if cheaper is thing else thing
    turns.append(turn("compare", rng.choice(("Which of the two was cheaper by that measure?", f"so which is cheaper per {one}?", f"which one has the lower cost per {one}?", "and which of them got more for its money?", "Which of these is the lower figure?")), f"{cheaper.title}, with {min(each, again):,.2f} crowns per {one}.", must=[name(other.title) if cheaper is other else own(thing, other)], mustnot=[] if cheaper is other else [rf"{name(dearer.title)} (?:is|was)\b[^.\n,;:]{{0,20}}\b(?:cheaper|lower)\b"]))
    return turns


def absent(world: World) -> list[dict]:
    """What no page says must be told so; then something that a page does say."""
    rng = world.rng
    pick = rng.random()
    if pick < 0.2:
        return nowhere(world)
    if pick < 0.45:
        return year_absent(world)
    thing, other = pair(world)
    if pick < 0.6:  # nobody is named
        mayor = world.names.person()
        sheet = world.sheet(thing, without=("person",))
        sheet.asides.insert(0, f"{mayor}, then mayor, cut the ribbon.")
        world.site.add(sheet)
        role = thing.sort.role
        who = thing.sort.who.format(x=thing.called)
        ask = rng.choice((f"{who[0].upper()}{who[1:]}?", f"What is the name of the {role} of {thing.called}?", f"{role} of {thing.called}?", f"Tell me {who}.", f"Can you find out {who}?"))
        bad = rf"{role} (?:\w+ ){{0,6}}(?:was|is) {name(mayor)}|{name(mayor)},? (?:was|is|who was)? ?the {role}|(?:designed|founded|surveyed|climbed) by {name(mayor)}"
        turns = [turn("absent", ask, f"The pages do not name the {role} of {thing.called}.", must=[NOT_FOUND], mustnot=[bad])]
        gone = "person"
    else:
        gone = rng.choice([k for k in thing.sort.attributes if k not in YEARS])
        world.site.add(world.sheet(thing, without=(gone,), links=[other.title]))
        world.site.add(world.sheet(other, links=[thing.title]))
        a = ATTRIBUTES[gone]
        unit = UNITS.get(a.unit, r"(?:million )?crowns?")
        known = [v for k, v in thing.values.items() if k != gone] + [other.values[gone]] + [v for k, v in other.values.items() if ATTRIBUTES[k].unit == a.unit]
        known += [*thing.yearly.values(), *other.yearly.values()]
        bad = [invented(unit, known), unless(name(other.title), right(gone, other.values[gone]))]
        turns = [turn("absent", world.ask(gone, thing.called), f"The pages opened do not give the {a.noun} of {thing.called}.", must=[NOT_FOUND], mustnot=bad)]
    key = rng.choice([k for k in thing.sort.attributes if k != gone])
    turns.append(turn("lookup", rng.choice((f"Then {ATTRIBUTES[key].how.format(x='it')[0].lower()}{ATTRIBUTES[key].how.format(x='it')[1:]}", world.ask_it(key))), says(thing, key), must=[right(key, thing.values[key])], mustnot=[unless(name(other.title), right(key, other.values[key]))] if gone != "person" else []))
    return turns


def nowhere(world: World) -> list[dict]:
    """A thing that no page knows."""
    sort = world.rng.choice(SORTS)
    thing = world.thing(sort)
    keys = [k for k in sort.attributes if k not in YEARS]
    key = world.rng.choice(keys)
    a = ATTRIBUTES[key]
    bad = [invented(UNITS.get(a.unit, r"(?:million )?crowns?"), [])]
    turns = [turn("absent", world.ask(key, thing.called), f"I found nothing about {thing.called} in the sources.", must=[NOT_FOUND], mustnot=bad)]
    if len(sort.attributes) > 2 or sort.noun == "mountain":
        year = next(k for k in sort.attributes if k in YEARS)
        turns.append(turn("absent", world.ask_it(year), f"No page says when; nothing is known about {thing.called}.", must=[NOT_FOUND], mustnot=[r"(?:opened|founded|climbed|surveyed|opening|founding) (?:\w+ ){0,4}(?:in|was|is) 1?\d{3}\b"]))
    return turns


def year_absent(world: World) -> list[dict]:
    """A year outside a table, or one whose cell says that there is no count."""
    rng = world.rng
    thing = world.thing(rng.choice([s for s in SORTS if s.yearly]))
    years = list(thing.yearly)
    gap = rng.choice(years[1:-1]) if rng.random() < 0.5 else years[0] - rng.randint(3, 9)
    sheet = world.sheet(thing)
    label, unit, _ = thing.sort.yearly
    if gap in thing.yearly:
        del thing.yearly[gap]
        series = world.series(thing)
        series.rows.append([str(gap), rng.choice(("n/a", "no count", "–", "not published"))])
        series.rows.sort()
        series.sentence += f" For {gap} no figure was published."
        sheet.series = [series]
    stem = world.site.add(sheet)
    claim = rf"(?:in|for) {gap},?(?: (?:it|there|was|were|the|had|is|{label}|of)){{0,6}}:? [^\w\n]?\d[\d,.]{{2,}}|{gap}[:|] *\d[\d,.]+"
    turns = [turn("absent", of_year(world, thing, gap), f"No figure for {gap} is given on the page.", must=[NOT_FOUND], mustnot=[claim])]
    year = rng.choice(list(thing.yearly))
    value = thing.yearly[year]
    spell = any_of(number(value), number(value * 10**6)) if unit.startswith("million") else number(value)
    turns.append(turn("lookup", rng.choice((f"And in {year}?", f"what about {year}?", f"then {year}?", f"How was it in {year}, then?", f"the same for {year}")), f"In {year} it was {grouped(value)} {unit} [1].", must=[spell], cite=[stem]))
    return turns


EVENTS = (
    ("Regatta", "boats", "took part in", (61, 940, 1), "boats"), ("Half Marathon", "runners", "took part in", (1100, 19000, 10), "runners"), ("Lantern Festival", "visitors", "came to", (4100, 98000, 100), "visitors"),
    ("Book Fair", "visitors", "came to", (3100, 88000, 100), "visitors"), ("Chess Open", "players", "took part in", (84, 930, 1), "players"), ("Flower Show", "visitors", "came to", (2100, 64000, 100), "visitors"),
)


def conflict(world: World) -> list[dict]:
    """Two dated pages that give different figures for one thing: the newer holds, both are to be told."""
    rng = world.rng
    place, (event, who, came, span, unit) = world.names.place(), rng.choice(EVENTS)
    year = rng.randint(2016, 2024)
    title = f"{place} {event}"
    old, new, before = draw(rng, span), draw(rng, span), draw(rng, span)
    while len({old, new, before}) < 3 or not new / 12 < abs(old - new) < new * 2 / 5 or abs(before - new) > new / 2:
        old, new, before = draw(rng, span), draw(rng, span), draw(rng, span)
    day = datetime.date(year, rng.randint(4, 8), rng.randint(3, 26))
    later = day + datetime.timedelta(days=rng.randint(16, 120))
    spell = lambda d: f"{d.day} {d:%B} {d.year}"
    paper = f"{world.names.place()} Courier"
    early_stem = world.site.add(Sheet(f"{title}: {rng.choice(('rain and good spirits', 'a day in the sun', 'crowds from early morning', 'prizes in the evening'))}", f"{grouped(old)} {who} {came} the {title} of {year}, the organisers said on the evening of the day.", [Fact("", "", f"The first prize went to {world.names.person()}."), Fact("", "", "The police spoke of a quiet day.")], asides=["Buses ran until midnight."], dated=f"{spell(day)}, {paper}"), "news")
    late_stem = world.site.add(Sheet(f"{title} {year}: final report", f"Final report of the organisers, {spell(later)}.", [Fact(f"{who.capitalize()} {year}", grouped(new), f"After the final count, {grouped(new)} {who} {came} the {title} of {year}."), Fact("Helpers", grouped(draw(rng, (21, 60, 1))), "Many helpers were on their feet all day."), Fact("Date of the event", spell(day), f"The event was held on {spell(day)}.")], asides=["The committee thanks the fire brigade."], dated=f"Updated {spell(later)}"))
    previous = world.site.add(Sheet(f"{title} {year - 1}", f"The {title} of {year - 1} was the smaller one of its decade." if before < new else f"The {title} of {year - 1} is remembered well.", [Fact(f"{who.capitalize()} {year - 1}", grouped(before), f"In {year - 1}, {grouped(before)} {who} {came} it."), Fact("Weather", "mild", "The weather was mild.")], asides=["A song was written for it."]))
    ask = rng.choice((f"How many {who} {came} the {title} in {year}?", f"How many {who} were there at the {year} {title}?", f"number of {who} at the {title} of {year}", f"Find out how many {who} {came} the {year} {title}.", f"What was the number of {who} of the {title} {year}?", f"the {title} {year}, how many {who}?"))
    # "the newer page says OLD": with none of the words between that turn it round
    bad = rf"\b(?:newer|newest|latest|most recent|updated|final|use|trust|prefer|holds?)\b(?:(?!{number(new)}|\bnot\b|correct|instead|earlier|older|than|from|but|while|against|differ)[^.\n;]){{0,60}}{number(old)}"
    turns = [turn("conflict", ask, f"{grouped(new)} {who} by the final report of {spell(later)} [2]; an earlier article of {spell(day)} said {grouped(old)} [1].", must=[number(new), number(old)], mustnot=[bad, unless(str(year - 1), number(before))], tools=BROWSER, cite=[early_stem, late_stem])]
    turns.append(turn("conflict", rng.choice(("Which of the two figures is the newer one?", "Which number should I use?", "which of these is more recent?", "so which one holds?", "Which figure would you trust, going by date?")), f"{grouped(new)}, from the report of {spell(later)}.", must=[number(new)], mustnot=[bad]))
    turns.append(turn("lookup", rng.choice((f"And in {year - 1}?", f"what about {year - 1}?", f"how many were there the year before?", f"and {year - 1}, how many?", f"the same for {year - 1}")), f"In {year - 1} there were {grouped(before)} {who} [3].", must=[number(before)], cite=[previous]))
    return turns
