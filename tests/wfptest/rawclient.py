# SPDX-License-Identifier: Apache-2.0
"""Answers read from bytes, framed to the letter; what else comes is a fault."""

import re


class Answer:
    """fields: {lower-case name: [values]}"""

    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def get(self, name):
        values = self.fields.get(name, [])
        assert len(values) < 2, f"{name}: {values}"
        return values[0] if values else None


def exactly(stream, size):
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def line(stream):
    data = stream.readline()
    if not data.endswith(b"\n"):
        raise EOFError
    assert data.endswith(b"\r\n"), data
    return data[:-2]


def head(stream):
    """(status, fields) of the next head that is no interim answer; None: the
    end."""
    first = stream.peek(1) if hasattr(stream, "peek") else b"x"
    if not first:
        return None
    match = re.fullmatch(rb"HTTP/1\.1 (\d\d\d)( [\t -~\x80-\xff]*)?",
                         line(stream))
    fields = {}
    while text := line(stream):
        field = re.fullmatch(rb"([!-9;-~]+): ?([\t -~\x80-\xff]*)", text)
        assert field, text
        fields.setdefault(field[1].decode().lower(), []).append(
            field[2].decode("latin-1").strip())
    status = int(match[1])
    return head(stream) if status < 200 else (status, fields)


def chunks(stream):
    body = b""
    while True:
        size = int(line(stream), 16)
        body += exactly(stream, size)
        assert exactly(stream, 2) == b"\r\n"
        if not size:
            return body


def read(stream):
    """The next Answer to a request that was no HEAD; None: the end. EOFError:
    it broke off."""
    found = head(stream)
    if found is None:
        return None
    answer = Answer(*found, b"")
    coding, length = answer.get("transfer-encoding"), answer.get(
        "content-length")
    assert not (coding and length)
    if answer.status in (204, 304):
        return answer
    if coding:
        assert coding == "chunked"
        answer.body = chunks(stream)
    elif length is not None:
        assert re.fullmatch("[0-9]+", length)
        answer.body = exactly(stream, int(length))
    else:
        assert "close" in answer.get("connection")
        answer.body = stream.read()
    return answer
