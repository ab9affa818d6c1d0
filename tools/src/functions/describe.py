# Says of the functions of a file what tools they are. `_source` is the file's text.
import ast as _ast, inspect as _inspect, json as _json, types as _types, typing as _typing


def _schema(kind):
    origin, inner = _typing.get_origin(kind), _typing.get_args(kind)
    plain = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}
    if kind in plain:
        return {"type": plain[kind]}
    if origin is list and len(inner) == 1:
        return {"type": "array", "items": _schema(inner[0])}
    if origin is dict:
        return {"type": "object"}
    if origin is _typing.Literal:
        return {"enum": list(inner)}
    if origin in (_typing.Union, _types.UnionType):
        kinds = [_schema(one) for one in inner if one is not type(None)]
        return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    raise TypeError(f"the type {getattr(kind, '__name__', kind)} has no JSON; use str, int, float, bool, list or dict")


def _describe(name, function):
    doc = _inspect.getdoc(function)
    if not doc:
        raise TypeError("it has no docstring, which says what it does")
    hints, properties, required = _typing.get_type_hints(function), {}, []
    for parameter in _inspect.signature(function).parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise TypeError(f"the parameter {parameter.name} cannot be given by name")
        if parameter.name not in hints:
            raise TypeError(f"the parameter {parameter.name} has no type hint")
        properties[parameter.name] = _schema(hints[parameter.name])
        if parameter.default is parameter.empty:
            required.append(parameter.name)
    parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {"name": name, "description": " ".join(doc.split("\n\n")[0].split()), "parameters": parameters}


def _all():
    space = {"__name__": "functions"}
    exec(compile(_source, "functions.py", "exec"), space)
    tools, left = [], []
    for node in _ast.parse(_source).body:
        if isinstance(node, _ast.FunctionDef) and not node.name.startswith("_"):
            try:
                tools.append(_describe(node.name, space[node.name]))
            except TypeError as error:
                left.append(f"{node.name} (line {node.lineno}): {error}")
    return _json.dumps({"tools": tools, "left": left})


print(_all())
