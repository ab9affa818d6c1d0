"""The English-speaking invented world: kinds of things, what can be asked of them, and how it is said and asked.

A `Thing` has random values; `describe` puts it on a page, `ask` words a question about one of its values."""
import random
from dataclasses import dataclass, field
from decimal import Decimal

from .names import Names
from .pages import Fact, Series, Sheet, Site


@dataclass(frozen=True)
class Attribute:
    """Something that can be asked: its unit, noun, question, the question inside another, sentences, range and step of its values."""
    unit: str
    noun: str
    how: str
    embed: str
    says: tuple[str, ...]
    span: tuple[float, float, float]
    more: str = ""
    follow: tuple[str, ...] = ()
    money: bool = False


ATTRIBUTES = {
    "length": Attribute("m", "length", "How long is {x}?", "how long {x} is", ("It is {v} long.", "From end to end it measures {v}.", "Its length is {v}."), (130, 2900, 1), "longer", ("and its length?",)),
    "height": Attribute("m", "height", "How high is {x}?", "how high {x} is", ("It is {v} high.", "It reaches a height of {v}.", "Its height is given as {v}."), (34, 190, 1), "higher", ("and its height?",)),
    "summit": Attribute("m", "height", "How high is {x}?", "how high {x} is", ("It rises to {v} above the sea.", "Its summit stands at {v}.", "It is {v} high."), (1450, 6800, 1), "higher", ("and its height?",)),
    "depth": Attribute("m", "greatest depth", "How deep is {x}?", "how deep {x} is", ("It is up to {v} deep.", "Its deepest point lies {v} below the surface."), (21, 410, 1), "deeper", ("and its depth?",)),
    "area": Attribute("km²", "area", "How large is the area of {x}?", "what area {x} has", ("It covers {v}.", "Its area is {v}."), (12, 880, 0.1), "larger in area", ("and its area?",)),
    "mirror": Attribute("cm", "diameter of the main mirror", "What diameter does the main mirror of {x} have?", "how wide the main mirror of {x} is", ("Its main mirror is {v} across.", "The main mirror has a diameter of {v}."), (61, 420, 1), "larger in mirror diameter", ("and its main mirror's diameter?",)),
    "capacity": Attribute("MW", "installed capacity", "What installed capacity does {x} have?", "what the installed capacity of {x} is", ("Its installed capacity is {v}.", "The turbines have a capacity of {v} in all."), (16, 980, 1), "more powerful", ("and its capacity?",)),
    "seats": Attribute("seats", "number of seats", "How many seats does {x} have?", "how many seats {x} has", ("It has {v}.", "The hall holds {v}."), (180, 2950, 1), "larger in seats", ("and its number of seats?",)),
    "objects": Attribute("objects", "number of objects in the collection", "How many objects are in the collection of {x}?", "how many objects the collection of {x} has", ("Its collection has {v}.", "It keeps {v} in its rooms."), (650, 48000, 10), "richer in objects", ("and its number of objects?",)),
    "employees": Attribute("employees", "number of employees", "How many employees does {x} have?", "how many people work for {x}", ("It has {v}.", "It works with {v}."), (45, 9400, 1), "larger in employees", ("and its number of employees?",)),
    "students": Attribute("students", "number of students", "How many students does {x} have?", "how many students {x} has", ("It has {v}.", "It teaches {v}."), (1900, 38000, 10), "larger in students", ("and its number of students?",)),
    "opened": Attribute("", "year of opening", "When was {x} opened?", "in which year {x} was opened", ("It was opened in {v}.", "The opening took place in {v}."), (1862, 2012, 1), "older", ("and the year of opening?",)),
    "founded": Attribute("", "founding year", "When was {x} founded?", "in which year {x} was founded", ("It was founded in {v}.", "Its foundation dates from {v}."), (1822, 2012, 1), "older", ("and the founding year?",)),
    "climbed": Attribute("", "year of the first ascent", "When was {x} first climbed?", "in which year {x} was first climbed", ("It was first climbed in {v}.", "The first ascent was made in {v}."), (1848, 1966, 1), "", ("and the year of the first ascent?",)),
    "surveyed": Attribute("", "year of the first survey", "When was {x} first surveyed?", "in which year {x} was first surveyed", ("It was first surveyed in {v}.",), (1788, 1958, 1), "", ("and the year of the first survey?",)),
    "cost": Attribute("million crowns", "building cost", "How much did {x} cost to build?", "what it cost to build {x}", ("It cost {v} to build.", "The building cost came to {v}."), (3, 740, 0.1), "more expensive", ("and the cost?",), True),
    "turnover": Attribute("million crowns", "turnover", "How large is the turnover of {x}?", "how large the turnover of {x} is", ("Its turnover is {v}.", "It turns over {v} a year."), (4, 940, 0.1), "larger in turnover", ("and its turnover?",), True),
}
YEARS = {"opened", "founded", "climbed", "surveyed"}


@dataclass(frozen=True)
class Sort:
    """A kind of thing: the pattern of its names, its attributes, the role of a person, what is counted every year."""
    noun: str
    title: str
    attributes: tuple[str, ...]
    role: str            # the designer
    did: str             # was designed by {p}
    who: str             # who designed {x}
    yearly: tuple[str, str, tuple[float, float, float]] | None  # label, unit, span
    article: bool = True


SORTS = (
    Sort("bridge", "{n} Bridge", ("length", "height", "opened", "cost"), "designer", "It was designed by {p}.", "who designed {x}", None),
    Sort("tunnel", "{n} Tunnel", ("length", "opened", "cost", "depth"), "chief engineer", "The chief engineer was {p}.", "who was the chief engineer of {x}", None),
    Sort("lake", "Lake {n}", ("depth", "area", "surveyed"), "first surveyor", "The first survey was made by {p}.", "who first surveyed {x}", None, False),
    Sort("mountain", "Mount {n}", ("summit", "climbed"), "first climber", "{p} was the first to reach the top.", "who first climbed {x}", None, False),
    Sort("museum", "{n} Museum of Clocks", ("objects", "opened", "cost"), "founder", "The collection was founded by {p}.", "who founded {x}", ("visitors", "visitors", (8_000, 290_000, 100))),
    Sort("theatre", "{n} Theatre", ("seats", "opened", "cost"), "architect", "The architect was {p}.", "who was the architect of {x}", ("spectators", "spectators", (20_000, 310_000, 100))),
    Sort("observatory", "{n} Observatory", ("mirror", "opened", "cost"), "first director", "Its first director was {p}.", "who was the first director of {x}", ("visitors", "visitors", (2_000, 60_000, 10))),
    Sort("company", "{n} Instruments", ("employees", "founded", "turnover"), "founder", "It was founded by {p}.", "who founded {x}", ("orders", "orders", (900, 64_000, 10)), False),
    Sort("dam", "{n} Dam", ("height", "capacity", "opened", "cost"), "designer", "It was designed by {p}.", "who designed {x}", ("output", "GWh", (40, 920, 0.1))),
    Sort("university", "{n} University", ("students", "founded", "employees"), "first rector", "Its first rector was {p}.", "who was the first rector of {x}", None, False),
    Sort("brewery", "{n} Brewery", ("employees", "founded", "turnover"), "founder", "It was founded by {p}.", "who founded {x}", ("output", "hl", (1_500, 94_000, 10))),
    Sort("ferry line", "{n} Ferry", ("length", "opened", "employees"), "founder", "The line was founded by {p}.", "who founded {x}", ("passengers", "passengers", (21_000, 880_000, 100))),
)
ASIDES = (
    "The car park beside the entrance is free on Sundays.", "A small café sells cakes from the region.", "Guided tours start at the main gate.",
    "Photographs may be taken without a flash.", "The path from the station is signposted.", "A local club looks after the flower beds.",
    "In winter the road may be closed by snow.", "Dogs must be kept on a lead.", "A postage stamp shows it in blue and grey.",
)
COMMENTERS = ("birdwatcher", "old-timer", "Passing through", "M.", "anon", "weekend walker")


def grouped(value) -> str:
    """English spelling of a number: 1,234.5."""
    value = Decimal(str(value))
    return f"{value:,.1f}" if value != value.to_integral() else f"{int(value):,}"


def draw(rng: random.Random, span) -> Decimal:
    """A value of a range, never a round one, that no example of a prompt has by chance."""
    low, high, step = span
    while True:
        steps = rng.randint(int(low / step), int(high / step))
        value = (Decimal(steps) * Decimal(str(step))).quantize(Decimal(str(step)) if step < 1 else Decimal(1))
        if steps % 10 and value not in (1280, 461):
            return value


@dataclass
class Thing:
    """A thing with its values; `person` had the role of its sort."""
    sort: Sort
    title: str
    values: dict
    person: str = ""
    region: str = ""
    yearly: dict = field(default_factory=dict)

    @property
    def called(self) -> str:
        return f"the {self.title}" if self.sort.article else self.title

    def shown(self, key: str) -> str:
        """The value as a page writes it: '1,234 m', '12.5 million crowns', '1904'."""
        value = self.values[key]
        return str(value) if key in YEARS else f"{grouped(value)} {ATTRIBUTES[key].unit}"


class World:
    """Draws things and puts them on the pages of a site."""

    def __init__(self, rng: random.Random, names: Names, site: Site):
        self.rng, self.names, self.site = rng, names, site

    def thing(self, sort: Sort | None = None, stem: str | None = None, prefix: str = "") -> Thing:
        sort = sort or self.rng.choice(SORTS)
        stem = stem or self.names.place()
        made = Thing(sort, sort.title.format(n=f"{prefix}{stem}"), {key: draw(self.rng, ATTRIBUTES[key].span) for key in sort.attributes}, self.names.person(), self.names.place())
        if sort.yearly:
            first, last = self.rng.choice(((2015, 2021), (2016, 2021), (2017, 2022), (2018, 2023), (2018, 2024)))
            low, high, step = sort.yearly[2]
            middle = self.rng.uniform(low * 1.6, high * 0.6)
            made.yearly = {year: draw(self.rng, (middle * 0.6, middle * 1.6, step)) for year in range(first, last + 1)}
        return made

    def namesake(self, thing: Thing) -> Thing:
        """A thing of the same sort and nearly the same name whose values all differ."""
        stem = thing.title
        for piece in thing.sort.title.split("{n}"):
            stem = stem.replace(piece, "") if piece else stem
        while True:
            other = self.thing(thing.sort, stem, self.rng.choice(("Upper ", "Little ", "New ", "East ")))
            mine = {*thing.values.values(), *thing.yearly.values()}
            if not mine & {*other.values.values(), *other.yearly.values()}:
                return other

    def sheet(self, thing: Thing, without=(), comments=(), links=()) -> Sheet:
        """The page of a thing, its facts in random order."""
        rng, facts = self.rng, []
        for key in thing.sort.attributes:
            if key not in without:
                attribute = ATTRIBUTES[key]
                label = attribute.noun[0].upper() + attribute.noun[1:]
                facts.append(Fact(label, thing.shown(key), rng.choice(attribute.says).format(v=thing.shown(key))))
        if "person" not in without:
            facts.append(Fact(thing.sort.role[0].upper() + thing.sort.role[1:], thing.person, thing.sort.did.format(p=thing.person)))
        rng.shuffle(facts)
        called = thing.called[0].upper() + thing.called[1:]
        noun = ("an " if thing.sort.noun[0] in "aeio" else "a ") + thing.sort.noun
        intro = rng.choice((f"{called} is {noun} in the region of {thing.region}.", f"{called}, {noun}, belongs to the region of {thing.region}.", f"In the region of {thing.region} everybody knows {thing.called}, {noun}."))
        series = [self.series(thing)] if thing.yearly and "yearly" not in without else []
        return Sheet(thing.title, intro, facts, series, rng.sample(ASIDES, 2), list(comments), [thing.region, *links])

    def series(self, thing: Thing) -> Series:
        label, unit, _ = thing.sort.yearly
        head = label.capitalize() + (f" ({unit})" if unit != label else "")
        pieces = ", ".join(f"{grouped(v)}{'' if unit == label else ' ' + unit} in {y}" for y, v in thing.yearly.items())
        return Series(f"{label.capitalize()} of {thing.title} by year", ["Year", head], [[str(y), grouped(v)] for y, v in thing.yearly.items()], f"The {label} by year: {pieces}.")

    def comment(self, text: str) -> tuple[str, str]:
        return self.rng.choice(COMMENTERS), text

    def ask(self, key: str, called: str) -> str:
        """A question for one value, in one of eight wordings."""
        a = ATTRIBUTES[key]
        how = a.how.format(x=called)
        of = "building cost" if key == "cost" else a.noun
        return self.rng.choice((how, how, f"What is the {of} of {called}?", f"Tell me {a.embed.format(x=called)}.", f"Do you know {a.embed.format(x=called)}?", f"{of} of {called}", f"I'd like to know {a.embed.format(x=called)}", f"Can you look up the {of} of {called}?", f"hi, {how[0].lower() + how[1:]}"))

    def ask_it(self, key: str) -> str:
        """The same of the thing just spoken of."""
        a = ATTRIBUTES[key]
        how = a.how.format(x="it")
        return self.rng.choice((f"And {how[0].lower() + how[1:]}", how, *a.follow, f"what about its {a.noun}?" if key != "cost" else "what did it cost?", f"and can you tell me {a.embed.format(x='it')}?"))
