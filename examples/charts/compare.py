"""Compares charts with what Vega-Lite makes of the same specification: bars and bins by their heights, scales by
where values lie, axes by their ticks. Also runs the matplotlib scripts and compares the trends' values.

    CHARTS_OUT=DIR cargo test -p polymath-tools charts_are_drawn
    pip install vl-convert-python matplotlib numpy
    python examples/charts/compare.py DIR

Exit status 1 where something differs by more than the rounding to whole pixels.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import vl_convert

NUMBER = r"-?[0-9.]+(?:e-?[0-9]+)?"
# Both pictures are in whole pixels or finer; ours has 500 and more between its axes.
CLOSE = 0.006


def ours(svg):
    """Rectangles of the picture but its background: x, y, width, height."""
    found = re.findall(rf'<rect x="({NUMBER})" y="({NUMBER})" width="({NUMBER})" height="({NUMBER})"([^>]*)', svg)
    boxes = [tuple(map(float, box[:4])) for box in found if "stroke=\"none\"" in box[4]]
    return boxes[1:]


def ticks(svg):
    """Labels at the axes of our picture."""
    return re.findall(r"<text [^>]*font-weight=\"normal\"[^>]*>([^<]*)</text>", svg)


def walk(item, kind):
    """Items of the scene graph below marks of this kind, by their role."""
    if isinstance(item, dict):
        if item.get("marktype") == kind:
            for one in item.get("items", []):
                yield item.get("role"), item.get("name") or "", one
        for child in item.get("items", []):
            yield from walk(child, kind)


def bars(spec, scene):
    """Vega's bars: along which side they grow, and their lengths as shares of the axis."""
    lying = spec.get("encoding", {}).get("x", {}).get("field") == "y" or any(
        layer.get("encoding", {}).get("x", {}).get("field") == "y" for layer in spec.get("layer", []))
    side, whole = ("width", spec["width"]) if lying else ("height", spec["height"])
    return side, sorted(one.get(side, 0) / whole for role, _, one in walk(scene, "rect") if role == "mark")


def frame(svg):
    """The frame of our axes: left, top, right, bottom."""
    points = re.search(r'<polyline [^>]*stroke="#(?:3C3C3C|A0A6AE)" stroke-width="2" points="([^"]*)"', svg).group(1)
    places = [tuple(map(float, point.split(","))) for point in points.split()]
    return places[0][0], places[0][1], places[2][0], places[1][1]


def axis_ticks(scene):
    """Texts of Vega's axes."""
    return [one.get("text") for role, _, one in walk(scene, "text") if role == "axis-label"]


def plain(text):
    """A tick as a number: `$1.5B`, `35%`, `10,000`; None of names and dates."""
    found = re.fullmatch(r"(-?)[$€£¥]?([0-9.]+)([kMBT]?)%?", str(text).replace("−", "-").replace(",", "").strip())
    if not found:
        return None
    sign, digits, letter = found.groups()
    return (-1 if sign else 1) * float(digits) * {"": 1, "k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}[letter]


def compare_bars(name, spec, svg, scene):
    side, vega = bars(spec, scene)
    left, top, right, bottom = frame(svg)
    at, whole = (2, right - left) if side == "width" else (3, bottom - top)
    # Boxes of the legend have a size of their own.
    mine = sorted(box[at] / whole for box in ours(svg) if not (box[2], box[3]) == (24.0, 18.0))
    # Bars of no length may be there or not.
    count = max(len(mine), len(vega))
    mine, vega = [0.0] * (count - len(mine)) + mine, [0.0] * (count - len(vega)) + vega
    worst = max((abs(a - b) for a, b in zip(mine, vega)), default=0)
    return f"{name}: a bar is off by {worst:.4f} of the axis" if worst > CLOSE else None


def compare_places(name, spec, svg, scene):
    """Dots of ours and Vega's, by their height."""
    left, top, right, bottom = frame(svg)
    circles = re.findall(rf'<circle cx="({NUMBER})" cy="({NUMBER})"', svg)
    mine = sorted({round((bottom - float(y)) / (bottom - top), 4) for _, y in circles if top - 1 <= float(y) <= bottom + 1})
    symbols = [one for role, _, one in walk(scene, "symbol") if role == "mark"]
    vega = sorted({round(1 - one["y"] / spec["height"], 4) for one in symbols if "y" in one})
    if not mine or not vega:
        return None
    far = max(min(abs(a - b) for a in mine) for b in vega)
    return f"{name}: a dot is off by {far:.4f} of the axis" if far > CLOSE else None


def script_values(path):
    """What the matplotlib script prints of its trends, by where that is, and its shares in the order of the series."""
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run([sys.executable, str(path)], cwd=folder, capture_output=True, text=True)
        drawn = (Path(folder) / "chart.png").is_file()
    if ran.returncode or not drawn:
        return None, ran.stderr.strip().splitlines()[-1:]
    shares = [json.loads(found) for found in re.findall(r"^\S.* (\[[-+0-9.e, ]*\])$", ran.stdout, re.M)]
    return re.findall(r"^trend.* at (\S+(?: \d\d:\d\d)?): (\S+)$", ran.stdout, re.M), shares


def compare_shares(name, spec, shares):
    """Shares that the script works out, and those of the specification's own rows; True for each that is the same."""
    rows = spec["data"]["values"]
    whole, series = {}, {}
    for row in rows:
        whole[row["x"]] = whole.get(row["x"], 0) + row["y"]
        series.setdefault(row["series"], []).append(row)
    for own, got in zip(series.values(), shares, strict=True):
        want = [100 * row["y"] / whole[row["x"]] for row in own]
        same = len(want) == len(got) and all(abs(a - b) < 1e-9 for a, b in zip(want, got))
        yield True if same else f"{name}: shares are {want}, numpy's {got}"


def compare_trend(name, spec, values):
    """Values of the script's trend and of ours, which the specification has; True for each that is the same."""
    views = spec.get("concat", [spec])
    # The script goes through small charts in their order, and says as much of each.
    each = max(len(values) // len(views), 1)
    for at, view in enumerate(views):
        yield from compare_curve(name, view, values[at * each:(at + 1) * each])


def compare_curve(name, view, values):
    curves = [row for layer in view.get("layer", []) for row in layer.get("data", {}).get("values", [])]
    places = {str(row["x"]): row["y"] for row in curves}
    places |= {str(float(x)): y for x, y in places.items() if re.fullmatch(NUMBER, x)}
    for place, value in values:
        at = place if place in places else str(float(place)) if re.fullmatch(NUMBER, place) else place
        same = at in places and abs(float(value) / places[at] - 1) <= 1e-6
        yield True if same else f"{name}: the trend is {places.get(at)} at {place}, numpy's {value}"


def main(folder):
    wrong, counted = [], {"bars": 0, "dots": 0, "scripts": 0, "ticks": 0, "same ticks": 0, "trend values": 0, "shares": 0}
    for path in sorted(folder.glob("*.vl.json")):
        name = path.name.removesuffix(".vl.json")
        spec, svg = json.loads(path.read_text()), (folder / f"{name}.svg").read_text()
        scene = vl_convert.vegalite_to_scenegraph(spec)["scenegraph"]
        # Of small charts the scripts and their specifications are run; the one that stands alone is compared.
        mark = spec.get("mark") or ("concat" if "concat" in spec else spec["layer"][0]["mark"])
        mark = mark if isinstance(mark, str) else mark["type"]
        if mark == "bar":
            counted["bars"] += 1
            wrong.append(compare_bars(name, spec, svg, scene))
        elif mark in ("line", "point"):
            counted["dots"] += 1
            wrong.append(compare_places(name, spec, svg, scene))
        mine = {plain(t) for t in ticks(svg)} - {None}
        vega = {plain(t) for t in axis_ticks(scene)} - {None}
        if len(vega) > 1 and mine and mark not in ("arc", "concat"):
            counted["ticks"] += 1
            counted["same ticks"] += len(mine & vega) >= 2
        values, why = script_values(folder / f"{name}.py")
        counted["scripts"] += values is not None
        if values is None:
            wrong.append(f"{name}: the script fails: {why}")
        else:
            trend = list(compare_trend(name, spec, values))
            counted["trend values"] += trend.count(True)
            wrong.extend(line for line in trend if line is not True)
        if values is not None and "normalize" in path.read_text() and "concat" not in spec:
            shares = list(compare_shares(name, spec, why))
            counted["shares"] += shares.count(True)
            wrong.extend(line for line in shares if line is not True)
    wrong = [line for line in wrong if line]
    print(*wrong, sep="\n")
    print(", ".join(f"{name}: {count}" for name, count in counted.items()) + f"; {len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
