#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tokens for clouds on a daemon: asked for by GitHub's own client (@actions/core, unmodified), verified by `jose` from npm through
discovery and keys; forged ones are refused. AWS is moto behind a verifier of tokens and signatures (strict_sts.py), in a network
namespace of its own. Packages come by npm and pip; without them or their registries the test is skipped and says so."""

import argparse
import base64
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request

SKIPPED = 77
ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS_MAX = 120
AUDIENCE = "https://vault.example.com"

ACTION = "name: a\ndescription: d\nruns: {using: node20, main: index.mjs}\n"

# The token leaves the job backwards and in hex, because every log masks it.
ASK = """\
import assert from 'node:assert';
import * as core from '@actions/core';
const token = await core.getIDToken('%s');
console.log(`the token is ${token}`);
console.log('TOKEN ' + Buffer.from([...token].reverse().join('')).toString('hex'));
const ask = (bearer, query) => fetch(process.env.ACTIONS_ID_TOKEN_REQUEST_URL + query, {headers: {authorization: `Bearer ${bearer}`}});
const own = process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN;
assert.equal((await ask(own, '&audience=x')).status, 200);
assert.equal((await ask(own, '')).status, 400, 'no default audience');
assert.equal((await ask(own, '&audience=a%%20b')).status, 400);
assert.equal((await ask(process.env.ACTIONS_RUNTIME_TOKEN, '&audience=x')).status, 403, 'another token');
assert.equal((await ask('a.b.c', '&audience=x')).status, 403);
const [head, claims, signature] = own.split('.');
const forged = JSON.parse(Buffer.from(claims, 'base64url'));
forged.scp = forged.scp.replace(/[^:]*$/, 'other');
const other = [head, Buffer.from(JSON.stringify(forged)).toString('base64url'), signature].join('.');
assert.equal((await ask(other, '&audience=x')).status, 403, 'in the name of another job');
console.log(`the request's token is ${own}`);
""" % AUDIENCE

WORKFLOW = """\
name: Deploy
on: {push: {branches: [main, 'feature/**']}, pull_request: {branches: [main]}, workflow_dispatch: {}}
permissions: {contents: read}
jobs:
  plain:
    runs-on: ubuntu-latest
    steps: [{run: 'test -z "$ACTIONS_ID_TOKEN_REQUEST_URL$ACTIONS_ID_TOKEN_REQUEST_TOKEN"'}]
  branch:
    permissions: {id-token: write}
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: ./ask
      - run: test -n "$ACTIONS_ID_TOKEN_REQUEST_URL" && test -n "$ACTIONS_ID_TOKEN_REQUEST_TOKEN"
  deliver:
    permissions: {id-token: write}
    environment: production
    runs-on: ubuntu-latest
    steps: [{uses: actions/checkout@v4}, {uses: ./ask}]
"""

# Says nothing of permissions, as many files do.
SILENT = """\
on: workflow_dispatch
jobs:
  asks:
    runs-on: ubuntu-latest
    steps:
      - run: |
          test -n "$ACTIONS_ID_TOKEN_REQUEST_URL"
          curl -sSf -H "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=a" -o /dev/null
"""
REFUSES = SILENT.replace("jobs:", "permissions: {contents: read}\njobs:")

WAITS = """\
on: workflow_dispatch
permissions: {id-token: write}
jobs:
  asks:
    runs-on: ubuntu-latest
    steps:
      - run: |
          echo begun > begun
          until test -e go; do sleep 0.1; done
          until curl -sSf -H "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=late" -o /dev/null
          do sleep 0.2; done
"""

VERIFY = """\
import assert from 'node:assert';
import {createHmac, createPublicKey, generateKeyPairSync, sign} from 'node:crypto';
import {createRemoteJWKSet, jwtVerify} from 'jose';
const [issuer, audience, token, mode] = process.argv.slice(2);
const found = await (await fetch(issuer + '/.well-known/openid-configuration')).json();
assert.equal(found.issuer, issuer);
const answer = await fetch(found.jwks_uri);
const jwks = await answer.json();
assert.match(answer.headers.get('cache-control'), /max-age=3600/);
assert.equal((await fetch(found.jwks_uri, {headers: {'if-none-match': answer.headers.get('etag')}})).status, 304);
for (const key of jwks.keys) assert.deepEqual(Object.keys(key).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use']);
const keys = createRemoteJWKSet(new URL(found.jwks_uri));
const rules = {issuer, audience, algorithms: found.id_token_signing_alg_values_supported, requiredClaims: ['jti', 'exp', 'sub']};
const takes = (one, more = {}) => jwtVerify(one, keys, {...rules, ...more});
if (mode === 'gone') {
  await assert.rejects(takes(token), {code: 'ERR_JWKS_NO_MATCHING_KEY'});
  process.exit(0);
}
const {payload, protectedHeader} = await takes(token);
const [head, body, signature] = token.split('.');
const code = value => Buffer.from(JSON.stringify(value)).toString('base64url');
const other = generateKeyPairSync('rsa', {modulusLength: 2048});
const by = (header, claims, key) => {
  const text = code(header) + '.' + code(claims);
  return text + '.' + sign('sha256', Buffer.from(text), key).toString('base64url');
};
const pem = createPublicKey({key: jwks.keys[0], format: 'jwk'}).export({type: 'spki', format: 'pem'});
const hmac = (header, claims, key) => {
  const text = code(header) + '.' + code(claims);
  return text + '.' + createHmac('sha256', key).update(text).digest('base64url');
};
const forged = {
  'no algorithm': code({alg: 'none', typ: 'JWT'}) + '.' + body + '.',
  'no algorithm, signed': code({alg: 'none', kid: protectedHeader.kid}) + '.' + body + '.' + signature,
  'the public key as a secret': hmac({...protectedHeader, alg: 'HS256'}, payload, pem),
  'another key of the same name': by(protectedHeader, payload, other.privateKey),
  'another key of another name': by({...protectedHeader, kid: 'mine'}, payload, other.privateKey),
  'a key that it brings along': by({alg: 'RS256', jwk: other.publicKey.export({format: 'jwk'})}, payload, other.privateKey),
  'another subject': head + '.' + code({...payload, sub: 'repo:default/shop:environment:root'}) + '.' + signature,
  'another end': head + '.' + code({...payload, exp: payload.exp + 3600}) + '.' + signature,
  'a bent signature': head + '.' + body + '.' + (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1),
  'no signature': head + '.' + body + '.',
  'another header': code({...protectedHeader, alg: 'RS512'}) + '.' + body + '.' + signature,
};
for (const [name, one] of Object.entries(forged)) await assert.rejects(takes(one), undefined, name);
await assert.rejects(takes(token, {audience: 'sts.amazonaws.com'}), {code: 'ERR_JWT_CLAIM_VALIDATION_FAILED'});
await assert.rejects(takes(token, {issuer: 'https://token.actions.githubusercontent.com'}), {code: 'ERR_JWT_CLAIM_VALIDATION_FAILED'});
await assert.rejects(takes(token, {currentDate: new Date(Date.now() + 301_000)}), {code: 'ERR_JWT_EXPIRED'});
await assert.rejects(takes(token, {currentDate: new Date(Date.now() - 120_000)}), {code: 'ERR_JWT_CLAIM_VALIDATION_FAILED'});
console.log(JSON.stringify({payload, header: protectedHeader, forged: Object.keys(forged).length + 4}));
"""


AWS = """\
name: AWS
on: {push: {branches: [main]}, pull_request: {branches: [main]}}
permissions: {id-token: write}
env: {AWS_ENDPOINT_URL: "@AWS@"}
jobs:
  deliver:
    environment: production
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: ./look
      - id: aws
        uses: aws-actions/configure-aws-credentials@v4
        with: {role-to-assume: "arn:aws:iam::123456789012:role/deploy", aws-region: eu-west-1, mask-aws-account-id: true, role-duration-seconds: 900}
      - run: |
          test "$AWS_REGION$AWS_DEFAULT_REGION" = eu-west-1eu-west-1
          test -n "$AWS_ACCESS_KEY_ID" && test -n "$AWS_SECRET_ACCESS_KEY" && test -n "$AWS_SESSION_TOKEN"
          test "${{ steps.aws.outputs.aws-account-id }}" = "$(echo 123456 789012 | tr -d ' ')"
          echo "account ${{ steps.aws.outputs.aws-account-id }} secret $AWS_SECRET_ACCESS_KEY session $AWS_SESSION_TOKEN"
      - id: ecr
        uses: aws-actions/amazon-ecr-login@v2
      - run: |
          test "$(stat -c %a ~/.docker/config.json)" = 600
          grep -F "${{ steps.ecr.outputs.registry }}" ~/.docker/config.json
          test "${{ steps.ecr.outputs.registry }}" = "$(echo 123456 789012.dkr.ecr.eu-west-1.amazonaws.com | tr -d ' ')"
          test "${{ steps.ecr.outputs.docker_username_123456789012_dkr_ecr_eu_west_1_amazonaws_com }}" = AWS
          echo "password ${{ steps.ecr.outputs.docker_password_123456789012_dkr_ecr_eu_west_1_amazonaws_com }}"
  refused:
    runs-on: ubuntu-latest
    steps:
      - id: aws
        continue-on-error: true
        uses: aws-actions/configure-aws-credentials@v4
        with: {role-to-assume: "arn:aws:iam::123456789012:role/deploy", aws-region: eu-west-1}
      - run: test "${{ steps.aws.outcome }}" = failure && test -z "$AWS_ACCESS_KEY_ID"
      - uses: aws-actions/amazon-ecr-login@v2
        id: ecr
        continue-on-error: true
      - run: test "${{ steps.ecr.outcome }}" = failure
  # A key that is wrong, and one that is kept for later: the signature is looked at.
  keys:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        id: wrong
        continue-on-error: true
        with: {aws-access-key-id: AKIAWRONG, aws-secret-access-key: wrong, aws-region: eu-west-1, disable-retry: true}
      - run: test "${{ steps.wrong.outcome }}" = failure
      - uses: aws-actions/configure-aws-credentials@v4
        with: {role-to-assume: "arn:aws:iam::123456789012:role/branch", aws-region: eu-west-1, role-session-name: first}
      - uses: aws-actions/configure-aws-credentials@v4
        id: chained
        with: {role-to-assume: second, aws-region: eu-west-1, role-chaining: true, output-credentials: true}
      - run: test "$AWS_ACCESS_KEY_ID" = "${{ steps.chained.outputs.aws-access-key-id }}" && echo "as ${{ steps.chained.outputs.authenticated-arn }}"
"""

# Its post stage comes after those of the steps that follow it.
LOOK_ACTION = "name: l\ndescription: d\nruns: {using: node20, main: main.js, post: post.js}\n"
LOOK_POST = """\
const fs = require('node:fs');
const left = JSON.parse(fs.readFileSync(process.env.HOME + '/.docker/config.json', 'utf8'));
if (Object.keys(left.auths).length !== 0) throw new Error('the login is left');
for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])
  if (process.env[name]) throw new Error(name + ' is left');
console.log('nothing is left');
"""


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


def expect(holds, why):
    if not holds:
        raise Failed(why)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(what, holds):
    until = time.monotonic() + SECONDS_MAX
    while time.monotonic() < until:
        found = holds()
        if found:
            return found
        time.sleep(0.05)
    raise Failed(f"not within {SECONDS_MAX} s: {what}")


def install(folder):
    if shutil.which("npm") is None or shutil.which("node") is None:
        print("skipped: there is no npm here")
        sys.exit(SKIPPED)
    done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-timeout=20000", "--fetch-retries=1",
                           "@actions/core@3", "jose@6"], cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    if done.returncode != 0:
        print(f"skipped: npm does not reach its registry: {done.stderr.strip().splitlines()[-1:]}")
        sys.exit(SKIPPED)


class World:
    """A daemon that is an issuer, with the repository `shop` and a clone of it."""

    def __init__(self, program, packages, address="127.0.0.1"):
        self.program = program
        self.packages = packages
        self.folder = tempfile.TemporaryDirectory(prefix="tuesday-oidc-")
        self.root = pathlib.Path(self.folder.name)
        self.state = self.root / "state"
        self.clone = self.root / "shop"
        port = free_port()
        self.issuer = f"https://{address}:{port}"
        self.config = self.root / "tuesday.yaml"
        self.config.write_text(f"listeners:\n  public: {{listen: {address}:{port}}}\n"
                               f"  edge: {{listen: 127.0.0.1:{free_port()}, tls_listen: 127.0.0.1:{free_port()}}}\n"
                               f"oidc: {{issuer: '{self.issuer}'}}\n")
        self.daemon = None
        self.start()
        self.ask("repo", "create", "shop")
        self.git("init", "-q", "-b", "main", str(self.clone), cwd=self.root)
        for key, value in (("user.name", "Ada"), ("user.email", "ada@example.com")):
            self.git("config", key, value)
        self.git("remote", "add", "tuesday", str(self.state / "repositories/shop.git"))

    def start(self):
        with open(self.root / "daemon.log", "a", encoding="utf-8") as log:
            self.daemon = subprocess.Popen([self.program, "--state", str(self.state), "serve", "--config", str(self.config)],
                                           stdout=log, stderr=log)
        wait_for("the daemon", lambda: subprocess.run([self.program, "--state", str(self.state), "status"], capture_output=True,
                                                      check=False).returncode == 0)
        wait_for("its first key", lambda: json.loads(self.ask("oidc", "keys", "--json"))["keys"])

    def kill(self):
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait()

    def close(self):
        for run in json.loads(self.ask("run", "list", "--json"))["runs"]:
            if run["status"] != "done":
                self.ask("run", "cancel", run["id"])
                self.watch(run["id"])
        self.daemon.terminate()
        self.daemon.wait()
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if str(self.state).encode() in (process / "cmdline").read_bytes():
                    os.kill(int(process.name), signal.SIGTERM)
            except OSError:
                pass
        self.folder.cleanup()

    def ask(self, *words, code=0):
        done = subprocess.run([self.program, "--state", str(self.state), *words], capture_output=True, text=True, timeout=SECONDS_MAX,
                              check=False)
        expect(code is None or done.returncode == code, f"tuesday {words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def git(self, *words, cwd=None):
        done = subprocess.run(["git", *words], cwd=cwd or self.clone, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
        expect(done.returncode == 0, f"git {words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def push(self, files, ref="HEAD:refs/heads/main", message="Next"):
        """Pushes the files and gives the id of the last run that begins."""
        for name, text in files.items():
            path = self.clone / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        said = self.git("push", "-q", "tuesday", ref)
        return said.rsplit("tuesday run watch ", maxsplit=1)[-1].split()[0] if "run watch" in said else None

    def with_client(self):
        """GitHub's client and what it needs, as a team would have it in its own repository."""
        shutil.copytree(self.packages / "node_modules", self.clone / "ask/node_modules",
                        ignore=lambda folder, names: [one for one in names if one in ("jose", ".bin", "docs", "types", "@types")])
        return {"ask/action.yml": ACTION, "ask/index.mjs": ASK, "ask/package.json": '{"type": "module"}'}

    def watch(self, run):
        subprocess.run([self.program, "--state", str(self.state), "run", "watch", run], capture_output=True, timeout=SECONDS_MAX,
                       check=False)
        return json.loads(self.ask("run", "view", run, "--json"))

    def passed(self, run):
        view = self.watch(run)
        expect(view["result"] == "success", self.ask("run", "view", run, "--log", code=None)[-6000:])
        return view

    def dispatched(self, workflow):
        said = json.loads(self.ask("run", "start", "shop", workflow, "--json"))
        return said["id"]

    def log(self, run, job=None):
        return self.ask("run", "view", run, "--log", *(["--job", job] if job else []), code=None)

    def token_of(self, run, job):
        lines = [line for line in self.log(run, job).splitlines() if "TOKEN " in line]
        expect(len(lines) == 1, f"{job} says no token:\n{self.log(run, job)[-3000:]}")
        return bytes.fromhex(lines[0].split("TOKEN ")[1].strip()).decode()[::-1]

    def verify(self, token, mode="good"):
        (self.packages / "verify.mjs").write_text(VERIFY)
        done = subprocess.run(["node", "verify.mjs", self.issuer, AUDIENCE, token, mode], cwd=self.packages, capture_output=True, text=True,
                              timeout=SECONDS_MAX, check=False, env=dict(os.environ, NODE_EXTRA_CA_CERTS=str(self.state / "tls/api.crt")))
        expect(done.returncode == 0, f"jose, {mode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout) if mode == "good" else None

    def entries(self, kind):
        rows = json.loads(self.ask("audit", "log", "--limit", "100000", "--json"))["entries"]
        return [row for row in rows if row["kind"] == kind]


def claims_of(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def case_tokens_are_verified_by_others_and_forged_ones_are_not(world):
    run = world.push({".github/workflows/deploy.yaml": WORKFLOW, **world.with_client()})
    world.passed(run)
    branch = world.token_of(run, "branch")
    verified = world.verify(branch)
    payload = verified["payload"]
    expect(verified["forged"] == 15, str(verified))
    expect(payload["sub"] == "repo:default/shop:ref:refs/heads/main", payload["sub"])
    expect(payload["exp"] - payload["iat"] == 300, str(payload))
    for name, value in {"repository": "default/shop", "event_name": "push", "run_id": run, "ref": "refs/heads/main", "ref_type": "branch",
                        "runner_environment": "self-hosted", "aud": AUDIENCE, "iss": world.issuer,
                        "job_workflow_ref": "default/shop/.github/workflows/deploy.yaml@refs/heads/main"}.items():
        expect(payload.get(name) == value, f"{name}: {payload.get(name)}")
    delivered = world.verify(world.token_of(run, "deliver"))["payload"]
    expect(delivered["sub"] == "repo:default/shop:environment:production" and delivered["environment"] == "production", str(delivered))
    # The journal knows who asked, and nothing that opens anything.
    minted = [row for row in world.entries("oidc.token") if row["data"]["jti"] == payload["jti"]]
    expect(len(minted) == 1, str(minted))
    data = minted[0]["data"]
    expect(data["run"] == run and data["job"] == "branch" and data["steps"] and data["audience"] == AUDIENCE, str(data))
    expect(data["sub"] == payload["sub"] and data["key"] == verified["header"]["kid"], str(data))
    signature = branch.split(".")[2]
    expect("the token is ***" in world.log(run, "branch") and "the request's token is ***" in world.log(run, "branch"), world.log(run, "branch"))
    for path in world.state.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            # A place keeps what its steps asked to mask as long as its log may grow; the token is of no use after minutes.
            expect(path.name == "steps" or signature.encode() not in content, f"{path} holds a token")
            is_of_tls = path.name == "api.key" or path.parent.name == "certificates"
            expect(b"PRIVATE KEY" not in content or is_of_tls, f"{path} holds a private key")
    # A key that somebody else may have.
    world.ask("oidc", "rotate", "--at-once", "--reason", "test")
    world.verify(branch, "gone")
    expect(world.entries("oidc.keys")[-1]["data"]["reason"] == "test", "the journal has the reason")


def case_a_key_is_published_before_it_signs(world):
    before = json.loads(world.ask("oidc", "keys", "--json"))["keys"]
    world.ask("oidc", "rotate")
    world.kill()
    world.start()
    keys = json.loads(world.ask("oidc", "keys", "--json"))["keys"]
    expect([one["signs"] for one in keys] == [True, False] and keys[0]["id"] == before[0]["id"], str(keys))
    run = world.push({".github/workflows/deploy.yaml": WORKFLOW, **world.with_client()})
    world.passed(run)
    expect(world.verify(world.token_of(run, "branch"))["header"]["kid"] == before[0]["id"], "the new key signs too early")


def case_what_is_not_merged_never_looks_like_production(world):
    world.push({".github/workflows/deploy.yaml": WORKFLOW, **world.with_client()})
    world.git("checkout", "-q", "-b", "better")
    change = world.push({"a.txt": "a"}, ref="HEAD:refs/for/main")
    world.passed(change)
    for job in ("branch", "deliver"):
        payload = claims_of(world.token_of(change, job))
        expect(payload["sub"] == "repo:default/shop:pull_request" and "environment" not in payload, str(payload))
    branch = world.push({"a.txt": "b"}, ref="HEAD:refs/heads/feature/x")
    world.passed(branch)
    payload = claims_of(world.token_of(branch, "deliver"))
    expect(payload["sub"] == "repo:default/shop:ref:refs/heads/feature/x" and "environment" not in payload, str(payload))
    # A template of the operator's does not open that either.
    world.ask("repo", "set", "shop", "--subject", "repo")
    change = world.push({"a.txt": "c"}, ref="HEAD:refs/for/main")
    world.passed(change)
    expect(claims_of(world.token_of(change, "deliver"))["sub"] == "repo:default/shop:pull_request", "a change looks merged")


def case_the_operator_grants_it_to_one_workflow(world):
    world.push({".github/workflows/silent.yaml": SILENT, ".github/workflows/refuses.yaml": REFUSES,
                ".github/workflows/other.yaml": SILENT})
    ends = lambda workflow: world.watch(world.dispatched(workflow))["result"]  # noqa: E731
    expect(ends("silent.yaml") == "failure", "nobody has granted it")
    world.ask("repo", "set", "shop", "--grant", "id-token=write", code=2)
    world.ask("repo", "set", "shop", "--grant", "contents=silent.yaml", code=2)
    world.ask("repo", "set", "shop", "--grant", "id-token=silent.yaml", "--grant", "id-token=refuses.yaml", "--reason", "it deploys")
    expect(ends("silent.yaml") == "success", "it was granted")
    expect(ends("other.yaml") == "failure", "it was granted to another file")
    expect(ends("refuses.yaml") == "failure", "its file says something else")
    granted = world.entries("repository.tokens")[-1]["data"]
    expect(granted["reason"] == "it deploys" and "uid 0" in granted["by"] or os.geteuid() != 0, str(granted))
    world.kill()
    world.start()
    expect(ends("silent.yaml") == "success", "the grant survives the daemon")
    world.ask("repo", "set", "shop", "--revoke", "id-token=silent.yaml")
    expect(ends("silent.yaml") == "failure", "it was taken back")
    world.ask("repo", "set", "shop", "--grant", "id-token=silent.yaml")
    world.ask("repo", "rm", "shop", "--yes")
    world.ask("repo", "create", "shop")
    listed = json.loads(world.ask("repo", "list", "--json"))["repositories"]
    expect(listed[0]["tokens"]["id_token"] == [], "another repository of this name has the grant")


def case_a_job_asks_on_when_the_daemon_was_killed(world):
    world.push({".github/workflows/waits.yaml": WAITS})
    run = world.dispatched("waits.yaml")
    begun = wait_for("the step runs", lambda: list(world.state.glob(f"places/{run}.asks/**/begun")))
    world.kill()
    world.start()
    (begun[0].parent / "go").touch()
    world.passed(run)
    expect([row for row in world.entries("oidc.token") if row["data"]["run"] == run], "no token was written down")


def role_for(issuer, subject):
    provider = issuer.removeprefix("https://")
    return {"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
                           "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{provider}"},
                           "Condition": {"StringEquals": {f"{provider}:aud": "sts.amazonaws.com", f"{provider}:sub": subject}}}]}


class AwsNetwork:
    """A network namespace that jobs reach: an address that is none of this machine's."""

    def __init__(self):
        number = os.getpid() % 200
        self.name = f"tuesday-aws-{os.getpid()}"
        self.host = f"10.213.{number}.1"
        self.inside = f"10.213.{number}.2"
        self.link = f"taws{os.getpid() % 100000}"
        self.processes = []
        venv = ROOT / "build/moto-venv"
        self.python = venv / "bin/python"
        if os.geteuid() != 0 or shutil.which("ip") is None:
            raise Skipped("a network namespace takes root and ip")
        if not (venv / "bin/moto_server").exists():
            made = subprocess.run([sys.executable, "-m", "venv", str(venv)], capture_output=True, check=False)
            got = made.returncode == 0 and subprocess.run([str(venv / "bin/pip"), "install", "-q", "--no-input", "moto[server]==5.*",
                                                           "PyJWT[crypto]==2.*"], capture_output=True, timeout=400, check=False)
            if not got or got.returncode != 0:
                raise Skipped("pip does not get moto")
        peer = self.link + "p"
        for words in (["netns", "add", self.name], ["link", "add", self.link, "type", "veth", "peer", "name", peer],
                      ["link", "set", peer, "netns", self.name], ["addr", "add", f"{self.host}/30", "dev", self.link],
                      ["link", "set", self.link, "up"], ["-n", self.name, "addr", "add", f"{self.inside}/30", "dev", peer],
                      ["-n", self.name, "link", "set", peer, "up"], ["-n", self.name, "link", "set", "lo", "up"]):
            done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                self.close()
                raise Skipped(f"ip {words}: {done.stderr}")

    def serve(self, world, roles):
        (world.root / "roles.json").write_text(json.dumps(roles))
        log = open(world.root / "aws.log", "w", encoding="utf-8")  # pylint: disable=consider-using-with
        inside = ["ip", "netns", "exec", self.name]
        self.processes.append(subprocess.Popen([*inside, str(self.python.parent / "moto_server"), "-H", "127.0.0.1", "-p", "5000"],
                                               stdout=log, stderr=log))
        ready = [*inside, str(self.python), "-c", "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=2)"]
        wait_for("moto", lambda: subprocess.run([*ready, "http://127.0.0.1:5000/moto-api/data.json"], capture_output=True,
                                                check=False).returncode == 0)
        self.processes.append(subprocess.Popen(
            [*inside, str(self.python), str(ROOT / "tests/e2e/strict_sts.py"), "--listen", f"{self.inside}:4566", "--moto",
             "http://127.0.0.1:5000/", "--issuer", world.issuer, "--ca", str(world.state / "tls/api.crt"), "--roles",
             str(world.root / "roles.json")], stdout=log, stderr=log))
        wait_for("the verifier\n" + (world.root / "aws.log").read_text(), lambda: self.seen(world) is not None)
        return f"http://{self.inside}:4566"

    def seen(self, world):
        """What the verifier was asked."""
        try:
            with urllib.request.urlopen(f"http://{self.inside}:4566/", timeout=2) as answer:
                return json.load(answer)
        except OSError:
            expect(all(process.poll() is None for process in self.processes), (world.root / "aws.log").read_text()[-3000:])
            return None

    def close(self):
        for process in self.processes:
            process.terminate()
            process.wait()
        for words in (["link", "del", self.link], ["netns", "del", self.name]):
            subprocess.run(["ip", *words], capture_output=True, check=False)


def case_aws_takes_the_token_as_its_trust_policy_says(world):
    roles = {"arn:aws:iam::123456789012:role/deploy": role_for(world.issuer, "repo:default/shop:environment:production"),
             "arn:aws:iam::123456789012:role/branch": role_for(world.issuer, "repo:default/shop:ref:refs/heads/main")}
    endpoint = world.aws.serve(world, roles)
    run = world.push({".github/workflows/aws.yaml": AWS.replace("@AWS@", endpoint), "look/action.yml": LOOK_ACTION,
                      "look/main.js": "", "look/post.js": LOOK_POST})
    world.passed(run)
    log = world.log(run, "deliver")
    for line in ("account *** secret *** session ***", "password ***", "nothing is left", "Logging out of registry"):
        expect(line in log, f"no {line!r} in\n{log[-5000:]}")
    refused = world.log(run, "refused")
    for line in ("Not authorized to perform sts:AssumeRoleWithWebIdentity", "sub: repo:default/shop:ref:refs/heads/main",
                 "tuesday oidc explain"):
        expect(line in refused, f"no {line!r} in\n{refused[-5000:]}")
    expect("as arn:aws:sts::123456789012:assumed-role/second/GitHubActions" in world.log(run, "keys"), world.log(run, "keys")[-3000:])
    seen = world.aws.seen(world)
    assumed = [one for one in seen if one.get("action") == "AssumeRoleWithWebIdentity"]
    expect({one["seconds"] for one in assumed} == {"900", "3600"}, str(seen))
    expect([one for one in seen if one.get("action", "").endswith("GetAuthorizationToken")], str(seen))
    minted = {row["data"]["jti"] for row in world.entries("oidc.token")}
    expect({one["jti"] for one in assumed} <= minted, "every token that AWS saw stands in the journal")
    # What explain says beforehand is what AWS did.
    for job, code in (("deliver", 0), ("refused", 1)):
        (world.root / "role.json").write_text(json.dumps(roles["arn:aws:iam::123456789012:role/deploy"]))
        world.ask("oidc", "explain", str(world.clone / ".github/workflows/aws.yaml"), "--job", job, "--issuer", world.issuer,
                  "--repository", "default/shop", "--trust-policy", str(world.root / "role.json"), code=code)
    world.git("checkout", "-q", "-b", "better")
    change = world.push({"a.txt": "a"}, ref="HEAD:refs/for/main")
    expect(world.watch(change)["result"] == "failure", "a change got production's role")
    expect("sub: repo:default/shop:pull_request" in world.log(change, "deliver"), world.log(change, "deliver")[-3000:])


def attempt(case, program, packages):
    """What is wrong, or nothing."""
    aws = None
    if case.__name__.startswith("case_aws"):
        try:
            aws = AwsNetwork()
        except Skipped as why:
            print(f"skipped: {why}")
            return None
    world = World(program, packages, aws.host if aws else "127.0.0.1")
    world.aws = aws
    try:
        case(world)
        return None
    except Exception:  # pylint: disable=broad-except
        return traceback.format_exc() + (world.root / "daemon.log").read_text()[-3000:]
    finally:
        world.close()
        if aws:
            aws.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tuesday", required=True)
    parser.add_argument("--examples")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    program = str(pathlib.Path(options.tuesday).resolve())
    cases = {name[5:]: case for name, case in globals().items() if name.startswith("case_")}
    failed = 0
    with tempfile.TemporaryDirectory(prefix="tuesday-oidc-npm-") as packages:
        install(packages)
        for name, case in cases.items():
            if options.only not in name:
                continue
            begun = time.monotonic()
            problem = attempt(case, program, pathlib.Path(packages))
            print(f"{'FAILED' if problem else 'ok'}  {name} ({time.monotonic() - begun:.1f} s)" + (f"\n{problem}" if problem else ""),
                  flush=True)
            failed += problem is not None
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
