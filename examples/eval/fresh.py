#!/usr/bin/env python3
"""Writes evaluation dialogues that nobody has seen: fresh.py SEED [--turns N] [--out DIR].

Invented names and values, twelve kinds of dialogues, pages with distractors, clean and messy files, and checks computed
from the values, in the format that `polymath model eval --tasks DIR/tasks.jsonl` reads. The same seed writes the same bytes."""
import argparse
import json
import pathlib
import random
import shutil
import sys

from evalset import collect, files, languages, plain, web
from evalset.checks import faults
from evalset.names import Names
from evalset.pages import Site
from evalset.world import World

KINDS = {
    "lookup": web.lookup, "twohops": web.two_hops, "compare": web.compare, "collect": collect.collect, "files": files.files, "conflict": web.conflict,
    "absent": web.absent, "calc": plain.calc, "charts": collect.charts, "languages": languages.languages, "talk": plain.talk, "code": plain.code,
}
LEVELS = {"lookup": 1, "twohops": 3, "compare": 2, "collect": 2, "files": 2, "conflict": 2, "absent": 2, "calc": 1, "charts": 2, "languages": 2, "talk": 1, "code": 1}


class Set(World):
    """A world that also holds files, and deals out options so that each comes up in turn."""

    def __init__(self, seed: int):
        rng = random.Random(f"polymath fresh {seed}")
        super().__init__(rng, Names(rng), Site(rng))
        self.files, self.decks = {}, {}

    def cycle(self, deck: str, options: list):
        """The next of the options, in an order shuffled once."""
        if not self.decks.get(deck):
            self.decks[deck] = self.rng.sample(options, len(options))
        return self.decks[deck].pop()


def generate(seed: int, turns: int) -> tuple[list[dict], dict[str, str], dict[str, bytes]]:
    """The dialogues, pages and files of a seed; the kinds share the turns evenly, the last dialogue may be cut short."""
    world, dialogues = Set(seed), []
    counts = {kind: 0 for kind in world.rng.sample(list(KINDS), len(KINDS))}
    total = 0
    while total < turns:
        kind = min(counts, key=counts.get)
        made = sound(world, kind)[: turns - total]
        for i, task in enumerate(made):
            task["level"] = min(3, LEVELS[task["kind"]] + (i > 0))  # a follow-up is a step harder
        number = sum(d["kind"] == kind for d in dialogues) + 1
        dialogues.append({"id": f"s{seed}-{kind}-{number}", "kind": kind, "turns": made})
        counts[kind] += len(made)
        total += len(made)
    return dialogues, world.site.files, world.files


def sound(world: Set, kind: str) -> list[dict]:
    """A dialogue of this kind whose checkers take their own right answers and refuse wrong ones."""
    for _ in range(50):
        before, held = dict(world.site.files), dict(world.files)
        made = KINDS[kind](world)
        if not any(faults(task) for task in made):
            return made
        world.site.files, world.files = before, held  # a value occurred twice by chance: draw again
    raise RuntimeError(f"no sound dialogue of kind {kind} in 50 tries")


def write(folder: pathlib.Path, seed: int, turns: int) -> list[dict]:
    """Writes tasks.jsonl, pages/ and files/ into a folder; its old pages and files go."""
    dialogues, pages, handed = generate(seed, turns)
    for name, contents in (("pages", pages), ("files", handed)):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
        for file, text in contents.items():
            (folder / name / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / "tasks.jsonl").write_text("".join(json.dumps(d, ensure_ascii=False) + "\n" for d in dialogues), encoding="utf-8")
    return dialogues


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seed", type=int, metavar="SEED")
    parser.add_argument("--turns", type=int, default=60, metavar="N", help="turns in all (default 60)")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR", help="folder to write (default fresh-SEED)")
    args = parser.parse_args()
    if args.turns < 1:
        sys.exit(f"error: --turns {args.turns} is not a positive number")
    folder = args.out or pathlib.Path(f"fresh-{args.seed}")
    dialogues = write(folder, args.seed, args.turns)
    by_kind = {kind: sum(len(d["turns"]) for d in dialogues if d["kind"] == kind) for kind in KINDS}
    print(f"{folder}: {len(dialogues)} dialogues, {sum(by_kind.values())} turns: " + ", ".join(f"{kind} {n}" for kind, n in by_kind.items()))


if __name__ == "__main__":
    main()
