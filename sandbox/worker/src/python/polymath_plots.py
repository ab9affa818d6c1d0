"""Spellings that matplotlib dropped: style names, arguments, functions."""

import builtins

import polymath_notes as notes
import polymath_spellings as spellings

# Copies of its own: user code may replace the originals.
globals().update({name: value for name, value in vars(builtins).items() if not name.startswith("_")})


def setup(matplotlib, plt):
    from matplotlib import font_manager, style
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import FigureCanvasBase
    from matplotlib.figure import FigureBase
    from matplotlib.legend import Legend

    for name, value in list(style.library.items()):
        if name.startswith("seaborn-v0_8"):
            style.library.setdefault("seaborn" + name.removeprefix("seaborn-v0_8"), value)
    matplotlib.cm.get_cmap = plt.get_cmap
    plt.cm.spectral = matplotlib.colormaps["nipy_spectral"]
    for owner in (Axes, plt):
        spellings.wrap(owner, "boxplot", {"labels": "tick_labels"})
        spellings.wrap(owner, "stem", {"use_line_collection": None})
        spellings.wrap(owner, "annotate", {"s": "text"})
    for name in ("hist", "hist2d"):
        spellings.wrap(Axes, name, {"normed": "density"})
    spellings.wrap(Axes, "grid", {"b": "visible"})
    _gca(FigureBase, plt)
    FigureCanvasBase.set_window_title = lambda *_: None
    Legend.draggable = lambda *_, **__: None
    Axes.set_axis_bgcolor = Axes.set_facecolor
    Axes.plot_date = _plot_date
    plt.plot_date = lambda *args, **kwargs: plt.gca().plot_date(*args, **kwargs)
    plt.hold = font_manager._rebuild = lambda *_: None
    _no_tex(matplotlib)


def _gca(figure, plt):
    """`gca(projection="3d")`."""
    original = figure.gca

    def gca(self, **kwargs):
        return self.add_subplot(**kwargs) if kwargs else original(self)

    figure.gca = gca
    plt.gca = lambda **kwargs: plt.gcf().gca(**kwargs)


def _plot_date(self, x, y, fmt="o", tz=None, xdate=True, ydate=False, **kwargs):
    if xdate:
        self.xaxis_date(tz)
    if ydate:
        self.yaxis_date(tz)
    return self.plot(x, y, fmt, **kwargs)


def _no_tex(matplotlib):
    """LaTeX is a program, and none can be started: matplotlib sets formulas itself."""
    original = matplotlib.rcParams.validate["text.usetex"]

    def validate(value):
        if original(value):
            notes.add("usetex was ignored: there is no LaTeX here; matplotlib sets formulas in $…$ itself")
        return False

    matplotlib.rcParams.validate["text.usetex"] = validate
    matplotlib.text.Text.get_usetex = lambda self: False
