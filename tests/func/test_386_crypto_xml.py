# SPDX-License-Identifier: Apache-2.0
"""crypto.subtle and xml in the server: keys that a Worker keeps, and both
libraries in many threads at once. What they compute: tests/unit."""

import hashlib
import hmac
import threading

import pytest

from wfptest.lua import worker

pytestmark = pytest.mark.one_mpm

KEPT = """
local key
"""
SIGN = """
if not key then
    key = crypto.subtle.importKey("raw", env.KEY, { name = "HMAC", hash = "SHA-256" }, false, { "sign", "verify" })
end
local body = request:text()
return Response.new(hex.encode(crypto.subtle.sign("HMAC", key, body)))
"""
BOTH = """
local subtle = crypto.subtle
local alg = { name = "ECDSA", namedCurve = "P-256", hash = "SHA-256" }
local pair = subtle.generateKey(alg, true, { "sign", "verify" })
local text = request:text()
local doc = xml.decode("<a><b>" .. text .. "</b><![CDATA[" .. text .. "]]></a>")
assert(subtle.verify(alg, pair.publicKey, subtle.sign(alg, pair.privateKey, doc[2]), text))
pcall(xml.decode, "<a><b></a>")
pcall(subtle.importKey, "spki", text, alg, true, { "verify" })
return Response.new(xml.encode(doc[1]))
"""


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure(["WfpLimit cpu_ms 1000"])


class TestLibraries:
    def test_386_01_a_key_is_kept_between_requests(self, tenant):
        one = tenant.deploy(worker(SIGN, KEPT), "--var", "KEY=one")
        two = tenant.deploy(worker(SIGN, KEPT), "--var", "KEY=two")
        for body in (b"", b"a", b"b" * 100000):
            for who, key in ((one, b"one"), (two, b"two")):
                assert who.post(body).text == hmac.new(
                    key, body, hashlib.sha256).hexdigest()

    def test_386_02_threads_do_not_meet(self, tenant):
        both = tenant.deploy(worker(BOTH))
        answers = []

        def ask(name):
            for i in range(20):
                text = f"{name}-{i}" * 50
                answer = both.post(text.encode()).text
                answers.append(answer == f"<b>{text}</b>" or answer)
        threads = [threading.Thread(target=ask, args=(f"thread{n}",))
                   for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [True] * 160
