# SPDX-License-Identifier: Apache-2.0
"""What the parts of bench_daemon.py share: the rollout that they release, counters inside the instances, the journal, how a figure is said."""

import calendar
import json
import mmap
import pathlib
import re
import struct
import sys
import threading
import time

from tuesday_bench import wait_for

HOST = "api.default.localhost"
CONNECTIONS = 32
WRK_SECONDS = 4
QUIET_SECONDS = 0.2  # Without a request: the canary takes none any more.
FAST = """apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{name: {name}, annotations: {{tuesday/bake: 1s, tuesday/bake-keep: none}}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  strategy:
    canary:
      canaryService: {name}-canary
      stableService: {name}-stable
      scaleDownDelaySeconds: 1
      abortScaleDownDelaySeconds: {abort_delay}
      steps: {steps}
      trafficRouting: {{nginx: {{stableIngress: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      terminationGracePeriodSeconds: 5
      containers:
        - name: {name}
          image: registry.example.com/{name}:{version}
          ports: [{{containerPort: 3000}}]
          readinessProbe: {{httpGet: {{path: /health, port: 3000}}, periodSeconds: 1}}
"""
HALF = [{"setWeight": 50}, {"pause": {}}]


def say(name, value, unit):
    text = f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    print(f"bench {name} {text} {unit}", flush=True)


def progress(text):
    print(f"bench_daemon.py: {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def apply(bench, name, version, steps, replicas=2, abort_delay=3600):
    path = bench.folder / f"{name}-{version}-fast.yaml"
    path.write_text(FAST.format(name=name, version=version, steps=json.dumps(steps), replicas=replicas, abort_delay=abort_delay))
    bench.run("apply", "-f", str(path))


def bind(bench, name, version, **settings):
    folder = bench.artifact(name, version, **settings)
    bench.run("image", "bind", f"registry.example.com/{name}:{version}", f"dir:{folder}")


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def mebibytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M)[1]) / 1024


def say_load(name, load):
    seconds = load.seconds()
    say(name, sum(second["sent"] for second in seconds) / len(seconds), "requests/s")


def settle(load):
    """Everything that was on its way has been told of: the generator tells of each second at its end."""
    lines = len(load.seconds())
    wait_for("two more seconds", lambda: len(load.seconds()) >= lines + 2, 30)


def tell_failures(load):
    """Which seconds had failures, and how the answers were: nobody can look it up afterwards."""
    for second in load.seconds():
        if second["failed"]:
            progress(f"failed in one second: {json.dumps({key: value for key, value in second.items() if key != 'kind'})}")


class Counters(threading.Thread):
    """Watches the counters that the canary's instances share; knows when the last request began, on the wall clock."""

    def __init__(self, path):
        super().__init__(daemon=True)
        path.write_bytes(b"\0" * 16)
        path.chmod(0o666)
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 16)
        self.begun, self.moved_at, self.over = 0, time.time(), False

    def read(self):
        return struct.unpack_from("<QQ", self.map, 0)

    def lost_inside(self):
        """Requests that began and never ended: they were inside a process that died."""
        begun, ended = self.read()
        return begun - ended

    def quiet(self):
        return time.time() - self.moved_at > QUIET_SECONDS

    def run(self):
        while not self.over:
            begun, _ = self.read()
            if begun != self.begun:
                self.begun, self.moved_at = begun, time.time()
            time.sleep(0.0005)


class Journal:
    """Reads on from where it read last."""

    def __init__(self, bench, rollout):
        self.bench, self.rollout, self.number = bench, rollout, 0

    def new(self):
        entries = self.bench.json("audit", "log", "--rollout", self.rollout, "--after", str(self.number), "--limit", "100000")["entries"]
        self.number = max([self.number, *(entry["number"] for entry in entries)])
        return entries


def wall_seconds(text):
    whole, fraction = re.match(r"(.*)\.(\d+)Z", text).groups()
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float("0." + fraction)


def weight(bench, name="api"):
    return bench.rollout(name)["weight_permille"]


def stands(bench, ordinal, *stages):
    attempt = bench.attempt("api")
    return attempt.get("ordinal") == ordinal and attempt.get("stage") in stages
