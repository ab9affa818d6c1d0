"""Runs one cell of user code and says what came of it.

This module lives in the same process as the code it runs, so nothing here is a wall: it only makes
a well-meant program pleasant to run. Whatever it reports, the host checks sizes and shapes again.
"""

import builtins
import errno
import gc
import io
import json
import linecache
import logging
import os
import random
import signal
import sys
import threading
import time
import traceback
import types
import warnings

import polymath_errors as errors
import polymath_figures as figures
import polymath_imports as imports
import polymath_notebook as notebook
import polymath_notes as notes
import polymath_spellings as spellings
import polymath_tables as tables

# Copies of its own: user code may replace the originals.
globals().update({name: value for name, value in vars(builtins).items() if not name.startswith("_")})
_dumps, _loads, _on_signal = json.dumps, json.loads, signal.signal

# Characters of a value that are sent; the host cuts again for the model.
VALUE_LIMIT = 20_000
# How long threads that the code left running are waited for, in seconds.
THREAD_GRACE = 2.0

# Memory without which a call cannot even say that it has none, in bytes.
ROOM = 1 << 20

_cells = 0
_running = False
_namespace = {}
# Tables as they were last put into variables.
_injected = {}


def begin(work, temporary, alone):
    """First steps of a fresh session, behind all walls and before any user code, which works in the
    folder `work`; `alone`: among the host's files."""
    global _namespace
    errors.INSIDE = (work, temporary)
    os.environ.clear()
    os.environ.update(
        HOME=work, TMPDIR=temporary, LANG="C.UTF-8", LC_CTYPE="C.UTF-8", PATH="", USER="user", LOGNAME="user",
        MPLBACKEND="Agg", MPLCONFIGDIR=temporary, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", TZ="UTC",
        ARROW_DEFAULT_MEMORY_POOL="system", JE_ARROW_MALLOC_CONF="background_thread:false",
    )
    # Last, so that a file of the user's cannot stand in for a library by chance.
    sys.path.append(work)
    sys.argv = [""]
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = main
    _namespace = main.__dict__
    _seed(None)
    sys.stdin = _NoInput()
    _prepare_streams()
    os.system = _no_process
    if alone:
        os.utime = _by_descriptor(os.utime)
    builtins.input = _no_input
    notebook.begin(work)


def _seed(number):
    """Where random numbers begin: the zygote's are the same for all its sessions."""
    random.seed(number)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(None if number is None else number % 2**32)


def warm():
    """What the zygote imports once for all its sessions."""
    import numpy  # noqa: F401

    # Found later, by code that wants it: pandas would import it at once, whose start it doubles.
    sys.modules["pyarrow"] = None
    import pandas  # noqa: F401

    del sys.modules["pyarrow"]
    tables.setup()
    spellings.setup()
    figures.setup()
    imports.setup()
    gc.collect()
    gc.freeze()


class _NoInput(io.TextIOBase):
    """Standard input of a program that nobody sits in front of."""

    def readable(self):
        return True

    def read(self, *_):
        _no_input()

    readline = read


def _no_input(prompt=""):
    raise EOFError("nobody can answer input() here: put the value into the code")


def _by_descriptor(utime):
    """`os.utime` where only the times of what can be opened may be changed."""

    def changed(path, times=None, *, dir_fd=None, follow_symlinks=True, **more):
        if isinstance(path, int):
            return utime(path, times, **more)
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK, dir_fd=dir_fd)
        try:
            return utime(file, times, **more)
        finally:
            os.close(file)

    return changed


def _no_process(*_):
    raise PermissionError(errno.EPERM, "no program can be started in the sandbox")


def _on_interrupt(*_):
    # Only while user code runs: a signal that comes late must not spoil the next call.
    if _running:
        raise KeyboardInterrupt


def _show_warning(message, category, filename, lineno, file=None, line=None):
    text = " ".join(str(message).split())
    # Told by a note, once.
    if text.startswith("Glyph ") and "missing from" in text:
        return
    where = f" (line {lineno})" if str(filename).startswith("<cell") else ""
    print(f"{category.__name__}{where}: {text[:300]}", file=sys.stderr)


def _prepare_streams():
    """Fresh text streams on the two pipes, whatever the last cell made of sys.stdout."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        raw = open(number, "wb", buffering=0, closefd=False)
        stream = io.TextIOWrapper(
            io.BufferedWriter(raw, 8192), encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
        setattr(sys, name, stream)
        setattr(sys, "__" + name + "__", stream)


def _flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass


def run(payload):
    """One request (JSON bytes) to one reply (JSON bytes). Never raises. A request that is a `replay`
    runs once more what was run before: what it shows is nobody's concern, and nothing that the code sees
    of its callers tells it so."""
    global _running
    request = _loads(payload)
    if request.get("seed") is not None:
        _seed(request["seed"])
    figures.begin(count_only=request.pop("replay", False), svg=request.get("svg", False))
    reply = {"id": request["id"], "value": None, "error": None, "figures": [], "tables": [], "notes": []}
    notes.take()
    _on_signal(2, _on_interrupt)
    warnings.showwarning = _show_warning
    try:
        _running = True
        try:
            given = _inject(request["tables"])
            value = _execute(request["code"], request.get("cell"))
            if figures.counts_only():
                _namespace["_"] = _namespace.get("_") if value is None else value
            else:
                reply["value"] = _show(value, reply, request["return_tables"], given)
            figures.capture_open()
            _wait_for_threads()
        finally:
            _running = False
    except BaseException as error:
        _describe(error, reply)
    try:
        if reply["error"]:
            figures.capture_open()
        _flush()
        reply["figures"] = figures.take()
        reply["notes"] = notes.take()
        return _dumps(reply).encode("utf-8", "backslashreplace")
    except BaseException as error:
        reply.update(value=None, figures=[], tables=[], notes=[])
        _describe(error, reply)
        return _dumps(reply).encode("utf-8", "backslashreplace")


def check():
    """Makes ready for the next call, and does what that will do, with code that does nothing: raises when
    the last one left the runner unable to. That is told with the call that did it, and not with the next."""
    _prepare_streams()
    request = _loads('{"code": "1 + 1"}')
    tree = notebook.parse(request["code"], "<check>")
    notebook.tell_places(tree)
    value = notebook.run(tree, "<check>", {})
    # Zeros that the kernel has to give only when they are touched.
    room = bytes(ROOM)
    if _dumps({"value": repr(value)}) != '{"value": "2"}' or len(room) != ROOM:
        raise RuntimeError("the runner computes wrongly")


def _execute(code, number):
    """Runs the code in the session's namespace; the value of a last expression, or None. `number`: which
    of the session's cells it is, where the host counts."""
    global _cells
    _cells = number or _cells + 1
    name = f"<cell {_cells}>"
    if isinstance(linecache.cache, dict):
        linecache.cache[name] = (len(code), None, code.splitlines(True), name)
    tree = notebook.parse(code, name)
    notebook.tell_places(tree)
    return notebook.run(tree, name, _namespace)


def _inject(wanted):
    """Puts tables into variables; returns copies, to see what the code changes. A table that was
    put there before is not put there again: what the code made of it stays."""
    given = {}
    for name, table in wanted:
        if _injected.get(name) != table or not tables.is_frame(_namespace.get(name)):
            _namespace[name] = tables.to_frame(table)
            _injected[name] = table
        given[name] = _namespace[name].copy()
    return given


def _show(value, reply, wanted, given):
    """The text of a cell's value; data frames also go out as tables: those asked for, given ones
    that the code changed, and the value itself."""
    for name in dict.fromkeys([*wanted, *given]):
        frame = _namespace.get(name)
        if tables.is_frame(frame) and (name in wanted or not frame.equals(given[name])):
            reply["tables"].append(tables.from_frame(frame, name))
    if value is None or figures.is_plot(value):
        return None
    _namespace["_"] = value
    if tables.is_frame(value):
        name = next((n for n, v in _namespace.items() if v is value and not n.startswith("_")), "")
        if not any(table["title"] == name for table in reply["tables"]):
            reply["tables"].append(tables.from_frame(value, name))
        return tables.markdown(value)
    text = repr(value) if type(value).__name__ != "Styler" else notebook.shown(value)
    if len(text) > VALUE_LIMIT:
        text = f"{text[:VALUE_LIMIT]}… ({len(text)} characters in all)"
    return text


def _wait_for_threads():
    """Threads that would keep a script alive are waited for, as at a script's end."""
    until = time.monotonic() + THREAD_GRACE
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join(max(0.0, until - time.monotonic()))


def _describe(error, reply):
    if isinstance(error, SystemExit) and error.code in (None, 0):
        return
    try:
        named = {name: value for name, value in _namespace.items() if tables.is_frame(value) and name[0] != "_"}
        frames = {name: [str(column) for column in frame.columns][:40] for name, frame in list(named.items())[:5]}
        reply["error"] = errors.describe(error, frames)
    except BaseException as second:
        reply["error"] = {"kind": "exception", "message": type(error).__name__, "traceback": type(second).__name__}
    # The frames of the failed cell would keep its data alive.
    traceback.clear_frames(error.__traceback__)


logging.lastResort = None
