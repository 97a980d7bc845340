#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`tuesday rollback` end to end: in mid-rollout, in the bake, when healthy, and with neither a daemon nor a database. Under load,
and not a request fails."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import e2e_test  # noqa: E402
from e2e_test import PLAIN, expect, first_version, wait_for  # noqa: E402

LONG_BAKE = ("tuesday/bake: 5s", "tuesday/bake: 10m")
LONG_STEP = ("- pause: {duration: 2s}", "- pause: {}")


def under_load(bench):
    first_version(bench, latency_ms=2)
    load = bench.load("api.default.localhost", 200)
    wait_for("load flows", lambda: load.totals()["ok"] > 200, 30)
    return load


def second_version(bench, *changes):
    folder = bench.artifact("api", "v2", latency_ms=2)
    bench.run("image", "bind", "registry.example.com/api:v2", f"dir:{folder}")
    path = pathlib.Path(bench.manifest("api", "v2", PLAIN))
    text = path.read_text()
    for old, new in changes:
        text = text.replace(old, new)
    path.write_text(text)
    bench.run("apply", "-f", str(path))


def only(load, version):
    """Two whole seconds in which nobody but `version` answered, and not one request failed until then."""
    lines = len(load.seconds())
    wait_for(f"{version} answers everything",
             lambda: len(load.seconds()) > lines + 2 and all(s["by_version"].keys() == {version} for s in load.seconds()[-2:]), 60)
    expect(load.totals()["failed"] == 0, f"failed requests: {load.totals()}")


def in_mid_rollout(bench):
    second_version(bench, LONG_STEP)
    wait_for("weight 20 %", lambda: bench.rollout("api")["weight_permille"] == 200, 60)


def in_the_bake(bench):
    second_version(bench, LONG_BAKE)
    wait_for("the bake", lambda: bench.attempt("api").get("number") == 2 and bench.attempt("api")["stage"] == "baking", 90)


def ruin(bench):
    """No daemon, and nothing but garbage where its database was; returns the good bytes."""
    bench.kill_daemon()
    good = {}
    for path in bench.state.glob("tuesday.db*"):
        good[path] = path.read_bytes()
        path.write_bytes(b"\xa5" * (64 << 10))
    return good


def mend(bench, good):
    """As a restore does it."""
    for path in bench.state.glob("tuesday.db*"):
        path.unlink()
    for path, content in good.items():
        path.write_bytes(content)


def is_adopted(bench, load):
    bench.start_daemon()
    wait_for("the attempt is given up", lambda: bench.attempt("api").get("ending") in ("aborted", "rolled back"), 30)
    only(load, "v1")
    log = bench.run("audit", "log", "--rollout", "api", "--verify").stdout
    expect("by hand by" in log and "(uid " in log, f"the journal does not say who did it: {log[-600:]}")
    expect("by hand" in bench.run("why", "api").stdout, "why does not say it")


def case_in_mid_rollout(bench):
    load = under_load(bench)
    in_mid_rollout(bench)
    said = bench.run("rollback", "api").stdout
    expect("rev 1 serves everything" in said, f"it says: {said}")
    only(load, "v1")
    bench.run("rollback", "api", "--reason", "it was slow")
    expect("it was slow" in bench.run("audit", "log", "--rollout", "api").stdout, "a reason that came later is not noted")


def case_in_the_bake(bench):
    load = under_load(bench)
    in_the_bake(bench)
    bench.run("rollback", "api")
    only(load, "v1")
    expect(bench.attempt("api")["ending"] == "rolled back", f"it ended otherwise: {bench.attempt('api')}")


def case_when_healthy_also_where_the_strategy_would_wait_for_somebody(bench):
    load = under_load(bench)
    second_version(bench, LONG_STEP)
    wait_for("weight 20 %", lambda: bench.rollout("api")["weight_permille"] == 200, 60)
    bench.run("rollout", "promote", "api", "--full")
    wait_for("the bake is over", lambda: bench.attempt("api").get("stage") == "done", 90)
    only(load, "v2")
    done = bench.json("rollback", "api", "--reason", "it was slow")
    expect(done["done"] == "undone" and done["by_hand"] is False, f"it says: {done}")
    bench.run("rollback", "api")
    only(load, "v1")


def case_in_mid_rollout_without_daemon_and_database(bench):
    load = under_load(bench)
    in_mid_rollout(bench)
    good = ruin(bench)
    expect(bench.run("status", check=False).returncode == 4, "there is a daemon")
    done = bench.json("rollback", "api")
    expect(done["by_hand"] is True, f"it was not by hand: {done}")
    only(load, "v1")
    expect(bench.json("rollback", "api", "--reason", "it was slow")["done"] == "already", "the second time did something")
    mend(bench, good)
    is_adopted(bench, load)
    expect("it was slow" in bench.run("audit", "log", "--rollout", "api").stdout, "the reason is lost")


def case_in_the_bake_without_daemon_and_database(bench):
    load = under_load(bench)
    in_the_bake(bench)
    good = ruin(bench)
    said = bench.run("rollback", "api").stdout
    expect("serves everything again" in said and "daemon" in said, f"it says: {said}")
    only(load, "v1")
    mend(bench, good)
    is_adopted(bench, load)


def case_with_the_edges_supervisor_gone_too(bench):
    load = under_load(bench)
    in_mid_rollout(bench)
    import os
    import signal
    ruin(bench)
    os.kill(wait_for("the edge's supervisor", lambda: bench.pid_of("supervise", "edge"), 30), signal.SIGKILL)
    bench.run("rollback", "api")
    only(load, "v1")


def case_a_daemon_that_hangs_is_not_waited_for(bench):
    import signal
    import time
    load = under_load(bench)
    in_mid_rollout(bench)
    bench.daemon.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    bench.run("rollback", "api")
    expect(time.monotonic() - began < 15, "it waited")
    only(load, "v1")
    bench.daemon.send_signal(signal.SIGCONT)
    wait_for("it is adopted", lambda: bench.attempt("api").get("ending") == "aborted", 30)
    only(load, "v1")


def case_healthy_without_daemon_and_predecessor_is_refused_and_changes_nothing(bench):
    load = under_load(bench)
    bench.kill_daemon()
    done = bench.run("rollback", "api", check=False)
    expect(done.returncode == 1 and "Nothing was changed" in done.stderr, f"it says: {done.returncode} {done.stderr}")
    only(load, "v1")


if __name__ == "__main__":
    e2e_test.CASES.clear()
    e2e_test.CASES.update({name[5:]: case for name, case in list(globals().items()) if name.startswith("case_")})
    sys.exit(e2e_test.main())
