"""Patterns for right and wrong answers, computed from values, and the test of a turn's checker on its own right answer.

A pattern is a regular expression as `tasks.jsonl` holds it: searched without regard to case in an answer whose markup,
citation markers and odd spaces are gone. It takes the usual spellings of a number (1,234; 1234; 1.234; 1 234; 1.2 million; 12万)
and, for computed values, roundings within half a percent."""
import datetime
import re
import unicodedata
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal

BEFORE, AFTER = r"(?<!\d)(?<!\d[.,])", r"(?!\d|[.,]\d)"
SCALES = [(10**6, r"(?:million\w*|millones|millón|mill\.|mio\b|mn\b|m\b)"), (10**9, r"(?:billion\w*|milliard\w*|mrd\b|bn\b|b\b)"), (10**3, r"(?:thousand|k\b|tausend|mille?\b)"), (10**4, "[万萬]"), (10**8, "[亿億]")]
COUNTS = "zero one two three four five six seven eight nine ten eleven twelve".split()
MONTHS = "January February March April May June July August September October November December".split()
UNITS = {  # how a unit may be written after its number
    "m": r"(?:m\b|met(?:re|er))", "km²": r"(?:km|sq|square)", "cm": r"(?:cm|centimet)", "MW": r"(?:MW|megawatt)", "GWh": r"(?:GWh|gigawatt)",
    "seats": "(?:seat|people|spectator|place)", "people": "(?:people|inhabitant|resident)", "employees": "(?:employee|people|staff|worker)",
    "students": "(?:student|people)", "objects": "(?:object|piece|item|exhibit|artefact|artifact)", "visitors": "(?:visitor|people)", "passengers": "(?:passenger|people)", "tonnes": r"(?:t\b|tonne|ton\b|tons\b)", "hl": r"(?:hl\b|hectolit)",
}
NOT_FOUND = (
    r"\b(?:not?|never|nothing|none|neither)\b (?:\w+ ){0,6}(?:found|find|sa(?:y|id|ys)|states?d?|mention\w*|gives?n?|gave|named?|list(?:s|ed)?|information|sources?|pages?|records?|known|available|specif\w+|provided?s?|figures?|data|details?|published|contains?|includes?|recorded|reported|answer|evidence|show(?:s|n)?|results?|indicat\w+|locate\w*|determined?|count(?:ed)?|values?|numbers?|disclosed)\b"
    r"|n['’]t (?:\w+ ){0,4}(?:say|state|mention|give|name|find|list|tell|found|stated|mentioned|given|named|listed|known|available|specif\w+|provided?|include|contain|have|appear|published|recorded|determine|locate|know|seem|show)\b"
    r"|\bunknown\b|\bfound nothing\b|\bnothing (?:is|was|about|on)\b|\bcannot (?:be )?(?:find|say|tell|determine|found|determined|confirm)\w*|\bunable to\b|\bmissing\b|\bn/a\b|\bno such\b|\bunpublished\b|\bwithout (?:giving|stating|naming|saying)\b"
    r"|没有|未(?:提|给|找|见|说|能|公)|找不到|无法|不详|未知|\bnicht\b|\bkein|\baucun|\bne\b.{0,30}\bpas\b|\bn['’].{0,20}\bpas\b|introuvable|\bno (?:se|hay|he|figura|aparece|consta|indica|menciona|encontr)\w*|\bningun|ningún|見つか|ありません|記載.{0,4}な|不明|わかり"
)
NO_FAILURE = ["did not get to an answer"]
PLAIN_TALK = ["Sources:", "found nothing", "did not get to an answer", "pages opened"]
NO_LITERALS = r"\A(?![\s\S]*(?:\[|:)\s*(?!(?:19|20)\d\d\b)[\d.]+\s*[,}])"  # no list of figures typed into a program


def spelt(value: Decimal, year: bool = False) -> str:
    """The spellings of exactly this number."""
    text = format(abs(value), "f")
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    if not year:
        groups = []
        while len(whole) > 3:
            whole, last = whole[:-3], whole[-3:]
            groups.insert(0, last)
        whole = "[,.' ]?".join([whole, *groups])
    return f"{whole}[.,]{part}0*" if part else whole + ("" if year else r"(?:[.,]0{1,2}|\.0{4,})?")


def rounded(value: Decimal, close: str = "0.005") -> list[Decimal]:
    """The value's roundings: to one decimal or more always, to a whole number where that is within `close` of it."""
    fine = lambda step: abs(step - value) <= Decimal(close) * abs(value) or (abs(value) >= 1 and close == "0.005" and step != step.to_integral())
    steps = [value.quantize(Decimal(1).scaleb(-places), way) for places in range(5) for way in (ROUND_HALF_UP, ROUND_HALF_DOWN)]
    return list(dict.fromkeys(step for step in steps if fine(step)))


def decimal(value) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(round(value, 9)))


def number(value, computed: bool = False, year: bool = False) -> str:
    """A pattern for a number; a computed one may be rounded."""
    value = decimal(value)
    forms = [spelt(v, year) for v in (rounded(value) if computed else [value])]
    if computed and value != value.quantize(Decimal("0.0001")):  # more digits than anybody rounds to
        forms.append(spelt(Decimal(int(value * 10**4)) / 10**4).replace("0*", "") + r"\d*")
    ways = [f"{BEFORE}(?:{'|'.join(dict.fromkeys(forms))}){AFTER}"]
    if not year and value == int(value) and 0 <= value <= 12:
        ways.append(rf"\b{COUNTS[int(value)]}\b")
    for scale, words in SCALES if not year else []:
        if abs(value) >= scale and (scale != 10**3 or value % 100 == 0):
            small = value / scale
            fits = rounded(small, "0.004") if computed else [small] if small == small.quantize(Decimal("0.0001")) else []
            ways += [rf"{BEFORE}(?:{'|'.join(dict.fromkeys(spelt(v) for v in fits))}){AFTER} ?{words}"] if fits else []
    return f"(?:{'|'.join(ways)})"


def sure(value) -> list[float]:
    """A computed figure for `figures`, unless a usual rounding of it is further off than the runner allows."""
    value = float(value)
    return [round(value, 4)] if abs(round(value, 1) - value) <= 0.004 * abs(value) else []


def any_of(*patterns: str) -> str:
    return f"(?:{'|'.join(patterns)})"


def with_unit(value, unit: str, computed: bool = False) -> str:
    """The number followed (or, in a sentence, led) by what is counted: for small numbers that occur by chance."""
    return any_of(rf"{number(value, computed)}[^\d\n]{{0,25}}?{unit}", rf"{unit}[^\d\n]{{0,25}}?{number(value, computed)}")


def name(text: str) -> str:
    """A name, with or without its accents, any space between its words."""
    out = []
    for letter in text:
        plain = unicodedata.normalize("NFKD", letter.replace("ø", "o"))[0]
        out.append(r"\s?" if letter == " " else re.escape(letter) if plain == letter else f"[{letter}{plain}]")
    return "".join(out)


def date(day: datetime.date) -> str:
    """A date in the spellings of English, German, French, Spanish, Chinese and in figures."""
    d, m, y, month = day.day, day.month, day.year, MONTHS[day.month - 1][:3]
    return rf"(?<!\d)(?:{d}(?:st|nd|rd|th|\.)?(?: of| de)? {month}\w*\.?,?(?: de)? {y}|{month}\w*\.? {d}(?:st|nd|rd|th)?,? {y}|{y}-{m:02}-{d:02}|0?{d}[./]0?{m}[./]{y}|{y}年{m}月{d}日)"


def unless(named: str, pattern: str) -> str:
    """Another thing's value, in an answer that doesn't say that it is the other thing's."""
    return rf"\A(?![\s\S]*{named})[\s\S]*?{pattern}"


def invented(unit: str, allowed) -> str:
    """A figure with this unit that isn't among the allowed ones."""
    known = "|".join(number(v) for v in allowed)
    return BEFORE + (f"(?!{known})" if known else "") + rf"\d[\d,.' ]*(?:million|billion)? ?{unit}"


def drawn(value) -> str:
    """On the arguments of a chart's calls: the value itself, or no typed figures at all (then it comes from a table by name)."""
    return f"{number(value)}|{NO_LITERALS}"


def turn(kind: str, q: str, gold: str, **checks) -> dict:
    """A turn of a dialogue; `must` and `mustnot` are always there, other checks where they matter."""
    made = {"kind": kind, "q": q, "must": checks.pop("must", []), "mustnot": checks.pop("mustnot", []), "gold": gold}
    return made | {key: value for key, value in checks.items() if value not in (None, [])}


def chart_turn(kind: str, q: str, args=(), **checks) -> dict:
    """A turn that must leave a new picture."""
    return turn(kind, q, "", mustnot=NO_FAILURE, png=1, tools=["python|chart"], args=list(args), nopng_text=["Rainfall"], **checks)


def plain(text: str) -> str:
    return re.sub(r"\[\d{1,3}\]|\*\*|`", "", unicodedata.normalize("NFKC", text).replace("−", "-"))


def tables(text: str) -> list[list[str]]:
    """The rows, without the header, of each table in the text."""
    found, block = [], []
    for line in [*text.splitlines(), ""]:
        if line.lstrip().startswith("|"):
            block.append(line.strip())
        elif block:
            found.append([row for row in block[1:] if not re.fullmatch(r"[|:\- ]+", row)])
            block = []
    return found


def wrong(task: dict, text: str) -> list[str]:
    """What is wrong with an answer's text, by the rules of the runner: for the generator's own tests."""
    has = lambda pattern, where: re.search(pattern, where, re.I)
    text = plain(text)
    why = [f"lacks {p}" for p in task["must"] if not has(p, text)] + [f"has {p}" for p in task["mustnot"] if has(p, text)]
    specs, order = task.get("rows", []), task.get("order", [])

    def lacking(pieces):
        return [f"no row {spec}" for spec in specs if not any(all(has(p, piece) for p in spec) for piece in pieces)]

    def disorder(rows):
        at = [next((i for i, row in enumerate(rows) if has(p, row)), -1) for p in order]
        return [] if at == sorted(at) and -1 not in at else [f"order {at}"]

    if "table" in task:
        verdicts = [([f"{len(rows)} rows"] if len(rows) != task["table"] else []) + lacking(rows) + disorder(rows) for rows in tables(text)]
        return why + min(verdicts, key=len, default=["no table"])
    if specs:
        names = "|".join(spec[0] for spec in specs)
        after = [piece for line in text.splitlines() for piece in re.split(f"(?=(?:{names}))", line, flags=re.I)]
        before = [piece for line in text.splitlines() for piece in re.sub(f"({names})", "\\1\0", line, flags=re.I).split("\0")]
        why += min(lacking(after), lacking(before), key=len)
    return why


def faults(task: dict) -> list[str]:
    """Why a turn's checker is no good: it refuses its own right answer, or takes nothing, the question, or other figures."""
    patterns = [*task["must"], *task.get("order", []), *sum(task.get("rows", []), [])]
    found = [f"refuses gold: {why}" for why in wrong(task, task["gold"])]
    others = {"empty": "", "echo": task["q"]}
    if any(re.search(r"\d", re.sub(r"\{\d.*?\}|\\d", "", p)) for p in patterns):
        others["shifted"] = re.sub(r"\d", lambda m: str((int(m[0]) + 3) % 10), task["gold"])
    return found + [f"takes {kind}" for kind, text in others.items() if patterns and not wrong(task, text)]
