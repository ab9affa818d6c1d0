"""Every figure a cell leaves open or shows, as PNG, in order, under its title."""

import base64
import builtins
import dataclasses
import io
import logging
import os
import warnings

import polymath_plots as plots
import polymath_text as text

# Copies of its own: user code may replace the originals.
globals().update({name: value for name, value in vars(builtins).items() if not name.startswith("_")})

DPI = 120
# Figures of one call that are kept.
MOST = 32
# First those for Latin text, then those that have the Chinese, Japanese and Korean characters.
LATIN = ["DejaVu Sans"]
CJK = [
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "SimHei",
    "Droid Sans Fallback", "Noto Serif CJK SC", "Noto Serif CJK JP",
]
# Names that people write into font settings whatever is installed; they stand for the font found here.
ALIASES = ["SimHei", "Microsoft YaHei", "SimSun", "PingFang SC", "Heiti TC", "STHeiti", "Arial Unicode MS"]

_captured = []
_saved = set()
# Figures of the session so far.
_count = 0
_count_only = False
_svg = False


def begin(count_only, svg):
    """Before a cell: whether its figures are only counted, and whether they come as SVG as well."""
    global _count_only, _svg
    _count_only, _svg = count_only, svg


def counts_only():
    """Whether the cell's figures are only counted."""
    return _count_only


def setup():
    """Imports matplotlib with the Agg backend, settles fonts, draws one throwaway figure."""
    import matplotlib

    matplotlib.use("Agg")
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message="Glyph .* missing")
    warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")
    import matplotlib.figure
    import matplotlib.pyplot as plt
    from matplotlib import font_manager

    _fonts(matplotlib, font_manager)
    plots.setup(matplotlib, plt)
    plt.switch_backend("Agg")
    # There is one backend here, whichever the code asks for.
    matplotlib.use = plt.switch_backend = lambda *_, **__: None
    plt.show = lambda *_, **__: capture_open()
    matplotlib.figure.Figure.show = lambda figure, *_, **__: _capture(figure)
    _watch_savefig(matplotlib.figure.Figure)
    figure, axes = plt.subplots()
    axes.plot([1, 10], [1, 100])
    axes.set_yscale("log")
    axes.set_title("Aa 中 $x^2$")
    figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")
    plt.close(figure)
    _saved.clear()
    # Cached fonts hold open files, which no session inherits.
    for cached in (font_manager._get_font, font_manager.get_font):
        getattr(cached, "cache_clear", lambda: None)()


def _fonts(matplotlib, font_manager):
    manager = font_manager.fontManager
    # Only these folders are there inside the sandbox, beside matplotlib's own fonts.
    shipped = os.path.dirname(matplotlib.__file__)
    roots = (shipped, "/usr/share/fonts", "/usr/local/share/fonts")
    manager.ttflist = [entry for entry in manager.ttflist if entry.fname.startswith(roots)]
    known = {entry.name for entry in manager.ttflist}
    found = [name for name in CJK if name in known]
    if found:
        same = [entry for entry in manager.ttflist if entry.name == found[0]]
        for alias in ALIASES:
            if alias not in known:
                manager.ttflist += [dataclasses.replace(entry, name=alias) for entry in same]
    names = LATIN + found[:1]
    matplotlib.rcParams["font.family"] = names
    matplotlib.rcParams["font.sans-serif"] = names + [n for n in matplotlib.rcParams["font.sans-serif"] if n not in names]
    # Long axes of dates: labels that do not run into each other.
    matplotlib.rcParams["date.converter"] = "concise"
    text.setup(matplotlib, font_manager, names)


def _watch_savefig(kind):
    """Remembers figures the code saved as pictures itself, which need not be captured once more."""
    original = kind.savefig

    def savefig(figure, fname, *args, **kwargs):
        for old in ("papertype", "frameon"):
            kwargs.pop(old, None)
        original(figure, fname, *args, **kwargs)
        form = kwargs.get("format") or os.path.splitext(str(fname))[1].lstrip(".")
        if isinstance(fname, (str, os.PathLike)) and str(form or "png").lower() in ("png", "jpg", "jpeg"):
            _saved.add(id(figure))

    kind.savefig = savefig


def is_figure(value):
    return type(value).__name__ == "Figure" and type(value).__module__ == "matplotlib.figure"


def show(figure):
    """Captures a figure that was shown by name."""
    _capture(figure)


def is_plot(value):
    """Whether a value is something a plotting call returns, whose repr would be noise."""
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    if type(value).__name__ == "ndarray" and value.dtype == object and value.size:
        value = value.flat[0]
    return type(value).__module__.split(".")[0] in ("matplotlib", "mpl_toolkits")


def capture_open():
    """Captures and closes all open figures, oldest first."""
    import matplotlib.pyplot as plt

    for number in plt.get_fignums():
        _capture(plt.figure(number))


def _capture(figure):
    global _count
    import matplotlib.pyplot as plt

    try:
        if id(figure) not in _saved and len(_captured) < MOST and figure.axes:
            _count += 1
            if not _count_only:
                png = base64.b64encode(_picture(figure, "png")).decode("ascii")
                svg = _picture(figure, "svg").decode("utf-8") if _svg else None
                _captured.append({"title": _title(figure), "number": _count, "png": png, "svg": svg})
    finally:
        _saved.discard(id(figure))
        plt.close(figure)


def _picture(figure, form):
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, dpi=DPI, bbox_inches="tight")
    return buffer.getvalue()


def _title(figure):
    titles = [figure.get_suptitle()] + [axes.get_title() for axes in figure.axes] + [str(figure.get_label())]
    return next((" ".join(t.split()) for t in titles if t.strip()), "")


def take():
    """The captured figures, which are then forgotten."""
    global _captured
    taken, _captured = _captured, []
    return taken
