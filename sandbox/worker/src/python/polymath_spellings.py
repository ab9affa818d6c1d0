"""Spellings that pandas 3 and numpy 2 dropped, kept alive where that is safe: models and books write them.

A wrapper acts only on what would be an error without it. What cannot be kept alive is told by
`polymath_hints`.
"""

import builtins
import functools
import io
import re
import sys

import polymath_notes as notes

# Copies of its own: user code may replace the originals.
globals().update({name: value for name, value in vars(builtins).items() if not name.startswith("_")})

NUMPY = {
    "in1d": "isin", "product": "prod", "cumproduct": "cumprod", "sometrue": "any", "alltrue": "all", "row_stack": "vstack",
    "NaN": "nan", "NAN": "nan", "Inf": "inf", "Infinity": "inf", "infty": "inf", "PINF": "inf", "float_": "float64",
    "complex_": "complex128", "unicode_": "str_", "string_": "bytes_", "round_": "round", "mat": "asmatrix", "bool8": "bool_",
    "int0": "intp", "uint0": "uintp", "object0": "object_", "str0": "str_", "longfloat": "longdouble", "cfloat": "complex128",
    "singlecomplex": "complex64", "longcomplex": "clongdouble", "rank": "ndim", "trapz": "trapezoid",
}
PLAIN = {"float": float, "int": int, "object": object, "str": str, "complex": complex, "unicode": str, "disp": print}
# Old offset aliases (pandas 2.2, "Deprecate aliases M, Q, Y, etc. in favour of ME, QE, YE").
OFFSETS = {
    "M": "ME", "Q": "QE", "Y": "YE", "A": "YE", "H": "h", "T": "min", "S": "s", "L": "ms", "U": "us", "N": "ns", "BM": "BME",
    "BQ": "BQE", "BY": "BYE", "BA": "BYE", "AS": "YS", "BAS": "BYS", "CBM": "CBME", "SM": "SME", "BH": "bh", "CBH": "cbh",
}
# Old positions of arguments: (method, positions that still are, names of the rest).
POSITIONS = [
    ("drop", 2, ("axis", "index", "columns", "level", "inplace", "errors")), ("pivot", 1, ("index", "columns", "values")),
    ("sort_values", 2, ("axis", "ascending", "inplace", "kind")), ("any", 1, ("axis",)), ("all", 1, ("axis",)),
    ("dropna", 1, ("axis", "how")), ("set_index", 2, ("drop", "append", "inplace")), ("reset_index", 2, ("drop", "inplace")),
    ("drop_duplicates", 2, ("keep", "inplace")), ("sort_index", 1, ("axis", "level", "ascending", "inplace")),
]
LEVELS = ("sum", "mean", "min", "max", "count", "median", "std", "var", "prod", "any", "all")


def tolerant(function, keywords, most=None, names=()):
    """The function, taking old keywords (to a new name, to nothing, or through a function of the value and
    the other arguments) and old positions."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        if most is not None and len(args) > most:
            kwargs.update(zip(names, args[most:]))
            args = args[:most]
        for old in [key for key in keywords if key in kwargs]:
            value, new = kwargs.pop(old), keywords[old]
            if callable(new):
                kwargs.update(new(value, kwargs))
            elif new:
                kwargs[new] = value
        return function(*args, **kwargs)

    return call


def wrap(owner, name, keywords=None, most=None, names=()):
    function = getattr(owner, name, None)
    if function is not None:
        setattr(owner, name, tolerant(function, keywords or {}, most, names))


def alias(owner, names):
    """Old names for what has new ones."""
    for old, new in names.items():
        if old not in vars(owner) and hasattr(owner, new):
            setattr(owner, old, getattr(owner, new))


def setup():
    import numpy
    import pandas

    _numpy(numpy)
    frame, series = pandas.DataFrame, pandas.Series
    for kind in (frame, series):
        _common(pandas, kind)
    _frames(pandas, frame, series)
    _groups(pandas)
    _dates(pandas)
    _top(pandas)
    _reading(pandas)
    _offsets()


def _numpy(numpy):
    original = numpy.__getattr__
    old = {name: getattr(numpy, new) for name, new in NUMPY.items()}
    old.update(PLAIN, NINF=-numpy.inf, PZERO=0.0, NZERO=-0.0, typeDict=numpy.sctypeDict)
    old.update(
        asfarray=lambda a, dtype=float: numpy.asarray(a, dtype=dtype), msort=lambda a: numpy.sort(a, axis=0),
        asscalar=lambda a: numpy.asarray(a).item(), alen=len, find_common_type=lambda a, b: numpy.result_type(*a, *b),
        recfromcsv=lambda name, **kw: numpy.genfromtxt(name, **{"delimiter": ",", "names": True, "dtype": None, **kw}),
    )

    def look_up(name):
        if name in old:
            return old[name]
        if hasattr(numpy.exceptions, name):
            return getattr(numpy.exceptions, name)
        return original(name)

    numpy.__getattr__ = look_up
    wrap(numpy, "histogram", {"normed": "density"})
    for name in ("quantile", "percentile", "nanquantile", "nanpercentile"):
        wrap(numpy, name, {"interpolation": "method"})
    wrap(numpy, "reshape", {"newshape": "shape"})


def _common(pandas, kind):
    """What frames and columns have in common."""
    alias(kind, {"iteritems": "items", "pad": "ffill", "backfill": "bfill"})
    kind.append = lambda self, other, *args, **kwargs: _append(pandas, self, other, *args, **kwargs)
    kind.mad = lambda self, axis=0, **_: (self.sub(self.mean(axis=axis), axis=1 - axis) if self.ndim > 1 else self - self.mean()).abs().mean(axis=axis)
    kind.as_matrix = kind.get_values = lambda self, *_: self.to_numpy()
    kind.clip_lower = lambda self, threshold, **kwargs: self.clip(lower=threshold, **kwargs)
    kind.clip_upper = lambda self, threshold, **kwargs: self.clip(upper=threshold, **kwargs)
    kind.swapaxes = lambda self, a=0, b=1, **_: self if a == b else self.T
    kind.bool = lambda self: bool(self.to_numpy().item())
    kind.fillna = _with_method(kind.fillna)
    kind.interpolate = _with_method(kind.interpolate, ("pad", "ffill", "bfill", "backfill"))
    for name, most, names in POSITIONS:
        if kind is pandas.Series and name in ("sort_values", "pivot", "set_index", "drop_duplicates"):
            continue
        wrap(kind, name, {}, most, names)
    for name in LEVELS:
        setattr(kind, name, _by_level(getattr(kind, name), name))
    wrap(kind, "describe", {"datetime_is_numeric": None})
    wrap(kind, "to_csv", {"line_terminator": "lineterminator"})
    wrap(kind, "to_excel", {"encoding": None, "verbose": None})
    wrap(kind, "where", {"errors": None, "try_cast": None})
    wrap(kind, "mask", {"errors": None, "try_cast": None})
    wrap(kind, "groupby", {"squeeze": None})


def _append(pandas, self, other, ignore_index=False, verify_integrity=False, sort=False):
    """As pandas 1.5 had it."""
    if self.ndim == 1:
        others = list(other) if isinstance(other, (list, tuple)) else [other]
        return pandas.concat([self, *others], ignore_index=ignore_index, verify_integrity=verify_integrity)
    if isinstance(other, (pandas.Series, dict)):
        row = pandas.Series(other) if isinstance(other, dict) else other
        if isinstance(other, dict) and not ignore_index:
            raise TypeError("Can only append a dict if ignore_index=True")
        if row.name is None and not ignore_index:
            raise TypeError("Can only append a Series if ignore_index=True or if the Series has a name")
        other = row.to_frame().T.infer_objects().rename_axis(self.index.names)
    elif isinstance(other, list) and other and not isinstance(other[0], (pandas.DataFrame, pandas.Series)):
        other = pandas.DataFrame(other)
    others = list(other) if isinstance(other, (list, tuple)) else [other]
    others = [each.to_frame().T if isinstance(each, pandas.Series) else each for each in others]
    parts = [part for part in (self, *others) if len(part.columns)]
    return pandas.concat(parts or [self], ignore_index=ignore_index, verify_integrity=verify_integrity, sort=sort)


def _with_method(function, only=None):
    """`fillna(method='ffill')` and the like."""

    @functools.wraps(function)
    def call(self, *args, **kwargs):
        method = kwargs.get("method") if not (only and args) else args[0]
        if method is None or only and method not in only:
            if only is None:
                kwargs.pop("method", None)
            return function(self, *args, **kwargs)
        fill = {"ffill": self.ffill, "pad": self.ffill, "bfill": self.bfill, "backfill": self.bfill}.get(method)
        if fill is None:
            raise ValueError(f"fillna has no method {method!r}: use .ffill() or .bfill()")
        kept = {key: kwargs[key] for key in ("limit", "axis", "inplace") if kwargs.get(key) is not None}
        return fill(**kept)

    return call


def _by_level(function, name):
    @functools.wraps(function)
    def call(self, *args, **kwargs):
        level = kwargs.pop("level", None)
        return function(self, *args, **kwargs) if level is None else getattr(self.groupby(level=level), name)(*args, **kwargs)

    return call


def _frames(pandas, frame, series):
    frame.applymap = frame.map
    frame.lookup = lambda self, rows, columns: pandas.Series([self.at[r, c] for r, c in zip(rows, columns)]).to_numpy()
    frame.get_value = lambda self, index, column, **_: self.at[index, column]
    frame.sort = lambda self, columns=None, **kw: self.sort_index(**kw) if columns is None else self.sort_values(columns, **kw)
    series.get_value = lambda self, label, **_: self.at[label]
    series.nonzero = lambda self: self.to_numpy().nonzero()
    series.ravel = lambda self, *_, **__: self.to_numpy()
    series.view = lambda self, dtype=None: self if dtype is None else self.astype(dtype)
    series.ptp = lambda self, *_, **__: self.max() - self.min()
    series.order = lambda self, **kwargs: self.sort_values(**kwargs)
    wrap(series, "sort_values", {}, 1, ("axis", "ascending", "inplace", "kind"))
    wrap(series, "apply", {"convert_dtype": None})
    for kind in (series, pandas.Index):
        kind.is_monotonic = property(lambda self: self.is_monotonic_increasing)
    frame.to_dict = _record(frame.to_dict)


def _record(function):
    @functools.wraps(function)
    def call(self, orient="dict", *args, **kwargs):
        known = ("dict", "list", "series", "split", "tight", "records", "index")
        whole = [name for name in known if isinstance(orient, str) and orient and name.startswith(orient)]
        return function(self, orient if orient in known or not whole else whole[0], *args, **kwargs)

    return call


def _groups(pandas):
    from pandas.core.groupby import DataFrameGroupBy, SeriesGroupBy
    from pandas.core.strings.accessor import StringMethods

    def fillna(self, value=None, method=None, **_):
        if method is not None:
            return self.ffill() if method in ("ffill", "pad") else self.bfill()
        return self.transform(lambda group: group.fillna(value))

    for kind in (DataFrameGroupBy, SeriesGroupBy):
        kind.fillna = fillna
        alias(kind, {"pad": "ffill", "backfill": "bfill"})
    original = DataFrameGroupBy.__getitem__

    def choose(self, key):
        return original(self, list(key) if isinstance(key, tuple) and len(key) > 1 else key)

    DataFrameGroupBy.__getitem__ = choose
    for name in ("split", "rsplit"):
        wrap(StringMethods, name, {}, 2, ("n", "expand"))


def _dates(pandas):
    from pandas.core.indexes.accessors import DatetimeProperties

    week = property(lambda self: self.isocalendar().week)
    for kind in (DatetimeProperties, pandas.DatetimeIndex):
        kind.week = kind.weekofyear = week
        kind.weekday_name = property(lambda self: self.day_name())
    pandas.to_datetime = _or_as_it_was(tolerant(pandas.to_datetime, {"infer_datetime_format": None}))
    pandas.to_numeric = _or_as_it_was(pandas.to_numeric)


def _or_as_it_was(function):
    """`errors="ignore"`: what cannot be converted comes back as it was."""

    @functools.wraps(function)
    def call(value, *args, **kwargs):
        if kwargs.get("errors") != "ignore":
            return function(value, *args, **kwargs)
        try:
            return function(value, *args, **{**kwargs, "errors": "raise"})
        except (ValueError, TypeError):
            return value

    return call


def _top(pandas):
    import datetime

    pandas.concat = tolerant(pandas.concat, {}, 1, ("axis", "join"))
    pandas.datetime, pandas.np = datetime.datetime, sys.modules["numpy"]
    pandas.value_counts = lambda values, **kwargs: pandas.Series(values).value_counts(**kwargs)
    pandas.TimeGrouper = lambda freq, **kwargs: pandas.Grouper(freq=freq, **kwargs)
    for name, dtype in (("Int64Index", "int64"), ("UInt64Index", "uint64"), ("Float64Index", "float64")):
        setattr(pandas, name, functools.partial(pandas.Index, dtype=dtype))
    pandas.io.json.json_normalize = pandas.json_normalize
    pandas.set_option = _option(pandas.set_option)
    pandas.get_option = _option(pandas.get_option)


def _option(function):
    short = ("max_rows", "max_columns", "precision", "width", "max_colwidth", "expand_frame_repr")

    @functools.wraps(function)
    def call(key, *values, **kwargs):
        if key in ("display.height", "display.line_width"):
            return None
        key = f"display.{key}" if key in short else key
        values = [None if key == "display.max_colwidth" and value == -1 else value for value in values]
        return function(key, *values, **kwargs)

    return call


def _reading(pandas):
    old = {
        "error_bad_lines": lambda value, kw: {} if "on_bad_lines" in kw else {"on_bad_lines": "error" if value else "skip"},
        "delim_whitespace": lambda value, _: {"sep": r"\s+"} if value else {},
        **dict.fromkeys(("warn_bad_lines", "infer_datetime_format", "mangle_dupe_cols", "prefix", "verbose", "keep_date_col")),
    }
    for name in ("read_csv", "read_table"):
        setattr(pandas, name, _squeezed(_read(tolerant(getattr(pandas, name), old))))
    excel = {"sheetname": "sheet_name", "parse_cols": "usecols", "encoding": None, "mangle_dupe_cols": None}
    pandas.read_excel = _squeezed(tolerant(pandas.read_excel, excel))
    pandas.read_html = _literal(pandas.read_html, "<")
    pandas.read_json = _literal(pandas.read_json, "[{")
    pandas.read_xml = _literal(pandas.read_xml, "<")


def _squeezed(function):
    @functools.wraps(function)
    def call(*args, **kwargs):
        squeeze = kwargs.pop("squeeze", False)
        result = function(*args, **kwargs)
        return result.squeeze("columns") if squeeze and hasattr(result, "squeeze") else result

    return call


def _literal(function, beginnings):
    """Text where a file's name is expected."""

    @functools.wraps(function)
    def call(source, *args, **kwargs):
        if isinstance(source, str) and source.lstrip()[:1] and source.lstrip()[0] in beginnings:
            source = io.StringIO(source)
        return function(source, *args, **kwargs)

    return call


def _read(function):
    """A file in another encoding, or with other separators than said, is read all the same, with a note."""

    @functools.wraps(function)
    def call(source, *args, **kwargs):
        plain = isinstance(source, str) or hasattr(source, "__fspath__")
        try:
            frame = function(source, *args, **kwargs)
        except UnicodeDecodeError:
            if not plain or kwargs.get("encoding") not in (None, "utf-8", "utf8", "ascii"):
                raise
            kwargs["encoding"] = _encoding(source)
            frame = function(source, *args, **kwargs)
            notes.add(f"{source} is not UTF-8: it was read as {kwargs['encoding']}")
        said = args or {"sep", "delimiter", "header", "names", "usecols", "index_col"} & kwargs.keys()
        if not plain or said or getattr(frame, "ndim", 0) != 2 or len(frame.columns) != 1 or ";" not in str(frame.columns[0]):
            return frame
        split = function(source, sep=";", **kwargs)
        texts = split.select_dtypes(include=["object", "str"])
        if "decimal" not in kwargs and any(_commas(texts[name]) for name in texts):
            kwargs["decimal"] = ","
            split = function(source, sep=";", **kwargs)
        comma = " and decimal commas" if kwargs.get("decimal") == "," else ""
        notes.add(f"{source} has semicolons between its columns{comma}: it was read so")
        return split

    return call


def _encoding(path):
    with open(path, "rb") as file:
        head = file.read(1 << 16)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    return "latin-1" if any(byte in head for byte in b"\x81\x8d\x8f\x90\x9d") else "cp1252"


def _commas(column):
    values = [value for value in column.dropna().head(50) if isinstance(value, str)]
    return bool(values) and all(re.fullmatch(r"\s*[-+]?\d+(?:,\d+)?\s*", value) for value in values)


def _offsets():
    """`freq="M"` and the like, wherever pandas reads one; periods keep those names of their own."""
    from pandas._libs.tslibs import offsets

    original = offsets.to_offset

    @functools.wraps(original)
    def to_offset(freq, is_period=False):
        try:
            return original(freq, is_period)
        except ValueError:
            new = None if is_period or not isinstance(freq, str) else _new_offset(freq)
            if new is None:
                raise
            return original(new, is_period)

    for name, module in list(sys.modules.items()):
        if name.startswith("pandas") and getattr(module, "to_offset", None) is original:
            module.to_offset = to_offset


def _new_offset(freq):
    found = re.fullmatch(r"(-?\d*)\s*([A-Za-z]+)(-[A-Za-z]+)?", freq)
    name = found and OFFSETS.get(found[2].upper() if found[2] in ("bm", "m") else found[2])
    return f"{found[1]}{name}{found[3] or ''}" if name else None
