#!/usr/bin/env python3
"""Scores readers of web pages on a folder of pages with known text, side by side.

    pip install trafilatura        # in an environment of its own; without it only ours is scored
    cargo build --release -p polymath-tools --example read_pages
    python3 examples/pages/score.py FOLDER --reader target/release/examples/read_pages

FOLDER holds NAME.html with the known text either between <!--[--> and <!--]--> or in NAME.txt beside it.
Scores are those of github.com/scrapinghub/article-extraction-benchmark: shingles of four words as multisets,
precision and recall averaged over the pages, F1 of the two means.
"""

import argparse
import html
import json
import re
import subprocess
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

INLINE = set("a abbr b cite code em i mark q s small span strong u var time".split())
BEGIN, END = "<!--[-->", "<!--]-->"


def plain(markup):
    tags = re.sub(r"</?([a-zA-Z0-9]+)[^>]*>", lambda m: "" if m[1].lower() in INLINE else " ", markup)
    return html.unescape(tags)


def pages(folder):
    """(name, page without marks, known text) of each page."""
    for path in sorted(folder.glob("*.html")):
        markup = path.read_text(encoding="utf-8")
        if BEGIN in markup:
            known = "\n".join(plain(piece.split(END)[0]) for piece in markup.split(BEGIN)[1:])
        else:
            known = path.with_suffix(".txt").read_text(encoding="utf-8")
        yield path.name, markup.replace(BEGIN, "").replace(END, ""), known


def shingles(text, size=4):
    words = re.findall(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+", text)
    size = min(size, max(len(words), 1))
    return Counter(tuple(words[i : i + size]) for i in range(len(words) - size + 1))


def score(read, known):
    """Precision and recall of a text."""
    read, known = shingles(read), shingles(known)
    both = sum((read & known).values())
    return both / max(sum(read.values()), 1), both / max(sum(known.values()), 1)


def ours(program, cases):
    with tempfile.TemporaryDirectory() as folder:
        for name, markup, _ in cases:
            Path(folder, name).write_text(markup, encoding="utf-8")
        done = subprocess.run([program, folder], capture_output=True, text=True, check=True)
    texts = {line["page"]: line["text"] for line in map(json.loads, done.stdout.splitlines())}
    # the reader's own: marks of items, names of columns that a table leaves out, brackets around what is struck out
    unmarked = re.compile(r"^\s*(?:- |\d+\. )|^Field \| Value$|\[struck out: |Column 1 \|", re.M)
    return {name: unmarked.sub("", text) for name, text in texts.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--reader", action="append", required=True, help="the program read_pages; several are compared")
    arguments = parser.parse_args()
    cases = list(pages(arguments.folder))
    readers = {program: ours(program, cases) for program in arguments.reader}
    try:
        import trafilatura
    except ImportError:
        print("trafilatura is not installed: it is left out")
    else:
        # tables with it, comments without, as the truth of most pages has it
        read = lambda markup: trafilatura.extract(markup, include_comments=False, include_tables=True) or ""
        readers["trafilatura " + trafilatura.__version__] = {name: read(markup) for name, markup, _ in cases}
    for reader, texts in readers.items():
        types = defaultdict(list)
        for name, _, known in cases:
            one = score(texts.get(name, ""), known)
            types[re.sub(r"-?\d*\.html$", "", name)].append(one)
            types["all"].append(one)
        print(reader)
        for kind, scores in types.items() if len(types) > 2 else [("all", types["all"])]:
            precision, recall = (sum(column) / len(scores) for column in zip(*scores))
            f1 = 2 * precision * recall / max(precision + recall, 1e-9)
            print(f"  {kind:10} F1 {f1:.3f}  precision {precision:.3f}  recall {recall:.3f}  pages {len(scores)}")


if __name__ == "__main__":
    main()
