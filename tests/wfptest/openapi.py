# SPDX-License-Identifier: Apache-2.0
"""admin/openapi.json as what it is there for: what answers look like. It is
read from the source, so that a route that is not told there is seen."""

import functools
import json
import pathlib
import re

import jsonschema

PAGE = pathlib.Path(__file__).resolve().parents[2] / "admin/openapi.json"
REST = ("rest", "key")  # parameters that may have slashes
METHODS = {"get", "put", "post", "patch", "delete"}


@functools.cache
def document():
    return json.loads(PAGE.read_text())


def operations():
    """(METHOD, path with {names}, operation) of each."""
    for path, item in document()["paths"].items():
        for method in sorted(METHODS & set(item)):
            yield method.upper(), path, item[method]


@functools.cache
def patterns():
    """(expression, path) of all, those with the fewest names first."""
    def expression(path):
        return re.compile(re.sub(
            r"\\{(\w+)\\}",
            lambda m: ".+" if m[1] in REST else "[^/]+", re.escape(path)))
    return [(expression(path), path) for path in sorted(
        document()["paths"],
        key=lambda path: ("{rest}" in path, path.count("{")))]


def operation_of(method, path):
    """The operation that a path (without prefix) is for, or None."""
    path = path.split("?")[0]
    path = path[:-1] if len(path) > 1 and path.endswith("/") else path
    for expression, template in patterns():
        item = document()["paths"][template]
        if method.lower() in item and expression.fullmatch(path):
            return item[method.lower()]
    return None


def resolve(value):
    """What a $ref of an operation points at."""
    while "$ref" in value:
        found = document()
        for name in value["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        value = found
    return value


@functools.cache
def validator(schema):
    """Of a schema's JSON text. References start at the document."""
    kind = jsonschema.Draft202012Validator
    return kind(json.loads(schema), format_checker=kind.FORMAT_CHECKER,
                resolver=jsonschema.RefResolver("", document()))


def assert_described(method, path, answer):
    """An answer is what the description says of its operation and status."""
    if answer.status == 304:
        return
    operation = operation_of(method, path)
    responses = operation["responses"] if operation else {
        "default": {"$ref": "#/components/responses/error"}}
    name = str(answer.status) if str(answer.status) in responses else "default"
    content = resolve(responses[name])["content"]
    kind = (answer.get("Content-Type") or "").split(";")[0]
    assert kind in content or "*/*" in content, \
        f"{method} {path}: {name} has no {kind}"
    if kind == "application/json" and kind in content:
        wrong = sorted(validator(json.dumps(content[kind]["schema"])
                                 ).iter_errors(answer.json), key=str)
        assert not wrong, f"{method} {path} {answer.status}: " + "; ".join(
            f"{'/'.join(map(str, e.absolute_path))}: {e.message}"
            for e in wrong[:3])
