# SPDX-License-Identifier: Apache-2.0
"""Pages of what does not exist: they say so, show no tabs and lead back."""

import pytest

from wfptest.adminpage import api, chromium, page  # noqa: F401

pytestmark = pytest.mark.one_mpm

GONE = "The specified dispatch namespace does not exist"
NONE = "0" * 32


class TestAbsent:
    @pytest.mark.parametrize("at, says, back", [
        ("/ns/none", GONE, "Back to Namespaces"),
        ("/ns/none?tab=usage", GONE, "Back to Namespaces"),
        ("/ns/none?tab=settings", GONE, "Back to Namespaces"),
        ("/ns/none/new", GONE, "Back to Namespaces"),
        ("/ns/none/w/one", GONE, "Back to Namespaces"),
        ("/ns/{ns}/w/none", "does not exist", "Back to {ns}"),
        ("/ns/{ns}/w/none?tab=logs", "does not exist", "Back to {ns}"),
        ("/ns/{ns}/w/none?tab=metrics", "does not exist", "Back to {ns}"),
        ("/workers/none", "does not exist", "Back to Account Workers"),
        ("/queues/none", "There is no queue none", "Back to Queues"),
        ("/d1/none", "could not be found", "Back to D1"),
        ("/r2/none", "does not exist", "Back to R2"),
        ("/kv/" + NONE, "KV namespace not found", "Back to KV")])
    def test_971_01_says_so_and_leads_back(self, page, at, says, back):
        page.go(at.format(ns=page.ns))
        page.text(says)
        assert not page.all("nav.tabs")
        assert len(page.all("h1")) == 1
        page.press(back.format(ns=page.ns))
        page.until(lambda: not page.all(".error-text"), "the way back")
