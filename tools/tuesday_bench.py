# SPDX-License-Identifier: Apache-2.0
"""A real tuesday for demos, end-to-end tests and benchmarks: a daemon on a folder and ports of its own, artifacts of the example
service, load from processes of their own. Conditions are waited for, never time."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Failed(Exception):
    """A condition that did not come true; the message says which."""


def free_port():
    """A port that nobody listens on; the edge takes it at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, seconds=60.0, interval=0.1):
    """The first true answer of `condition`; Failed names `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failed(f"{what} did not come true within {seconds:.0f} s")
        time.sleep(interval)


class Bench:
    """One daemon with its edge, and the services on it. Use as a context: everything ends with it."""

    def __init__(self, tuesday, examples, keep=False):
        self.tuesday = str(pathlib.Path(tuesday).resolve())
        self.examples = pathlib.Path(examples).resolve()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tuesday-"))
        os.chmod(self.folder, 0o755)
        self.state = self.folder / "state"
        self.port = free_port()
        self.keep = keep
        self.daemon = None
        self.loads = []
        self.serve_words = []  # More of `tuesday serve`.

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for load in self.loads:
            load.stop()
        self.stop_daemon()
        self.kill_all()
        if not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    # The daemon.

    def start_daemon(self):
        """Starts it and returns the seconds until it served."""
        began = time.monotonic()
        self.log = open(self.folder / "daemon.log", "ab")
        self.daemon = subprocess.Popen(
            [self.tuesday, "serve", "--state", str(self.state), "--edge-listen", f"127.0.0.1:{self.port}", "--edge-tls-listen", "",
             *self.serve_words],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL, start_new_session=True)
        wait_for("the daemon serves", self.is_ready, 30, 0.01)
        return time.monotonic() - began

    def is_ready(self):
        if self.daemon.poll() is not None:
            raise Failed("the daemon ended: " + (self.folder / "daemon.log").read_text()[-800:])
        try:
            return self.request("GET", "/readyz").startswith("HTTP/1.1 200")
        except OSError:
            return False

    def kill_daemon(self):
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait()

    def stop_daemon(self):
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            try:
                self.daemon.wait(15)
            except subprocess.TimeoutExpired:
                self.kill_daemon()

    def kill_all(self):
        """Supervisors, HAProxy and instances outlive the daemon on purpose; a bench leaves none behind."""
        for _ in range(20):
            pids = self.processes()
            if not pids:
                return
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.05)

    def processes(self):
        """Every process that names our folder or works in it."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace")
                cwd = os.readlink(entry / "cwd")
            except OSError:
                continue
            if str(self.folder) in words or cwd.startswith(str(self.folder)):
                found.append(int(entry.name))
        return found

    def pid_of(self, *words):
        """The process whose command line has all words."""
        for pid in self.processes():
            try:
                line = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if all(word in line for word in words):
                return pid
        return None

    def request(self, method, path, body=""):
        """One raw HTTP exchange over the daemon's socket."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.state / "sock"))
            connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: tuesday\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
            data = b""
            while chunk := connection.recv(65536):
                data += chunk
        return data.decode(errors="replace")

    # Commands.

    def run(self, *arguments, check=True, timeout=600):
        """Runs `tuesday ARGUMENTS` against this daemon."""
        done = subprocess.run([self.tuesday, "--state", str(self.state), *arguments], capture_output=True, text=True, timeout=timeout)
        if check and done.returncode != 0:
            raise Failed(f"tuesday {' '.join(arguments)} ended with {done.returncode}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
        return done

    def json(self, *arguments, check=True):
        done = self.run("--json", *arguments, check=check)
        try:
            return json.loads(done.stdout)
        except json.JSONDecodeError as error:
            raise Failed(f"tuesday {' '.join(arguments)} printed no JSON: {done.stdout[:300]}{done.stderr[:300]}") from error

    def rollout(self, name):
        return self.json("rollout", "get", name)

    def attempt(self, name):
        attempts = self.rollout(name)["attempts"]
        return attempts[-1] if attempts else {}

    # Services.

    def artifact(self, name, version, **settings):
        """A folder with the example service and the settings of one version; returns its path."""
        folder = self.folder / "artifacts" / f"{name}-{version}"
        folder.mkdir(parents=True)
        shutil.copy2(self.examples / "example_service", folder / "service")
        flags = " ".join(f"--{key.replace('_', '-')}={value}" for key, value in settings.items())
        run = folder / "run"
        run.write_text(f'#!/bin/sh\nexec ./service --version={version} {flags}\n')
        run.chmod(0o755)
        return folder

    def manifest(self, name, version, template="examples/demo/rollout.yaml.in", scale=None):
        text = (ROOT / template).read_text().replace("@NAME@", name).replace("@VERSION@", version)
        if scale is not None:
            text = text.replace("      steps:\n", f"      steps:\n        - setCanaryScale: {{replicas: {scale}}}\n")
        path = self.folder / f"{name}-{version}.yaml"
        path.write_text(text)
        return str(path)

    def deploy(self, name, version, template="examples/demo/rollout.yaml.in", scale=None, **settings):
        """Binds a version of the example service and applies its rollout; does not wait."""
        folder = self.artifact(name, version, **settings)
        self.run("image", "bind", f"registry.example.com/{name}:{version}", f"dir:{folder}")
        self.run("apply", "-f", self.manifest(name, version, template, scale))

    def wait_healthy(self, name, version=None, seconds=60):
        def healthy():
            view = self.rollout(name)
            return view["phase"] == "Healthy" and view["weight_permille"] in (0, 1000) and view
        return wait_for(f"{name} {version or ''} healthy", healthy, seconds)

    def load(self, host, rate=200, connections=8, seconds=900):
        load = Load(self, host, rate, connections, seconds)
        self.loads.append(load)
        return load


class Load:
    """Live load through the edge from a process of its own."""

    def __init__(self, bench, host, rate, connections, seconds):
        self.path = bench.folder / f"load-{host}.jsonl"
        self.out = open(self.path, "wb")
        self.process = subprocess.Popen(
            [str(bench.examples / "example_loadgen"), f"--port={bench.port}", f"--host={host}", f"--rate={rate}",
             f"--connections={connections}", f"--seconds={seconds}"],
            stdout=self.out, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def seconds(self):
        """The lines so far, one each second."""
        lines = []
        for line in self.path.read_text().splitlines():
            try:
                lines.append(json.loads(line))
            except json.JSONDecodeError:
                pass  # The last line may be half written.
        return [line for line in lines if line.get("kind") == "second"]

    def totals(self):
        """Sent, failed, and failed by version, so far."""
        total = {"sent": 0, "ok": 0, "failed": 0, "failed_by_version": {}, "by_version": {}, "by_status": {}}
        for line in self.seconds():
            for key in ("sent", "ok", "failed"):
                total[key] += line[key]
            for group in ("failed_by_version", "by_version", "by_status"):
                for key, count in line.get(group, {}).items():
                    total[group][key] = total[group].get(key, 0) + count
        return total

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.out.close()
