#!/usr/bin/env python3
"""Asks the twenty questions of mixed.tsv over the thousand pages of mixed.py, and counts whose page is cited.

    python3 examples/pages/mixed.py FOLDER
    python3 examples/pages/mixed_ask.py FOLDER --program target/release/polymath --results RESULTS.jsonl [--count 4]

Questions that stand in RESULTS are not asked again, so that a run may be done in parts. A page is found when it is
among those that the answer cites; whether the answer has the value too is told beside it.
"""

import argparse
import json
import subprocess
import time
from pathlib import Path

QUESTIONS = Path(__file__).with_name("mixed.tsv")


def ask(program, folder, question, more):
    """The answer's text, the pages it cites, those that were opened, and what was searched for."""
    command = [program, "ask", question, "--json", "--search", f"local:{folder}", *more]
    done = subprocess.run(command, capture_output=True, text=True)
    text, cited, opened, searched = "", [], [], []
    for line in done.stdout.splitlines():
        event = json.loads(line)
        if event["type"] == "answer":
            text, cited = event["text"], [citation["url"] for citation in event["citations"]]
        if event["type"] == "call":
            arguments = event["arguments"]
            searched += [arguments["query"]] if event["tool"] == "browser_search" else []
            opened += [arguments["target"]] if event["tool"] == "browser_open" else []
    return {"answer": text or done.stderr[-300:], "cited": cited, "opened": opened, "searched": searched}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--program", default="polymath")
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--count", type=int, default=20, help="the most questions to ask now")
    parser.add_argument("more", nargs="*", help="for `polymath ask`, behind --")
    arguments = parser.parse_args()
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    questions = [line.split("\t") for line in lines if not line.startswith("#")]
    kept = arguments.results.read_text(encoding="utf-8") if arguments.results.exists() else ""
    known = {one["question"]: one for one in map(json.loads, kept.splitlines())}
    left = arguments.count
    for page, question, says in questions:
        if question not in known and left:
            left -= 1
            began = time.monotonic()
            one = ask(arguments.program, arguments.folder, question, arguments.more)
            one |= {"question": question, "page": page, "seconds": round(time.monotonic() - began, 1)}
            known[question] = one
            with arguments.results.open("a", encoding="utf-8") as results:
                results.write(json.dumps(one, ensure_ascii=False) + "\n")
        if question in known:
            one = known[question]
            one["found"] = f"local:{page}" in one["cited"]
            one["right"] = any(form in one["answer"] for form in says.split("|"))
            print(f"{'found ' if one['found'] else 'MISSED'} {'right' if one['right'] else 'wrong'}  {question}")
            if not (one["found"] and one["right"]):
                print(f"         {one['answer'][:200]!r} cites {one['cited']}, searched {one['searched']}")
    asked = list(known.values())
    found, right = (sum(one.get(key, False) for one in asked) for key in ("found", "right"))
    print(f"{len(asked)} asked: {found} cite the page, {right} have the value")


if __name__ == "__main__":
    main()
