# SPDX-License-Identifier: Apache-2.0
"""Forms and uploads over the wire, as browsers and curl send them, and as a
Worker sends them on."""

import hashlib
import re
import subprocess

import pytest

from wfptest.lua import worker

pytestmark = pytest.mark.one_mpm

# answers what came: name=value, or name=file(name,type,size,digest of bytes)
SHOW = """
local function show(form)
  local out = {}
  for name, value in pairs(form) do
    if type(value) ~= "string" then
      value = ("file(%s,%s,%d,%s)"):format(value.name, value.type, value.size,
        hex.encode(value:bytes():sub(1, 4)) .. hex.encode(value:bytes():sub(-4)))
    end
    out[#out + 1] = name .. "=" .. value
  end
  return table.concat(out, "\\n")
end
"""
FORM = worker("return Response.new(show(request:formData()))", SHOW)
CAUGHT = worker("local ok, e = pcall(request.formData, request)\n"
                "return Response.new(ok and show(e) or tostring(e.code) .. "
                "' ' .. tostring(e))", SHOW)


@pytest.fixture(autouse=True)
def _conf(httpd):
    httpd.configure(["WfpLimit cpu_ms 1000", "WfpLimit memory_mb 32"])


def multipart(parts, boundary="AaB03x"):
    """(body, headers): parts are (name, data) or (name, filename, type, data),
    all bytes."""
    out = []
    for part in parts:
        out.append(b"--" + boundary.encode())
        head = b'Content-Disposition: form-data; name="' + part[0] + b'"'
        if len(part) > 2:
            head += b'; filename="' + part[1] + b'"\r\nContent-Type: ' + part[2]
        out += [head, b"", part[-1]]
    out += [b"--" + boundary.encode() + b"--", b""]
    return b"\r\n".join(out), [
        ("Content-Type", f"multipart/form-data; boundary={boundary}")]


def pieces(body, size):
    for at in range(0, len(body), size):
        yield body[at:at + size]


class TestFormsIn:
    """request:formData()"""

    def test_387_01_urlencoded(self, tenant):
        made = tenant.deploy(FORM)
        answer = made.post(b"a=1+2&b=%C3%A9&a=%26", headers=[
            ("Content-Type", "application/x-www-form-urlencoded")])
        assert answer.text == "a=1 2\nb=\u00e9\na=&"

    def test_387_02_multipart_with_a_large_file(self, tenant):
        data = hashlib.sha256(b"x").digest() * 150000  # 4.8 MB
        body, headers = multipart([
            (b"title", "\u00e9t\u00e9".encode()),
            (b"file", b"a%22b.bin", b"application/x-test", data),
            (b"last", b"")])
        made = tenant.deploy(FORM)
        want = (f'title=\u00e9t\u00e9\nfile=file(a"b.bin,application/x-test,'
                f"{len(data)},{data[:4].hex()}{data[-4:].hex()})\nlast=")
        assert made.post(body, headers=headers).text == want
        assert made.post(pieces(body, 100001), headers=headers).text == want

    def test_387_03_chunks_of_every_size(self, tenant):
        body, headers = multipart([
            (b"a", b"1\r\n--AaB03\r\n"), (b"f", b"n", b"t/x", b"\r\n\r\n")])
        made = tenant.deploy(FORM)
        want = "a=1\r\n--AaB03\r\n\nf=file(n,t/x,4,0d0a0d0a0d0a0d0a)"
        for size in (1, 2, 3, 7, 31, 64, 1000):
            answer = made.post(pieces(body, size), headers=headers)
            assert answer.text == want, size

    def test_387_04_curl_sends_forms(self, tenant, httpd, tmp_path):
        (tmp_path / 'q"x.txt').write_bytes(b"text\n")
        made = tenant.deploy(FORM)
        done = subprocess.run(
            ["curl", "-sS", "--max-time", "20", "-F", "a=b c", "-F",
             f'file=@"{tmp_path}/q\\"x.txt"',
             f"http://127.0.0.1:{httpd.port}{made.path}/"],
            capture_output=True, text=True, check=True)
        assert done.stdout == \
            'a=b c\nfile=file(q"x.txt,text/plain,5,746578746578740a)'

    @pytest.mark.parametrize("body,type_,told", [
        (b"x", "text/plain", "Content-Type must be"),
        (b"x", None, "Content-Type must be"),
        (b"--b--", "multipart/form-data", "no good boundary"),
        (b"--b\r\n", "multipart/form-data; boundary=b",
         "the closing boundary is missing"),
        (b"--b\n", "multipart/form-data; boundary=b", "a malformed boundary"),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\n\r\n--b--",
         "multipart/form-data; boundary=b", "a part without a name"),
    ])
    def test_387_05_bad_forms(self, tenant, body, type_, told):
        headers = [("Content-Type", type_)] if type_ else []
        answer = tenant.deploy(CAUGHT).post(body, headers=headers)
        assert answer.text.startswith("nil TypeError: formData: ")
        assert told in answer.text

    def test_387_06_an_upload_larger_than_memory(self, tenant):
        body, headers = multipart([
            (b"f", b"n", b"t/x", bytes(40 * 1024 * 1024))])
        made = tenant.deploy(CAUGHT)
        answer = made.post(body, headers=headers)
        assert answer.text.startswith("body_too_large ")
        body, headers = multipart([(b"a", b"1")])
        assert made.post(body, headers=headers).text == "a=1"


class TestFormsOut:
    """A FormData as a body."""

    MADE = """
local form = FormData.new()
form:append("text", "a\\r\\nb")
form:append("file", {name = 'q"\\\\.bin', type = "x/y", data = "\\0\\255"})
"""

    def test_387_10_as_a_response(self, tenant):
        made = tenant.deploy(worker(self.MADE + "return Response.new(form)"))
        first, second = made.get(), made.get()
        boundary = re.fullmatch(r"multipart/form-data; boundary=(\w{32})",
                                first.get("content-type"))[1].encode()
        assert first.body == (
            b"--" + boundary + b"\r\nContent-Disposition: form-data; "
            b'name="text"\r\n\r\na\r\nb\r\n--' + boundary +
            b'\r\nContent-Disposition: form-data; name="file"; '
            b'filename="q%22\\.bin"\r\nContent-Type: x/y\r\n\r\n\0\xff\r\n--' +
            boundary + b"--\r\n")
        assert first.get("content-length") == str(len(first.body))
        assert second.get("content-type") != first.get("content-type")

    def test_387_11_to_an_origin_and_back(self, tenant, origin):
        """Sent by fetch, echoed, read again."""
        made = tenant.deploy(worker(
            self.MADE + f'local echo = fetch("{origin.url}/echo", '
            '{method = "POST", body = form}):json()\n'
            'local again = Response.new(echo.body, '
            '{headers = Headers.new(echo.headers)})\n'
            'return Response.new(show(again:formData()))', SHOW))
        # the echo gives bytes as Latin-1 characters
        assert made.get().text == \
            'text=a\r\nb\nfile=file(q"\\.bin,x/y,3,00c3bf00c3bf)'

    def test_387_12_between_workers(self, tenant):
        tenant.deploy(FORM, ns=None, name="form-reader")
        made = tenant.deploy(worker(
            self.MADE + 'return env.READER:fetch("http://a/", '
            '{method = "POST", body = form})'),
            "--binding", "service:READER=form-reader")
        assert made.get().text == \
            'text=a\r\nb\nfile=file(q"\\.bin,x/y,2,00ff00ff)'
