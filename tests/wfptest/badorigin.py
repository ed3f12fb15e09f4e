# SPDX-License-Identifier: Apache-2.0
"""An origin that does wrong what an origin can do wrong.

It reads the head of one request a connection; the path's first part names
what it does then. It stops when the other side has gone, or at the end.
"""

import functools
import gzip
import socket
import ssl
import struct
import subprocess
import zlib

from .rawserver import RawServer

MB = 1024 * 1024
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BLOCK = b"x" * 16384
# what comes at once, and then the end
CANNED = {
    "half-head": OK + b"X-A: 1\r\nX-B",
    "half-line": b"HTTP/1.1 20",
    "short": OK + b"Content-Length: 100\r\n\r\n0123456789",
    "garbage": b"\x00\x01\x02\xff no HTTP at all\r\n\r\n",
    "old": b"just some text\n",
    "status": b"HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
    "status-99": b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
    "status-999": b"HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n",
    "version": b"HTTP/3.7 200 OK\r\nContent-Length: 0\r\n\r\n",
    "length-text": OK + b"Content-Length: many\r\n\r\nbody",
    "length-minus": OK + b"Content-Length: -5\r\n\r\nbody",
    "length-huge": OK + b"Content-Length: 99999999999999999999\r\n\r\nbody",
    "length-twice": OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody",
    "length-list": OK + b"Content-Length: 4, 5\r\n\r\nbody",
    "length-and-chunks": CHUNKED[:-2] + b"Content-Length: 40\r\n\r\n4\r\nbody"
                         b"\r\n0\r\n\r\n",
    "fold": OK + b"X-A: a\r\n X-B: b\r\nContent-Length: 2\r\n\r\nok",
    "bare-cr": OK + b"X-A: a\rX-B: b\r\nContent-Length: 2\r\n\r\nok",
    "coding": OK + b"Transfer-Encoding: strange\r\n\r\nbody",
    "line": OK + b"X-A: " + b"a" * 3000000 + b"\r\n\r\n",
    "line-long": OK + b"X-A: " + b"a" * 60000 + b"\r\nContent-Length: 2"
                 b"\r\n\r\nok",
    "fields": OK + b"X-A: 1\r\n" * 100000 + b"Content-Length: 0\r\n\r\n",
    "nul": OK + b"X-A: a\x00b\r\nContent-Length: 2\r\n\r\nok",
    "chunk-text": CHUNKED + b"zz\r\nbody\r\n0\r\n\r\n",
    "chunk-minus": CHUNKED + b"-5\r\nbody!\r\n0\r\n\r\n",
    "chunk-huge": CHUNKED + b"ffffffffffffffffff\r\nbody",
    "chunk-end": CHUNKED + b"4\r\nbodyXX0\r\n\r\n",
    "chunk-cut": CHUNKED + b"5\r\nshort\r\n",
    "gzip-broken": OK + b"Content-Encoding: gzip\r\nContent-Length: 12\r\n\r\n"
                   b"no gzip here",
}
# what comes at once; then nothing more, and no end
SILENT = {
    "silent": b"",
    "half-head-silent": OK + b"X-A: 1\r\n",
    "body-silent": OK + b"Content-Length: 100\r\n\r\n0123456789",
    "interim-silent": b"HTTP/1.1 100 Continue\r\n\r\n",
    "trailer-silent": CHUNKED + b"4\r\nbody\r\n0\r\nX-A: 1\r\n",
}
# what comes at first; then the same again and again
ENDLESS = {
    "endless-interim": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                        * 100),
    "endless-continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "endless-head": (OK, b"X-A: 123456789\r\n" * 100),
    "endless-line": (OK + b"X-A: ", BLOCK),
    "endless-first-line": (b"HTTP/1.1 200 ", BLOCK),
    "endless-body": (OK + b"\r\n", BLOCK),
    "endless-chunks": (CHUNKED, b"4000\r\n" + BLOCK + b"\r\n"),
    "endless-extension": (CHUNKED + b"5;a=", BLOCK),
    "endless-digits": (CHUNKED, b"0" * 16384),
    "endless-trailers": (CHUNKED + b"4\r\nbody\r\n0\r\n",
                         b"X-A: 123456789\r\n" * 100),
    "endless-trailer": (CHUNKED + b"4\r\nbody\r\n0\r\nX-A: ", BLOCK),
}
# byte by byte, without an end
DRIP = {
    "drip-head": OK + b"X-A: " + b"a" * 10000,
    "drip-body": OK + b"Content-Length: 10000\r\n\r\n" + b"b" * 10000,
    "drip-interim": b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
}
# what comes before the connection is reset
RESET = {
    "reset": b"",
    "reset-head": OK + b"X-A: 1\r\n",
    "reset-body": OK + b"Content-Length: 100000\r\n\r\n0123456789",
}


@functools.cache
def bomb(size):
    """gzip of as many zeros, whole megabytes. Takes a while: to be called
    before a client waits for it."""
    zeros, crc = bytes(MB), 0
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(size // MB):
        crc = zlib.crc32(zeros, crc)
    return (gzip.compress(b"")[:10] + block * (size // MB) + packer.flush()
            + struct.pack("<II", crc, size))


class BadOrigin(RawServer):
    """It listens from the start."""

    def __init__(self, context=None):
        self.paths = []
        super().__init__(context)

    def serve(self, sock):
        head = b""
        while b"\r\n\r\n" not in head:
            part = sock.recv(65536)
            if not part:
                return
            head += part
            if head[0] == 0x16:  # TLS, to one that has none
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
        path = head.split(b" ")[1].decode().strip("/")
        self.paths.append(path)
        self.misbehave(sock, *path.split("/"))

    def misbehave(self, sock, what, size="0"):
        if what in CANNED:
            sock.sendall(CANNED[what])
        elif what in SILENT:
            sock.sendall(SILENT[what])
            sock.recv(1)
        elif what in ENDLESS:
            first, again = ENDLESS[what]
            sock.sendall(first)
            while not self.over.is_set():
                sock.sendall(again)
        elif what in DRIP:
            for byte in DRIP[what]:
                sock.sendall(bytes([byte]))
                if self.over.wait(0.05):
                    return
        elif what in RESET:
            sock.sendall(RESET[what])
            if RESET[what]:
                self.over.wait(0.1)  # that it is not lost with the reset
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
        else:
            getattr(self, what.replace("-", "_"))(sock, int(size))

    def long(self, sock, size):
        """More body than the length says, on a connection that stays."""
        sock.sendall(OK + b"Content-Length: 4\r\n\r\nbody and more of it")
        sock.recv(1)

    def bomb(self, sock, size):
        """size bytes of zeros as gzip."""
        data = bomb(size)
        sock.sendall(OK + b"Content-Encoding: gzip\r\nContent-Length: %d"
                     b"\r\n\r\n" % len(data) + data)

    def bomb_cut(self, sock, size):
        """The same without its last half."""
        data = bomb(size)
        data = data[:len(data) // 2]
        sock.sendall(OK + b"Content-Encoding: gzip\r\nContent-Length: %d"
                     b"\r\n\r\n" % len(data) + data)


def full_listener():
    """A port on which nobody ever accepts: (port, what must be kept)."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    port = listener.getsockname()[1]
    kept = [listener]
    for _ in range(4):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex(("127.0.0.1", port))
        kept.append(sock)
    return port, kept


class Authority:
    """A certificate authority of the tests' own."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
        self.cert, self.key = folder / "ca.pem", folder / "ca.key"
        self.openssl("req", "-x509", *self.new_key(self.key), "-out", self.cert,
                     "-days", "2", "-subj", "/CN=tests")
        self.cert.chmod(0o644)

    @staticmethod
    def openssl(*args):
        subprocess.run(["openssl", *map(str, args)], check=True,
                       capture_output=True)

    @staticmethod
    def new_key(path):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-keyout", path)

    def issue(self, name, days=2, signed=True):
        """(certificate, key) for a DNS name; days < 0: expired. signed
        False: by itself."""
        stem = f"{name}-{days}-{signed}"
        cert, key, wish, more = (self.folder / f"{stem}.{end}" for end in
                                 ("pem", "key", "csr", "ext"))
        alt = f"subjectAltName=DNS:{name}"
        if signed:
            more.write_text(alt)
            self.openssl("req", *self.new_key(key), "-out", wish, "-subj",
                         f"/CN={name}")
            self.openssl("x509", "-req", "-in", wish, "-CA", self.cert, "-CAkey",
                         self.key, "-days", days, "-extfile", more, "-out", cert)
        else:
            self.openssl("req", "-x509", *self.new_key(key), "-out", cert,
                         "-days", days, "-subj", f"/CN={name}", "-addext", alt)
        cert.chmod(0o644)
        return cert, key

    def context(self, *args, **options):
        """A server's TLS with such a certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(*args, **options))
        return context
