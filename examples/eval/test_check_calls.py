"""The check's own test: each fault put into a good file is told. python3 -m unittest examples/eval/test_check_calls.py"""
import contextlib
import io
import json
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import check_calls  # noqa: E402


def first_call(entry):
    return entry["turns"][0]["calls"][0] if "turns" in entry else entry["expected"][0]


class Faults(unittest.TestCase):
    def told(self, file, change):
        """What the check says once `change` was made to the first line of the file."""
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as said:
            folder = pathlib.Path(folder)
            shutil.copytree(check_calls.FOLDER, folder, dirs_exist_ok=True)
            lines = (folder / file).read_text(encoding="utf-8").splitlines()
            entry = json.loads(lines[0])
            lines[0] = change(entry) or json.dumps(entry)
            (folder / file).write_text("\n".join(lines), encoding="utf-8")
            failed = check_calls.main(folder)
        return said.getvalue() if failed else "all fit"

    def test_the_files_are_good(self):
        self.assertEqual(self.told("one.jsonl", lambda entry: None), "all fit")

    def test_faults_of_a_case(self):
        for says, change in [
            ("JSONDecodeError", lambda entry: "{"),
            ("id new-one-02 is there 2 times", lambda entry: entry.update(id="new-one-02")),
            ("is not among the tools", lambda entry: first_call(entry).update(name="other")),
            ("is not of type 'integer'", lambda entry: first_call(entry)["arguments"]["base"].append("14")),
            ("is a required property", lambda entry: first_call(entry)["arguments"]["base"].append(None)),
            ("wants accepted values for each", lambda entry: first_call(entry)["arguments"].pop("unit") and None),
            ("Additional properties", lambda entry: first_call(entry)["arguments"].update(colour=["red"])),
            ("do not make a case of kind one", lambda entry: entry["expected"].clear()),
        ]:
            self.assertIn(says, self.told("one.jsonl", change))

    def test_faults_of_a_dialogue(self):
        for says, change in [
            ("gives", lambda entry: first_call(entry).update(result="{}")),
            ("for another accepted value", lambda entry: first_call(entry)["arguments"]["path"].append("notes")),
        ]:
            self.assertIn(says, self.told("dialogues.jsonl", change))


if __name__ == "__main__":
    unittest.main()
