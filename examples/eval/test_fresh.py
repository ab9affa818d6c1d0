"""The generator's own test: python3 -m unittest examples/eval/test_fresh.py (or, in this folder, python3 -m unittest)."""
import collections
import contextlib
import html
import io
import pathlib
import re
import sys
import tempfile
import unittest
from decimal import Decimal

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import fresh  # noqa: E402
from evalset.checks import NOT_FOUND, date, faults, name, number, plain, unless, wrong  # noqa: E402

SEEDS = (3, 2024, 987654321)
MADE = {seed: fresh.generate(seed, 90) for seed in SEEDS}


def turns():
    for dialogues, pages, files in MADE.values():
        for dialogue in dialogues:
            for i, task in enumerate(dialogue["turns"], 1):
                yield f"{dialogue['id']}.{i}", task, pages, files


class Numbers(unittest.TestCase):
    def check(self, pattern, takes=(), refuses=()):
        for text in takes:
            self.assertRegex(plain(text), re.compile(pattern, re.I))
        for text in refuses:
            self.assertNotRegex(plain(text), re.compile(pattern, re.I))

    def test_spellings(self):
        self.check(number(1234), ["1,234 m", "1234", "1.234 m", "1 234", "1\u202f234", "it is **1,234**.", "1234.0"], ["12345", "1,2345", "11,234", "1,234.5", "1,235"])
        self.check(number(Decimal("12.5")), ["12.5", "12,5", "12.50"], ["12.55", "112.5", "12"])
        self.check(number(1200000), ["1.2 million", "1,200,000", "1,2 Mio", "120万"], ["1.2 thousand", "1.2"])
        self.check(number(7), ["seven years", "7"], ["17", "7.5", "seventy"])
        self.check(number(23), ["23", "23.0"], ["23,000", "123"])

    def test_roundings(self):
        third = Decimal("18.69090909")
        self.check(number(third, computed=True), ["18.7%", "18.69", "18.691", "18.69090909"], ["18.6 ", "19%", "18.8"])
        self.check(number(Decimal("5.5344"), computed=True), ["5.5 %", "5,53"], ["5.6", "6"])
        self.check(number(2513, year=True), ["2513"], ["2,513"])

    def test_names_dates_and_absence(self):
        import datetime
        self.check(name("Åsvik Gård"), ["Asvik Gard", "åsvik  gård".replace("  ", " ")], ["Asvik"])
        self.check(date(datetime.date(1905, 9, 2)), ["2 September 1905", "September 2nd, 1905", "1905-09-02", "2.9.1905", "1905年9月2日"], ["12 September 1905", "September 1905"])
        self.check(NOT_FOUND, ["I could not find its length", "The page doesn't say.", "No information was found", "no page gives it", "资料中没有提到", "wurde nicht gefunden", "n'est pas indiqué"], ["It is 340 m long.", "La longitud es de 340 m"])
        self.check(unless("Upper Torvik", number(31)), ["It is 31 m high"], ["It is 23 m high; Upper Torvik is 31 m", "23 m"])


class Sets(unittest.TestCase):
    def test_the_same_seed_writes_the_same(self):
        self.assertEqual(fresh.generate(SEEDS[0], 90), MADE[SEEDS[0]])
        self.assertNotEqual(fresh.generate(SEEDS[0] + 1, 90)[0], MADE[SEEDS[0]][0])

    def test_counts_and_kinds(self):
        for seed, (dialogues, _, _) in MADE.items():
            self.assertEqual(sum(len(d["turns"]) for d in dialogues), 90)
            by_kind = collections.Counter(d["kind"] for d in dialogues for _ in d["turns"])
            self.assertEqual(set(by_kind), set(fresh.KINDS))
            self.assertLess(max(by_kind.values()) - min(by_kind.values()), 5)
            self.assertEqual(len({d["id"] for d in dialogues}), len(dialogues))
            self.assertTrue(all(d["id"].startswith(f"s{seed}-") for d in dialogues))

    def test_checkers_take_right_answers_only(self):
        for label, task, _, _ in turns():
            self.assertEqual(faults(task), [], label)

    def test_right_answers_spelt_otherwise_pass(self):
        for label, task, _, _ in turns():
            if task["kind"] not in ("talk", "code", "charts") and "|" not in task["gold"]:
                for marks in ("", " "):
                    other = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", marks, task["gold"])
                    self.assertEqual(wrong(task, other), [], f"{label}: {other}")

    def test_answers_stand_on_the_cited_pages(self):
        for label, task, pages, _ in turns():
            cited = [text for file, text in pages.items() if any(stem in file for stem in task.get("cite", []))]
            self.assertEqual(len(cited), len(task.get("cite", [])), label)
            if task["kind"] in ("lookup", "conflict") and cited:
                text = plain(html.unescape(re.sub(r"<[^>]+>", " ", "\n".join(cited))))
                for pattern in task["must"]:
                    self.assertRegex(text, re.compile(pattern, re.I), label)

    def test_files_are_there_and_regexes_compile(self):
        for label, task, _, files in turns():
            self.assertLessEqual(set(task.get("files", [])), set(files), label)
            for file in re.findall(r"\w+\.csv", task["q"]):
                self.assertIn(file, files, label)
            for pattern in [*task["must"], *task["mustnot"], *task.get("args", []), *task.get("data", []), *task.get("order", [])]:
                re.compile(pattern)
            self.assertTrue({"kind", "level", "q", "gold"} <= set(task), label)

    def test_written_folder(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            out = pathlib.Path(folder) / "set"
            fresh.write(out, 5, 24)
            first = {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
            fresh.write(out, 5, 24)
            self.assertEqual(first, {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()})
            self.assertTrue((out / "tasks.jsonl").exists() and any((out / "pages").iterdir()))


if __name__ == "__main__":
    unittest.main()
