"""Data frames in and out: typed tables on the host's side, pandas on this one."""

import builtins
import math

# Copies of its own: user code may replace the originals.
globals().update({name: value for name, value in vars(builtins).items() if not name.startswith("_")})

# The most that goes out of one frame.
ROWS, COLUMNS = 5_000, 100
# What is shown of a long frame: first and last rows, columns.
HEAD, TAIL, WIDE = 12, 4, 14
BLANK = {"", "-", "–", "—", "n/a", "na", "none", "null", "unknown", "undisclosed", "not disclosed", "?"}

pandas = DataFrame = Timestamp = None


def setup():
    global pandas, DataFrame, Timestamp
    import pandas as module

    pandas, DataFrame, Timestamp = module, module.DataFrame, module.Timestamp


def is_frame(value):
    return DataFrame is not None and isinstance(value, DataFrame)


def to_frame(table):
    """A frame of a table: numbers as float, dates as datetime64, everything else as text."""
    columns = {}
    names = []
    for index, name in enumerate(table["columns"]):
        while name in names:
            name += "_"
        names.append(name)
        columns[name] = _column([row[index] for row in table["rows"]])
    return DataFrame(columns, columns=names)


def _column(cells):
    there = [c for c in cells if (c.get("text") or "").strip().lower() not in BLANK or _number(c) or c.get("date")]
    if there and all(c.get("date") for c in there):
        dates = [c.get("date") for c in cells]
        return pandas.to_datetime(pandas.Series(dates, dtype="object"), format="ISO8601", errors="coerce")
    if there and all(_number(c) for c in there):
        return pandas.Series([float(c["number"]) if _number(c) else math.nan for c in cells], dtype="float64")
    return pandas.Series([c.get("text") for c in cells], dtype="object")


def _number(cell):
    return cell.get("number") is not None


def from_frame(frame, name):
    """`{"title", "columns", "rows"}` with cells of text, number and date."""
    frame = _with_index(frame).iloc[:ROWS, :COLUMNS]
    columns = [frame.iloc[:, index].tolist() for index in range(frame.shape[1])]
    rows = [[_cell(value) for value in row] for row in zip(*columns)]
    return {"title": name, "columns": [_label(c) for c in frame.columns], "rows": rows}


def _with_index(frame):
    plain = isinstance(frame.index, pandas.RangeIndex) and frame.index.name is None
    if plain:
        return frame
    try:
        return frame.reset_index()
    except ValueError:
        return frame


def _cell(value):
    if _missing(value):
        return {"text": None}
    cell = {"text": text(value)}
    if isinstance(value, Timestamp):
        cell["date"] = value.date().isoformat()
    elif not isinstance(value, (bool, str)):
        try:
            number = float(value)
            if math.isfinite(number):
                cell["number"] = number
        except (TypeError, ValueError):
            pass
    return cell


def _missing(value):
    try:
        return value is None or bool(pandas.isna(value))
    except (TypeError, ValueError):
        return False


def _label(column):
    return " / ".join(str(part) for part in column) if isinstance(column, tuple) else str(column)


def text(value):
    """A cell as a reader sees it."""
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, Timestamp):
        return value.date().isoformat() if value == value.normalize() else str(value)
    return str(value)[:2000]


def markdown(frame):
    """The frame as a Markdown table; a long one shortened, with its shape."""
    rows, columns = frame.shape
    shown = _with_index(frame)
    if shown.shape[1] > WIDE:
        shown = shown.iloc[:, :WIDE]
    short = rows > HEAD + TAIL + 4
    head = shown.iloc[:HEAD] if short else shown
    lines = ["| " + " | ".join(_escape(_label(c)) for c in shown.columns) + " |", "|" + " --- |" * shown.shape[1]]
    lines += _lines(head)
    if short:
        lines.append("|" + " … |" * shown.shape[1])
        lines += _lines(shown.iloc[-TAIL:])
    if short or _with_index(frame).shape[1] > WIDE:
        lines.append(f"[{rows} rows x {columns} columns]")
    return "\n".join(lines)


def _lines(frame):
    columns = [frame.iloc[:, index].tolist() for index in range(frame.shape[1])]
    return ["| " + " | ".join("NaN" if _missing(v) else _escape(text(v)) for v in row) + " |" for row in zip(*columns)]


def _escape(value):
    return value.replace("|", "\\|").replace("\n", " ")[:200]
