"""Cells as people write them for a notebook: `%` and `!` lines, `await` at the top level, `display`.

Lines that are no Python are found by the parser, which stops at them: what stands in a string or goes
on with the line before it is left alone.
"""

import ast
import builtins
import os
import re
import types

import polymath_figures as figures
import polymath_missing as missing
import polymath_notes as notes
import polymath_tables as tables

# Copies of its own: user code may replace the originals.
globals().update({name: value for name, value in vars(builtins).items() if not name.startswith("_")})
_parse, _compile = ast.parse, builtins.compile

# Bit of a code object that is a coroutine (inspect.CO_COROUTINE).
COROUTINE = 0x80
# Names whose use at the top level needs an event loop that runs.
LOOP_NAMES = {"create_task", "ensure_future", "get_running_loop"}
# Notebook commands for one line that stand before a statement, which is run; and for a cell.
LINE_TIMERS = {"time", "timeit", "prun", "memit", "lprun", "mprun"}
CELL_TIMERS = LINE_TIMERS | {"capture", "python", "python3", "pypy", "py", "memit", "skip", "debug"}
# Places that other programs let people write to and read from; here all of them are the working directory.
ELSEWHERE = re.compile(r"(?:/mnt/data|/tmp|/home/user|/content|/kaggle/working|/root|~)(?:/[^\n*?<>|]*)?")

_loop = None
# Those of the places that are so in this session.
_same = set()


def parse(code, name):
    """The cell's syntax tree, lines for a notebook taken out."""
    code = _whole_cell(code)
    try:
        return _parse(code, name)
    except SyntaxError as error:
        first = error
    lines = code.split("\n")
    for _ in range(len(lines) + 1):
        try:
            return _parse("\n".join(lines), name)
        except SyntaxError as error:
            if not _take_out(lines, (error.lineno or 0) - 1):
                raise
    raise first


def _whole_cell(code):
    """The cell without the command for all of it (`%%time`), or with nothing in it where that is no Python."""
    head, _, rest = code.lstrip().partition("\n")
    if not head.startswith("%%"):
        return code
    words = head[2:].split()
    command = words[0] if words else ""
    if command == "writefile" and len(words) > 1:
        mode = "a" if "-a" in words[1:-1] else "w"
        notes.add(f"%%writefile: written to {words[-1]}")
        return f"with open({words[-1]!r}, {mode!r}) as _file: _file.write({rest!r})"
    if command in CELL_TIMERS:
        notes.add(f"the line `{head[:60].strip()}` was ignored; the rest ran")
        return code[: len(code) - len(code.lstrip())] + "#" + code.lstrip()
    notes.add(f"the whole cell was ignored: it is `%%{command}` and not Python")
    return ""


def _take_out(lines, at):
    """Replaces a line that is a notebook's by Python with as many lines; whether it was one."""
    if not 0 <= at < len(lines):
        return False
    line = lines[at]
    indent, text = line[: len(line) - len(line.lstrip())], line.strip()
    last = at
    while lines[last].endswith("\\") and last + 1 < len(lines):
        last += 1
    if text[:1] in ("%", "!"):
        whole = " ".join(part.rstrip("\\").strip() for part in lines[at : last + 1])
        instead = _command(whole)
    elif re.fullmatch(r"(?:pip3?|conda|mamba|apt|apt-get) (?:-\S+ )*install\b.*", text):
        instead = _command("!" + text)
    elif re.fullmatch(r"\?{1,2}[\w.]+|[\w.]+\?{1,2}", text):
        notes.add(f"`{text[:60]}` was ignored: use help({text.strip('?')})")
        instead = "pass"
    else:
        return _assigned(text)
    lines[at] = indent + instead
    lines[at + 1 : last + 1] = [indent + "pass"] * (last - at)
    return True


def _assigned(text):
    """`files = !ls`: what it would give is not to be had, and the code goes on with it."""
    found = re.match(r"[\w, ]+=\s*([!%])\s*(\w+)", text)
    if not found:
        return False
    if found[1] == "!":
        raise SyntaxError(f"`{text[:80]}` would start a program, which the sandbox cannot: write it in Python (os, glob, open)")
    raise SyntaxError(f"`{text[:80]}` is a notebook's command: write it in Python (time.perf_counter() measures time)")


def _command(text):
    """What runs in place of a `%` or `!` line."""
    words = text.lstrip("%!").split()
    command = words[0] if words else ""
    if text[0] == "%" and command in LINE_TIMERS:
        statement = re.sub(r"^\s*(?:-\w+(?:\s*\d+)?\s+)*", "", text.lstrip("%").strip()[len(command) :])
        notes.add(f"`%{command}` was ignored; what follows it ran once")
        return statement or "pass"
    if command in ("pip", "pip3", "conda", "mamba", "uv") or "pip" in words[1:4]:
        notes.add(missing.install_line([word for word in words if word not in ("python", "python3", "-m")]))
    elif text[0] == "!":
        notes.add(f"`{text[:60]}` was ignored: the sandbox cannot start other programs")
    elif command not in ("matplotlib", "config", "load_ext", "autoreload", "pylab", "reload_ext"):
        notes.add(f"`{text[:60]}` was ignored: it is a notebook's command and not Python")
    else:
        notes.add(f"`{text[:60]}` was ignored: it is not needed here")
    return "pass"


def tell_places(tree):
    """Says where files go that the code keeps in a usual place of another system."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ELSEWHERE.fullmatch(node.value):
            place = next((place for place in _same if (node.value + "/").startswith(place + "/")), None)
            if place is None:
                continue
            notes.add(f"{place} is the working directory here: files written there come out as if written to it")


def run(tree, name, namespace):
    """Runs a cell; the value of its last expression, or None."""
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    body = _compile(tree, name, "exec", flags)
    value = None if last is None else _compile(last, name, "eval", flags)
    parts = [part for part in (body, value) if part is not None]
    if any(part.co_flags & COROUTINE for part in parts) or _wants_loop(tree.body + ([last.body] if last else [])):
        return _in_loop(parts, namespace)
    for part in parts:
        result = eval(part, namespace)
    return None if last is None else result


def _wants_loop(todo):
    """Whether code outside of functions asks for the running event loop."""
    todo = list(todo)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in LOOP_NAMES:
            return True
        todo += ast.iter_child_nodes(node)
    return False


def _in_loop(parts, namespace):
    """Runs code that awaits, in the session's event loop: tasks go on in the next cell that awaits."""
    global _loop
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    async def cell():
        result = None
        for part in parts:
            result = eval(part, namespace)
            if part.co_flags & COROUTINE:
                result = await result
        return result if len(parts) > 1 else None

    if _loop is None or _loop.is_closed():
        _loop = asyncio.new_event_loop()
    asyncio.set_event_loop(_loop)
    # One for each cell: threads that stay would end the session.
    pool = ThreadPoolExecutor(4)
    _loop.set_default_executor(pool)
    task = _loop.create_task(cell())
    try:
        return _loop.run_until_complete(task)
    finally:
        if not task.done():
            task.cancel()
        pool.shutdown(wait=True, cancel_futures=True)
        asyncio.set_event_loop(None)


def display(*values, **_):
    """Shows values as a notebook does: frames as tables, figures as pictures, the rest as text."""
    for value in values:
        text = shown(value)
        if text:
            print(text)


def shown(value):
    """The text of a value, or nothing where it is a picture."""
    if tables.is_frame(value):
        return tables.markdown(value)
    if figures.is_figure(value):
        figures.show(value)
        return ""
    if figures.is_plot(value):
        return ""
    # A styled frame (pandas.io.formats.style.Styler).
    if type(value).__name__ == "Styler" and tables.is_frame(getattr(value, "data", None)):
        return tables.markdown(value.data)
    if isinstance(value, str):
        return value
    return repr(value)


class _Shown:
    """`Markdown("…")`, `HTML("…")` and the like: the text itself."""

    def __init__(self, data=None, *_, filename=None, url=None, **__):
        self.data = data if data is not None else filename or url or ""

    def __repr__(self):
        if type(self).__name__ == "HTML":
            return re.sub(r"\s*\n\s*", "\n", re.sub(r"<[^>]*>", " ", str(self.data))).strip()
        return str(self.data)


def _kind(name):
    return type(name, (_Shown,), {"__module__": "IPython.display"})


def modules():
    """Stand-ins for modules that notebooks import, by name, with what makes each."""
    return {
        "IPython": _ipython,
        "IPython.display": _display_module,
        "IPython.core.display": _display_module,
        "IPython.core": lambda name: _module(name, path=True),
        "nest_asyncio": lambda name: _module(name, apply=lambda *_: None),
    }


def _module(name, path=False, **values):
    made = types.ModuleType(name)
    made.__dict__.update(values)
    if path:
        made.__path__ = []
    return made


def _ipython(name):
    return _module(name, path=True, get_ipython=_get_ipython, version_info=(8, 0), __version__="8.0")


def _display_module(name):
    kinds = ("HTML", "Markdown", "Latex", "Math", "Image", "SVG", "JSON", "Pretty", "Javascript", "Code", "IFrame")
    values = {kind: _kind(kind) for kind in (*kinds, "Audio", "Video", "FileLink")}
    return _module(
        name, display=display, clear_output=lambda *_, **__: None, set_matplotlib_formats=lambda *_, **__: None, **values
    )


def begin(work):
    """Puts the names of a notebook where programs look for them; sees which places are the folder `work`."""
    _same.add("~")
    for place in ("/mnt/data", "/tmp", "/home/user", "/content", "/kaggle/working", "/root"):
        try:
            if os.path.samefile(place, work):
                _same.add(place)
        except OSError:
            pass
    builtins.display = display
    builtins.get_ipython = _get_ipython


class _Shell:
    """What `get_ipython()` gives: its commands do nothing and say so."""

    # So that libraries take it for none.
    __bool__ = lambda self: False
    events = types.SimpleNamespace(register=lambda *_: None, unregister=lambda *_: None)

    def enable_gui(self, *_):
        """There is no window to open."""

    def _ignore(self, *words, **_):
        notes.add(f"`{' '.join(map(str, words))[:60]}` was ignored: it is a notebook's command")

    run_line_magic = run_cell_magic = magic = system = getoutput = set_next_input = _ignore


def _get_ipython():
    return _Shell()


