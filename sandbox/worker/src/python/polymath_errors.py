"""Exceptions as a reader wants them: short, pointing at the cell's own lines, and of a known kind."""

import builtins
import errno
import os
import traceback

import polymath_hints as hints
import polymath_missing as missing

# Copies of its own: user code may replace the originals.
globals().update({name: value for name, value in vars(builtins).items() if not name.startswith("_")})

DENIED = (errno.EPERM, errno.EACCES, errno.EROFS)
NETWORK_FILES = ("socket.py", "ssl.py", "client.py", "request.py", "selectors.py", "base_events.py")
PROCESS_FILES = ("subprocess.py", "popen_fork.py", "popen_spawn_posix.py", "util.py")
# Where pandas looks a column up.
FRAME_FILES = {"frame.py", "generic.py", "base.py", "indexing.py"}
# Where a session may read and write; set when it begins.
INSIDE = ()
# Lines of a traceback that are shown; the middle of a deep recursion says nothing.
FRAMES = 6


def describe(error, frames):
    """`{"kind", "message", "traceback", "lacks"}` of an exception. `frames`: column names of the
    cell's data frames, by variable."""
    return {**_told(error, frames), "lacks": next(filter(None, map(_lack, _chain(error))), None)}


def _told(error, frames):
    kind, note = classify(error)
    if note is None and isinstance(error, KeyError) and _files(error) & FRAME_FILES:
        note = "\n".join(f"{name} has the columns {columns}" for name, columns in frames.items())
    last = "".join(traceback.format_exception_only(type(error), error)).strip()
    absent = next((told for told in map(missing.note, _chain(error)) if told), None) if kind == "exception" else None
    if absent:
        # In the place of what would send people to pip and conda.
        message = f"{type(error).__name__}: {absent}"
        return {"kind": kind, "message": _cut(message, 500), "traceback": _cut("\n".join([*_frames(error), message]), 4000)}
    summary = f"{type(error).__name__}: {error}".strip().rstrip(":")
    if note is None and kind == "exception":
        note = hints.hint(summary, "pandas" in (getattr(type(error), "__module__", "") or "") or _in_pandas(error))
        summary = f"{summary}; {note}" if note else summary
    lines = _frames(error)
    text = "\n".join(lines + [last]) if lines else last
    if note:
        text += f"\n{note}"
    return {"kind": kind, "message": _cut(note if kind != "exception" and note else summary, 500), "traceback": _cut(text, 4000)}


def classify(error):
    """The kind of failure and, for something the walls forbid, a sentence about it."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", None
    if isinstance(error, MemoryError) or isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return "memory", "the sandbox's memory limit was reached: work on less data at a time"
    for part in _chain(error):
        note = _used_up(part)
        if note:
            return note
        note = _denied(part)
        if note:
            return "denied", note
    return "exception", None


def _chain(error):
    """The error and what it wraps: `raise … from`, URLError's reason, errors among the arguments."""
    seen = []
    todo = [error]
    while todo and len(seen) < 10:
        part = todo.pop(0)
        if not isinstance(part, BaseException) or part in seen:
            continue
        seen.append(part)
        todo += [part.__cause__, getattr(part, "reason", None), *part.args]
    return seen


def _used_up(error):
    """Kind and sentence where a limit other than memory was reached."""
    code = error.errno if isinstance(error, OSError) else None
    if code in (errno.ENOSPC, errno.EDQUOT):
        return "output_limit", "the sandbox's working directory is full: write less, or remove files"
    if code == errno.EFBIG:
        return "output_limit", "the file is larger than the sandbox allows a file to be"
    if code in (errno.EMFILE, errno.ENFILE):
        return "denied", "too many files are open for the sandbox: close them after use"
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return "denied", "more threads than the sandbox allows: use fewer"
    return None


def _lack(error):
    """What the program wanted and cannot have, as `polymath_chat::Lack` names it; None for others."""
    if isinstance(error, NameError) and not isinstance(error, UnboundLocalError):
        return "name"
    if isinstance(error, ModuleNotFoundError) or missing.note(error):
        return "package"
    if _wants_network(error):
        return "network"
    if isinstance(error, FileNotFoundError) or isinstance(error, OSError) and _outside(error):
        return "file"
    return None


def _wants_network(error):
    if not isinstance(error, OSError):
        return False
    unresolved = type(error).__name__ in ("gaierror", "herror")
    return unresolved or error.errno in DENIED and bool(_files(error) & set(NETWORK_FILES))


def _outside(error):
    """The path outside the sandbox that the error is about, if it is about one."""
    path = error.filename
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if not isinstance(path, str):
        return None
    path = os.path.abspath(path)
    inside = any(path == place or path.startswith(place + "/") for place in INSIDE)
    kept_out = error.errno in DENIED or isinstance(error, (FileNotFoundError, NotADirectoryError))
    return path if kept_out and not inside else None


def _denied(error):
    if not isinstance(error, OSError):
        return None
    files = _files(error)
    if _wants_network(error):
        return "the sandbox has no network: get pages with the browser tools instead"
    if error.errno in DENIED and (files & set(PROCESS_FILES) or "program" in str(error)):
        return "the sandbox cannot start other programs"
    path = _outside(error)
    if path:
        own = os.path.basename(path)
        told = f"the sandbox has no access to the host's files ({path!r}): only its own working directory is there"
        return f"{told}; name the file without a folder: {own!r}" if own else told
    if error.errno in DENIED:
        return f"the sandbox does not allow this operation ({error.strerror})"
    return None


def _in_pandas(error):
    """Whether the code called pandas last."""
    frames = traceback.extract_tb(error.__traceback__)
    return any("/pandas/" in frame.filename for frame in frames)


def _files(error):
    """Base names of the source files whose frames raised the error."""
    return {os.path.basename(frame.filename) for frame in traceback.extract_tb(error.__traceback__)}


def _frames(error):
    """`line N in function: source` of each frame in a cell, the innermost library frame after them."""
    out = []
    frames = traceback.extract_tb(error.__traceback__)
    for frame in frames:
        if frame.filename.startswith("<cell"):
            where = "" if frame.name == "<module>" else f", in {frame.name}"
            out.append(f"  {frame.filename[1:-1]}, line {frame.lineno}{where}: {(frame.line or '').strip()}")
    if len(out) > FRAMES:
        out = out[: FRAMES // 2] + [f"  … {len(out) - FRAMES} more calls"] + out[-FRAMES // 2 :]
    if out and frames and not frames[-1].filename.startswith("<cell"):
        last = frames[-1]
        if not os.path.basename(last.filename).startswith("polymath_"):
            out.append(f"  {os.path.basename(last.filename)}, line {last.lineno}, in {last.name}")
    return ["Traceback (innermost call last):", *out] if out else []


def _cut(text, limit):
    return text if len(text) <= limit else f"{text[:limit // 2]}\n…\n{text[-limit // 2:]}"
