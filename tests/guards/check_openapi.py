#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows of admin/api_routes.c = operations of admin/openapi.json, each with an
answer of its own, and every reference of it leads somewhere."""

import json
import pathlib
import re

import guardlib

TABLE = "admin/api_routes.c"
PAGE = "admin/openapi.json"
DEFINE = re.compile(r"^#define (\w+)\s+(.+)$", re.M)
ROW = re.compile(r'\{\s*"([A-Z]+)",\s*([^,]+),\s*WFP_API_(\w+),\s*'
                 r"WFP_API_\w+,\s*(\w+)\s*\}", re.S)
NOT_YET = ("wfp_api_account_unsupported", "wfp_api_services_account_subdomain")
METHODS = {"get", "put", "post", "patch", "delete"}


def text_of(expression, names):
    """Texts and names side by side, as the preprocessor joins them."""
    return "".join(
        part[1:-1] if part.startswith('"') else text_of(names[part], names)
        for part in re.findall(r'"[^"]*"|\w+', expression))


def routes(text):
    """{(method, path): (role, function)} of the table."""
    names = dict(DEFINE.findall(text))
    return {(method.lower(), re.sub(r"[+*]}", "}", text_of(pattern, names))):
            (role.lower(), function)
            for method, pattern, role, function in ROW.findall(text)}


def complain(path, operation, parameters):
    """What an operation lacks."""
    names = set(re.findall(r"\{(\w+)\}", path))
    told = {p["$ref"].rpartition("/")[2] for p in parameters}
    if names != told:
        yield f"{PAGE}: {path}: parameters are {sorted(names)}"
    if not operation.get("summary") or "responses" not in operation:
        yield f"{PAGE}: {path}: an operation needs summary and responses"


def references(value):
    """Every $ref in it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from [inner] if key == "$ref" else references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def leads_somewhere(reference, doc):
    for name in reference.removeprefix("#/").split("/"):
        doc = doc.get(name) if isinstance(doc, dict) else None
    return doc is not None


def complain_answers(key, operation, function):
    """What its responses lack."""
    answers = operation.get("responses", {})
    if "default" not in answers:
        yield f"{PAGE}: {key}: how errors look is missing"
    if any(name[0] in "12" for name in answers) is (function in NOT_YET):
        yield f"{PAGE}: {key}: 2xx is there exactly when it can be answered"


def check(root):
    root = pathlib.Path(root)
    if not (root / TABLE).is_file() or not (root / PAGE).is_file():
        return [f"openapi: {TABLE} or {PAGE} is missing"]
    rows = routes((root / TABLE).read_text())
    doc = json.loads((root / PAGE).read_text())
    found, wrong = {}, []
    for path, item in doc["paths"].items():
        for method in METHODS & set(item):
            found[method, path] = item[method]["x-role"]
            wrong += complain(path, item[method], item.get("parameters", []))
    for key in sorted(rows.keys() | found.keys()):
        if key not in found:
            wrong.append(f"{PAGE}: {key} is missing")
        elif key not in rows:
            wrong.append(f"{TABLE}: {key} is missing")
        elif rows[key][0] != found[key]:
            wrong.append(f"{PAGE}: {key}: x-role is {rows[key][0]}")
        else:
            wrong += complain_answers(key, doc["paths"][key[1]][key[0]],
                                      rows[key][1])
    wrong += [f"{PAGE}: {ref} leads nowhere"
              for ref in sorted(set(references(doc)))
              if not leads_somewhere(ref, doc)]
    return wrong if rows else [f"openapi: no row found in {TABLE}"]


if __name__ == "__main__":
    guardlib.run(check)
