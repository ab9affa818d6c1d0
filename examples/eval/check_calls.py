# /// script
# dependencies = ["jsonschema>=4"]
# ///
"""Checks the function-calling cases of a folder: `python3 examples/eval/check_calls.py [FOLDER]`, with jsonschema installed.

Every line parses, ids are unique, every expected call fits its tool's schema with each of its accepted values, and a
dialogue's results are those that its world gives (calls_state.py). It prints what is wrong and fails if anything is.
"""
import collections
import json
import pathlib
import sys

import jsonschema
from calls_state import reference, replay

KINDS = ("one", "choice", "several", "none")
FOLDER = pathlib.Path(__file__).parents[2] / "model" / "eval" / "new"


def closed(schema):
    """The schema with no members but those that it names, at every depth."""
    schema = dict(schema)
    if "properties" in schema:
        schema["properties"] = {name: closed(inner) for name, inner in schema["properties"].items()}
        schema["additionalProperties"] = False
    if "items" in schema:
        schema["items"] = closed(schema["items"])
    return schema


def tool_faults(tools):
    names = collections.Counter(tool["function"]["name"] for tool in tools)
    yield from (f"tool `{name}` is there {n} times" for name, n in names.items() if n > 1)
    for tool in tools:
        function = tool["function"]
        if tool["type"] != "function" or set(function) != {"name", "description", "parameters"}:
            yield f"`{function['name']}` is not a tool as OpenAI's API has them"
        try:
            jsonschema.Draft202012Validator.check_schema(function["parameters"])
        except jsonschema.SchemaError as error:
            yield f"schema of `{function['name']}`: {error.message}"
        yield from (f"`{function['name']}` requires `{r}`, which it lacks" for r in function["parameters"]["required"] if r not in function["parameters"]["properties"])


def call_faults(tools, call):
    functions = {tool["function"]["name"]: tool["function"] for tool in tools}
    if call["name"] not in functions:
        return [f"`{call['name']}` is not among the tools"]
    schema = closed(functions[call["name"]]["parameters"])
    validator = jsonschema.Draft202012Validator(schema)
    first = reference(call)
    faults = []
    if set(call["arguments"]) != set(schema["properties"]):
        faults.append(f"`{call['name']}` wants accepted values for each of {sorted(schema['properties'])}")
    for name, accepted in call["arguments"].items():
        if not accepted:
            faults.append(f"`{name}` has no accepted value")
        if "default" in schema["properties"].get(name, {}) and first.get(name) == schema["properties"][name]["default"] and None not in accepted:
            faults.append(f"`{name}` may be left out: it is the default")
        for value in accepted:
            arguments = {n: v for n, v in (first | {name: value}).items() if v is not None}
            faults += [f"`{name}` as {json.dumps(value)}: {error.message}" for error in validator.iter_errors(arguments)]
    return faults


def case_faults(case, kind):
    yield from tool_faults(case["tools"])
    if set(case) != {"id", "kind", "question", "tools", "expected"} or case["kind"] != kind or not case["question"].strip():
        yield "fields or kind are wrong"
    calls, tools = len(case["expected"]), len(case["tools"])
    fits = {"one": calls == 1 and tools == 1, "choice": calls == 1 and tools > 1, "several": calls > 1, "none": calls == 0 and tools > 0}
    if not fits[kind]:
        yield f"{calls} calls and {tools} tools do not make a case of kind {kind}"
    for call in case["expected"]:
        yield from call_faults(case["tools"], call)


def dialogue_faults(dialogue):
    yield from tool_faults(dialogue["tools"])
    if set(dialogue) != {"id", "tools", "turns"} or any(set(turn) != {"user", "calls"} for turn in dialogue["turns"]):
        yield "fields are wrong"
    for turn in dialogue["turns"]:
        for call in turn["calls"]:
            yield from call_faults(dialogue["tools"], call)
    for call, result, elsewhere in replay(dialogue):
        if call["result"] != result:
            yield f"`{call['name']}` gives {result}, not {call['result']}"
        yield from (f"`{call['name']}` gives {other} for another accepted value, not {result}" for other in elsewhere if other != result)


def main(folder):
    seen, faults = collections.Counter(), []
    for name in (*KINDS, "dialogues"):
        lines = (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line)
                seen[entry["id"]] += 1
                found = dialogue_faults(entry) if name == "dialogues" else case_faults(entry, name)
                faults += [f"{name}.jsonl:{number} ({entry['id']}): {fault}" for fault in found]
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                faults.append(f"{name}.jsonl:{number}: {error!r}")
        print(f"{name}: {len(lines)}")
    faults += [f"id {id_} is there {n} times" for id_, n in seen.items() if n > 1]
    print("\n".join(faults) or "all fit")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
