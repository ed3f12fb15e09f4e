# SPDX-License-Identifier: Apache-2.0
"""The S3 endpoint as its clients see it: keys, boto3, and requests signed here."""

import json
import time

import boto3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from .client import Client

ADDRESS = "127.0.0.2"  # a virtual host of its own
REGION = "auto"


def lines(httpd):
    """Configuration: the endpoint at the root of ADDRESS, which is s3.test,
    and below /s3 elsewhere."""
    place = "<Location \"{}\">\n    SetHandler wfp-s3\n</Location>".format
    return ("WfpApiRate 100000 1min", '<Location "/client/v4">',
            "    SetHandler wfp-api", "</Location>", place("/s3"),
            f"Listen {ADDRESS}:{httpd.port}",
            f"<VirtualHost {ADDRESS}:{httpd.port}>", "ServerName s3.test",
            place("/"), "</VirtualHost>")


class Key:
    """An S3 key, made by wfpctl with these options."""

    def __init__(self, httpd, *options):
        made = json.loads(httpd.wfpctl("--json", "token", "create", "--s3",
                                       *options).stdout)
        self.httpd, self.id = httpd, made["access_key_id"]
        self.secret, self.token = made["secret_access_key"], made["token"]

    def revoke(self):
        self.httpd.wfpctl("token", "revoke", self.id)

    def boto(self, base="", style="path", **options):
        """A client of boto3's. base "/s3": below that, on the other host."""
        address = "127.0.0.1" if base else ADDRESS
        return boto3.client(
            "s3", endpoint_url=f"http://{address}:{self.httpd.port}{base}",
            aws_access_key_id=self.id, aws_secret_access_key=self.secret,
            region_name=REGION,
            config=Config(signature_version="s3v4", retries={"max_attempts": 0},
                          s3={"addressing_style": style}, **options))

    def raw(self):
        return Raw(self)


def refusal(call, *args, **options):
    """(status, code) of a boto3 call that must fail."""
    try:
        call(*args, **options)
    except ClientError as error:
        meta = error.response["ResponseMetadata"]
        return meta["HTTPStatusCode"], error.response["Error"]["Code"]
    raise AssertionError("it was not refused")


class Raw:
    """Requests signed by botocore, sent as they are, changed on their way."""

    def __init__(self, key):
        self.key = key
        self.client = Client(key.httpd.port, address=ADDRESS)
        self.host = f"{ADDRESS}:{key.httpd.port}"

    def sign(self, method, target, body=b"", headers=(), payload=None,
             when=None):
        """Headers of a signed request, as pairs. payload: what stands for the
        body instead of its SHA-256. when: seconds from now."""
        request = AWSRequest(method, f"http://{self.host}{target}",
                             data=body, headers=dict(headers))
        signer = Signer(Credentials(self.key.id, self.key.secret), "s3", REGION)
        signer.payload_word, signer.when = payload, when
        signer.add_auth(request)
        return [(k, v) for k, v in request.headers.items()
                if k.lower() != "host"]

    def send(self, method, target, body=None, headers=()):
        return self.client.request(method, target, host=self.host, body=body,
                                   headers=headers)

    def ask(self, method, target, body=b"", headers=(), **options):
        """Sign and send."""
        signed = self.sign(method, target, body, headers, **options)
        return self.send(method, target, body or None, signed)


class Signer(S3SigV4Auth):
    """botocore's, at another time and for another word for the body."""

    payload_word = when = None

    def payload(self, request):
        return self.payload_word or super().payload(request)

    def _should_sha256_sign_payload(self, request):
        return True

    def add_auth(self, request):
        if self.when is None:
            return super().add_auth(request)
        stamp = time.strftime("%Y%m%dT%H%M%SZ",
                              time.gmtime(time.time() + self.when))
        request.context["timestamp"] = stamp
        self._modify_request_before_signing(request)
        canonical = self.canonical_request(request)
        text = self.string_to_sign(request, canonical)
        self._inject_signature_to_request(request, self.signature(text, request))
        return None


def code_of(answer):
    """(status, code) of a refusal, whose XML is checked."""
    doc = answer.body.decode()
    assert answer.get("Content-Type") == "application/xml", answer
    assert doc.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<Error>')
    for tag in ("Message", "Resource", "RequestId"):
        assert f"<{tag}>" in doc and f"</{tag}>" in doc
    return answer.status, doc.split("<Code>")[1].split("</Code>")[0]
