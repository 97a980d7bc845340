#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many services on one daemon, and what becomes of an instance, a version, an artifact that nobody looks after any more."""

import os
import pathlib
import re
import signal
import sys
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import e2e_test  # noqa: E402
from e2e_test import PLAIN, expect, first_version, promoted, wait_for  # noqa: E402

NAMESPACES = ("default", "shop", "billing", "search")
SERVICES = 120

SMALL = """---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: %(name)s, namespace: %(ns)s, annotations: {tuesday/bake: 1s}}
spec:
  replicas: 1
  revisionHistoryLimit: 1
  selector: {matchLabels: {app: %(name)s}}
  strategy: {canary: {maxUnavailable: 0, maxSurge: 1}}
  template:
    metadata: {labels: {app: %(name)s}}
    spec:
      terminationGracePeriodSeconds: 2
      containers:
        - name: app
          image: registry.example.com/small:%(version)s
          ports: [{containerPort: 3000}]
          readinessProbe: {httpGet: {path: /health, port: 3000}, periodSeconds: 10}
"""


def metric(bench, name):
    """One figure of the daemon's own metrics."""
    found = re.search(rf"^{name}(?:{{[^}}]*}})? (\S+)$", bench.request("GET", "/metrics"), re.MULTILINE)
    expect(found is not None, f"/metrics has no {name}")
    return float(found.group(1))


def names():
    return [(NAMESPACES[i % len(NAMESPACES)], f"svc-{i:03}") for i in range(SERVICES)]


def apply_small(bench, version, some):
    path = bench.folder / f"small-{version}.yaml"
    path.write_text("".join(SMALL % {"name": name, "ns": ns, "version": version} for ns, name in some))
    bench.run("apply", "-f", str(path))


def bind_small(bench, version):
    bench.run("image", "bind", f"registry.example.com/small:{version}", f"dir:{bench.artifact('small', version)}")


def rows(bench):
    return bench.json("status", "-A", "--limit", "5000")["rollouts"]


def healthy(bench):
    return [row for row in rows(bench) if row["phase"] == "Healthy"]


def answer_of(bench, host, path="/"):
    """(status, version) of one request through the edge."""
    request = urllib.request.Request(f"http://127.0.0.1:{bench.port}{path}", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers.get("X-Version", "")
    except urllib.error.HTTPError as error:
        return error.code, ""


def case_more_than_a_hundred_services_on_one_daemon(bench):
    bench.start_daemon()
    empty = metric(bench, "process_resident_memory_bytes")
    bind_small(bench, "v1")
    apply_small(bench, "v1", names())
    wait_for("all are healthy", lambda: len(healthy(bench)) == SERVICES, 240, 1)
    shown = {(row["namespace"], row["name"]) for row in rows(bench)}
    expect(shown == set(names()), f"status -A shows {len(shown)} of {SERVICES}")
    text = bench.run("status", "-A").stdout
    expect(all(name in text for _, name in names()), "the table of status -A is not whole")
    full = metric(bench, "process_resident_memory_bytes")
    series = metric(bench, "tuesday_series")
    each = (full - empty) / SERVICES / 1024
    print(f"     {SERVICES} instances: {full / 2**20:.1f} MiB, {each:.0f} KiB for each, {series / SERVICES:.0f} series for each, "
          f"{metric(bench, 'tuesday_series_bytes') / series:.0f} bytes for a series")
    expect(each < 2048, f"an instance costs the daemon {each:.0f} KiB")
    expect(series / SERVICES < 256, f"an instance has {series / SERVICES:.0f} series")
    some = names()[:6]
    bind_small(bench, "v2")
    apply_small(bench, "v2", some)
    for ns, name in some:
        wait_for(f"{name} answers with v2", lambda n=f"{name}.{ns}.localhost": answer_of(bench, n) == (200, "v2"), 120, 0.5)
    for ns, name in names()[6:12]:
        expect(answer_of(bench, f"{name}.{ns}.localhost") == (200, "v1"), f"{name} does not answer with v1")
    wait_for("all are healthy again", lambda: len(healthy(bench)) == SERVICES, 120, 1)
    # A daemon that starts anew takes all of them over, and none is started again.
    before = {row["name"]: row for row in rows(bench)}
    pids = {pid for pid in bench.processes() if is_service(pid)}
    bench.kill_daemon()
    took = bench.start_daemon()
    wait_for("all are healthy after a restart", lambda: len(healthy(bench)) == SERVICES, 60, 1)
    # What was replaced before may have gone meanwhile.
    after = {pid for pid in bench.processes() if is_service(pid)}
    expect(after <= pids and len(after) >= SERVICES, f"{len(after - pids)} instances were started again, {len(after)} run")
    expect({row["name"] for row in rows(bench)} == before.keys(), "a rollout is lost")
    slow, longest = metric(bench, "tuesday_loop_slow_tasks_total"), metric(bench, "tuesday_loop_longest_task_seconds")
    print(f"     started in {took:.2f} s; {slow:.0f} tasks held the loop for more than 5 ms, the longest for {longest * 1000:.1f} ms")


def is_service(pid):
    try:
        return b"./service" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


PROBED = """#!/usr/bin/python3
import http.server, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        sick = self.path == "/health" and os.path.exists("%(folder)s/sick-" + str(os.getpid()))
        self.send_response(503 if sick else 200)
        self.send_header("X-Pid", str(os.getpid()))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def who_answers(bench):
    """The process behind one request."""
    request = urllib.request.Request(f"http://127.0.0.1:{bench.port}/", headers={"Host": "api.default.localhost"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return int(answer.headers["X-Pid"])


def case_an_instance_that_fails_its_probe_gets_no_request_though_the_daemon_is_dead(bench):
    bench.start_daemon()
    folder = bench.folder / "artifacts" / "probed"
    folder.mkdir(parents=True)
    (folder / "run").write_text(PROBED % {"folder": bench.folder})
    (folder / "run").chmod(0o755)
    bench.run("image", "bind", "registry.example.com/api:v1", f"dir:{folder}")
    bench.run("apply", "-f", bench.manifest("api", "v1", PLAIN))
    bench.wait_healthy("api", "v1")
    pids = wait_for("three instances answer", lambda: len(found := {who_answers(bench) for _ in range(12)}) == 3 and found, 30)
    bench.kill_daemon()
    sick = sorted(pids)[0]
    mark = bench.folder / f"sick-{sick}"
    mark.touch()
    wait_for("the edge leaves it out", lambda: sick not in {who_answers(bench) for _ in range(9)}, 30)
    answered = [who_answers(bench) for _ in range(120)]
    expect(sick not in answered, f"{answered.count(sick)} of 120 requests went to the sick instance")
    expect(set(answered) == pids - {sick}, f"{set(answered)} of {pids}")
    mark.unlink()
    wait_for("it is back", lambda: sick in {who_answers(bench) for _ in range(9)}, 30)
    bench.start_daemon()
    bench.wait_healthy("api", "v1")


def blobs(bench):
    folder = bench.state / "blobs" / "artifacts"
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def case_artifacts_that_no_version_needs_are_let_go(bench):
    settings = bench.folder / "tuesday.yaml"
    settings.write_text("retention: {artifacts: 1000d}\n")
    bench.serve_words = ["--config", str(settings)]
    bench.start_daemon()
    for version in ("v1", "v2", "v3"):
        folder = bench.artifact("api", version)
        (folder / "weight").write_bytes(os.urandom(2 << 20))
        bench.run("image", "bind", f"registry.example.com/api:{version}", f"dir:{folder}")
        path = pathlib.Path(bench.manifest("api", version, PLAIN))
        path.write_text(path.read_text().replace("  replicas: 3\n", "  replicas: 1\n  revisionHistoryLimit: 0\n"))
        bench.run("apply", "-f", str(path))
        promoted(bench, "api", int(version[1:]))
        wait_for("its bake ends", lambda: bench.attempt("api").get("stage") == "done", 60)
    wait_for("v1 is forgotten", lambda: 1 not in [revision["number"] for revision in bench.rollout("api")["revisions"]], 60)
    before = blobs(bench)
    expect(len(before) == 3, f"artifacts: {before}")
    bound = {image["reference"]: image["digest"] for image in bench.json("image", "list")["images"]}
    wait_for("the disk was measured", lambda: bench.json("status")["disk"]["blobs_bytes"] > 6 << 20, 90, 1)
    took = bench.json("status")["disk"]["blobs_bytes"]
    settings.write_text("retention: {artifacts: 1s}\n")
    bench.daemon.send_signal(signal.SIGHUP)
    wait_for("v1 is let go", lambda: blobs(bench) == before - {bound["registry.example.com/api:v1"]}, 30)
    left = {image["reference"] for image in bench.json("image", "list")["images"]}
    expect(left == {"registry.example.com/api:v2", "registry.example.com/api:v3"}, f"bindings: {left}")
    wait_for("status tells of it", lambda: bench.json("status")["disk"]["blobs_bytes"] < took - (1 << 20), 30)
    log = bench.run("audit", "log", "--verify").stdout
    expect("image.unbound" in log and "artifacts.let_go" in log, f"the journal does not tell of it: {log[-600:]}")
    bench.kill_daemon()
    bench.start_daemon()
    bench.run("rollout", "undo", "api")
    promoted(bench, "api", 4)
    wait_for("v2 answers", lambda: answer_of(bench, "api.default.localhost") == (200, "v2"), 30)


def started(bench):
    return [instance["started_at"] for revision in bench.rollout("api")["revisions"] for instance in revision.get("instances", [])]


def case_restart_at_starts_older_instances_anew_without_a_failed_request(bench):
    first_version(bench, latency_ms=2)
    load = bench.load("api.default.localhost", 100)
    wait_for("load flows", lambda: load.totals()["ok"] > 100, 30)
    before = started(bench)
    expect(len(before) == 3, f"instances: {before}")
    path = pathlib.Path(bench.manifest("api", "v1", PLAIN))
    moment = max(before)[:19]
    # A second after the youngest instance: it is over, and all are older.
    at = f"{moment[:17]}{int(moment[17:19]) + 1:02}Z" if int(moment[17:19]) < 59 else f"{moment[:17]}59.999Z"
    wait_for("it is over", lambda: bench.run("status").stdout and max(started(bench)) <= at, 10)
    path.write_text(path.read_text().replace("  replicas: 3\n", f'  replicas: 3\n  restartAt: "{at}"\n'))
    bench.run("apply", "-f", str(path))
    wait_for("all are younger", lambda: len(now := started(bench)) == 3 and min(now) > at, 90, 0.5)
    bench.wait_healthy("api", "v1")
    after = started(bench)
    bench.run("apply", "-f", str(path))
    lines = len(load.seconds())
    wait_for("three more seconds", lambda: len(load.seconds()) >= lines + 3, 30)
    expect(started(bench) == after, "it was done twice")
    expect(load.totals()["failed"] == 0, f"failed requests: {load.totals()}")
    expect("restartAt" in bench.run("audit", "log").stdout, "the journal does not tell of it")


e2e_test.CASES = {name[5:]: case for name, case in list(globals().items()) if name.startswith("case_")}

if __name__ == "__main__":
    sys.exit(e2e_test.main())
