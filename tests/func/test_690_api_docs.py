# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/api run and are answered well. The last answer of a
```sh block has what a ```json block right behind it shows; "*" is anything."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from wfptest.api import LOCATION, Api, account_id

pytestmark = pytest.mark.one_mpm

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs/api"
PAGES = [page for page in sorted(DOCS.glob("*.md"))
         if "```sh\n" in page.read_text()]
EXAMPLE = re.compile(r"^```sh\n(.*?)^```\n(?:```json\n(.*?)^```\n)?",
                     re.M | re.S)


def assert_has(got, want, where="answer"):
    """Is everything of want in got?"""
    if want == "*":
        assert got is not None, where
    elif isinstance(want, dict):
        for key, value in want.items():
            assert key in got, f"{where}.{key}"
            assert_has(got[key], value, f"{where}.{key}")
    elif isinstance(want, list):
        assert len(got) == len(want), (where, got)
        for i, value in enumerate(want):
            assert_has(got[i], value, f"{where}[{i}]")
    else:
        assert got == want, where


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_690_01_examples(httpd, client, tenant, page):
    httpd.configure(LOCATION)
    api = Api(httpd, client)
    api.call("POST", api.namespaces, {"name": "production"})
    tenant.deploy("return { fetch = fetch }", ns="production",
                  name="customer-a")
    examples = EXAMPLE.findall(page.read_text())
    # every curl's answer is on a line of its own
    script = "set -eu\ncurl() { command curl \"$@\"; echo; }\n"
    done = subprocess.run(
        ["bash", "-c", script + "\necho ==\n".join(sh for sh, _ in examples)],
        text=True, capture_output=True, check=False, timeout=120,
        env={**os.environ, "WFP_TOKEN": api.token,
             "WFP_API": f"http://127.0.0.1:{httpd.port}{api.base}",
             "WFP_ACCOUNT": account_id(httpd)})
    assert done.returncode == 0, done.stdout + done.stderr
    outputs = done.stdout.split("==\n")
    assert len(outputs) == len(examples)
    for (sh, shown), output in zip(examples, outputs):
        answers = [json.loads(line) for line in output.splitlines()
                   if line.startswith('{"')]
        assert answers or not shown, sh
        shown = json.loads(shown) if shown else {}
        if shown:
            assert_has(answers[-1], shown)
        answers = answers[:-1] if shown.get("success") is False else answers
        assert all(a.get("success", True) for a in answers), answers
