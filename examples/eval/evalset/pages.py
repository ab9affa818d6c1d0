"""The pages that can be searched: six layouts, each with navigation, asides and other distractors.

What a page says is a `Sheet`; a layout is a function from it to the text of a file. `Site` names and collects them."""
import html
import random
from dataclasses import dataclass, field

from .names import slug


@dataclass
class Fact:
    """One thing said: as a row (label, value) or as a sentence, whichever the layout wants."""
    label: str
    value: str
    sentence: str


@dataclass
class Series:
    """A table of a page; `sentence` says the same in prose."""
    caption: str
    header: list[str]
    rows: list[list[str]]
    sentence: str = ""


@dataclass
class Sheet:
    """What a page says."""
    title: str
    intro: str
    facts: list[Fact] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    asides: list[str] = field(default_factory=list)
    comments: list[tuple[str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    dated: str = ""
    lang: str = "en"


WORDS = {  # home, about, property, value, comments, see also, copyright
    "en": ("Home", "About", "Property", "Value", "Comments", "See also", "All rights reserved"),
    "de": ("Startseite", "Über uns", "Merkmal", "Wert", "Kommentare", "Siehe auch", "Alle Rechte vorbehalten"),
    "fr": ("Accueil", "À propos", "Caractéristique", "Valeur", "Commentaires", "Voir aussi", "Tous droits réservés"),
    "es": ("Inicio", "Acerca de", "Característica", "Valor", "Comentarios", "Véase también", "Todos los derechos reservados"),
    "zh": ("首页", "关于", "项目", "数值", "评论", "另见", "版权所有"),
    "ja": ("ホーム", "概要", "項目", "値", "コメント", "関連項目", "無断転載禁止"),
}
e = html.escape


def row(cells, tag="td"):
    return "<tr>" + "".join(f"<{tag}>{e(cell)}</{tag}>" for cell in cells) + "</tr>"


def html_table(header, rows, caption="", kind=""):
    named = f"\n<caption>{e(caption)}</caption>" if caption else ""
    return f"<table{kind}>{named}\n{row(header, 'th')}\n" + "\n".join(map(row, rows)) + "\n</table>"


def markdown_table(header, rows):
    line = lambda cells: "| " + " | ".join(cells) + " |"
    return "\n".join([line(header), line(["---"] * len(header)), *map(line, rows)])


def shell(sheet: Sheet, body: str) -> str:
    """A page around its main part: navigation, comments, footer."""
    home, about, *_, comments, also, rights = WORDS[sheet.lang]
    links = f"<aside><h3>{also}</h3><ul>" + "".join(f'<li><a href="/{i}">{e(link)}</a></li>' for i, link in enumerate(sheet.links)) + "</ul></aside>\n" if sheet.links else ""
    told = f'<section class="comments"><h3>{comments}</h3>\n' + "\n".join(f"<p><b>{e(who)}</b>: {e(text)}</p>" for who, text in sheet.comments) + "\n</section>\n" if sheet.comments else ""
    return (f'<!doctype html>\n<html lang="{sheet.lang}">\n<head><meta charset="utf-8"><title>{e(sheet.title)}</title></head>\n<body>\n'
            f'<nav><a href="/">{home}</a> <a href="/about">{about}</a></nav>\n<main>\n<h1>{e(sheet.title)}</h1>\n{body}\n</main>\n{links}{told}<footer>{rights}</footer>\n</body>\n</html>\n')


def paragraphs(*texts: str) -> str:
    return "\n".join(f"<p>{e(text)}</p>" for text in texts if text)


def tables_of(sheet: Sheet) -> str:
    return "\n".join(html_table(s.header, s.rows, s.caption) for s in sheet.series)


def table_page(sheet: Sheet, rng: random.Random) -> str:
    facts = html_table(WORDS[sheet.lang][2:4], [[f.label, f.value] for f in sheet.facts]) if sheet.facts else ""
    return shell(sheet, "\n".join(filter(None, [paragraphs(sheet.dated, sheet.intro), facts, tables_of(sheet), paragraphs(*sheet.asides)])))


def prose_page(sheet: Sheet, rng: random.Random) -> str:
    """Facts as sentences in two paragraphs, asides in between; a series as one sentence where it has one."""
    gap = "" if sheet.lang in ("zh", "ja") else " "
    said = [f.sentence for f in sheet.facts]
    half = (len(said) + 1) // 2
    series = [s.sentence for s in sheet.series]
    body = paragraphs(sheet.dated, gap.join([sheet.intro, *said[:half]]), gap.join([*sheet.asides, *said[half:]]), *series)
    return shell(sheet, body + "".join("\n" + html_table(s.header, s.rows, s.caption) for s in sheet.series if not s.sentence))


def infobox_page(sheet: Sheet, rng: random.Random) -> str:
    """A box of labels and values beside a text that says little."""
    if rng.random() < 0.5:
        box = '<dl class="infobox">\n' + "\n".join(f"<dt>{e(f.label)}</dt><dd>{e(f.value)}</dd>" for f in sheet.facts) + "\n</dl>"
    else:
        box = '<table class="infobox">\n' + "\n".join(f"<tr><th>{e(f.label)}</th><td>{e(f.value)}</td></tr>" for f in sheet.facts) + "\n</table>"
    return shell(sheet, "\n".join(filter(None, [box if sheet.facts else "", paragraphs(sheet.dated, sheet.intro, *sheet.asides), tables_of(sheet)])))


def markdown_page(sheet: Sheet, rng: random.Random) -> str:
    gap = "" if sheet.lang in ("zh", "ja") else " "
    half = len(sheet.facts) // 2
    parts = [f"# {sheet.title}", sheet.dated, gap.join([sheet.intro, *(f.sentence for f in sheet.facts[:half])])]
    parts.append("\n".join(f"- **{f.label}**: {f.value}" for f in sheet.facts[half:]))
    parts += [f"## {s.caption}\n\n{markdown_table(s.header, s.rows)}" for s in sheet.series] + [gap.join(sheet.asides)]
    if sheet.links:
        parts.append(f"## {WORDS[sheet.lang][5]}\n\n" + "\n".join(f"- {link}" for link in sheet.links))
    if sheet.comments:
        parts.append(f"## {WORDS[sheet.lang][4]}\n\n" + "\n".join(f"> {who}: {text}" for who, text in sheet.comments))
    return "\n\n".join(filter(None, parts)) + "\n"


def news_page(sheet: Sheet, rng: random.Random) -> str:
    """A dated article; its title is a headline, every fact a sentence."""
    gap = "" if sheet.lang in ("zh", "ja") else " "
    said = [f.sentence for f in sheet.facts]
    body = f'<article>\n<p class="byline">{e(sheet.dated)}</p>\n' + paragraphs(gap.join([sheet.intro, *said[:2]]), gap.join(said[2:]), *sheet.asides, *(s.sentence for s in sheet.series if s.sentence))
    return shell(sheet, body + "".join("\n" + html_table(s.header, s.rows, s.caption) for s in sheet.series if not s.sentence) + "\n</article>")


def listing_page(sheet: Sheet, rng: random.Random) -> str:
    """Several things, one an item: each fact is a thing."""
    return shell(sheet, paragraphs(sheet.dated, sheet.intro) + "\n<ul>\n" + "\n".join(f"<li>{e(f.sentence)}</li>" for f in sheet.facts) + "\n</ul>\n" + tables_of(sheet) + paragraphs(*sheet.asides))


LAYOUTS = {"table": table_page, "prose": prose_page, "infobox": infobox_page, "markdown": markdown_page, "news": news_page, "listing": listing_page}
FACT_LAYOUTS = ("table", "prose", "infobox", "markdown")


class Site:
    """The pages of a set by file name, none of whose names is a piece of another (they are looked for in citations)."""

    def __init__(self, rng: random.Random):
        self.rng, self.files = rng, {}

    def add(self, sheet: Sheet, layout: str | None = None) -> str:
        """Writes a page in the named or a drawn layout; returns the name that citations are checked for."""
        layout = layout or self.rng.choice(FACT_LAYOUTS)
        stem = slug(sheet.title)[:48].strip("-") or f"{sheet.lang}-{self.rng.randrange(10**5):05}"
        if sheet.lang in ("zh", "ja") or any(stem in other or other.rsplit(".", 1)[0] in stem for other in self.files):
            stem = f"{self.rng.choice('abcdefghkmnpqrstuvwxyz')}{self.rng.randrange(10**4):04}-{stem}"
            while any(other.rsplit(".", 1)[0] in stem for other in self.files):  # a namesake's whole name is in it
                stem = stem[:-1].rstrip("-")
        self.files[stem + (".md" if layout == "markdown" else ".html")] = LAYOUTS[layout](sheet, self.rng)
        return stem
