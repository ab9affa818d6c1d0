"""Old spellings that no longer work and cannot be kept alive: the error ends with the new one."""

import builtins
import re

# Copies of its own: user code may replace the originals.
globals().update({name: value for name, value in vars(builtins).items() if not name.startswith("_")})

FRAME = r"'(?:DataFrame|Series|Index|\w*GroupBy)' object has no attribute "
NUMPY = r"'numpy\.\w+' object has no attribute "
# Whole columns of text among numbers.
TEXT_AMONG = r"(?i)could not convert string|cannot perform reduction '\w+' with (?:string|str) dtype|does not support operation|unsupported operand type\(s\) for \+"

# A pattern over "Kind: message", and what to write now.
HINTS = [
    (FRAME + "'ix'", "use .loc[labels] or .iloc[positions]"),
    (FRAME + "'(?:get_group_levels|select)'", "use .loc with a condition"),
    (FRAME + "'(?:first|last)'", "use .loc with a date: df.loc[:df.index[0] + pd.Timedelta('3D')]"),
    (FRAME + "'mad'", "use (x - x.mean()).abs().mean()"),
    (FRAME + "'(?:reindex_axis|reindex_like_axis)'", "use .reindex(labels, axis=…)"),
    (FRAME + "'(?:to_panel|to_sparse|to_dense)'", "use a MultiIndex, or plain columns"),
    (FRAME + "'tshift'", "use .shift(periods, freq=…)"),
    (FRAME + "'(?:ftype|ftypes|get_ftype_counts)'", "use .dtypes"),
    (FRAME + "'contains'", "use `value in index`, or .str.contains"),
    (FRAME + "'(?:compress|consolidate|blocks|real|imag)'", "use .loc, .copy() or .to_numpy()"),
    (FRAME + "'get_dtype_counts'", "use .dtypes.value_counts()"),
    (FRAME + "'to_msgpack'", "use .to_parquet or .to_json"),
    (r"DataFrame\.(?:groupby|rolling|resample|expanding)\(\) got .*'axis'|NDFrame\.(?:rolling|resample|expanding|ewm)\(\) got .*'axis'",
     "work on the transposed frame: df.T.groupby(…).sum().T"),
    (r"got an unexpected keyword argument 'date_parser'", "use date_format=…, or pd.to_datetime(df[column]) afterwards"),
    (r"replace\(\) got an unexpected keyword argument 'method'", "use .replace(value, np.nan) and then .ffill()"),
    (r"got an unexpected keyword argument 'join_axes'", "use pd.concat(…).reindex(index)"),
    (r"include_groups=True is no longer", "leave include_groups out, and take the group from g.name"),
    (r"nested renamer is not supported", "use named aggregation: .agg(name=('column', 'sum'))"),
    (r"Use `\.rename` to alter labels", "use .rename(columns={old: new})"),
    (r"DatetimeIndex.*unexpected keyword argument '(?:start|periods|end)'", "use pd.date_range(start=…, periods=…, freq=…)"),
    (r"No such keys\(s\): 'mode\.use_inf_as_n", "use df.replace([np.inf, -np.inf], np.nan)"),
    (r"invalid unit abbreviation: T\b", "use unit='min'"),
    (r"invalid unit abbreviation: L\b", "use unit='ms'"),
    (r"module 'pandas' has no attribute '(?:rolling|expanding|ewm)_?\w*'|module 'pandas' has no attribute 'ewm\w+'",
     "use .rolling(n).mean(), .expanding() or .ewm() of the column"),
    (r"'pandas' has no attribute '(?:Panel|WidePanel|SparseDataFrame|SparseSeries)'|import name 'Panel'",
     "use a DataFrame with a MultiIndex"),
    (r"'pandas' has no attribute 'ols'", "use numpy.polyfit or scipy.stats.linregress"),
    (r"name 'scatter_matrix'|'pandas' has no attribute 'scatter_matrix'", "use pandas.plotting.scatter_matrix"),
    (NUMPY + "'ptp'", "use np.ptp(a)"),
    (NUMPY + "'itemset'", "use a[index] = value"),
    (NUMPY + "'newbyteorder'", "use a.view(a.dtype.newbyteorder())"),
    (NUMPY + "'tostring'", "use a.tobytes()"),
    (NUMPY + "'(?:fillna|dropna|value_counts|plot|head|iloc|loc)'", "make a pandas object of it: pd.Series(a) or pd.DataFrame(a)"),
    (NUMPY + "'append'", "use np.append(a, value), or a list"),
    (r"inhomogeneous shape", "use dtype=object for rows of different lengths: np.array(rows, dtype=object)"),
    (r"module 'numpy' has no attribute '(?:npv|irr|mirr|pmt|ppmt|ipmt|nper|rate|pv|fv)'",
     "write the formula: npv = sum(c / (1 + r) ** t for t, c in enumerate(cash)); irr with scipy.optimize.brentq(npv, -0.9, 10)"),
    (r"Module 'scipy' has no attribute '(\w+)'|cannot import name '(\w+)' from 'scipy' ", r"use numpy.\1\2"),
    (r"'scipy\.special' has no attribute 'sph_harm'|import name 'sph_harm'", "use scipy.special.sph_harm_y(n, m, theta, phi)"),
    (r"'scipy\.integrate'.*'(?:quadrature|romberg)'|import name '(?:quadrature|romberg)'", "use scipy.integrate.quad"),
    (r"'scipy\.stats'.*'itemfreq'|import name 'itemfreq'", "use np.unique(a, return_counts=True)"),
    (r"'scipy\.stats'.*'nan\w+'|import name 'nan(?:mean|median|std)'", "use np.nanmean, np.nanmedian or np.nanstd"),
    (r"interp2d` has been removed|import name 'interp2d'", "use scipy.interpolate.RegularGridInterpolator"),
    (r"import name '(?:cwt|ricker|morlet)'|'scipy\.signal' has no attribute '(?:cwt|ricker|morlet2?)'", "use scipy.signal.ShortTimeFFT"),
    (r"import name '(?:Mapping|MutableMapping|Sequence|Iterable|Callable|Hashable|Set)' from 'collections'|module 'collections' has no attribute",
     "use collections.abc"),
    (r"module 'time' has no attribute 'clock'", "use time.perf_counter()"),
    (r"import name 'gcd' from 'fractions'|'fractions' has no attribute 'gcd'", "use math.gcd"),
    (r"'dict' object has no attribute 'has_key'", "use `key in d`"),
    (r"'dict' object has no attribute 'iter(\w+)'", r"use d.\1()"),
    (r"name 'xrange' is not defined", "use range"),
    (r"name 'raw_input' is not defined", "put the value into the code: nobody can answer"),
    (r"name '(?:unicode|basestring)' is not defined", "use str"),
    (r"name 'reduce' is not defined", "use functools.reduce"),
    (r"name 'long' is not defined", "use int"),
    (r"'matplotlib\.cm' has no attribute '(?:register_cmap|unregister_cmap)'|'matplotlib\.pyplot' has no attribute 'register_cmap'",
     "use matplotlib.colormaps.register(cmap)"),
    (r"no attribute 'w_([xyz]axis)'", r"use ax.\1"),
    (r"unexpected keyword argument 'axisbg'", "use facecolor=…"),
    (r"is not a valid package style", "use one of plt.style.available, such as 'ggplot', 'fivethirtyeight' or 'seaborn-v0_8'"),
    (r"'axes\.color_cycle'", "use 'axes.prop_cycle'"),
    (r"'matplotlib\.mlab' has no attribute 'normpdf'|import name 'normpdf'", "use scipy.stats.norm.pdf"),
    (r"is not a known colormap name|is not a valid value for (?:cmap|colormap)", "use one of matplotlib.colormaps, such as 'viridis'"),
    (r"'seaborn' has no attribute 'factorplot'", "use sns.catplot"),
    (r"'seaborn' has no attribute 'tsplot'", "use sns.lineplot"),
    (r"(?:plot|map)\(\) takes from \d+ to \d+ positional arguments but", "name the arguments: x=…, y=…, data=…"),
]


def hint(summary, in_pandas):
    """The new spelling for an error, told by its kind and message; `in_pandas`: pandas raised it."""
    if in_pandas and re.search(TEXT_AMONG, summary):
        return "some columns hold text: use numeric_only=True, or choose the columns: df.select_dtypes('number')"
    for pattern, text in HINTS:
        found = re.search(pattern, summary)
        if found:
            return found.expand(text) if "\\" in text else text
    return None
