# SPDX-License-Identifier: Apache-2.0
"""Tenant scripts: from tests/scripts, or written where they are used."""

import pathlib

SCRIPTS = pathlib.Path(__file__).resolve().parents[1] / "scripts"


def script(name):
    """The text of tests/scripts/NAME."""
    return (SCRIPTS / name).read_text(encoding="utf-8")


def worker(body, top=""):
    """A Worker whose fetch(request, env, ctx) is body."""
    return (f"{top}\nreturn {{ fetch = function(request, env, ctx)\n"
            f"{body}\nend }}\n")


def says(expression, top=""):
    """A Worker that answers the text of a Lua expression."""
    return worker(f"return Response.new(tostring({expression}))", top)


DISPATCHER = """
return { fetch = function(request, env, ctx)
    local name = URL.new(request.url).hostname:match("^[^.]+")
    return env.DISPATCHER:get(name):fetch(request)
end }
"""
