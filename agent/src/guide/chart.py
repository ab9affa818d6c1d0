import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

spec = {spec}
data = {data}.dropna(subset=[spec["y"]])
x, y, kind, labels = spec["x"], spec["y"], spec["kind"], spec["labels"]
if spec["sort"]:
    data = data.sort_values(y, ascending=kind == "barh")
elif pd.api.types.is_datetime64_any_dtype(data[x]) or kind in ("line", "scatter"):
    data = data.sort_values(x)


def label(values):
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.strftime("%Y-%m-%d").str.replace(r"(-01)+$", "", regex=True)
    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
        return values.map(lambda v: f"{v:.0f}")
    return values.astype(str)


def short(value, _=None):
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:,.6g}"


figure, axes = plt.subplots(figsize=(8, 5))
groups = [(None, data)] if spec["series"] is None else list(data.groupby(spec["series"], sort=False))
if kind == "pie":
    axes.pie(data[y], labels=label(data[x]), autopct="%.1f%%")
elif kind == "hist":
    axes.hist(data[y].dropna(), bins="sturges", edgecolor="white")
    axes.set_xlabel(labels[y])
    axes.set_ylabel("count")
elif kind in ("bar", "barh"):
    names = list(dict.fromkeys(label(data[x])))
    width = 0.8 / len(groups)
    for i, (name, part) in enumerate(groups):
        at = np.array([names.index(n) for n in label(part[x])]) + (i - (len(groups) - 1) / 2) * width
        draw = axes.bar if kind == "bar" else axes.barh
        bars = draw(at, part[y], width, label=name)
        if len(names) * len(groups) <= 15:
            axes.bar_label(bars, labels=[short(v) for v in part[y]], padding=2)
    tilt = 90 if len(names) > 20 else 30 if max(map(len, names), default=0) * len(names) > 70 else 0
    if kind == "bar":
        axes.set_xticks(range(len(names)), names, rotation=tilt, ha="right" if tilt == 30 else "center")
    else:
        axes.set_yticks(range(len(names)), names)
else:
    for name, part in groups:
        if kind == "line":
            axes.plot(part[x], part[y], marker="o" if len(part) < 60 else None, label=name)
        else:
            axes.scatter(part[x], part[y], label=name)
    # Between years there is nothing to mark.
    if pd.api.types.is_datetime64_any_dtype(data[x]):
        even = (data[x].dt.dayofyear == 1).all()
    else:
        even = pd.api.types.is_float_dtype(data[x]) and (data[x] % 1 == 0).all()
    if even and data[x].nunique() <= 15:
        ticks = pd.Series(sorted(data[x].unique()))
        axes.set_xticks(ticks, label(ticks))
if kind not in ("pie", "hist"):
    across, up = (x, y) if kind != "barh" else (y, x)
    axes.set_xlabel(labels[across])
    axes.set_ylabel(labels[up])
    value_axis = axes.xaxis if kind == "barh" else axes.yaxis
    if spec["log"]:
        (axes.set_xscale if kind == "barh" else axes.set_yscale)("log")
    value_axis.set_major_formatter(short)
if spec["grid"]:
    axes.grid(True, alpha=0.5)
    axes.set_axisbelow(True)
if spec["series"] is not None and kind != "pie":
    axes.legend(title=spec["series"])
axes.set_title(spec["title"])
figure.autofmt_xdate() if kind in ("line", "scatter") and pd.api.types.is_datetime64_any_dtype(data[x]) else None
figure.tight_layout()
plt.show()
