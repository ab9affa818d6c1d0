#!/usr/bin/env python3
"""How often the demo is right: check.py BINARY [--seeds N] [--model M] [--today DATE], or check.py --report DIR.

Runs `polymath demo` with the seeds 1 to N and compares every figure of its report with what the pages say and with an
independent calculation: the table's five rounds, the two estimates, the trend's two values, and whether the pictures are
there. Prints what is wrong of each run, then how many were right and the median time. Standard library only."""
import argparse
import datetime
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = [  # date, amount and valuation as examples/scale-ai/README.md has them; the first two valuations are on no page
    ("2017-07", 4.5e6, None), ("2018-08", 18e6, None), ("2019-08", 100e6, 1e9), ("2020-12", 155e6, 3.5e9), ("2021-04", 325e6, 7.3e9),
]
END = datetime.date(2025, 12, 31)
CLOSE = 0.005  # what a figure may be off by rounding, as a share of it
SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "bn": 1e9, "b": 1e9, "billion": 1e9, "trillion": 1e12}
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
PICTURES = {3: 1, 4: 1, 5: 1}  # turn: pictures at least


def amounts(text: str) -> list[float]:
    """The numbers of a text: '$4.5 million' is 4.5e6."""
    found = re.findall(r"(?<![\w.])(-?)[^\w\s-]{0,2}(\d[\d,]*(?:\.\d+)?)\s*([A-Za-z]*)", text.replace("US$", "$").replace("−", "-"))
    return [float(sign + digits.replace(",", "")) * SCALES.get(word.lower(), 1) for sign, digits, word in found]


def month(text: str) -> str:
    """YYYY-MM of a date as tables write it; empty for anything else."""
    if found := re.search(r"\b(\d{4})-(\d\d)", text):
        return f"{found[1]}-{found[2]}"
    found = re.search(r"\b([A-Za-z]{3})[a-z]*\.?(?: \d{1,2},?)? (\d{4})\b", text)
    return f"{found[2]}-{MONTHS.index(found[1].lower()) + 1:02}" if found and found[1].lower() in MONTHS else ""


def close(found: list[float], wanted: float) -> bool:
    return any(abs(value - wanted) <= CLOSE * abs(wanted) for value in found)


def sections(report: str) -> dict[int, str]:
    """What stands under each question's heading, markers of citations taken out."""
    parts = re.split(r"^## (\d+)\. .*$", report, flags=re.M)
    return {int(number): re.sub(r" ?\[\d+\]", "", text) for number, text in zip(parts[1::2], parts[2::2])}


def rows(text: str) -> list[dict[str, str]]:
    """The first table's rows, by `date`, `amount` and `valuation`."""
    lines = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in re.findall(r"^\|.*$", text, re.M)]
    header = [cell.lower() for cell in lines[0]] if lines else []
    places = {name: next((i for i, cell in enumerate(header) if name in cell), None) for name in ("date", "amount", "valuation")}
    body = [line for line in lines[2:] if len(line) == len(header)]
    return [{name: line[i] for name, i in places.items() if i is not None} for line in body]


def wrong_table(text: str, estimates: list[list[float]]) -> list[str]:
    """What is wrong with a table of the rounds; `estimates` are those that may stand for what no page says, one list a way."""
    table, why = rows(text), []
    if len(table) != len(ROUNDS):
        return [f"{len(table)} rounds"]
    for row, (date, amount, valuation) in zip(sorted(table, key=lambda row: month(row.get("date", ""))), ROUNDS):
        if month(row.get("date", "")) != date:
            why.append(f"{row.get('date')} for {date}")
        if not close(amounts(row.get("amount", "")), amount):
            why.append(f"{date}: amount {row.get('amount')} for {amount:,.0f}")
        cell = row.get("valuation", "")
        if valuation is not None and not close(amounts(cell), valuation):
            why.append(f"{date}: valuation {cell} for {valuation:,.0f}")
        if valuation is None and not estimates and amounts(cell):
            why.append(f"{date}: valuation {cell}, which no page has")
    if estimates:
        cells = [amounts(row.get("valuation", "")) for row in sorted(table, key=lambda row: month(row.get("date", "")))]
        if not any(all(close(cell, value) for cell, value in zip(cells, way)) for way in estimates):
            why.append(f"estimates {cells[:2]} for {estimates[0]}")
    return why


def estimates() -> list[list[float]]:
    """Valuations of the first two rounds, by the median and by the mean of the others' ratios."""
    ratios = [valuation / amount for _, amount, valuation in ROUNDS if valuation]
    return [[amount * ratio for _, amount, valuation in ROUNDS if not valuation] for ratio in (statistics.median(ratios), statistics.mean(ratios))]


def trends(days: list[datetime.date]) -> list[list[float]]:
    """A straight line's values on these days, least squares: with either of the estimates, and through the known rounds alone."""
    known = [valuation for *_, valuation in ROUNDS]
    ways = [[*way, *known[len(way):]] for way in estimates()] + [known]
    found = []
    for way in ways:
        points = [(datetime.date.fromisoformat(date + "-01").toordinal(), value) for (date, *_), value in zip(ROUNDS, way) if value]
        line = statistics.linear_regression([x for x, _ in points], [y for _, y in points])
        found.append([line.slope * day.toordinal() + line.intercept for day in days])
    return found


def wrong(folder: pathlib.Path, today: datetime.date) -> list[str]:
    """What is wrong with a report."""
    path = folder / "report.md"
    if not path.exists():
        return ["no report"]
    turns = sections(path.read_text(encoding="utf-8"))
    why = [f"1: {fault}" for fault in wrong_table(turns.get(1, ""), [])] + [f"2: {fault}" for fault in wrong_table(turns.get(2, ""), estimates())]
    told, lines = amounts(turns.get(4, "")), trends([today, END])
    if not any(all(close(told, value) for value in way) for way in lines):
        why.append(f"4: no trend of {lines[0][0]:,.0f} on {today} and {lines[0][1]:,.0f} on {END}")
    for number, count in PICTURES.items():
        names = re.findall(r"!\[.*?\]\(<?(.*?\.png)>?\)", turns.get(number, ""))
        if sum((folder / name).exists() for name in names) < count:
            why.append(f"{number}: no picture")
    return why


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", nargs="?", help="the program polymath")
    parser.add_argument("--report", type=pathlib.Path, metavar="DIR", help="check what a demo left there, and run nothing")
    parser.add_argument("--seeds", type=int, default=20, metavar="N", help="runs, each with its own seed (default 20)")
    parser.add_argument("--model", metavar="M", help="as polymath's flag")
    parser.add_argument("--today", type=datetime.date.fromisoformat, default=datetime.date.today(), metavar="DATE", help="the day that counts as today")
    args = parser.parse_args()
    if args.report:
        why = wrong(args.report, args.today)
        sys.exit("\n".join(why) if why else 0)
    if not args.binary or args.seeds < 1:
        parser.error("say which program to run, and at least one seed")
    right, seconds = 0, []
    for seed in range(1, args.seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            command = [args.binary, "demo", "--quiet", "--seed", str(seed), "--today", str(args.today), "--out", folder]
            started = time.monotonic()
            done = subprocess.run(command + (["--model", args.model] if args.model else []), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            seconds.append(time.monotonic() - started)
            why = wrong(pathlib.Path(folder), args.today)
            if done.returncode:
                why.insert(0, f"exit {done.returncode}: {(done.stderr.splitlines() or [''])[-1]}")
        right += not why
        print(f"seed {seed}: {'; '.join(why) or 'right'} ({seconds[-1]:.0f} s)", flush=True)
    print(f"right {right}/{args.seeds}, median {statistics.median(seconds):.0f} s")


if __name__ == "__main__":
    main()
