"""Plays the function-calling dialogues of model/eval/new against an OpenAI-compatible server.

`python3 examples/eval/play_calls.py http://127.0.0.1:8080/v1 [FILE.jsonl] [--only PREFIX] [--verbose]`

A dialogue is played as model/eval/new/README.md says: each turn's calls have to be made in their order, their results
come back, then a text. It prints the share of whole dialogues, of right turns and of right calls; after a fault the
dialogue goes on as if the calls of the file had been made.
"""
import argparse
import json
import pathlib
import re
import urllib.request

FILE = pathlib.Path(__file__).parents[2] / "model" / "eval" / "new" / "dialogues.jsonl"


def reply(base, messages, tools):
    body = {"messages": messages, "tools": tools, "temperature": 0, "max_tokens": 500}
    request = urllib.request.Request(base + "/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)["choices"][0]["message"]


def same(accepted, given):
    """As model/src/eval/check.rs has it: strings without regard to case, white space and punctuation."""
    plain = lambda text: re.sub(r"[\s,./\-_*^'\"“”‘’]", "", text).lower()
    if isinstance(accepted, str) and isinstance(given, str):
        return plain(accepted) == plain(given)
    if isinstance(accepted, bool) or isinstance(given, bool):
        return accepted is given
    if isinstance(accepted, list) and isinstance(given, list):
        return len(accepted) == len(given) and all(map(same, accepted, given))
    if isinstance(accepted, dict) and isinstance(given, dict):
        return accepted.keys() == given.keys() and all(same(accepted[name], given[name]) for name in accepted)
    return accepted == given


def fits(expected, call):
    """Whether a call is the expected one; the reason where it is not."""
    if call["name"] != expected["name"]:
        return f"{expected['name']} expected, {call['name']} called"
    for name in call["arguments"]:
        if name not in expected["arguments"]:
            return f"{call['name']} has no {name}"
    for name, accepted in expected["arguments"].items():
        value = call["arguments"].get(name)
        if value is None and None in accepted:
            continue
        if not any(same(a, value) for a in accepted if a is not None):
            return f"{name} of {call['name']} is {json.dumps(value)}; right: {json.dumps(accepted)}"
    return None


def made(message):
    calls = [call["function"] for call in message.get("tool_calls") or []]
    return [{"name": c["name"], "arguments": json.loads(c["arguments"] or "{}")} for c in calls]


def first_choice(expected):
    return {name: values[0] for name, values in expected["arguments"].items() if values[0] is not None}


def play(base, dialogue):
    """Right calls, expected calls, right turns, and the faults."""
    messages, faults, right_calls, right_turns = [], [], 0, 0
    for turn in dialogue["turns"]:
        messages.append({"role": "user", "content": turn["user"]})
        left, whole = list(turn["calls"]), True
        while True:
            message = reply(base, messages, dialogue["tools"])
            calls = made(message)
            if not left:
                if calls:
                    faults.append(f"{turn['user']!r}: a call more: {json.dumps(calls)}")
                    whole = False
                messages.append({"role": "assistant", "content": message.get("content") or "Done."})
                break
            # Calls of one reply stand for as many of the next ones, in any order.
            wanted, matched = left[: max(1, len(calls))], []
            for call in calls:
                match = next((w for w in wanted if w not in matched and fits(w, call) is None), None)
                if match:
                    matched.append(match)
            right_calls += len(matched)
            if len(matched) < len(wanted) or len(calls) > len(wanted):
                why = fits(wanted[0], calls[0]) if calls else f"{wanted[0]['name']} expected, text: {message.get('content')!r}"
                faults.append(f"{turn['user']!r}: {why or json.dumps(calls)}")
                whole = False
            ids = [f"call_{len(messages)}_{i}" for i in range(len(wanted))]
            messages.append({
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": i, "type": "function", "function": {"name": w["name"], "arguments": json.dumps(first_choice(w))}}
                    for i, w in zip(ids, wanted)
                ],
            })
            messages += [{"role": "tool", "tool_call_id": i, "content": json.dumps(w["result"])} for i, w in zip(ids, wanted)]
            left = left[len(wanted):]
        right_turns += whole
    return right_calls, sum(len(t["calls"]) for t in dialogue["turns"]), right_turns, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("file", nargs="?", type=pathlib.Path, default=FILE)
    parser.add_argument("--only", default="")
    parser.add_argument("--every", type=int, nargs=2, metavar=("N", "K"), default=(1, 0), help="of N dialogues the K-th")
    arguments = parser.parse_args()
    dialogues = [json.loads(line) for line in arguments.file.read_text().splitlines()]
    n, k = arguments.every
    dialogues = [d for i, d in enumerate(dialogues) if d["id"].startswith(arguments.only) and i % n == k]
    whole = calls = all_calls = turns = all_turns = 0
    for dialogue in dialogues:
        right, expected, right_turns, faults = play(arguments.base, dialogue)
        whole, calls, all_calls = whole + (not faults), calls + right, all_calls + expected
        turns, all_turns = turns + right_turns, all_turns + len(dialogue["turns"])
        print(f"{dialogue['id']} {'ok' if not faults else 'WRONG'} calls {right}/{expected}", flush=True)
        for fault in faults:
            print(f"    {fault}", flush=True)
    print(f"dialogues {whole}/{len(dialogues)}, turns {turns}/{all_turns}, calls {calls}/{all_calls}")


if __name__ == "__main__":
    main()
