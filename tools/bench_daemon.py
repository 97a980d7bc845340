#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Figures of a real daemon under real load. Each comparison runs both sides in this one run. Prints `bench <name> <value> <unit>`,
progress on standard error. `--only PART,PART` runs some: start, aborts, crashes, promotions, flips, edge, edge-return, hour, backup,
simulate, check."""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from bench_common import (CONNECTIONS, HALF, HOST, WRK_SECONDS, Counters, Journal, apply, bind, mebibytes, progress, quantile, say, say_load,
                          settle, stands, tell_failures, wall_seconds, weight)
from bench_flip import bench_flip
from tuesday_bench import ROOT, Bench, Failed, free_port, wait_for


def bench_start(tuesday, examples, options):
    """From the process' start to its first answer that it is ready: with a fresh folder, and again on what it has."""
    with Bench(tuesday, examples) as bench:
        fresh = bench.start_daemon() * 1000
        bind(bench, "api", "v1")
        apply(bench, "api", "v1", HALF)
        bench.wait_healthy("api")
        again = []
        for _ in range(options.starts):
            bench.kill_daemon()
            again.append(bench.start_daemon() * 1000)
        say("daemon_start", max(fresh, quantile(again, 0.5)),
            f"ms: the slower of a fresh start and the median of {options.starts} restarts")
        say("daemon_start_fresh", fresh, "ms, the edge's start included")
        say("daemon_start_again", quantile(again, 0.5), "ms, after kill -9")


def bench_aborts(tuesday, examples, options):
    """Decision to abort (the journal's commit) to the last request that the canary accepts."""
    with Bench(tuesday, examples) as bench:
        bench.start_daemon()
        counters = Counters(bench.folder / "canary.counters")
        bind(bench, "api", "v1")
        bind(bench, "api", "v2", counters=bench.folder / "canary.counters")
        apply(bench, "api", "v1", HALF)
        bench.wait_healthy("api")
        load = bench.load(HOST, options.rate, CONNECTIONS, 3600)
        wait_for("load flows", lambda: load.totals()["ok"] > options.rate, 30)
        apply(bench, "api", "v2", HALF)
        counters.start()
        journal, times = Journal(bench, "api"), []
        for i in range(options.aborts):
            wait_for("the canary takes 50 %", lambda: weight(bench) == 500, 60, 0.02)
            begun = counters.begun
            wait_for("the canary is asked", lambda b=begun: counters.begun > b, 30, 0.002)
            journal.new()
            bench.run("rollout", "abort", "api")
            wait_for("weight 0", lambda: weight(bench) == 0, 30, 0.02)
            wait_for("the canary is quiet", counters.quiet, 30, 0.02)
            aborted = [entry for entry in journal.new() if entry["kind"] == "rollout.aborted"]
            if len(aborted) != 1:
                raise Failed(f"{len(aborted)} aborts in the journal after one was asked for")
            times.append(max(0.0, counters.moved_at - wall_seconds(aborted[0]["time"])))
            if (i + 1) % 10 == 0:
                failed = load.totals()["failed"]
                progress(f"abort {i + 1} of {options.aborts}: the longest took {max(times) * 1000:.0f} ms, {failed} requests failed")
            bench.run("rollout", "retry", "api")
        counters.over = True
        settle(load)
        tell_failures(load)
        say("rollout_abort_to_last_canary_request_p50", quantile(times, 0.5) * 1000, f"ms over {len(times)} aborts")
        say("rollout_abort_to_last_canary_request_p99", quantile(times, 0.99) * 1000, f"ms over {len(times)} aborts")
        say("rollout_abort_to_last_canary_request_max", max(times) * 1000, "ms")
        say("rollout_abort_failed_requests", load.totals()["failed"], "requests")
        say_load("rollout_abort_load", load)


def bench_crashes(tuesday, examples, options):
    """Aborts of a canary that crashes: what fails beyond what was inside the crashing process."""
    with Bench(tuesday, examples) as bench:
        bench.start_daemon()
        counters = Counters(bench.folder / "canary.counters")
        bind(bench, "api", "v1")
        apply(bench, "api", "v1", HALF, abort_delay=1)
        bench.wait_healthy("api")
        load = bench.load(HOST, options.rate, CONNECTIONS, 3600)
        wait_for("load flows", lambda: load.totals()["ok"] > options.rate, 30)
        begun_by_crashing = 0
        for i in range(options.crashes):
            # A version of its own each time: the supervisors' back-off for one that crashes again would be waited for.
            version = f"c{i}"
            bind(bench, "api", version, counters=bench.folder / "canary.counters", latency_ms=5, crash_after_s=2)
            before = counters.read()[0]
            apply(bench, "api", version, HALF, abort_delay=1)
            wait_for(f"attempt {i + 2} is aborted", lambda n=i + 2: stands(bench, n, "aborted"), 90, 0.05)
            begun_by_crashing += counters.read()[0] - before > 0
            if (i + 1) % 5 == 0:
                failed = load.totals()["failed"]
                progress(f"crash {i + 1} of {options.crashes}: {failed} requests failed, {counters.lost_inside()} were inside")
        settle(load)
        tell_failures(load)
        failed, inside = load.totals()["failed"], counters.lost_inside()
        if begun_by_crashing < options.crashes:
            raise Failed(f"only {begun_by_crashing} of {options.crashes} crashing canaries were asked anything")
        say("rollout_crash_failed_requests", failed, f"requests in {options.crashes} aborts of a canary that crashes")
        say("rollout_crash_requests_inside", inside, "requests that were inside the crashing processes")
        say("rollout_abort_failed_requests_outside_crash", max(0, failed - inside), "requests: the difference")
        say_load("rollout_crash_load", load)


def bench_promotions(tuesday, examples, options):
    """Consecutive healthy promotions under load."""
    with Bench(tuesday, examples) as bench:
        bench.start_daemon()
        for version in ("v1", "v2"):
            bind(bench, "api", version)
        apply(bench, "api", "v1", [{"setWeight": 50}])
        bench.wait_healthy("api")
        load = bench.load(HOST, options.rate, CONNECTIONS, 3600)
        wait_for("load flows", lambda: load.totals()["ok"] > options.rate, 30)
        for i in range(options.promotions):
            apply(bench, "api", ("v2", "v1")[i % 2], [{"setWeight": 50}])
            wait_for(f"promotion {i + 1}", lambda n=i + 2: stands(bench, n, "baking", "done"), 90, 0.05)
            if (i + 1) % 5 == 0:
                progress(f"promotion {i + 1} of {options.promotions}: {load.totals()['failed']} requests failed")
        settle(load)
        tell_failures(load)
        say("rollout_promotion_failed_requests", load.totals()["failed"], f"requests in {options.promotions} promotions")
        say_load("rollout_promotion_load", load)
        say("daemon_rss_after_promotions", mebibytes(bench.daemon.pid), "MiB")


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


def wrk(port, seconds):
    done = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-H", f"Host: {HOST}", f"http://127.0.0.1:{port}/"],
                          capture_output=True, text=True, timeout=seconds + 30)
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if not found or "Non-2xx" in done.stdout:
        raise Failed(f"wrk on port {port}: {done.stdout[-400:]}{done.stderr[-400:]}")
    return float(found[1])


def edge_without_log(config, folder, port):
    """Our edge's own configuration, listening elsewhere and without the lines that make it log."""
    text = re.sub(r"^ring feed\n(  .*\n)+", "", config, flags=re.M)
    text = re.sub(r"^  log(-format)? .*\n", "", text, flags=re.M)
    text = re.sub(r"^  (stats socket|user|group) .*\n", "", text, flags=re.M)
    text, binds = re.subn(r"^  bind fd@\d+.*$", f"  bind 127.0.0.1:{port}", text, flags=re.M)
    if binds != 1 or "log" in re.sub(r"idle-close|dontlognull", "", text).split():
        raise Failed("the edge's configuration is not as this bench knows it")
    path = folder / "without-log.cfg"
    path.write_text(text)
    return path


def bench_edge(tuesday, examples, options):
    """Our edge, the same configuration without its log, and a two-line HAProxy in front of the same instances, interleaved."""
    missing = [f"apt-get install {name}" for name in ("wrk", "haproxy") if shutil.which(name) is None]
    if missing:
        for name in ("edge_throughput_log_vs_nolog", "edge_throughput_vs_plain_haproxy"):
            print(f"bench {name} skipped: {missing[0]}", flush=True)
        return
    with Bench(tuesday, examples) as bench:
        bench.start_daemon()
        bind(bench, "api", "v1")
        apply(bench, "api", "v1", HALF)
        view = bench.wait_healthy("api")
        servers = [instance["address"] for revision in view["revisions"] for instance in revision["instances"]]
        plain_port, quiet_port = free_port(), free_port()
        plain = bench.folder / "plain.cfg"
        lines = "\n".join(f"  server s{i} {address} check" for i, address in enumerate(servers))
        plain.write_text(PLAIN_HAPROXY.format(port=plain_port, servers=lines))
        quiet = edge_without_log((bench.state / "edge/haproxy/haproxy.cfg").read_text(), bench.folder, quiet_port)
        # In sessions of their own, as our edge is: the scheduler shares the machine between sessions.
        nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        others = [subprocess.Popen(["haproxy", "-db", "-f", str(path)], **nowhere) for path in (plain, quiet)]
        try:
            for port in (plain_port, quiet_port, bench.port):
                wait_for(f"port {port} answers", lambda p=port: curl_ok(p), 20)
                wrk(port, 1)
            rounds = []
            for i in range(options.rounds):
                rounds.append([wrk(port, WRK_SECONDS) for port in (bench.port, quiet_port, plain_port)])
                progress("edge round {}: {:.0f} with log, {:.0f} without, {:.0f} plain HAProxy".format(i + 1, *rounds[-1]))
        finally:
            for process in others:
                process.kill()
                process.wait()
        unit = f"ratio, median of {len(rounds)} rounds"
        say("edge_throughput_log_vs_nolog", quantile([ours / nolog for ours, nolog, _ in rounds], 0.5), unit)
        say("edge_throughput_vs_plain_haproxy", quantile([ours / theirs for ours, _, theirs in rounds], 0.5), unit)
        say("edge_requests", quantile([ours for ours, _, _ in rounds], 0.5), "requests/s")


def curl_ok(port):
    command = ["curl", "-sf", "-o", "/dev/null", "-H", f"Host: {HOST}", f"http://127.0.0.1:{port}/"]
    return subprocess.run(command, check=False).returncode == 0


def bench_hour(tuesday, examples, options):
    """With one instance of each service, and with several."""
    hour_of(tuesday, examples, options, "daemon_rss_10_instances_1h", 1)
    hour_of(tuesday, examples, options, "daemon_rss_10_services_1h", options.instances)


def hour_of(tuesday, examples, options, name_of_figure, replicas):
    """Memory of a daemon with 10 services and an hour of their samples. The hour is written by the daemon's own recorder on
    virtual time into the daemon's metrics log, about the instances that run; the daemon reads it at its start and goes on."""
    with Bench(tuesday, examples) as bench:
        bench.start_daemon()
        names = [f"svc{i}" for i in range(10)]
        for name in names:
            bind(bench, name, "v1")
            apply(bench, name, "v1", HALF, replicas=replicas)
        instances = []
        for name in names:
            view = bench.wait_healthy(name)
            for revision in view["revisions"]:
                instances += [{"namespace": "default", "rollout": name, "revision": revision["revision"], "instance": instance["name"]}
                              for instance in revision["instances"]]
        if len(instances) != 10 * replicas:
            raise Failed(f"{len(instances)} instances run")
        say(name_of_figure.replace("1h", "fresh"), mebibytes(bench.daemon.pid), "MiB")
        bench.stop_daemon()
        shutil.rmtree(bench.state / "metrics")
        listed = bench.folder / "instances.json"
        listed.write_text(json.dumps(instances))
        wrote = subprocess.run([str(options.build / "bench/metrics_hour"), str(bench.state / "metrics"), str(listed), "60"],
                               capture_output=True, text=True, check=False)
        if wrote.returncode != 0:
            raise Failed(f"metrics_hour: {wrote.stderr}")
        progress(f"the hour: {wrote.stdout.strip()}")
        start = bench.start_daemon() * 1000
        load = bench.load("svc0.default.localhost", 200, 8, 600)
        wait_for("load flows", lambda: load.totals()["ok"] > 200, 30)
        answer = bench.json("query", "sum(increase(http_requests_total[1h]))")
        time.sleep(options.rss_settle)
        say(name_of_figure, mebibytes(bench.daemon.pid),
            f"MiB: {replicas} each, {wrote.stdout.split(' on disk')[0].strip()} on disk, read back at the start")
        say(name_of_figure.replace("rss", "start"), start, "ms")
        if "e+0" not in json.dumps(answer) and not re.search(r'"[\d.]{6,}"', json.dumps(answer)):
            raise Failed(f"the hour is not seen: {answer}")


def own_metric(bench, name):
    """A figure of the daemon about itself, over its socket."""
    found = re.search(rf"^{name} (\S+)$", bench.request("GET", "/metrics"), re.M)
    if not found:
        raise Failed(f"/metrics has no {name}")
    return float(found.group(1))


def bench_backup(tuesday, examples, options):
    """A backup beside a daemon under load that has an hour of metrics of ten instances, and what its loop felt of it."""
    with Bench(tuesday, examples) as bench:
        bench.start_daemon()
        bind(bench, "api", "v1")
        apply(bench, "api", "v1", HALF)
        bench.wait_healthy("api")
        bench.stop_daemon()
        shutil.rmtree(bench.state / "metrics")
        listed = bench.folder / "instances.json"
        listed.write_text(json.dumps([{"namespace": "default", "rollout": f"svc{i}", "revision": "0123456789", "instance": f"i{i}"}
                                      for i in range(10)]))
        wrote = subprocess.run([str(options.build / "bench/metrics_hour"), str(bench.state / "metrics"), str(listed), "60"],
                               capture_output=True, text=True, check=False)
        if wrote.returncode != 0:
            raise Failed(f"metrics_hour: {wrote.stderr}")
        bench.start_daemon()
        load = bench.load(HOST, 200, 8, 600)
        wait_for("load flows", lambda: load.totals()["ok"] > 400, 30)
        slow = own_metric(bench, "tuesday_loop_slow_tasks_total")
        rates, size = [], 0.0
        for i in range(options.rounds):
            path = bench.folder / f"{i}.tar"
            began = time.monotonic()
            bench.run("backup", str(path))
            rates.append(path.stat().st_size / 1e6 / (time.monotonic() - began))
            size = path.stat().st_size / 1e6
        began = time.monotonic()
        bench.run("backup", "--check", str(path))
        checked = size / (time.monotonic() - began)
        say("backup_rate", quantile(rates, 0.5), f"MB/s, {size:.1f} MB, an hour of metrics, the process' start included")
        say("backup_check_rate", checked, "MB/s")
        say("backup_loop_holds_over_5ms", own_metric(bench, "tuesday_loop_slow_tasks_total") - slow, f"in {options.rounds} backups")
        say("backup_loop_longest_hold", own_metric(bench, "tuesday_loop_longest_task_seconds") * 1000, "ms, since the daemon's start")
        if load.totals()["failed"]:
            raise Failed(f"requests failed: {load.totals()}")


def bench_simulate(tuesday, examples, options):
    """The playbook's rollout with its rules through the command line, the process' start included."""
    del examples
    playbook = ROOT / "examples/playbook"
    times, played = [], 0.0
    for _ in range(options.rounds * 2 + 1):
        began = time.monotonic()
        files = ["-f", str(playbook / "rollout.yaml"), "-f", str(playbook / "prometheus-rule.yaml")]
        done = subprocess.run([str(tuesday), "--json", "simulate", *files], capture_output=True, text=True, check=False)
        times.append(time.monotonic() - began)
        if done.returncode != 0:
            raise Failed(f"simulate ended with {done.returncode}: {done.stderr[-300:]}")
        played = json.loads(done.stdout)["took_seconds"]
    say("simulate_command_speed", played / quantile(times, 0.5), "times real time, with the process' start")


def bench_check(tuesday, examples, options):
    """`tuesday check` of 1,000 files, each a Rollout with its names changed."""
    del examples, options
    with tempfile.TemporaryDirectory(prefix="tuesday-check-") as folder:
        text = (ROOT / "examples/playbook/rollout.yaml").read_text()
        for i in range(1000):
            pathlib.Path(folder, f"r{i}.yaml").write_text(text.replace("api-server", f"api-{i}"))
        times = []
        for _ in range(3):
            began = time.monotonic()
            done = subprocess.run([str(tuesday), "check", folder], capture_output=True, text=True, check=False)
            times.append((time.monotonic() - began) * 1000)
        if done.returncode not in (0, 1):
            raise Failed(f"check ended with {done.returncode}: {done.stderr[-300:]}")
        say("check_1000_manifests", quantile(times, 0.5), "ms")


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


def bench_edge_return(tuesday, examples, options):
    """With no daemon: the edge is killed and comes back from what is on disk. HAProxy alone, then its supervisor too."""
    with Bench(tuesday, examples) as bench:
        bench.start_daemon()
        bind(bench, "api", "v1")
        apply(bench, "api", "v1", HALF)
        bench.wait_healthy("api")
        bench.kill_daemon()
        folder = next(path.parent for path in bench.state.rglob("edge.json"))
        alone, both = [], []
        for _ in range(options.rounds):
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


PARTS = {"start": bench_start, "simulate": bench_simulate, "check": bench_check, "edge": bench_edge, "promotions": bench_promotions,
         "aborts": bench_aborts, "flips": bench_flip, "crashes": bench_crashes, "edge-return": bench_edge_return, "hour": bench_hour, "backup": bench_backup}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--aborts", type=int, default=200)
    parser.add_argument("--crashes", type=int, default=50)
    parser.add_argument("--promotions", type=int, default=50)
    parser.add_argument("--flips", type=int, default=50, help="there, and as many back")
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--rate", type=int, default=10_000, help="requests a second; the machine gives what it can")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--instances", type=int, default=3, help="of each of the ten services")
    parser.add_argument("--rss-settle", type=float, default=20, help="seconds that the daemon samples before its memory is read")
    options = parser.parse_args()
    tuesday, examples = options.build / "src/app/cli/tuesday", options.build / "examples"
    failed = False
    for name in options.only.split(","):
        began = time.monotonic()
        progress(f"{name} begins")
        try:
            PARTS[name](tuesday, examples, options)
        except (Failed, OSError, KeyError, ValueError, subprocess.SubprocessError) as error:
            progress(f"{name} FAILED: {type(error).__name__}: {error}")
            failed = True
        progress(f"{name} took {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
