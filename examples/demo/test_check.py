"""The checker's own test: python3 -m unittest examples/demo/test_check.py"""
import datetime
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import check  # noqa: E402

TODAY = datetime.date(2025, 6, 30)


def report(way: int = 0) -> str:
    """A right report, with the estimates of this way."""
    def table(filled):
        cells = [f"| {date} [1] | ${amount / 1e6:g} million [1] | {f'${value:,.0f}' if value else 'n/a'} |" for (date, amount, _), value in zip(check.ROUNDS, filled)]
        return "\n".join(["| Date | Amount raised | Valuation |", "| --- | --- | --- |", *cells])
    known = [valuation for *_, valuation in check.ROUNDS]
    turns = [table(known), table([*check.estimates()[way], *known[2:]]), "![a](<a.png>)"]
    lines = zip((TODAY, check.END), check.trends([TODAY, check.END])[way])
    turns += ["\n".join(f"- trend at {day}: {value:,.0f}" for day, value in lines) + "\n![a](<a.png>)", "![a](<a.png>)"]
    return "# Report\n" + "".join(f"\n## {i}. Question\n\n{text}\n" for i, text in enumerate(turns, 1))


class Reports(unittest.TestCase):
    def wrong(self, text: str, picture: bool = True) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            (place / "report.md").write_text(text, encoding="utf-8")
            if picture:
                (place / "a.png").write_bytes(b"x")
            return check.wrong(place, TODAY)

    def test_right_reports_are_right(self):
        for way in (0, 1):
            self.assertEqual(self.wrong(report(way)), [])

    def test_every_other_figure_is_told(self):
        right = report()
        for old, new, says in (
            ("2018-08", "2018-09", "1: 2018-09"), ("$155 million", "$15.5 million", "1: 2020-12: amount"), ("$7,300,000,000", "$3,700,000,000", "1: 2021-04: valuation"),
            ("| n/a |", "| $90 million |", "which no page has"), ("$101,076,923", "$45,000,000", "2: estimates"), ("trend at 2025-06-30: 1", "trend at 2025-06-30: 2", "4: no trend"),
        ):
            self.assertIn(old, right)
            self.assertIn(says, "\n".join(self.wrong(right.replace(old, new))), old)
        self.assertEqual(len(self.wrong(right, picture=False)), 3)
        self.assertEqual(self.wrong("# Report\n")[0], "1: 0 rounds")

    def test_amounts_and_months(self):
        self.assertEqual(check.amounts("US$100m, $4.5 million and > 1,000"), [100e6, 4.5e6, 1000])
        self.assertEqual([check.month(text) for text in ("2017-07", "August 2018", "Dec 3, 2020", "soon")], ["2017-07", "2018-08", "2020-12", ""])


if __name__ == "__main__":
    unittest.main()
