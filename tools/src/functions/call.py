# Calls one function of a file. `_source` is the file's text, `_name` and `_given` are the call.
import json as _json, linecache as _linecache

_space = {"__name__": "functions"}
_linecache.cache["functions.py"] = (len(_source), None, _source.splitlines(True), "functions.py")
exec(compile(_source, "functions.py", "exec"), _space)
_result = _space[_name](**_given)
if not hasattr(_result, "columns") and _result is not None:
    print(_result if isinstance(_result, str) else _json.dumps(_result, ensure_ascii=False, default=str))
_result if hasattr(_result, "columns") else None
