# SPDX-License-Identifier: Apache-2.0
"""A client that is signed in to the admin page, as a browser is."""

import json

from .api import LOCATION, check, first_token

PAGE = (*LOCATION, '<Location "/admin/">', "    SetHandler wfp-admin",
        "</Location>")
BASE = "/admin"


class Session:
    """Calls with a session's cookie. Nobody is signed in at first."""

    def __init__(self, httpd, client, base=BASE):
        self.httpd, self.client, self.base = httpd, client, base
        self.cookie = self.proof = None

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.client.port}"

    def call(self, method, path, body=None, *, headers=(), proof="", raw=False):
        """One request below the page's Location. proof: the header's value,
        None to leave it out."""
        pairs = [*headers]
        if self.cookie:
            pairs.append(("Cookie", f"wfp_session={self.cookie}"))
        if proof == "":
            proof = self.proof
        if proof:
            pairs.append(("X-Wfp-CSRF", proof))
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            if not any(name == "Content-Type" for name, _ in pairs):
                pairs.append(("Content-Type", "application/json"))
        answer = self.client.request(method, self.base + path, body=body,
                                     headers=pairs)
        return answer if raw else check(answer)

    def sign_in(self, token=None, **options):
        """POST session; on success its cookie is kept."""
        answer = self.call("POST", "/session",
                           {"token": token or first_token(self.httpd)},
                           **options)
        if answer.status == 200:
            self.cookie = cookie_of(answer)[0]
            self.proof = answer.json["result"]["csrf"]
        return answer

    def who(self):
        """`result` of GET session."""
        answer = self.call("GET", "/session")
        assert answer.status == 200, answer
        return answer.json["result"]

    def api(self, method, path, body=None, **options):
        """One call to the REST API."""
        return self.call(method, "/client/v4" + path, body, **options)


def cookie_of(answer):
    """(value, [attributes]) of the cookie that an answer sets."""
    name, _, rest = answer.get("Set-Cookie").partition("=")
    value, *attributes = rest.split("; ")
    assert name == "wfp_session"
    return value, attributes
