#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""End to end: a real daemon, real HAProxy, real processes, real load. Each case has a daemon of its own."""

import argparse
import os
import pathlib
import signal
import sys
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from tuesday_bench import Bench, Failed, wait_for  # noqa: E402

PLAIN = "tests/e2e/plain.yaml.in"
BLUE_GREEN = "tests/e2e/blue_green.yaml.in"
ROLLING = "tests/e2e/rolling.yaml.in"
PREVIEW = "tests/e2e/preview.yaml.in"


class Skipped(Exception):
    """The machine does not allow what the case needs; the message says what."""


def expect(condition, what):
    if not condition:
        raise Failed(what)


def promoted(bench, name, number):
    def is_promoted():
        attempt = bench.attempt(name)
        return attempt.get("number") == number and attempt.get("stage") in ("baking", "done")
    wait_for(f"{name} rev {number} promoted", is_promoted, 90)


def ended_badly(bench, name):
    def is_over():
        attempt = bench.attempt(name)
        return attempt.get("ending") in ("aborted", "rolled back") and attempt
    return wait_for(f"{name} taken back", is_over, 90)


def first_version(bench, name="api", **settings):
    bench.start_daemon()
    bench.deploy(name, "v1", PLAIN, **settings)
    bench.wait_healthy(name, "v1")


def case_a_healthy_version_goes_out_without_a_failed_request(bench):
    first_version(bench, latency_ms=2)
    load = bench.load("api.default.localhost", 200)
    wait_for("load flows", lambda: load.totals()["ok"] > 200, 30)
    bench.deploy("api", "v2", PLAIN, latency_ms=2)
    promoted(bench, "api", 2)
    wait_for("v2 answers everything", lambda: load.seconds()[-1]["by_version"].keys() == {"v2"}, 30)
    expect(load.totals()["failed"] == 0, f"failed requests: {load.totals()}")
    wait_for("the bake ends", lambda: bench.attempt("api").get("stage") == "done", 60)


def case_the_daemon_is_killed_at_every_stage_and_nobody_notices(bench):
    first_version(bench, latency_ms=2)
    load = bench.load("api.default.localhost", 200)
    wait_for("load flows", lambda: load.totals()["ok"] > 200, 30)
    bench.deploy("api", "v2", PLAIN, latency_ms=2)
    for weight in (200, 500):
        wait_for(f"weight {weight}", lambda w=weight: bench.rollout("api")["weight_permille"] == w, 60)
        bench.kill_daemon()
        sent = load.totals()["sent"]
        wait_for("requests go on", lambda s=sent: load.totals()["sent"] > s + 200, 30)
        bench.start_daemon()
    promoted(bench, "api", 2)
    expect(load.totals()["failed"] == 0, f"failed requests: {load.totals()}")


def case_a_version_that_crashes_is_taken_back(bench):
    first_version(bench, latency_ms=2)
    load = bench.load("api.default.localhost", 200)
    wait_for("load flows", lambda: load.totals()["ok"] > 200, 30)
    bench.deploy("api", "v2", PLAIN, latency_ms=2, crash_after_s=1.5)
    attempt = ended_badly(bench, "api")
    wait_for("stable serves alone", lambda: bench.rollout("api")["weight_permille"] == 0, 30)
    # The generator tells of each second at its end: what the crash cost is known two lines later.
    lines = len(load.seconds())
    wait_for("two more seconds", lambda: len(load.seconds()) >= lines + 2, 30)
    before = load.totals()["failed"]
    sent = load.totals()["sent"]
    wait_for("more load", lambda: load.totals()["sent"] > sent + 400, 30)
    expect(load.totals()["failed"] == before, f"requests fail after the abort ({attempt['reason']}): {load.totals()}")


def blue_green_first_version(bench):
    bench.start_daemon()
    bench.deploy("api", "v1", BLUE_GREEN, latency_ms=2)
    bench.wait_healthy("api", "v1")
    load = bench.load("api.default.localhost", 200)
    wait_for("load flows", lambda: load.totals()["ok"] > 200, 30)
    return load


def case_blue_green_goes_over_at_once_and_undo_comes_back_at_once(bench):
    load = blue_green_first_version(bench)
    bench.deploy("api", "v2", BLUE_GREEN, latency_ms=2)
    promoted(bench, "api", 2)
    wait_for("v2 answers everything", lambda: load.seconds()[-1]["by_version"].keys() == {"v2"}, 30)
    bench.run("rollout", "undo", "api")
    promoted(bench, "api", 3)
    wait_for("v1 answers everything", lambda: load.seconds()[-1]["by_version"].keys() == {"v1"}, 30)
    expect(load.totals()["failed"] == 0, f"failed requests: {load.totals()}")


def case_a_blue_green_version_that_crashes_after_its_promotion_is_taken_back(bench):
    load = blue_green_first_version(bench)
    bench.deploy("api", "v2", BLUE_GREEN, latency_ms=2, crash_after_s=6)
    attempt = ended_badly(bench, "api")
    expect(attempt["ending"] == "rolled back", f"it was not promoted before: {attempt}")
    wait_for("v1 answers everything", lambda: load.seconds()[-1]["by_version"].keys() == {"v1"}, 30)
    before, sent = load.totals()["failed"], load.totals()["sent"]
    wait_for("more load", lambda: load.totals()["sent"] > sent + 400, 30)
    expect(load.totals()["failed"] == before, f"requests fail after the rollback ({attempt['reason']}): {load.totals()}")


def case_a_preview_host_leads_to_the_coming_version_only(bench):
    bench.start_daemon()
    bench.deploy("api", "v1", PREVIEW, latency_ms=2)
    bench.wait_healthy("api", "v1")
    load = bench.load("api.default.localhost", 100)
    preview = bench.load("preview.api.localhost", 20)
    wait_for("the preview leads to v1 while nothing comes", lambda: preview.totals()["ok"] > 20, 30)
    expect(preview.totals()["by_version"].keys() == {"v1"}, f"the preview before: {preview.totals()}")
    bench.deploy("api", "v2", PREVIEW, latency_ms=2)
    wait_for("v2 waits for its promotion", lambda: bench.rollout("api")["phase"] == "Paused", 60)
    wait_for("the preview leads to v2", lambda: preview.seconds()[-1]["by_version"].keys() == {"v2"}, 30)
    expect(load.totals()["by_version"].keys() == {"v1"}, f"users see what is to come: {load.totals()}")
    bench.run("rollout", "abort", "api")
    wait_for("the preview leads to v1 again", lambda: preview.seconds()[-1]["by_version"].keys() == {"v1"}, 60)
    bench.run("rollout", "retry", "api")
    wait_for("v2 waits again", lambda: bench.rollout("api")["phase"] == "Paused", 60)
    bench.run("rollout", "promote", "api")
    wait_for("v2 answers users", lambda: load.seconds()[-1]["by_version"].keys() == {"v2"}, 60)
    expect(load.totals()["failed"] == 0 and preview.totals()["failed"] == 0, f"failed: {load.totals()} {preview.totals()}")


def rolling_first_version(bench):
    bench.start_daemon()
    bench.deploy("api", "v1", ROLLING, latency_ms=2)
    bench.wait_healthy("api", "v1")
    load = bench.load("api.default.localhost", 200)
    wait_for("load flows", lambda: load.totals()["ok"] > 200, 30)
    return load


def case_a_rolling_release_and_a_restart_fail_no_request(bench):
    load = rolling_first_version(bench)
    bench.deploy("api", "v2", ROLLING, latency_ms=2)
    promoted(bench, "api", 2)
    wait_for("v2 answers everything", lambda: load.seconds()[-1]["by_version"].keys() == {"v2"}, 30)
    wait_for("the bake ends", lambda: bench.attempt("api").get("stage") == "done", 60)
    bench.wait_healthy("api", "v2")
    before = set(instances_of(bench))
    bench.run("rollout", "restart", "api", "--reason", "a new certificate")
    wait_for("all are new", lambda: was_restarted(bench, before), 90)
    bench.wait_healthy("api", "v2")
    log = bench.run("audit", "log", "--rollout", "api", "--verify").stdout
    expect("a new certificate" in log, "the journal does not say why somebody restarted")
    expect(bench.attempt("api")["ordinal"] == 2, "a restart is an attempt")
    expect(load.totals()["failed"] == 0, f"failed requests: {load.totals()}")


def was_restarted(bench, before):
    now = set(instances_of(bench))
    return len(now) == len(before) and now.isdisjoint(before)


def case_a_rolling_version_that_is_bad_is_taken_back(bench):
    load = rolling_first_version(bench)
    bench.deploy("api", "v2", ROLLING, latency_ms=2, crash_after_s=2)
    ended_badly(bench, "api")
    wait_for("v1 answers everything", lambda: load.seconds()[-1]["by_version"].keys() == {"v1"}, 60)
    before, sent = load.totals()["failed"], load.totals()["sent"]
    wait_for("more load", lambda: load.totals()["sent"] > sent + 400, 30)
    expect(load.totals()["failed"] == before, f"requests fail after the rollback: {load.totals()}")


def case_a_version_that_never_becomes_ready_takes_no_request(bench):
    first_version(bench)
    load = bench.load("api.default.localhost", 100)
    bench.deploy("api", "v2", PLAIN, startup_delay_ms=3_600_000)
    wait_for("the canary is asked for", lambda: bench.rollout("api")["replicas"]["updated"] >= 1, 30)
    sent = load.totals()["sent"]
    wait_for("more load", lambda: load.totals()["sent"] > sent + 300, 30)
    expect(bench.rollout("api")["weight_permille"] == 0, "a canary that is not ready has weight")
    expect("v2" not in load.totals()["by_version"], "a canary that is not ready was asked")
    bench.run("rollout", "abort", "api", "--reason", "never ready")
    ended_badly(bench, "api")


def case_operators_pause_abort_and_retry(bench):
    first_version(bench)
    bench.load("api.default.localhost", 100)
    bench.deploy("api", "v2", PLAIN)
    wait_for("weight 20 %", lambda: bench.rollout("api")["weight_permille"] == 200, 60)
    bench.run("rollout", "pause", "api")
    wait_for("paused", lambda: bench.rollout("api")["phase"] == "Paused", 30)
    bench.run("rollout", "abort", "api", "--reason", "by hand")
    attempt = ended_badly(bench, "api")
    expect(attempt["ordinal"] == 2, f"the attempt is {attempt['ordinal']}")
    bench.run("rollout", "resume", "api", check=False)
    bench.run("rollout", "retry", "api")
    promoted_attempt = wait_for("a third attempt", lambda: bench.attempt("api").get("ordinal") == 3 and bench.attempt("api"), 30)
    expect(promoted_attempt["revision"] == attempt["revision"], "retry tries another revision")
    bench.run("rollout", "promote", "api", "--full")
    wait_for("promoted", lambda: bench.attempt("api").get("stage") in ("baking", "done"), 60)
    log = bench.run("audit", "log", "--rollout", "api", "--verify").stdout
    expect("by hand" in log, "the journal does not say why somebody aborted")


def case_one_bad_object_changes_nothing(bench):
    first_version(bench)
    before = bench.json("rollout", "get", "api")["generation"]
    good = pathlib.Path(bench.manifest("api", "v2", PLAIN)).read_text().replace("replicas: 3", "replicas: 4")
    bad = pathlib.Path(bench.manifest("other", "v1", PLAIN)).read_text().replace("setWeight: 20", "setWieght: 20")
    (bench.folder / "two.yaml").write_text(good + "\n---\n" + bad)
    done = bench.run("apply", "-f", str(bench.folder / "two.yaml"), check=False)
    expect(done.returncode == 2, f"apply ended with {done.returncode}")
    expect("two.yaml:" in done.stderr and "setWieght" in done.stderr and "setWeight" in done.stderr, f"no place or mend: {done.stderr}")
    expect(bench.json("rollout", "get", "api")["generation"] == before, "the good object was applied")
    expect(bench.run("rollout", "get", "other", check=False).returncode == 2, "the bad object was applied")


def case_a_second_daemon_is_refused(bench):
    bench.start_daemon()
    import subprocess
    second = subprocess.run([bench.tuesday, "serve", "--state", str(bench.state), "--edge-listen", f"127.0.0.1:{bench.port}"],
                            capture_output=True, text=True, timeout=30)
    expect(second.returncode == 1, f"the second daemon ended with {second.returncode}: {second.stderr}")
    expect(str(bench.daemon.pid) in second.stderr, f"it does not name the first: {second.stderr}")


def case_the_edge_is_killed_in_each_part_and_comes_back(bench):
    first_version(bench, latency_ms=1)
    load = bench.load("api.default.localhost", 200, connections=8)
    wait_for("load flows", lambda: load.totals()["ok"] > 200, 30)
    for part in (("haproxy", "-f"), ("supervise", "edge")):
        pid = wait_for(f"a process {part}", lambda p=part: bench.pid_of(*p), 30)
        os.kill(pid, signal.SIGKILL)
        sent = load.totals()["ok"]
        wait_for(f"requests are answered after {part[0]} was killed", lambda s=sent: load.totals()["ok"] > s + 400, 60)
    refused = load.totals()["by_status"].get("refused", 0)
    expect(refused == 0, f"{refused} connections were refused")


def case_everything_speaks_json_and_exit_codes(bench):
    first_version(bench)
    for words in (("status",), ("rollout", "list"), ("rollout", "get", "api"), ("rollout", "history", "api"), ("why", "api"),
                  ("image", "list"), ("audit", "log"), ("doctor",), ("query", "up")):
        expect(isinstance(bench.json(*words, check=False), dict), f"{words} prints no object")
    expect(bench.run("why", "nobody", check=False).returncode == 2, "an unknown rollout is not exit 2")
    expect(bench.run("query", "nothing_like_this", check=False).returncode == 3, "an empty query is not exit 3")
    bench.stop_daemon()
    expect(bench.run("status", check=False).returncode == 4, "no daemon is not exit 4")
    expect(bench.run("nonsense", check=False).returncode == 2, "wrong usage is not exit 2")


def instances_of(bench):
    return [pid for pid in bench.processes() if "./service" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")]


def case_a_deleted_rollout_is_gone_although_the_daemon_is_killed_on_the_way(bench):
    first_version(bench)
    load = bench.load("api.default.localhost", 50)
    wait_for("load flows", lambda: load.totals()["ok"] > 50, 30)
    path = bench.manifest("api", "v1", PLAIN)
    text = pathlib.Path(path).read_text().replace("      steps:", "      scaleDownDelaySeconds: 3\n      steps:", 1)
    pathlib.Path(path).write_text(text)
    bench.run("apply", "-f", path)
    expect(bench.run("delete", "rollout", "nobody", check=False).returncode == 2, "an unknown rollout is not exit 2")
    bench.run("delete", "rollout", "api", "--reason", "not used")
    bench.kill_daemon()
    bench.start_daemon()
    done = bench.run("delete", "rollout", "api", "--wait", "--timeout", "60s", check=False)
    expect(done.returncode in (0, 2), f"delete --wait ended with {done.returncode}: {done.stderr}")
    wait_for("the rollout is gone", lambda: bench.run("rollout", "get", "api", check=False).returncode == 2, 60)
    expect(not instances_of(bench), f"instances are left: {instances_of(bench)}")
    ok = load.totals()["ok"]
    lines = len(load.seconds())
    wait_for("two more seconds", lambda: len(load.seconds()) >= lines + 2, 30)
    expect(load.totals()["ok"] <= ok + 50, "requests are still answered")
    log = bench.run("audit", "log", "--rollout", "api", "--verify").stdout
    expect("not used" in log and "rollout.removed" in log, f"the journal does not tell it: {log[-600:]}")
    expect("orphan" not in bench.run("status").stdout, "something is left behind")
    bench.run("apply", "-f", path)
    bench.wait_healthy("api", "v1")


def fill(folder):
    """Takes every byte that is left, down to single pages."""
    with open(folder / "filler", "ab", buffering=0) as filler:
        for size in (1 << 20, 4096):
            try:
                while True:
                    filler.write(b"x" * size)
            except OSError:
                pass


def case_a_full_disk_stops_changes_and_no_request(bench):
    import subprocess
    bench.state.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=384m,mode=755", "tmpfs", str(bench.state)], capture_output=True, text=True)
    if mounted.returncode != 0:
        raise Skipped(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        first_version(bench, latency_ms=1)
        load = bench.load("api.default.localhost", 50)
        wait_for("load flows", lambda: load.totals()["ok"] > 50, 30)
        folder = bench.artifact("api", "v2")
        bench.run("image", "bind", "registry.example.com/api:v2", f"dir:{folder}")
        fill(bench.state)
        done = bench.run("apply", "-f", bench.manifest("api", "v2", PLAIN), check=False)
        expect(done.returncode != 0 and "Nothing was changed" in done.stderr, f"apply on a full disk: {done.returncode} {done.stderr}")
        expect("does not write" in bench.run("status").stdout, "status does not name the store")
        ok = load.totals()["ok"]
        wait_for("requests go on", lambda: load.totals()["ok"] > ok + 100, 30)
        (bench.state / "filler").unlink()
        bench.run("apply", "-f", bench.manifest("api", "v2", PLAIN))
        promoted(bench, "api", 2)
        expect(load.totals()["failed"] == 0, f"failed requests: {load.totals()}")
        bench.run("audit", "log", "--verify")
    finally:
        bench.stop_daemon()
        bench.kill_all()
        subprocess.run(["umount", "-l", str(bench.state)], check=False)


CASES = {name[5:]: case for name, case in list(globals().items()) if name.startswith("case_")}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tuesday", required=True)
    parser.add_argument("--examples", required=True)
    parser.add_argument("--only", help="cases whose name contains this")
    options = parser.parse_args()
    passed, failed = 0, 0
    for name, case in CASES.items():
        if options.only and options.only not in name:
            continue
        began = time.monotonic()
        with Bench(options.tuesday, options.examples) as bench:
            try:
                case(bench)
                passed += 1
                print(f"ok   {name} ({time.monotonic() - began:.1f} s)", flush=True)
            except Skipped as why:
                print(f"skip {name}: {why}", flush=True)
            except Exception as error:  # noqa: BLE001: a case may fail in any way, and the next one still runs.
                failed += 1
                print(f"FAIL {name} ({time.monotonic() - began:.1f} s): {error}", flush=True)
                if not isinstance(error, Failed):
                    traceback.print_exc()
                log = bench.folder / "daemon.log"
                print(log.read_text()[-2000:] if log.exists() else "no daemon.log", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
