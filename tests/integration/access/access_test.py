#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Knocks at the door of a real daemon: tokens over TLS, settings read again, and requests that nobody sends by accident.

access_test.py --tuesday PROGRAM
"""

import argparse
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

PROGRAM = ""
SETTINGS = """listeners:
  api: {{listen: "127.0.0.1:{api}"}}
  metrics: {{listen: "127.0.0.1:{metrics}"}}
  edge: {{listen: "127.0.0.1:{edge}", tls_listen: ""}}
log: {{format: json}}
limits: {{request_time_max: 1s, connections_max: 16, failed_logins_max: {failed}}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_true(holds, what: str) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(f"not within 30 s: {what}")


class DoorTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tuesday-access-")
        cls.root = pathlib.Path(cls.folder.name)
        cls.state = cls.root / "state"
        cls.settings = {"api": free_port(), "metrics": free_port(), "edge": free_port(), "failed": 1000}
        cls.config = cls.root / "tuesday.yaml"
        cls.write_settings()
        cls.log = open(cls.root / "log", "w+")
        cls.daemon = subprocess.Popen([PROGRAM, "serve", "--state", str(cls.state), "--config", str(cls.config)], stderr=cls.log)
        await_true(lambda: cls.tuesday("status").returncode == 0, "the daemon answers")
        cls.tokens = {}
        for name, role, ns in (("ci", "deployer", "shop"), ("eye", "viewer", "shop"), ("boss", "admin", "*")):
            cls.tokens[name] = cls.tuesday("token", "create", name, "--role", role, "-n", ns).stdout.strip()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.terminate()
        cls.daemon.wait()
        # The edge outlives the daemon on purpose.
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().split(b"\0")
            except OSError:
                continue
            if str(cls.state).encode() in b" ".join(words) and (b"supervise" in words or words[0].endswith(b"haproxy")):
                try:
                    os.kill(int(path.parent.name), signal.SIGKILL)
                except ProcessLookupError:
                    pass
        cls.log.close()
        cls.folder.cleanup()

    @classmethod
    def write_settings(cls, more: str = ""):
        cls.config.write_text(SETTINGS.format(**cls.settings) + more)

    @classmethod
    def tuesday(cls, *words, token=None, ca=True):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TUESDAY_")}
        where = ["--state", str(cls.state)]
        if token is not None:
            environment["TUESDAY_TOKEN"] = token
            where = ["--server", f"https://127.0.0.1:{cls.settings['api']}"]
            where += ["--ca", str(cls.state / "tls/api.crt")] if ca else []
        return subprocess.run([PROGRAM, *words, *where], env=environment, capture_output=True, text=True, timeout=60, check=False)

    def read_again(self):
        """Sends SIGHUP and gives what status says of the settings."""
        before = (self.root / "log").read_text().count("were read again")
        self.daemon.send_signal(signal.SIGHUP)
        await_true(lambda: (self.root / "log").read_text().count("were read again") > before, "the settings are read again")
        return json.loads(self.tuesday("status", "--json").stdout)["configuration"]

    def raw(self, sent: bytes, tls: bool = True) -> bytes:
        """What comes back for these bytes until the server closes, or is quiet for 4 s."""
        with socket.create_connection(("127.0.0.1", self.settings["api"]), timeout=10) as plain:
            link = plain
            if tls:
                context = ssl.create_default_context(cafile=str(self.state / "tls/api.crt"))
                link = context.wrap_socket(plain, server_hostname="127.0.0.1")
            link.settimeout(4)
            got = b""
            try:
                link.sendall(sent)
                while piece := link.recv(65536):
                    got += piece
            except (TimeoutError, ConnectionError, ssl.SSLError):
                pass
            finally:
                link.close()
            return got

    def ask(self, target: str, headers: str = "", token: str | None = "eye", method: str = "GET") -> tuple[int, str]:
        bearer = f"Authorization: Bearer {self.tokens[token]}\r\n" if token else ""
        request = f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{bearer}{headers}\r\n"
        answer = self.raw(request.encode()).decode()
        return int(answer.split()[1]), answer

    def test_a_token_opens_its_namespace_and_no_other(self):
        self.assertEqual(self.tuesday("status", "-n", "shop", token=self.tokens["ci"]).returncode, 0)
        other = self.tuesday("status", "-n", "bank", token=self.tokens["ci"])
        self.assertEqual(other.returncode, 1)
        self.assertIn("ci (token) is for namespace shop; this is about namespace bank.", other.stderr)
        self.assertEqual(self.tuesday("status", "-A", token=self.tokens["boss"]).returncode, 0)
        self.assertEqual(self.ask("/v1/status", token=None)[0], 401)

    def test_an_apply_is_asked_object_by_object(self):
        manifest = self.root / "config.yaml"
        manifest.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: bank}\ndata: {k: v}\n")
        refused = self.tuesday("apply", "-n", "shop", "-f", str(manifest), token=self.tokens["ci"])
        self.assertEqual(refused.returncode, 1, refused.stderr)
        self.assertIn("ConfigMap bank/a: ci (token) is for namespace shop", refused.stderr)
        manifest.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n")
        self.assertEqual(self.tuesday("apply", "-n", "shop", "-f", str(manifest), "--reason", "ticket 42", token=self.tokens["ci"]).returncode, 0)
        self.assertEqual(self.tuesday("apply", "-n", "shop", "-f", str(manifest), token=self.tokens["eye"]).returncode, 1)
        journal = self.tuesday("audit", "log", "--json").stdout
        self.assertIn("access.refused", journal)
        self.assertIn("ci (token) said why release 1 was made: ticket 42", journal)
        self.assertIn('"by": "ci (token)"', journal)

    def test_a_revoked_token_is_closed_at_once(self):
        token = self.tuesday("token", "create", "short", "--role", "viewer", "-n", "shop").stdout.strip()
        self.assertEqual(self.tuesday("status", "-n", "shop", token=token).returncode, 0)
        self.assertEqual(self.tuesday("token", "revoke", "short", "--reason", "test").returncode, 0)
        closed = self.tuesday("status", "-n", "shop", token=token)
        self.assertEqual(closed.returncode, 1)
        self.assertIn("was revoked", closed.stderr)

    def test_secrets_are_in_no_file_and_no_line(self):
        self.ask(f"/v1/status?x={self.tokens['eye']}")
        self.ask(f"/v1/{self.tokens['eye']}", method="POST")
        for path in [*self.state.rglob("*"), self.root / "log"]:
            if path.is_file() and path.name != "api.key":
                for token in self.tokens.values():
                    self.assertNotIn(token[4:36].encode(), path.read_bytes(), path)
        self.assertEqual((self.state / "tls/api.key").stat().st_mode & 0o777, 0o600)
        self.assertEqual((self.state / "tuesday.db").stat().st_mode & 0o777, 0o600)

    def test_a_client_trusts_no_daemon_that_nobody_vouches_for(self):
        untrusted = self.tuesday("status", "-n", "shop", token=self.tokens["ci"], ca=False)
        self.assertEqual(untrusted.returncode, 1)
        self.assertIn("is not the one that is trusted", untrusted.stderr)

    def test_tokens_in_addresses_and_tricks_with_paths_are_refused(self):
        for target in (f"/v1/status?token={self.tokens['eye']}", "/v1/status?access_token=x", "/v1/namespaces/bank/../shop/rollouts",
                       "/v1/namespaces/bank/%2e%2e/shop/rollouts", "//v1/status", "/v1//status", "/v1/namespaces/shop%2frollouts",
                       "http://127.0.0.1/v1/status", "*"):
            self.assertEqual(self.ask(target)[0], 400, target)
        self.assertEqual(self.ask("/v1/namespaces/bank/rollouts")[0], 403)
        self.assertEqual(self.ask("/v1/tokens", token="boss", method="POST")[0], 404)

    def test_no_second_request_hides_in_a_first(self):
        head = f"POST /v1/apply HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.tokens['eye']}\r\n"
        hidden = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        for shape in ("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
                      "Content-Length: 0\r\nContent-Length: 5\r\n\r\n", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
                      "Content-Length: +5\r\n\r\nhello", "Content-Length: -1\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"):
            answer = self.raw((head + shape + hidden).encode())
            self.assertNotIn(b"200 OK", answer, shape)
        twice = f"GET /v1/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nAuthorization: Bearer {self.tokens['eye']}\r\n\r\n"
        self.assertIn(b"400 Bad Request", self.raw(twice.encode()))

    def test_what_is_too_large_or_too_slow_is_cut_off(self):
        self.assertEqual(self.ask("/v1/status", headers=f"X: {'a' * 20000}\r\n")[0], 431)
        head = f"POST /v1/apply HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.tokens['eye']}\r\nContent-Length: 99999999\r\n\r\n"
        self.assertIn(b"413 ", self.raw(head.encode()))
        self.assertIn(b"408 ", self.raw(b"GET /v1/status HTTP/1.1\r\nX: "))
        # A handshake that never comes ends too.
        with socket.create_connection(("127.0.0.1", self.settings["api"]), timeout=10) as quiet:
            self.assertEqual(quiet.recv(10), b"")

    def test_http_in_the_clear_is_told_what_to_speak(self):
        answer = self.raw(b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n", tls=False)
        self.assertIn(b"400 Bad Request", answer)
        self.assertIn(b"https://", answer)
        self.assertEqual(self.raw(b"\x16\x03\x01\xff\xff" + b"\0" * 200, tls=False)[:4] == b"HTTP", False)

    def test_a_flood_of_one_listener_leaves_the_others_open(self):
        held = [socket.create_connection(("127.0.0.1", self.settings["api"])) for _ in range(64)]
        self.assertEqual(self.tuesday("status").returncode, 0)
        for link in held:
            link.close()
        await_true(lambda: self.ask("/healthz", token=None)[0] == 200, "the flooded listener answers again")

    def test_the_metrics_listener_says_only_how_the_daemon_is(self):
        def status(path):
            with socket.create_connection(("127.0.0.1", self.settings["metrics"]), timeout=10) as link:
                link.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                return int(link.recv(65536).split()[1])

        with socket.create_connection(("127.0.0.1", self.settings["metrics"]), timeout=10) as link:
            link.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            text = b""
            while piece := link.recv(65536):
                text += piece
        for name in (b'tuesday_http_requests_total{route="GET /v1/status",status="200"}', b'tuesday_state_bytes{part="database"}',
                     b'tuesday_http_connections{listener="api"}', b"tuesday_loop_lateness_seconds", b"tuesday_outbox_rows 0"):
            self.assertIn(name, text)
        self.assertEqual([status(path) for path in ("/metrics", "/healthz", "/readyz")], [200, 200, 200])
        self.assertEqual([status(path) for path in ("/v1/status", "/v1/audit", "/v1/tokens")], [404, 404, 404])

    def test_settings_are_taken_whole_or_not_at_all(self):
        old = self.settings["metrics"]
        self.settings["metrics"] = free_port()
        self.write_settings("limitss: {}\n")
        said = self.read_again()
        self.assertIn("Did you mean `limits`?", said["trouble"])
        self.assertEqual(said["metrics"], f"127.0.0.1:{old}")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            self.settings["metrics"] = taken.getsockname()[1]
            self.write_settings()
            said = self.read_again()
            self.assertIn("in use", said["trouble"])
            self.assertEqual(said["metrics"], f"127.0.0.1:{old}")
        self.settings["metrics"] = free_port()
        self.write_settings()
        said = self.read_again()
        self.assertEqual((said["trouble"], said["metrics"]), ("", f"127.0.0.1:{self.settings['metrics']}"))
        self.assertEqual(self.tuesday("status", "-n", "shop", token=self.tokens["ci"]).returncode, 0)

    def test_wrong_tokens_make_an_address_wait(self):
        self.settings["failed"] = 2
        self.write_settings()
        self.assertEqual(self.read_again()["trouble"], "")
        wrong = f"GET /v1/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer tue_{'0' * 64}\r\n\r\n".encode()
        answers = [int(self.raw(wrong).split()[1]) for _ in range(3)]
        self.settings["failed"] = 1000
        self.write_settings()
        self.read_again()
        self.assertEqual(answers, [401, 401, 429])

    def test_a_certificate_is_read_again(self):
        (self.state / "tls/api.crt").unlink()
        (self.state / "tls/api.key").write_text("no key")
        before = ssl.get_server_certificate(("127.0.0.1", self.settings["api"]))
        self.assertEqual(self.read_again()["trouble"], "")
        self.assertNotEqual(ssl.get_server_certificate(("127.0.0.1", self.settings["api"])), before)
        good = (self.state / "tls/api.key").read_text()
        (self.state / "tls/api.key").write_text("no key")
        self.assertIn("do not belong together", self.read_again()["trouble"])
        self.assertEqual(self.tuesday("status", "-n", "shop", token=self.tokens["ci"]).returncode, 0)
        (self.state / "tls/api.key").write_text(good)
        self.assertEqual(self.read_again()["trouble"], "")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tuesday", required=True)
    arguments, rest = parser.parse_known_args()
    PROGRAM = arguments.tuesday
    unittest.main(argv=["access_test.py", *rest])
