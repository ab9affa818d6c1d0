#!/usr/bin/env python3
"""Writes 1,000 pages about things that do not exist: ten kinds of pages, four languages, five layouts.

    python3 examples/pages/mixed.py FOLDER [--seed 7] [--each 25]

Each thing has neighbours that are called alike, pages carry menus, cookie banners, teasers of their neighbours and
comments with other figures. What the pages say is in mixed.toml; the same seed makes the same pages.
"""

import argparse
import html
import random
import re
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
LATIN = ["Ko", "Va", "Zel", "Tri", "Mor", "Lu", "Ben", "Qua", "Sil", "Dra", "Ox", "Fen"]
LATIN_END = ["rix", "dano", "meta", "lux", "pora", "vik", "zan", "tessa"]


def number(value, language):
    """As the language writes it: 12.345 and 3,5 in German and Spanish."""
    text = f"{value:,}"
    return text.translate(str.maketrans(",.", ".,")) if language in ("de", "es") else text


def names(dice, words, count):
    """Names of which about half are called like another one."""
    plain = [first + last for first in words["first"].split() for last in words["last"].split()]
    dice.shuffle(plain)
    kin = [form.strip() for form in words["kin"].split("|")]
    found = []
    for name in plain:
        found.append(name)
        for form in dice.sample(kin, 2) if dice.random() < 0.5 else []:
            found.append(form.format(name))
    return found[:count]


def people(dice, words, language):
    given, family = words["given"].split(), words["family"].split()
    one = lambda: dice.choice(given) + " " + dice.choice(family)
    return [dice.choice(family) + dice.choice(given) if language == "zh" else one() for _ in range(3)]


def day_of(dice, words, language):
    day, month, year = dice.randint(1, 28), dice.randrange(12), dice.randint(2015, 2023)
    name = words["months"].split()[month]
    forms = {"en": f"{day} {name} {year}", "de": f"{day}. {name} {year}", "es": f"{day} de {name} de {year}"}
    return forms.get(language, f"{year}年{name}{day}日")


def thing(dice, words, language, name, other, latin):
    """All that a page may say about one thing."""
    of = lambda low, high: number(dice.randint(low, high), language)
    facts = dict(name=name, other=other, latin=latin, latin_lower=latin.lower(), date=day_of(dice, words, language))
    facts |= dict(zip(("person", "person2", "person3"), people(dice, words, language)))
    facts |= dict(zip(("day", "day2", "day3"), dice.sample(words["days"].split(), 3)))
    facts |= dict(year=dice.randint(1805, 1899), later=dice.randint(1961, 2012), soon=dice.randint(2024, 2029), port=dice.randint(4100, 9800))
    ranges = dict(height=(18, 71), range=(9, 34), minutes=(11, 58), small=(2, 9), amount=(12, 96), value=(120, 890),
                  sales=(3, 41), staff=(110, 980), grams=(310, 890), hours=(11, 95), lumen=(210, 960),
                  altitude=(640, 2900), degrees=(190, 260), bake=(35, 75), opens=(8, 11))
    facts |= {key: of(*bounds) for key, bounds in ranges.items()}
    facts["price"] = number(dice.randint(1200, 9800) / 100, language)
    start = dice.randint(21_000, 98_000)
    for year in range(1, 5):
        start += dice.randint(-700, 900)
        facts[f"people{year}"] = number(start, language)
        facts[f"percent{year}"] = number(dice.randint(21, 129) / 10, language)
        facts[f"flats{year}"] = of(9_000, 45_000)
    return facts


def body(page, facts, language):
    """The page's text as HTML."""
    quoted = lambda text: html.escape(text.format(**facts), quote=False)
    parts, items = [], []
    for line in page["says"] + [""]:
        if line.startswith("* "):
            items.append(f"<li>{quoted(line[2:])}</li>")
            continue
        if items:
            parts.append("<ul>" + "".join(items) + "</ul>")
            items = []
        if line.startswith(("? ", "! ")):
            name, said = quoted(line[2:]).replace("：", ":").split(":", 1)
            parts.append(f'<div class="post"><span class="author">{name}</span><p>{said.strip()}</p></div>')
        elif line:
            parts.append(f"<p>{quoted(line)}</p>")
    if "table" in page:
        head, *rows = [quoted(row).split(" | ") for row in page["table"]]
        cells = lambda row, tag: "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in row) + "</tr>"
        parts.append("<table>" + cells(head, "th") + "".join(cells(row, "td") for row in rows) + "</table>")
    return parts


def around(dice, words, titles, language):
    """What stands on a page and is nothing that it says: menu, banner, teasers, comments, foot."""
    links = lambda texts: "".join(f'<li><a href="/{i}">{html.escape(text)}</a></li>' for i, text in enumerate(texts))
    menu = f'<nav><ul>{links(words["menu"].split(" | "))}</ul></nav>'
    banner = f'<div class="cookie-banner"><p>{words["cookies"]}</p><button>OK</button></div>'
    teasers = f'<aside><h3>{words["read"]}</h3><ul>{links(dice.sample(titles, min(4, len(titles))))}</ul></aside>'
    said = [line.strip().format(number(dice.randint(100, 9000), language)) for line in words["wrong"].split("|")]
    comments = "".join(f'<div class="comment"><p>{line}</p></div>' for line in said)
    comments = f'<section id="comments"><h2>{words["comments"]}</h2>{comments}</section>'
    return menu, banner, teasers, comments, f'<footer><p>{words["foot"]}</p></footer>'


def laid_out(dice, title, parts, beside, language, kind):
    """(ending, file) of a page in one of five layouts."""
    menu, banner, teasers, comments, foot = beside
    comments = comments if kind in ("news", "blog") else ""
    text, name = "\n".join(parts), html.escape(title)
    head = f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{name}</title></head>'
    match dice.choice(["article", "article", "soup", "soup", "old", "markdown", "text"]):
        case "article":
            return "html", (f"{head}<body>{banner}<header>{menu}</header><main><article><h1>{name}</h1>{text}</article>"
                            f"{teasers}{comments}</main>{foot}</body></html>")
        case "soup":
            return "html", (f'{head}<body><div id="page">{menu}<div class="wrap"><div class="c1"><h1>{name}</h1>{text}'
                            f'</div><div class="c2">{teasers}</div>{comments}</div>{foot}</div>{banner}</body></html>')
        case "old":
            return "html", (f'{head}<body><table width="100%"><tr><td>{menu}</td><td><h2>{name}</h2>{text}</td></tr>'
                            f"</table>{foot}</body></html>")
        case form:
            lines = [line for part in parts for line in plain(part, form == "markdown")]
            begin = [f"# {title}" if form == "markdown" else title]
            return "md" if form == "markdown" else "txt", "\n\n".join(begin + lines) + "\n"


def plain(part, markdown):
    """A piece of HTML of `body` as paragraphs of text."""
    rows = re.findall(r"<tr>(.*?)</tr>", part)
    if rows:
        cells = [re.findall(r"<t[hd]>(.*?)</t[hd]>", row) for row in rows]
        lines = [("| " + " | ".join(row) + " |") if markdown else "  ".join(row) for row in cells]
        if markdown:
            lines.insert(1, "|" + " --- |" * len(cells[0]))
        return [html.unescape("\n".join(lines))]
    items = re.findall(r"<li>(.*?)</li>", part)
    if items:
        return [html.unescape("\n".join(f"- {item}" for item in items))]
    return [html.unescape(re.sub(r"<[^>]+>", "", part.replace("</span>", ": ")))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--each", type=int, default=25, help="pages of each kind and language")
    arguments = parser.parse_args()
    made = tomllib.loads((HERE / "mixed.toml").read_text(encoding="utf-8"))
    if arguments.folder.is_dir() and any(arguments.folder.iterdir()):
        parser.error(f"{arguments.folder} is not empty")
    written = 0
    for page in made["page"]:
        language, words = page["language"], made["words"][page["language"]]
        dice = random.Random(f"{arguments.seed} {page['kind']} {language}")
        called = names(dice, words, arguments.each)
        latin = [start + end for start in LATIN for end in LATIN_END]
        dice.shuffle(latin)
        things = [thing(dice, words, language, name, dice.choice([n for n in called if n != name]), brand)
                  for name, brand in zip(called, latin)]
        titles = [page["title"].format(**facts) for facts in things]
        for at, (title, facts) in enumerate(zip(titles, things)):
            others = titles[:at] + titles[at + 1 :]
            beside = around(dice, words, others, language)
            ending, text = laid_out(dice, title, body(page, facts, language), beside, language, page["kind"])
            place = arguments.folder / page["kind"]
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{language}-{at:02}.{ending}").write_text(text, encoding="utf-8")
            written += 1
    print(f"{written} pages in {arguments.folder}")


if __name__ == "__main__":
    main()
