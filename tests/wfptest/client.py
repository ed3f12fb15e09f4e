# SPDX-License-Identifier: Apache-2.0
"""A client that hides nothing: header case, duplicates, raw bytes, h2c."""

import http.client
import json
import re
import socket
import subprocess


class Response:
    """One answer. headers: pairs as they came."""

    def __init__(self, status, reason, headers, body, version=11):
        self.status, self.reason, self.headers = status, reason, headers
        self.body, self.version = body, version

    def get(self, name):
        """The one value of a header, None when it is not there."""
        values = self.getall(name)
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None

    def getall(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """Code of an error answer of ours, checked against its body."""
        code = self.get("x-wfp-error")
        if code and (self.get("content-type") or "").startswith(
                "application/json") and self.body:
            error = self.json["error"]
            assert error["code"] == code
            assert error["request_id"] == self.get("x-wfp-request-id")
            assert error["message"]
        return code

    def __repr__(self):
        return f"<{self.status} {self.headers} {self.body[:300]!r}>"


class Client:
    """Requests to the server under test."""

    def __init__(self, port, seconds=60, address="127.0.0.1"):
        self.port, self.seconds, self.address = port, seconds, address

    def connection(self):
        return http.client.HTTPConnection(self.address, self.port,
                                          timeout=self.seconds)

    def request(self, method, path, *, host=None, headers=(), body=None,
                conn=None):
        """One request. headers: pairs, sent as they are. body: bytes, or an
        iterable that is sent chunked. conn: one to be kept alive."""
        own = conn or self.connection()
        own.putrequest(method, path, skip_host=True,
                       skip_accept_encoding=True)
        own.putheader("Host", host or f"127.0.0.1:{self.port}")
        chunked = body is not None and not isinstance(body, bytes)
        names = {name.lower() for name, _ in headers}
        if chunked:
            own.putheader("Transfer-Encoding", "chunked")
        elif body is not None and "content-length" not in names:
            own.putheader("Content-Length", str(len(body)))
        for name, value in headers:
            own.putheader(name, value)
        own.endheaders(body, encode_chunked=chunked)
        answer = own.getresponse()
        try:
            return Response(answer.status, answer.reason, answer.getheaders(),
                            answer.read(), answer.version)
        finally:
            if conn is None:
                own.close()

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body, **options):
        return self.request("POST", path, body=body, **options)

    def raw(self, data):
        """Send bytes, return all bytes until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port),
                                      self.seconds) as sock:
            sock.sendall(data)
            parts = []
            while True:
                try:
                    part = sock.recv(65536)
                except ConnectionResetError:
                    break
                if not part:
                    break
                parts.append(part)
        return b"".join(parts)

    def h2(self, path, *options, host=None, check=True):
        """A request over h2c by prior knowledge; None when it was reset."""
        done = subprocess.run(
            ["curl", "-sS", "-i", "--raw", "--max-time", str(self.seconds),
             "--http2-prior-knowledge", "--path-as-is",
             "-H", f"Host: {host or f'127.0.0.1:{self.port}'}", *options,
             f"http://{self.address}:{self.port}{path}"],
            capture_output=True, check=False)
        if done.returncode and not check:
            return None
        assert done.returncode == 0, done.stderr
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        status = int(re.match(r"HTTP/2 (\d+)", lines[0])[1])
        pairs = [tuple(line.split(": ", 1)) for line in lines[1:]]
        return Response(status, "", pairs, body, 20)
