#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The main job with real parts and live load: a healthy release goes out, three faulty ones are taken back by the playbook's own
rules, and the daemon is killed in the middle; then a rolling and a blue-green release, one good and one bad each; then a push whose tests fail and its repair. Ends with
`demo: passed` or `demo: failed: <why>`."""

import argparse
import pathlib
import signal
import subprocess
import sys
import threading
import time

from demo_strategies import Strategies
from demo_workflow import Push
from tuesday_bench import ROOT, Bench, Failed, wait_for

RULES = "examples/playbook/prometheus-rule.yaml"
NAMES = ("api", "checkout", "search")
RATES = {"api": 200, "checkout": 200, "search": 150}
# Checkout shall be found to be half as slow again: what a busy machine adds to both versions must stay small beside it.
LATENCIES_MS = {"api": 20, "checkout": 60, "search": 20}
CONNECTIONS = 32


class Demo:
    def __init__(self, bench):
        self.bench = bench
        self.began = time.monotonic()
        self.loads = {}
        self.line_shown = ""
        self.over = threading.Event()

    def say(self, text):
        print(f"[{time.monotonic() - self.began:6.1f} s] {text}", flush=True)

    def progress(self):
        """A line a second: weight, gate and failures of each service."""
        while not self.over.wait(1):
            parts = []
            for name, load in list(self.loads.items()):
                try:
                    view = self.bench.json("rollout", "get", name, check=False)
                    totals = load.totals()
                except (Failed, OSError):
                    parts.append(f"{name} (no daemon)")
                    continue
                parts.append(f"{name} rev {view.get('number')} {view.get('phase', '?'):<11} {view.get('weight_permille', 0) / 10:4.0f} % "
                             f"gate {view.get('gate') or '-':<11} sent {totals['sent']} failed {totals['failed']}")
            if parts:
                self.say(" | ".join(parts))

    def run(self):
        bench = self.bench
        seconds = bench.start_daemon()
        self.say(f"the daemon serves after {seconds * 1000:.0f} ms; its edge is 127.0.0.1:{bench.port}")
        bench.run("apply", "-f", str(ROOT / RULES))
        self.say("the playbook's PrometheusRule is applied, byte for byte")
        threading.Thread(target=self.progress, daemon=True).start()
        self.first_versions()
        self.healthy_release()
        self.faulty_releases()
        self.summary()
        for load in self.loads.values():
            load.stop()
        self.loads.clear()
        Strategies(bench, self.loads, self.say).run()
        Push(bench, self.say).run()
        bench.run("audit", "log", "--verify", "--limit", "1")
        self.say("the journal's chain is whole")

    def first_versions(self):
        for name in NAMES:
            self.bench.deploy(name, "v1", latency_ms=LATENCIES_MS[name])
        for name in NAMES:
            self.bench.wait_healthy(name, "v1")
            self.loads[name] = self.bench.load(f"{name}.default.localhost", RATES[name], connections=CONNECTIONS)
        self.say("v1 of api, checkout and search serve, six instances each, under live load")
        wait_for("every service answers", lambda: all(load.totals()["ok"] > 100 for load in self.loads.values()), 30)

    def healthy_release(self):
        bench = self.bench
        bench.deploy("api", "v2", latency_ms=LATENCIES_MS["api"])
        self.say("api v2: a healthy version is applied")
        wait_for("api v2 takes 10 %", lambda: bench.rollout("api")["weight_permille"] == 100, 60)
        before = self.loads["api"].totals()["failed"]
        bench.kill_daemon()
        self.say("kill -9 of the daemon in mid-canary; the edge and the instances go on")
        sent = self.loads["api"].totals()["sent"]
        wait_for("requests go on without a daemon", lambda: self.loads["api"].totals()["sent"] > sent + 500, 30)
        seconds = bench.start_daemon()
        self.say(f"the daemon is back after {seconds * 1000:.0f} ms and goes on with the canary")
        seen = set()

        def promoted():
            seen.add(bench.rollout("api")["weight_permille"])
            return bench.attempt("api").get("stage") in ("baking", "done")
        wait_for("api v2 promoted", promoted, 180, 0.5)
        if not {300, 600} <= seen:
            raise Failed(f"api v2 skipped a weight: only {sorted(seen)} were seen")
        failed = self.loads["api"].totals()["failed"] - before
        if failed:
            raise Failed(f"{failed} requests failed during the healthy release and the kill")
        self.say("api v2 promoted through 10, 30 and 60 %; no request failed")
        print(bench.run("why", "api").stdout, flush=True)

    def faulty_releases(self):
        """v3 (5 % errors), v4 (P99 +50 %) and v5 (crashes after 20 s) at the same moment on three services."""
        bench = self.bench
        self.failed_before = {name: load.totals() for name, load in self.loads.items()}
        bench.deploy("api", "v3", latency_ms=LATENCIES_MS["api"], error_rate=0.05)
        bench.deploy("checkout", "v4", latency_ms=LATENCIES_MS["checkout"] * 1.5)
        # Not all of its instances at once: then tuesday would not wait for a rule.
        bench.deploy("search", "v5", latency_ms=LATENCIES_MS["search"], crash_after_s="$((20 + $$ % 8))", scale=3)
        self.say("at the same moment: api v3 (5 % errors), checkout v4 (P99 +50 %), search v5 (crashes after 20 s)")
        rules = {"api": "CanaryHighErrorRate", "checkout": "CanaryHighLatency", "search": "CanaryPodRestarts"}
        open_names = dict(rules)

        def ended():
            for name, rule in list(open_names.items()):
                attempt = bench.attempt(name)
                if attempt.get("ending") in ("promoted",):
                    raise Failed(f"{name} was promoted although it is faulty")
                if attempt.get("ending") not in ("aborted", "rolled back"):
                    continue
                if rule not in attempt["reason"]:
                    raise Failed(f"{name} was taken back for another reason: {attempt['reason']}")
                self.say(f"{name}: taken back by {rule}")
                del open_names[name]
            return not open_names
        wait_for("all three are taken back", ended, 260, 0.5)
        for name in NAMES:
            wait_for(f"{name} serves by its stable version alone", lambda n=name: bench.rollout(n)["weight_permille"] == 0, 30)

    def summary(self):
        bench = self.bench
        bench.run("audit", "log", "--verify", "--limit", "1")
        for name in NAMES:
            line = bench.run("why", name).stdout.splitlines()[0]
            totals, before = self.loads[name].totals(), self.failed_before[name]
            version = {"api": "v3", "checkout": "v4", "search": "v5"}[name]
            by_canary = totals["failed_by_version"].get(version, 0)
            failed = totals["failed"]
            print(f"{line}\n  requests sent {totals['sent']}, failed {failed}, answered badly by the canary {by_canary}, "
                  f"without an answer {failed - sum(v for k, v in totals['failed_by_version'].items() if k)}", flush=True)
            if name == "checkout" and failed:
                raise Failed(f"{failed} requests of checkout failed; a slow version fails none")
            if name == "api" and failed != by_canary:
                raise Failed(f"{failed - by_canary} requests of api failed for another reason than its canary's errors")


def play_simulation(tuesday):
    """The playbook's unmodified rollout, 20 minutes in well under a second: once healthy, once with 2 % errors."""
    for extra, wanted in (([], 0), (["--canary-errors", "2"], 1)):
        began = time.monotonic()
        done = subprocess.run([tuesday, "simulate", "-f", str(ROOT / "examples/playbook"), *extra], capture_output=True, text=True, timeout=60)
        took = time.monotonic() - began
        print("\n".join(done.stdout.splitlines()[-4:]), flush=True)
        print(f"simulate {' '.join(extra) or 'healthy'}: {took:.2f} s", flush=True)
        if done.returncode != wanted:
            raise Failed(f"simulate {' '.join(extra)} ended with {done.returncode}, not {wanted}: {done.stderr[-400:]}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tuesday", required=True)
    parser.add_argument("--examples", required=True)
    parser.add_argument("--keep", action="store_true", help="leave the state folder for a look")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with Bench(options.tuesday, options.examples, options.keep) as bench:
            demo = Demo(bench)
            try:
                demo.run()
            except Failed:
                demo.over.set()
                print((bench.folder / "daemon.log").read_text()[-3000:], file=sys.stderr)
                raise
            demo.over.set()
        play_simulation(str(pathlib.Path(options.tuesday).resolve()))
    except (Failed, OSError, subprocess.SubprocessError) as error:
        print(f"demo: failed: {error}")
        return 1
    print("demo: passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
