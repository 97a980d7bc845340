# SPDX-License-Identifier: Apache-2.0
"""Blue-green on the wire: from the journal's commit to the last request that the side which is left accepts, there and back."""

from bench_common import (CONNECTIONS, HOST, Counters, Journal, bind, progress, quantile, say, say_load, settle, stands, tell_failures,
                          wall_seconds)
from tuesday_bench import Bench, Failed, wait_for

# Both sides stand for the whole run: what is measured is the switch, not how long an instance takes to start.
BLUE_GREEN = """apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{name: api, annotations: {{tuesday/bake: 1h}}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: api}}}}
  strategy:
    blueGreen: {{activeService: api-active, previewService: api-preview, scaleDownDelaySeconds: 3600, abortScaleDownDelaySeconds: 3600}}
  template:
    metadata: {{labels: {{app: api}}}}
    spec:
      terminationGracePeriodSeconds: 5
      containers:
        - name: api
          image: registry.example.com/api:{version}
          ports: [{{containerPort: 3000}}]
          readinessProbe: {{httpGet: {{path: /health, port: 3000}}, periodSeconds: 1}}
"""


def release(bench, version):
    path = bench.folder / f"blue-green-{version}.yaml"
    path.write_text(BLUE_GREEN.format(version=version))
    bench.run("apply", "-f", str(path))


def took(journal, kind, left):
    """Seconds from the newest entry of `kind` to the last request of the side that was left."""
    times = [wall_seconds(entry["time"]) for entry in journal.new() if entry["kind"] == kind]
    if not times:
        raise Failed(f"the journal has no {kind}")
    return max(0.0, left.moved_at - times[0])


def flipped(to, left):
    """Waits until requests are at one side and none at the other."""
    begun = to.begun
    wait_for("the other side is asked", lambda: to.begun > begun, 60, 0.01)
    wait_for("the old side is quiet", left.quiet, 30, 0.02)


def say_flips(name, times):
    say(f"{name}_p50", quantile(times, 0.5) * 1000, f"ms over {len(times)} flips")
    say(f"{name}_p99", quantile(times, 0.99) * 1000, f"ms over {len(times)} flips")


def bench_flip(tuesday, examples, options):
    with Bench(tuesday, examples) as bench:
        bench.start_daemon()
        sides = {version: Counters(bench.folder / f"{version}.counters") for version in ("v1", "v2")}
        for version in sides:
            bind(bench, "api", version, counters=bench.folder / f"{version}.counters")
        release(bench, "v1")
        bench.wait_healthy("api")
        load = bench.load(HOST, options.rate, CONNECTIONS, 3600)
        wait_for("load flows", lambda: load.totals()["ok"] > options.rate, 30)
        for side in sides.values():
            side.start()
        journal, there, back = Journal(bench, "api"), [], []
        for i in range(options.flips):
            journal.new()
            release(bench, "v2") if i == 0 else bench.run("rollout", "retry", "api")
            flipped(sides["v2"], sides["v1"])
            wait_for("it bakes", lambda n=i + 2: stands(bench, n, "baking"), 30, 0.05)
            there.append(took(journal, "rollout.weight", sides["v1"]))
            bench.run("rollout", "abort", "api")
            flipped(sides["v1"], sides["v2"])
            wait_for("it is back", lambda n=i + 2: stands(bench, n, "aborted"), 30, 0.05)
            back.append(took(journal, "rollout.rolled_back", sides["v2"]))
            if (i + 1) % 10 == 0:
                progress(f"flip {i + 1} of {options.flips}: there {max(there) * 1000:.0f} ms, back {max(back) * 1000:.0f} ms at most, "
                         f"{load.totals()['failed']} requests failed")
        for side in sides.values():
            side.over = True
        settle(load)
        tell_failures(load)
        say_flips("bluegreen_flip_there", there)
        say_flips("bluegreen_flip_back", back)
        say_flips("bluegreen_flip", there + back)
        say("bluegreen_flip_failed_requests", load.totals()["failed"], f"requests in {2 * options.flips} flips")
        say_load("bluegreen_flip_load", load)
