#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Figures of a real daemon under real load. Each comparison runs both sides in this one run. Prints `bench <name> <value> <unit>`."""

import argparse
import json
import mmap
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from tuesday_bench import Bench, Failed, wait_for

PLAIN = "tests/e2e/plain.yaml.in"
FAST = """apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{name: {name}, annotations: {{tuesday/bake: 1s, tuesday/bake-keep: none}}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: {name}}}}}
  strategy:
    canary:
      canaryService: {name}-canary
      stableService: {name}-stable
      scaleDownDelaySeconds: 1
      abortScaleDownDelaySeconds: 3600
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


def say(name, value, unit):
    text = f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    print(f"bench {name} {text} {unit}", flush=True)


def apply(bench, name, version, steps):
    path = bench.folder / f"{name}-{version}-fast.yaml"
    path.write_text(FAST.format(name=name, version=version, steps=json.dumps(steps)))
    bench.run("apply", "-f", str(path))


def bind(bench, name, version, **settings):
    folder = bench.artifact(name, version, **settings)
    bench.run("image", "bind", f"registry.example.com/{name}:{version}", f"dir:{folder}")


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


class LastBegun(threading.Thread):
    """Watches the canary's counter of begun requests; knows when it last moved, on the wall clock of this machine."""

    def __init__(self, path):
        super().__init__(daemon=True)
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 16)
        self.count, self.moved_at, self.over = self.read(), time.time(), False

    def read(self):
        return struct.unpack_from("<Q", self.map, 0)[0]

    def run(self):
        while not self.over:
            count = self.read()
            if count != self.count:
                self.count, self.moved_at = count, time.time()
            time.sleep(0.0005)


def abort_time(bench, entry_kind="rollout.aborted"):
    """When the last abort was committed: the time of its journal entry."""
    entries = bench.json("audit", "log", "--rollout", "api", "--limit", "100000")["entries"]
    return max(parse_wall(e["time"]) for e in entries if e["kind"] == entry_kind)


def parse_wall(text):
    whole, fraction = re.match(r"(.*)\.(\d+)Z", text).groups()
    return time.mktime(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) - time.timezone + float("0." + fraction)


def bench_aborts(tuesday, examples, aborts, rate):
    """Decision to abort (the journal's commit) to the last request that the canary accepts."""
    with Bench(tuesday, examples) as bench:
        say("daemon_start", bench.start_daemon() * 1000, "ms")
        counters = bench.folder / "canary.counters"
        counters.write_bytes(b"\0" * 16)
        bind(bench, "api", "v1")
        bind(bench, "api", "v2", counters=counters)
        apply(bench, "api", "v1", [{"setWeight": 50}, {"pause": {}}])
        bench.wait_healthy("api")
        load = bench.load("api.default.localhost", rate, 32, 3600)
        wait_for("load flows", lambda: load.totals()["ok"] > rate, 30)
        apply(bench, "api", "v2", [{"setWeight": 50}, {"pause": {}}])
        watch, times, before = LastBegun(counters), [], None
        watch.start()
        for _ in range(aborts):
            wait_for("the canary takes 50 %", lambda: bench.rollout("api")["weight_permille"] == 500, 60, 0.02)
            bench.run("rollout", "abort", "api")
            wait_for("weight 0", lambda: bench.rollout("api")["weight_permille"] == 0, 30, 0.02)
            quiet = watch.count
            wait_for("the canary is quiet", lambda q=quiet: (time.time() - watch.moved_at) > 0.2, 30, 0.02)
            decided = abort_time(bench)
            if before != decided:
                times.append(max(0.0, watch.moved_at - decided))
            before = decided
            bench.run("rollout", "retry", "api")
        watch.over = True
        seconds = load.seconds()
        say("rollout_abort_to_last_canary_request_p50", quantile(times, 0.5) * 1000, f"ms over {len(times)} aborts")
        say("rollout_abort_to_last_canary_request_p99", quantile(times, 0.99) * 1000, "ms")
        say("rollout_abort_load", sum(s["sent"] for s in seconds) / len(seconds), "requests/s")
        say("rollout_abort_failed_requests", load.totals()["failed"], "requests")


def bench_promotions(tuesday, examples, promotions, rate):
    """Consecutive healthy promotions under load."""
    with Bench(tuesday, examples) as bench:
        bench.start_daemon()
        for version in ("v1", "v2"):
            bind(bench, "api", version)
        apply(bench, "api", "v1", [{"setWeight": 50}])
        bench.wait_healthy("api")
        load = bench.load("api.default.localhost", rate, 32, 3600)
        wait_for("load flows", lambda: load.totals()["ok"] > rate, 30)
        for i in range(promotions):
            apply(bench, "api", ("v2", "v1")[i % 2], [{"setWeight": 50}])
            wait_for(f"promotion {i + 1}",
                     lambda n=i + 2: bench.attempt("api").get("ordinal") == n and bench.attempt("api").get("stage") in ("baking", "done"), 90, 0.05)
        seconds = load.seconds()
        say("rollout_promotion_failed_requests", load.totals()["failed"], f"requests in {promotions} promotions")
        say("rollout_promotion_load", sum(s["sent"] for s in seconds) / len(seconds), "requests/s")
        own = bench.request("GET", "/metrics")
        found = re.search(r"^process_resident_memory_bytes (\d+)", own, re.M)
        say("daemon_rss_after_promotions", int(found[1]) / (1 << 20), "MiB")


PLAIN_HAPROXY = """defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
frontend in
  bind 127.0.0.1:{port}
  default_backend out
backend out
{servers}
"""


def wrk(port, host, seconds):
    done = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}s", "-H", f"Host: {host}", f"http://127.0.0.1:{port}/"], capture_output=True, text=True, timeout=seconds + 30)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])


def bench_edge(tuesday, examples, rounds):
    """Our edge against a two-line HAProxy in front of the same instances, interleaved."""
    from tuesday_bench import free_port
    if shutil.which("wrk") is None:
        print("bench edge_throughput_vs_plain_haproxy skipped: apt-get install wrk", flush=True)
        return
    with Bench(tuesday, examples) as bench:
        bench.start_daemon()
        bind(bench, "api", "v1")
        apply(bench, "api", "v1", [{"setWeight": 50}])
        view = bench.wait_healthy("api")
        port = free_port()
        servers = "\n".join(f"  server s{i} {instance['address']} check" for i, instance in enumerate(view["revisions"][0]["instances"]))
        config = bench.folder / "plain.cfg"
        config.write_text(PLAIN_HAPROXY.format(port=port, servers=servers))
        plain = subprocess.Popen(["haproxy", "-db", "-f", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wrk(port, "x", 1)
            ratios = []
            for _ in range(rounds):
                ours, theirs = wrk(bench.port, "api.default.localhost", 3), wrk(port, "x", 3)
                ratios.append(ours / theirs)
            say("edge_throughput_vs_plain_haproxy", quantile(ratios, 0.5), "ratio")
            say("edge_requests", ours, "requests/s")
        finally:
            plain.kill()
            plain.wait()


def until_answered(port, host, began):
    """Milliseconds since `began` until a new connection gets the service's answer."""
    request = f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as connection:
                connection.sendall(request)
                if connection.recv(64).startswith(b"HTTP/1.1 200"):
                    return (time.monotonic() - began) * 1000
        except OSError:
            pass
        if time.monotonic() - began > 10:
            raise Failed("the edge did not come back")


def bench_edge_return(tuesday, examples, rounds):
    """With no daemon: the edge is killed and comes back from what is on disk. HAProxy alone, then its supervisor too."""
    with Bench(tuesday, examples) as bench:
        bench.start_daemon()
        bind(bench, "api", "v1")
        apply(bench, "api", "v1", [{"setWeight": 50}])
        bench.wait_healthy("api")
        bench.kill_daemon()
        folder = next(path.parent for path in bench.state.rglob("edge.json"))
        alone, both = [], []
        for _ in range(rounds):
            # A HAProxy that lived for less than five seconds is started again after a back-off.
            time.sleep(5.2)
            haproxy = bench.pid_of("haproxy\0-db")
            began = time.monotonic()
            os.kill(haproxy, signal.SIGKILL)
            alone.append(until_answered(bench.port, "api.default.localhost", began))
            supervisor = bench.pid_of("supervise\0edge")
            began = time.monotonic()
            os.kill(supervisor, signal.SIGKILL)
            while haproxy := bench.pid_of("haproxy\0-db"):
                os.kill(haproxy, signal.SIGKILL)
            # Its successor asks for the lock once.
            while bench.pid_of("supervise\0edge"):
                pass
            with open(bench.folder / "edge.log", "ab") as log:
                subprocess.Popen([bench.tuesday, "supervise", "edge", str(folder)], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                 start_new_session=True)
            both.append(until_answered(bench.port, "api.default.localhost", began))
        say("edge_return_after_kill", quantile(alone, 0.5), "ms")
        say("edge_return_after_kill_worst", max(alone), "ms")
        say("edge_return_after_kill_of_all", quantile(both, 0.5), "ms")
        say("edge_return_after_kill_of_all_worst", max(both), "ms")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--aborts", type=int, default=200)
    parser.add_argument("--promotions", type=int, default=50)
    parser.add_argument("--rate", type=int, default=10_000, help="requests a second; the machine gives what it can")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    tuesday, examples = options.build / "src/app/cli/tuesday", options.build / "examples"
    failed = False
    for run in (lambda: bench_aborts(tuesday, examples, options.aborts, options.rate),
                lambda: bench_promotions(tuesday, examples, options.promotions, options.rate),
                lambda: bench_edge(tuesday, examples, options.rounds),
                lambda: bench_edge_return(tuesday, examples, options.rounds)):
        try:
            run()
        except Failed as error:
            print(f"bench_daemon.py: {error}", file=sys.stderr)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
