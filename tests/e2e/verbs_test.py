#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The everyday verbs end to end: logs, exec, deploy, init and secrets, against a real daemon with real processes."""

import concurrent.futures
import json
import os
import pathlib
import pty
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import e2e_test  # noqa: E402
from e2e_test import PLAIN, expect, first_version, promoted, wait_for  # noqa: E402

SECRET = "correct-horse-battery-staple"

TALKER = """#!/bin/sh
echo "%(version)s begins, pid $$, password ${PASSWORD:-none}" | sed 's/password [^n].*/password given/'
exec ./service --version=%(version)s
"""


def talker(bench, version):
    folder = bench.artifact("api", version)
    (folder / "run").write_text(TALKER % {"version": version})
    return folder


def deploy_talker(bench, version, change=lambda text: text):
    bench.run("image", "bind", f"registry.example.com/api:{version}", f"dir:{talker(bench, version)}")
    path = pathlib.Path(bench.manifest("api", version, PLAIN))
    path.write_text(change(path.read_text()))
    bench.run("apply", "-f", str(path))
    return path


def case_logs_are_followed_across_a_restart_of_an_instance(bench):
    bench.start_daemon()
    deploy_talker(bench, "v1")
    bench.wait_healthy("api", "v1")
    out = open(bench.folder / "follow", "wb")
    follow = subprocess.Popen([bench.tuesday, "--state", str(bench.state), "logs", "api", "-f"], stdout=out, stderr=subprocess.STDOUT)
    text = lambda: (bench.folder / "follow").read_text()  # noqa: E731
    try:
        wait_for("three instances have said something", lambda: text().count("v1 begins") == 3, 30)
        pids = [pid for pid in e2e_test.instances_of(bench)]
        os.kill(pids[0], signal.SIGKILL)
        wait_for("the restarted one too", lambda: text().count("v1 begins") == 4, 30)
        bench.stop_daemon()
        bench.start_daemon()
        os.kill(pids[1], signal.SIGKILL)
        wait_for("also after a restart of the daemon", lambda: text().count("v1 begins") == 5, 30)
        expect(follow.poll() is None, f"it ended: {text()}")
        expect(all(" | " in line for line in text().splitlines()), f"a line without its instance: {text()}")
    finally:
        follow.kill()
    expect(bench.run("logs", "api", "--tail", "0").stdout == "", "--tail 0 shows lines")
    expect(bench.run("logs", "api", "--since", "1h").stdout.count("v1 begins") == 5, "--since 1h leaves something out")
    expect(bench.run("logs", "api", "--canary", check=False).returncode == 2, "there is a canary")
    expect(bench.run("logs", "api", "--revision", "1", "--stable", check=False).returncode == 2, "two sides at once")


def case_exec_runs_as_the_instance_does_and_passes_its_exit_code_on(bench):
    bench.start_daemon()
    deploy_talker(bench, "v1")
    bench.wait_healthy("api", "v1")
    shown = bench.run("exec", "api", "--", "sh", "-c", "echo $HOSTNAME $PORT; pwd").stdout.split()
    instance = shown[0]
    expect(instance in bench.run("logs", "api").stdout, f"{instance} is no instance")
    expect(bench.run("exec", "api", "--", "sh", "-c", "exit 42", check=False).returncode == 42, "the exit code is lost")
    expect(bench.run("exec", "api", "--", "no-such-command", check=False).returncode == 127, "a missing command is not 127")
    bench.run("exec", "api", "--instance", instance, "--", "true", "--password=hunter2")
    log = bench.run("audit", "log", "--verify").stdout
    expect("runs `true` in" in log and "hunter2" not in log, f"the journal: {log[-400:]}")
    main, side = pty.openpty()
    done = subprocess.run([bench.tuesday, "--state", str(bench.state), "exec", "api", "--", "test", "-t", "0"], stdin=side, timeout=30)
    os.close(main), os.close(side)
    expect(done.returncode == 0, "it has no terminal where there is one")


def case_deploy_takes_a_folder_and_ends_with_the_verdict(bench):
    first_version(bench, latency_ms=2)
    load = bench.load("api.default.localhost", 200)
    wait_for("load flows", lambda: load.totals()["ok"] > 200, 30)
    folder = bench.artifact("api", "v2", latency_ms=2)
    done = bench.run("deploy", str(folder), "--wait", "--timeout", "90s")
    expect("PROMOTED" in done.stdout.splitlines()[-1], f"it ends with: {done.stdout[-300:]}")
    again = bench.run("deploy", f"dir:{folder}", "-s", "api", "--wait")
    expect("exactly this version" in again.stdout, f"the same content again: {again.stdout}")
    expect(bench.run("deploy", "registry.example.com/api:v9", check=False).returncode == 2, "an image that is bound to nothing")
    expect(load.totals()["failed"] == 0, f"failed requests: {load.totals()}")


def case_init_asks_five_questions_and_overwrites_nothing(bench):
    folder = bench.artifact("shop", "v1")
    base = [bench.tuesday, "init"]
    given = ["--image", str(folder), "--name", "shop", "--port", "3000", "--host", "shop.test", "--health", "/health"]
    none = subprocess.run(base, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=bench.folder, timeout=30)
    expect(none.returncode == 2 and "--image" in none.stderr, f"without a terminal: {none}")
    bad = subprocess.run([*base, *given[:-1], "health"], stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=bench.folder, timeout=30)
    expect(bad.returncode == 2, f"a bad path: {bad}")
    done = subprocess.run([*base, *given, "--folder", "flags", "--json"], capture_output=True, text=True, cwd=bench.folder, timeout=30)
    expect(len(json.loads(done.stdout)["written"]) == 4, f"it wrote: {done.stdout}")
    main, side = pty.openpty()
    asked = subprocess.Popen([*base, "--folder", "asked"], stdin=side, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=bench.folder)
    os.write(main, f"{folder}\nNo Name\nshop\n\nshop.test\n/health\n".encode())
    out, questions = asked.communicate(timeout=30)
    os.close(main), os.close(side)
    expect(asked.returncode == 0 and "no name for a service" in questions, f"asked: {out}{questions}")
    for name in ("flags", "asked"):
        checked = subprocess.run([bench.tuesday, "check", "--strict", name], capture_output=True, text=True, cwd=bench.folder, timeout=30)
        expect(checked.returncode == 0 and ": warning:" not in checked.stdout, f"check {name}: {checked.stdout}{checked.stderr}")
    before = (bench.folder / "flags" / "rollout.yaml").read_text()
    again = subprocess.run([*base, *given, "--folder", "flags"], capture_output=True, text=True, cwd=bench.folder, timeout=30)
    expect(again.returncode == 1 and "there already" in again.stderr, f"again: {again}")
    expect((bench.folder / "flags" / "rollout.yaml").read_text() == before, "it overwrote a file")


def set_secret(bench, value, key="PASSWORD"):
    return subprocess.run([bench.tuesday, "--state", str(bench.state), "secret", "set", "db", key], input=value, capture_output=True,
                          text=True, timeout=60)


def places_of(bench, value):
    """Files of the state folder, lines of ps and answers of the daemon in which the value stands."""
    needles = [value.encode(), subprocess.run(["base64", "-w0"], input=value.encode(), capture_output=True).stdout]
    found = [str(path) for path in bench.state.rglob("*") if path.is_file() and any(n in path.read_bytes() for n in needles)]
    answers = {words: bench.run(*words, check=False).stdout for words in (
        ("audit", "log", "--json", "--limit", "100000"), ("why", "api", "--json"), ("rollout", "get", "api", "--json"), ("status", "--json"),
        ("secret", "list", "--json"), ("rollout", "history", "api", "--json"))}
    answers[("ps",)] = subprocess.run(["ps", "axww"], capture_output=True, text=True).stdout
    answers[("daemon.log",)] = (bench.folder / "daemon.log").read_text()
    return found + [" ".join(words) for words, text in answers.items() if any(n.decode() in text for n in needles)]


def case_a_secret_is_in_no_file_no_answer_and_no_command_line(bench):
    bench.start_daemon()
    done = set_secret(bench, SECRET)
    expect(done.returncode == 0 and SECRET not in done.stdout + done.stderr, f"set: {done}")
    uses = "          env:\n            - name: PASSWORD\n              valueFrom: {secretKeyRef: {name: db, key: PASSWORD}}\n"
    path = deploy_talker(bench, "v1", lambda text: text.replace("          ports:", uses + "          ports:"))
    bench.wait_healthy("api", "v1")
    expect("password given" in bench.run("logs", "api").stdout, "the instance did not get it")
    expect(places_of(bench, SECRET) == [], f"it stands in {places_of(bench, SECRET)}")
    expect(SECRET not in bench.run("plan", "-f", str(path)).stdout, "plan shows it")
    bench.load("api.default.localhost", 100)
    done = set_secret(bench, SECRET + "-2\n")
    expect(done.returncode == 0 and "a new revision goes out: api" in done.stdout, f"a new value: {done}")
    promoted(bench, "api", 2)
    expect(bench.run("exec", "api", "--stable", "--", "printenv", "PASSWORD").stdout.strip() == SECRET + "-2", "the new value did not arrive")
    bench.kill_daemon()
    bench.start_daemon()
    expect(places_of(bench, SECRET) == [], f"after a restart it stands in {places_of(bench, SECRET)}")
    key = bench.state / "secret.key"
    expect(key.stat().st_mode & 0o777 == 0o600, "others can read the key")


def case_a_secret_that_does_not_fit_changes_nothing(bench):
    bench.start_daemon()
    for value, why in (("x" * 70_000, "has 70000 bytes"), ("", "empty"), ("a\0b", "zero byte")):
        done = set_secret(bench, value)
        expect(done.returncode == 2 and why in done.stderr, f"{value[:10]!r}: {done.returncode} {done.stderr}")
    expect(bench.json("secret", "list")["secrets"] == [], "something was kept")
    expect(set_secret(bench, "1", "A").returncode == 0 and set_secret(bench, "2", "B").returncode == 0, "two keys")
    expect(bench.json("secret", "list")["secrets"][0]["keys"] == ["A", "B"], "two keys are not two keys")
    bench.run("secret", "rm", "db", "A")
    bench.run("secret", "rm", "db")
    expect(bench.run("secret", "rm", "db", check=False).returncode == 2, "it was there twice")
    bench.run("audit", "log", "--verify")


def case_secrets_that_are_set_at_once_are_all_kept(bench):
    bench.start_daemon()
    keys = [f"KEY_{i}" for i in range(16)]
    with concurrent.futures.ThreadPoolExecutor(len(keys)) as pool:
        done = list(pool.map(lambda key: set_secret(bench, "v", key), keys))
    expect(all(one.returncode == 0 for one in done), f"{[one.stderr for one in done]}")
    expect(bench.json("secret", "list")["secrets"][0]["keys"] == sorted(keys), "a key was lost")


if __name__ == "__main__":
    e2e_test.CASES.clear()
    e2e_test.CASES.update({name[5:]: case for name, case in list(globals().items()) if name.startswith("case_")})
    sys.exit(e2e_test.main())
