"""Packages that are not there: what they are called where the user adds them, and what does instead."""

import builtins
import importlib.util
import re
import sys

# Copies of its own: user code may replace the originals.
globals().update({name: value for name, value in vars(builtins).items() if not name.startswith("_")})

# Packages whose modules have another name.
PACKAGES = {
    "bs4": "beautifulsoup4", "Bio": "biopython", "Crypto": "pycryptodome", "Levenshtein": "python-Levenshtein",
    "PIL": "pillow", "attr": "attrs", "cv2": "opencv-python-headless", "dateutil": "python-dateutil", "docx": "python-docx",
    "dotenv": "python-dotenv", "fitz": "PyMuPDF", "github": "PyGithub", "igraph": "python-igraph", "jwt": "PyJWT",
    "magic": "python-magic", "mpl_finance": "mplfinance", "mpl_toolkits.basemap": "basemap", "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary", "serial": "pyserial", "skimage": "scikit-image", "sklearn": "scikit-learn",
    "slugify": "python-slugify", "umap": "umap-learn", "yaml": "PyYAML", "zmq": "pyzmq",
}
DRAW = "use matplotlib or seaborn instead"
NETWORK = "the sandbox has no network: get pages with the browser tools instead"
FRAMES = "use pandas or duckdb instead"
MODELS = "use numpy (numpy.linalg.lstsq, numpy.polyfit) and scipy (scipy.stats, scipy.optimize, scipy.cluster) instead"
PDF = "use pdfplumber instead"
INSTEAD = {
    **dict.fromkeys(("plotly", "bokeh", "altair", "plotnine", "ggplot", "pygal", "holoviews", "hvplot", "pyecharts", "cufflinks",
                     "chart_studio", "kaleido", "vega", "dash", "streamlit", "gradio", "panel", "mplfinance", "scienceplots",
                     "SciencePlots", "squarify", "joypy", "adjustText", "matplotlib_venn", "wordcloud", "pywaffle"), DRAW),
    **dict.fromkeys(("requests", "httpx", "aiohttp", "urllib3", "yfinance", "pandas_datareader", "wikipedia", "selenium",
                     "playwright", "bs4", "scrapy", "openai", "boto3", "tweepy", "ccxt", "alpha_vantage", "wbgapi", "fredapi",
                     "akshare", "tushare", "nasdaqdatalink", "quandl", "gdown", "huggingface_hub", "datasets"), NETWORK),
    **dict.fromkeys(("polars", "dask", "modin", "vaex", "pyspark", "datatable", "cudf", "fastparquet", "pandasql"), FRAMES),
    **dict.fromkeys(("sklearn", "statsmodels", "xgboost", "lightgbm", "catboost", "pingouin", "lifelines", "prophet", "pmdarima",
                     "arch", "tensorflow", "torch", "keras", "jax", "lmfit", "linearmodels"), MODELS),
    **dict.fromkeys(("PyPDF2", "pypdf", "fitz", "camelot", "tabula", "pdfminer3", "slate", "pymupdf"), PDF),
    **dict.fromkeys(("xlsxwriter", "xlrd", "xlwt", "pyexcel", "xlwings", "pyxlsb", "odf"),
                    "use openpyxl instead (engine='openpyxl'; .xlsx files)"),
    **dict.fromkeys(("sqlalchemy", "psycopg2", "pymysql", "mysql", "pyodbc", "peewee"), "use sqlite3 or duckdb instead"),
    **dict.fromkeys(("cv2", "skimage", "imageio"), "use pillow (PIL) and numpy instead"),
    **dict.fromkeys(("tqdm", "alive_progress", "progressbar"), "write the loop without it"),
    **dict.fromkeys(("tabulate", "prettytable", "rich", "termcolor", "colorama", "texttable"),
                    "make the data frame the last line instead: it is shown as a table"),
    **dict.fromkeys(("tkinter", "_tkinter", "turtle", "pygame", "PyQt5", "PyQt6", "PySide6", "wx"),
                    "there is no screen: draw with matplotlib instead"),
    **dict.fromkeys(("ydata_profiling", "pandas_profiling", "sweetviz", "dtale", "missingno"),
                    "use df.describe(), df.info() and df.isna().sum() instead"),
    **dict.fromkeys(("google", "google.colab", "colab"), "files are in the working directory already"),
    **dict.fromkeys(("numpy_financial",), "write the formula with numpy, or solve it with scipy.optimize.brentq"),
    **dict.fromkeys(("ipywidgets", "ipykernel", "jupyter", "notebook", "itables", "qgrid"), "print or display() the values instead"),
    **dict.fromkeys(("geopandas", "cartopy", "folium", "basemap", "geopy", "shapely"), "draw points and lines with matplotlib instead"),
    "networkx": "use dicts and scipy.sparse.csgraph instead", "numba": "use numpy's whole-array functions instead",
    "jinja2": "print or display() the data frame itself instead of its .style",
    "ta": "use pandas (rolling, ewm) instead", "talib": "use pandas (rolling, ewm) instead",
    "nltk": "use re and collections.Counter instead", "spacy": "use re and collections.Counter instead",
    "jieba": "use re and collections.Counter instead", "yaml": "use json instead", "toml": "use tomllib instead",
    "simplejson": "use json instead", "ujson": "use json instead", "orjson": "use json instead", "pytz": "use zoneinfo instead",
    "arrow": "use datetime or pandas instead", "pendulum": "use datetime or pandas instead", "cvxpy": "use scipy.optimize instead",
    "pulp": "use scipy.optimize (linprog, milp) instead", "ortools": "use scipy.optimize (linprog, milp) instead",
}
# Modules of earlier versions of Python and of packages that are there.
MOVED = {
    "ConfigParser": "configparser", "Queue": "queue", "StringIO": "io", "cStringIO": "io", "cPickle": "pickle",
    "urllib2": "urllib.request", "urlparse": "urllib.parse", "pandas.tools.plotting": "pandas.plotting",
    "pandas.util.testing": "pandas.testing", "pandas.stats": "DataFrame.rolling", "sets": "set", "HTMLParser": "html.parser",
    "scipy.misc": "scipy.special, scipy.datasets", "matplotlib.finance": "matplotlib.pyplot", "asyncio.compat": "asyncio",
}
FAILED = re.compile(r"(?:`?Import|[Mm]issing optional dependency|requires) ['`\"]?([A-Za-z_][\w.-]*)")


def note(error):
    """What to do about an import that failed, or nothing where it failed for another reason."""
    name = _name(error)
    if not name:
        return None
    whole, top = name, name.split(".")[0]
    if whole in MOVED or top in MOVED:
        return f"there is no module {whole!r} any more: use {MOVED.get(whole) or MOVED[top]}"
    if top in sys.stdlib_module_names and top not in ("tkinter", "_tkinter", "turtle"):
        return None
    if "." in whole and top in sys.modules and whole not in INSTEAD:
        # The package is there, and this part of it is not.
        return None
    instead = INSTEAD.get(whole) or INSTEAD.get(top)
    told = f"{top} is not installed in the sandbox; the user can add it with `polymath python add {package(whole)}`"
    return f"{told}; {instead}" if instead else told


def _name(error):
    if isinstance(error, ModuleNotFoundError) and error.name:
        return error.name
    # As pandas says it; it would send people to pip and conda, which are not here.
    if isinstance(error, (ImportError, AttributeError)):
        found = FAILED.search(str(error))
        if found and not _is_there(found[1]):
            return found[1]
    return None


def _is_there(name):
    try:
        return importlib.util.find_spec(name.split(".")[0]) is not None
    except (ImportError, ValueError):
        return False


def package(module):
    """The package that a module comes with."""
    top = module.split(".")[0]
    return PACKAGES.get(module) or PACKAGES.get(top) or top


def install_line(words):
    """What is said of a line that would install packages."""
    wanted = [re.split(r"[<>=!~\[;]", word)[0] for word in words[1:] if not word.startswith("-")]
    wanted = [word for word in wanted if re.fullmatch(r"[A-Za-z][\w.-]*", word) and word not in ("install", "pip", "pip3", "add")]
    modules = {name.lower(): module for module, name in PACKAGES.items()}
    absent = [word for word in wanted if not _is_there(modules.get(word.lower(), word.replace("-", "_")))]
    if not absent:
        return "the line that installs packages was ignored: they are there"
    told = f"{', '.join(absent)} cannot be installed from here; the user can add with `polymath python add {' '.join(absent)}`"
    instead = INSTEAD.get(modules.get(absent[0].lower(), absent[0].replace("-", "_")))
    return f"{told}; {instead}" if instead else told
