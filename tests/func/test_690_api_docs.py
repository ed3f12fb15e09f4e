# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/api run and are answered well."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from wfptest.api import LOCATION, Api, account_id

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs/api"
PAGES = [page for page in sorted(DOCS.glob("*.md"))
         if "```sh\n" in page.read_text()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_690_01_examples(httpd, client, tenant, page):
    httpd.configure(LOCATION)
    api = Api(httpd, client)
    api.call("POST", api.namespaces, {"name": "production"})
    tenant.deploy("return { fetch = fetch }", ns="production",
                  name="customer-a")
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.M | re.S)
    # every curl's answer is on a line of its own
    script = "set -eu\ncurl() { command curl --fail-with-body \"$@\"; echo; }\n"
    done = subprocess.run(
        ["bash", "-c", script + "\n".join(blocks)], text=True,
        capture_output=True, check=False, timeout=60,
        env={**os.environ, "WFP_TOKEN": api.token,
             "WFP_API": f"http://127.0.0.1:{httpd.port}{api.base}",
             "WFP_ACCOUNT": account_id(httpd)})
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()
               if line.startswith('{"')]
    assert answers
    assert all(a["success"] for a in answers if "success" in a)
