#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rollouts of images: a registry with TLS and a login, a podman of the test's own, a real daemon and HAProxy under load."""

import argparse
import base64
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from containers_test import Podman  # noqa: E402
from tuesday_bench import Bench, Failed, free_port, wait_for  # noqa: E402

SKIPPED = 77
PLAIN = "tests/e2e/plain.yaml.in"
# The word is "geheim".
USERS = "me:$2b$04$EhHdmuU1N.Qpdm.2jRqAu.0a2NIn.Ke78SLau1B4WAMrlMIny.KJW\n"
LOGIN = base64.b64encode(b"me:geheim").decode()


def expect(condition, what):
    if not condition:
        raise Failed(what)


def missing():
    if os.geteuid() != 0:
        return "podman's networks need root"
    for program in ("podman", "runc", "busybox", "docker-registry", "openssl", "iptables"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    return ""


class Registry:
    """Debian's docker-registry with one user and a certificate that only this test trusts."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.name = f"127.0.0.1:{self.port}"
        self.certificate = folder / "registry.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=registry", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "registry.key",
                        "-out", self.certificate], check=True, capture_output=True)
        (folder / "users").write_text(USERS)
        (folder / "registry.yml").write_text(
            f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/registry}}}}\n"
            f"http: {{addr: '{self.name}', tls: {{certificate: {self.certificate}, key: {folder}/registry.key}}}}\n"
            f"auth: {{htpasswd: {{realm: test, path: {folder}/users}}}}\n")
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(["docker-registry", "serve", self.folder / "registry.yml"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        wait_for("the registry listens", lambda: subprocess.run(["openssl", "s_client", "-connect", self.name], input=b"",
                                                                capture_output=True).returncode == 0, 20)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def secret(self):
        logins = json.dumps({"auths": {self.name: {"auth": LOGIN}}})
        return f"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: pull}}\ntype: kubernetes.io/dockerconfigjson\nstringData: {{.dockerconfigjson: '{logins}'}}\n"


class Engine(Podman):
    """It trusts the registry's certificate, and can be killed and started again."""

    def __init__(self, certificate):
        os.environ["SSL_CERT_FILE"] = str(certificate)  # Read by podman, which inherits it.
        super().__init__()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        (self.folder / "sock").unlink(missing_ok=True)

    def start(self):
        self.process = subprocess.Popen([*self.words, "system", "service", "--time=0", self.socket], env=self.environment,
                                        stderr=subprocess.DEVNULL)
        wait_for("the engine listens", lambda: (self.folder / "sock").exists(), 20)


class World:
    """What a case has: the daemon, its engine, the registry."""

    def __init__(self, bench):
        self.bench = bench
        self.registry = Registry(bench.folder)
        self.engine = Engine(self.registry.certificate)
        config = bench.folder / "tuesday.yaml"
        config.write_text(f"containers: {{socket: {self.engine.folder}/sock}}\n")
        bench.serve_words = ["--config", str(config)]
        bench.start_daemon()

    def push(self, version, tag=None, **settings):
        """An image of the example service with all that it needs, in the registry and nowhere else."""
        context = self.bench.folder / "context"
        shutil.rmtree(context, ignore_errors=True)
        (context / "root/bin").mkdir(parents=True)
        (context / "root/tmp").mkdir()
        shutil.copy(shutil.which("busybox"), context / "root/bin/busybox")
        (context / "root/bin/sh").symlink_to("busybox")
        service = self.bench.examples / "example_service"
        shutil.copy(service, context / "root/service")
        for library in re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", service], capture_output=True, text=True, check=True).stdout):
            target = context / "root" / library[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, target)
        flags = [f"--{key.replace('_', '-')}={value}" for key, value in settings.items()]
        words = json.dumps(["/service", "--listen=any", f"--version={version}", *flags])
        (context / "Dockerfile").write_text(f"FROM scratch\nCOPY root /\nENTRYPOINT {words}\n")
        image = f"{self.registry.name}/api:{tag or version}"
        self.engine.run("build", "-q", "-t", image, str(context))
        self.engine.run("push", "-q", "--creds", "me:geheim", image)
        self.engine.run("rmi", image)
        return image

    def manifest(self, tag, change=lambda text: text, secret=True):
        path = pathlib.Path(self.bench.manifest("api", tag, PLAIN))
        text = path.read_text().replace("registry.example.com", self.registry.name)
        if secret:
            text = text.replace("      containers:\n", "      imagePullSecrets: [{name: pull}]\n      containers:\n") + self.registry.secret()
        path.write_text(change(text))
        return str(path)

    def deploy(self, version, change=lambda text: text, **settings):
        self.push(version, **settings)
        self.bench.run("apply", "-f", self.manifest(version, change))

    def close(self):
        self.bench.stop_daemon()
        self.bench.kill_all()
        if self.engine.process.poll() is not None:
            self.engine.start()
        self.engine.close()
        self.registry.stop()


def promoted(bench, number):
    def is_promoted():
        attempt = bench.attempt("api")
        expect(attempt.get("ending") not in ("aborted", "rolled back"), f"it was taken back: {attempt}")
        return attempt.get("number") == number and attempt.get("stage") in ("baking", "done")
    wait_for(f"rev {number} promoted", is_promoted, 120)


def ended_badly(bench):
    def is_over():
        attempt = bench.attempt("api")
        return attempt.get("ending") in ("aborted", "rolled back") and attempt
    return wait_for("taken back", is_over, 120)


def first_version(world):
    world.deploy("v1", latency_ms=2)
    world.bench.wait_healthy("api", "v1", 120)
    load = world.bench.load("api.default.localhost", 100)
    wait_for("load flows", lambda: load.totals()["ok"] > 100, 30)
    return load


def case_a_canary_of_images_survives_the_daemon_and_fails_no_request(world):
    bench = world.bench
    load = first_version(world)
    world.deploy("v2", latency_ms=2)
    wait_for("weight 20 %", lambda: bench.rollout("api")["weight_permille"] == 200, 120)
    running = set(world.engine.run("ps", "-q").split())
    bench.kill_daemon()
    sent = load.totals()["sent"]
    wait_for("requests go on", lambda: load.totals()["sent"] > sent + 100, 30)
    expect(set(world.engine.run("ps", "-q").split()) == running, "containers ended with the daemon")
    bench.start_daemon()
    promoted(bench, 2)
    wait_for("v2 answers everything", lambda: load.seconds()[-1]["by_version"].keys() == {"v2"}, 60)
    expect(load.totals()["failed"] == 0, f"failed requests: {load.totals()}")
    # What is written and what is run inside, as with processes.
    expect("v2 listens" in bench.run("logs", "api").stdout, "the logs are not the container's")
    done = bench.run("exec", "api", "--", "sh", "-c", "echo in $PORT; exit 3", check=False)
    expect(done.stdout == "in 3000\n" and done.returncode == 3, f"exec: {done}")
    log = bench.run("audit", "log", "--verify").stdout
    expect("geheim" not in log and LOGIN not in log, "a login is in the journal")


def case_a_version_that_crashes_is_taken_back(world):
    load = first_version(world)
    world.deploy("v3", latency_ms=2, crash_after_s=1.5)
    attempt = ended_badly(world.bench)
    wait_for("stable serves alone", lambda: world.bench.rollout("api")["weight_permille"] == 0, 30)
    lines = len(load.seconds())
    wait_for("two more seconds", lambda: len(load.seconds()) >= lines + 2, 30)
    before, sent = load.totals()["failed"], load.totals()["sent"]
    wait_for("more load", lambda: load.totals()["sent"] > sent + 200, 30)
    expect(load.totals()["failed"] == before, f"requests fail after the abort ({attempt['reason']}): {load.totals()}")
    expect(load.totals()["failed_by_version"].get("v1", 0) == 0, f"v1 failed: {load.totals()}")


def case_what_cannot_be_pulled_changes_nothing_and_is_named(world):
    bench = world.bench
    image = world.push("v1")
    for what, manifest in (("without a login", world.manifest("v1", secret=False)),):
        done = bench.run("apply", "-f", manifest, check=False)
        expect(done.returncode != 0 and image in done.stderr and "imagePullSecrets" in done.stderr, f"{what}: {done}")
    done = bench.run("apply", "-f", world.manifest("none"), check=False)
    expect(done.returncode != 0 and "api:none" in done.stderr, f"no such tag: {done}")
    world.registry.stop()
    done = bench.run("apply", "-f", world.manifest("v1"), check=False)
    expect(done.returncode != 0 and image in done.stderr, f"registry down: {done}")
    expect(bench.run("rollout", "get", "api", check=False).returncode == 2, "a rollout came of it")
    world.registry.start()
    bench.run("apply", "-f", world.manifest("v1"))
    bench.wait_healthy("api", "v1", 120)
    # A registry that is gone, and a tag that moved, are nothing to what runs.
    before = world.engine.run("ps", "--format", "{{.ImageID}}").split()
    world.push("v9", tag="v1")
    world.registry.stop()
    pid = int(world.engine.run("inspect", "--format", "{{.State.Pid}}", world.engine.run("ps", "-q").split()[0]))
    os.kill(pid, signal.SIGKILL)
    wait_for("it is started again", lambda: sum(i["restarts"] for i in instances(bench)) == 1, 60)
    bench.wait_healthy("api", "v1", 60)
    expect(world.engine.run("ps", "--format", "{{.ImageID}}").split() == before, "another image runs")


def instances(bench):
    return [one for revision in bench.rollout("api")["revisions"] for one in revision["instances"]]


def case_a_port_that_nobody_listens_at_ends_at_the_deadline_with_its_reason(world):
    bench = world.bench
    load = first_version(world)
    world.deploy("v2", change=lambda text: text.replace("replicas: 3\n", "replicas: 3\n  progressDeadlineSeconds: 8\n  progressDeadlineAbort: true\n"),
                 port=4000)
    attempt = ended_badly(bench)
    expect("readiness" in attempt["reason"] and "refused" in attempt["reason"], f"the reason: {attempt['reason']}")
    expect(load.totals()["failed"] == 0, f"failed requests: {load.totals()}")


def case_an_engine_that_is_killed_in_mid_canary_fails_no_request(world):
    bench = world.bench
    load = first_version(world)
    world.deploy("v2", latency_ms=2)
    wait_for("weight 20 %", lambda: bench.rollout("api")["weight_permille"] == 200, 120)
    world.engine.kill()
    sent = load.totals()["sent"]
    wait_for("requests go on", lambda: load.totals()["sent"] > sent + 200, 30)
    expect(not bench.attempt("api").get("ending"), f"an engine that is away ended the attempt: {bench.attempt('api')}")
    world.engine.start()
    promoted(bench, 2)
    wait_for("v2 answers everything", lambda: load.seconds()[-1]["by_version"].keys() == {"v2"}, 60)
    expect(load.totals()["failed"] == 0, f"failed requests: {load.totals()}")


CASES = {name[5:]: case for name, case in list(globals().items()) if name.startswith("case_")}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tuesday", required=True)
    parser.add_argument("--examples", required=True)
    parser.add_argument("--only", help="cases whose name contains this")
    options = parser.parse_args()
    if why := missing():
        print(f"skipped: {why}")
        return SKIPPED
    passed, failed = 0, 0
    for name, case in CASES.items():
        if options.only and options.only not in name:
            continue
        began = time.monotonic()
        with Bench(options.tuesday, options.examples) as bench:
            world = None
            try:
                world = World(bench)
                case(world)
                passed += 1
                print(f"ok   {name} ({time.monotonic() - began:.1f} s)", flush=True)
            except Exception as error:  # noqa: BLE001: a case may fail in any way, and the next one still runs.
                failed += 1
                print(f"FAIL {name} ({time.monotonic() - began:.1f} s): {error}", flush=True)
                if not isinstance(error, Failed):
                    traceback.print_exc()
                    print(getattr(error, "stderr", ""))
                log = bench.folder / "daemon.log"
                print(log.read_text()[-2000:] if log.exists() else "no daemon.log", flush=True)
            finally:
                if world is not None:
                    world.close()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
