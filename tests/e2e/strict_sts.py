# SPDX-License-Identifier: Apache-2.0
"""AWS for tests, stricter than moto, which looks at no token and no signature: stands before it, verifies the token of
AssumeRoleWithWebIdentity through the issuer's discovery and keys and by the role's trust policy, and the signature of every other request by
the secret that it has seen handed out. Refuses as AWS does, in one opaque sentence. Runs with PyJWT and botocore."""

import argparse
import fnmatch
import http.server
import json
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request

import jwt
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REFUSAL = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code>\
<Message>{message}</Message></Error><RequestId>0</RequestId></ErrorResponse>"""


class Refused(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Issuer:
    def __init__(self, url, ca_file):
        self.url = url
        context = ssl.create_default_context(cafile=ca_file)
        with urllib.request.urlopen(f"{url}/.well-known/openid-configuration", context=context, timeout=10) as answer:
            found = json.load(answer)
        if found["issuer"] != url:
            raise Refused("InvalidIdentityToken", "The issuer is another one")
        self.keys = jwt.PyJWKClient(found["jwks_uri"], ssl_context=context)

    def claims(self, token):
        try:
            key = self.keys.get_signing_key_from_jwt(token)
            return jwt.decode(token, key.key, algorithms=["RS256"], audience="sts.amazonaws.com", issuer=self.url,
                              options={"require": ["exp", "iat", "nbf", "aud", "iss", "sub", "jti"]})
        except jwt.PyJWTError as problem:
            raise Refused("InvalidIdentityToken", f"Token is not valid: {problem}") from problem


def holds(operation, wanted, value):
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if operation == "StringEquals":
        return value in wanted
    if operation == "StringLike":
        return value is not None and any(fnmatch.fnmatchcase(value, one) for one in wanted)
    raise AssertionError(f"this test knows no {operation}")


def trusts(policy, claims):
    provider = claims["iss"].removeprefix("https://")
    for statement in policy["Statement"]:
        federated = statement["Principal"]["Federated"].split("oidc-provider/")[1]
        known = {f"{provider}:{name}": claims[name] for name in ("sub", "aud")}
        conditions = [holds(operation, wanted, known.get(key)) for operation, keys in statement["Condition"].items()
                      for key, wanted in keys.items()]
        if federated == provider and statement["Action"] == "sts:AssumeRoleWithWebIdentity" and all(conditions):
            return True
    return False


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    secrets = {}  # Key id → (secret, session token).
    seen = []

    def log_message(self, *words):
        pass

    def do_GET(self):  # pylint: disable=invalid-name
        self.answer(200, "application/json", json.dumps(Handler.seen).encode())

    def do_POST(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            self.forward(body, self.check(body))
        except Refused as refused:
            Handler.seen.append({"refused": str(refused)})
            self.answer(403, "text/xml", REFUSAL.format(code=refused.code, message=refused).encode())

    def check(self, body):
        """What is asked for, when it may be."""
        form = dict(urllib.parse.parse_qsl(body.decode()))
        if form.get("Action") == "AssumeRoleWithWebIdentity":
            if "authorization" in self.headers:
                raise Refused("InvalidRequest", "This call is not signed")
            claims = Handler.issuer.claims(form["WebIdentityToken"])
            policy = Handler.roles.get(form["RoleArn"])
            if policy is None or not trusts(policy, claims):
                raise Refused("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
            Handler.seen.append({"action": form["Action"], "sub": claims["sub"], "jti": claims["jti"], "session": form["RoleSessionName"],
                                 "seconds": form["DurationSeconds"]})
            return form["Action"]
        self.check_signature(body)
        action = form.get("Action") or self.headers["x-amz-target"]
        Handler.seen.append({"action": action})
        return action

    def check_signature(self, body):
        found = re.match(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d+)/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)$",
                         self.headers.get("authorization", ""))
        if found is None:
            raise Refused("MissingAuthenticationToken", "The request is not signed")
        key, _, region, service, names, _ = found.groups()
        if key not in Handler.secrets:
            raise Refused("InvalidClientTokenId", "The security token included in the request is invalid")
        secret, session = Handler.secrets[key]
        if self.headers.get("x-amz-security-token") != session or "x-amz-security-token" not in names.split(";"):
            raise Refused("InvalidClientTokenId", "The session's token is another one, or not signed")
        signed = AWSRequest("POST", f"http://{self.headers['host']}{self.path}", data=body,
                            headers={name: self.headers[name] for name in names.split(";")})
        signed.context["timestamp"] = self.headers["x-amz-date"]
        signer = SigV4Auth(Credentials(key, secret), service, region)
        # Only what the request itself says it has signed.
        signer.headers_to_sign = lambda request: {name: self.headers[name] for name in names.split(";")}
        canonical = "\n".join(["POST", self.path, "", *(f"{name}:{' '.join(self.headers[name].split())}" for name in names.split(";")), "",
                               names, signer.payload(signed)])
        wanted = signer.signature(signer.string_to_sign(signed, canonical), signed)
        if wanted != found.group(6):
            raise Refused("SignatureDoesNotMatch", "The signature does not match")

    def forward(self, body, action):
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "content-length")}
        # moto finds the service by its name.
        headers["Host"] = f"{'api.ecr' if 'ContainerRegistry' in action else 'sts'}.eu-west-1.amazonaws.com"
        request = urllib.request.Request(Handler.moto, data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, content = answer.status, answer.read()
                kind = answer.headers["content-type"]
        except urllib.error.HTTPError as problem:
            status, content, kind = problem.code, problem.read(), problem.headers["content-type"]
        text = content.decode()
        key = re.search(r"<AccessKeyId>(.*?)</AccessKeyId>", text)
        if status == 200 and key is not None:
            secret = re.search(r"<SecretAccessKey>(.*?)</SecretAccessKey>", text)
            session = re.search(r"<SessionToken>(.*?)</SessionToken>", text)
            Handler.secrets[key.group(1)] = (secret.group(1), session.group(1))
        self.answer(status, kind, content)

    def answer(self, status, kind, content):
        self.send_response(status)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main():
    parser = argparse.ArgumentParser()
    for name in ("listen", "moto", "issuer", "ca", "roles"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    Handler.issuer = Issuer(options.issuer, options.ca)
    Handler.moto = options.moto
    with open(options.roles, encoding="utf-8") as file:
        Handler.roles = json.load(file)
    host, port = options.listen.split(":")
    http.server.ThreadingHTTPServer((host, int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main()
