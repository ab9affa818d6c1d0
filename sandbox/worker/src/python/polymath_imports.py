"""Packages that are imported when the code wants them: what they need behind the walls, old spellings in
them, and stand-ins for modules that only notebooks have."""

import builtins
import ctypes
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import sys

import polymath_notebook as notebook
import polymath_spellings as spellings

# Copies of its own: user code may replace the originals.
globals().update({name: value for name, value in vars(builtins).items() if not name.startswith("_")})


def setup():
    sys.meta_path.insert(0, _Mending())
    sys.meta_path.append(_StandIns())


class _Mending(importlib.abc.MetaPathFinder):
    """Lets a package load as ever and mends it afterwards."""

    def find_spec(self, name, path=None, target=None):
        mend = MENDS.get(name)
        if mend is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            mend(module)

        spec.loader.exec_module = exec_module
        return spec


class _StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Last of all, for what is not installed."""

    def find_spec(self, name, path=None, target=None):
        if name not in notebook.modules():
            return None
        return importlib.util.spec_from_loader(name, self, is_package=name in ("IPython", "IPython.core"))

    def create_module(self, spec):
        return notebook.modules()[spec.name](spec.name)

    def exec_module(self, module):
        if module.__name__ == "IPython":
            module.display = importlib.import_module("IPython.display")


def _duckdb(duckdb):
    """No threads of its own: those it would leave running end the session."""
    original, alone = duckdb.connect, {"threads": 1, "async_threads": 0}

    def connect(database=":memory:", read_only=False, config=None, **kwargs):
        if database == ":default:":
            return original(database)
        return original(database, read_only=read_only, config={**alone, **(config or {})}, **kwargs)

    duckdb.connect = connect
    duckdb.set_default_connection(connect())


def _parquet(parquet):
    """The plain reader, where the other would start threads that stay."""
    original = parquet.read_table

    def read_table(source, *, columns=None, use_threads=True, filesystem=None, filters=None, partitioning="hive", **kwargs):
        named = isinstance(source, str) or hasattr(source, "read")
        if named and filters is None and filesystem is None:
            try:
                with parquet.ParquetFile(source, pre_buffer=False) as file:
                    return file.read(columns=columns, use_threads=False)
            except (IsADirectoryError, TypeError):
                pass
        return original(
            source, columns=columns, use_threads=False, filesystem=filesystem, filters=filters, partitioning=partitioning, **kwargs
        )

    parquet.read_table = read_table


def _pyarrow(pyarrow):
    """Frames are made by this thread alone. The class is compiled, so its dictionary is changed."""
    kind = pyarrow.lib._PandasConvertible
    methods = gc.get_referents(vars(kind))[0]
    original = methods["to_pandas"]

    def to_pandas(self, *args, **kwargs):
        kwargs.setdefault("use_threads", False)
        return original(self, *args, **kwargs)

    methods["to_pandas"] = to_pandas
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))


def _integrate(module):
    module.trapz = module.trapezoid
    module.cumtrapz = module.cumulative_trapezoid
    spellings.wrap(module, "simpson", {"even": None}, 1, ("x", "dx", "axis"))
    module.simps = module.simpson


def _signal(module):
    for name in getattr(module.windows, "__all__", ()):
        if not hasattr(module, name):
            setattr(module, name, getattr(module.windows, name))


def _stats(module):
    module.median_absolute_deviation = module.median_abs_deviation
    module.binom_test = lambda x, n=None, p=0.5, alternative="two-sided": module.binomtest(
        *((int(x), int(n)) if n is not None else (int(x[0]), int(x[0] + x[1]))), p, alternative
    ).pvalue


MENDS = {
    "duckdb": _duckdb,
    "pyarrow.parquet": _parquet,
    "pyarrow": _pyarrow,
    "scipy.integrate": _integrate,
    "scipy.signal": _signal,
    "scipy.stats": _stats,
    "scipy.linalg": lambda module: spellings.alias(module, {"pinv2": "pinv"}),
    "seaborn": lambda module: spellings.alias(module, {"factorplot": "catplot", "tsplot": "lineplot"}),
}
