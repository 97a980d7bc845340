#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Repositories on the daemon: pushed to with the real git, over the disk and over HTTPS; runs follow, and survive the daemon."""

import argparse
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

SECRET = "correct-horse-battery-staple"
SECONDS_MAX = 90

CI = """name: CI
on:
  push: {branches: [main], paths-ignore: [docs/**]}
  pull_request: {branches: [main]}
  workflow_dispatch: {inputs: {who: {required: true}}}
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: git log -1 --format=%s && sh test.sh
      - run: echo "for $GITHUB_EVENT_NAME by $GITHUB_ACTOR the secret is '$TOKEN' ${{ inputs.who }} ${{ vars.PLACE }}"
        env: {TOKEN: "${{ secrets.TOKEN }}"}
  deploy:
    needs: test
    if: github.event_name == 'push'
    runs-on: ubuntu-latest
    steps: [{run: echo deployed}]
"""

PASSES = "echo all is well\n"
FAILS = "echo one\necho 'not ok 2 - takes away' >&2\nexit 1\n"


class Failed(Exception):
    pass


def expect(holds, why):
    if not holds:
        raise Failed(why)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for_port(port):
    """Until nobody holds it."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                return one.bind(("127.0.0.1", port))
            except OSError:
                time.sleep(0.05)
    raise Failed(f"somebody still holds port {port}")


class World:
    """A daemon with a repository, and a clone of it."""

    def __init__(self, program):
        self.program = program
        self.folder = tempfile.TemporaryDirectory(prefix="tuesday-repo-")
        self.root = pathlib.Path(self.folder.name)
        self.state = self.root / "state"
        self.clone = self.root / "clone"
        self.api_port = free_port()
        self.config = self.root / "tuesday.yaml"
        self.edge_port = free_port()
        self.config.write_text(f"listeners:\n  api:\n    listen: 127.0.0.1:{self.api_port}\n"
                               f"  edge: {{listen: 127.0.0.1:{self.edge_port}, tls_listen: 127.0.0.1:{free_port()}}}\n")
        self.daemon = None
        self.start()
        self.ask("repo", "create", "app")
        self.git("init", "-q", "-b", "main", str(self.clone), cwd=self.root)
        self.git("config", "user.name", "Ada")
        self.git("config", "user.email", "ada@example.com")
        self.git("remote", "add", "tuesday", str(self.state / "repositories/app.git"))
        self.write(".github/workflows/ci.yaml", CI)
        self.write("test.sh", PASSES)

    def start(self):
        log = open(self.root / "daemon.log", "a")
        self.daemon = subprocess.Popen([self.program, "--state", str(self.state), "serve", "--config", str(self.config)],
                                       stdout=log, stderr=log)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            done = subprocess.run([self.program, "--state", str(self.state), "status"], capture_output=True)
            if done.returncode == 0:
                return
            time.sleep(0.1)
        raise Failed("the daemon does not start:\n" + (self.root / "daemon.log").read_text())

    def kill(self):
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait()

    def close(self):
        for run in json.loads(self.ask("run", "list", "--json"))["runs"]:
            if run["status"] != "done":
                self.ask("run", "cancel", run["id"])
                self.run_of(run["id"])
        self.daemon.terminate()
        self.daemon.wait()
        self.end_what_runs()
        self.folder.cleanup()

    def end_what_runs(self):
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if str(self.state).encode() in (process / "cmdline").read_bytes():
                    os.kill(int(process.name), signal.SIGTERM)
            except OSError:
                pass

    def write(self, name, text):
        path = self.clone / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def git(self, *words, cwd=None, code=0, env=None):
        done = subprocess.run(["git", *words], cwd=cwd or self.clone, capture_output=True, text=True, timeout=SECONDS_MAX,
                              env=dict(os.environ, GIT_TERMINAL_PROMPT="0", **(env or {})))
        expect(done.returncode == code, f"git {words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def push(self, message, ref="HEAD:refs/heads/main", *more):
        self.commit(message)
        return self.git("push", "-q", *more, "tuesday", ref)

    def ask(self, *words, code=0, environment=None):
        done = subprocess.run([self.program, "--state", str(self.state), *words], capture_output=True, text=True,
                              timeout=SECONDS_MAX, env=dict(os.environ, **(environment or {})))
        expect(done.returncode == code, f"tuesday {words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def view(self, run):
        return json.loads(self.ask("run", "view", run, "--json"))

    def run_of(self, run):
        """The run when it has ended."""
        self.ask("run", "watch", run, "--json", code=self.ending(run))
        return self.view(run)

    def ending(self, run):
        process = subprocess.run([self.program, "--state", str(self.state), "run", "watch", run], capture_output=True, text=True,
                                 timeout=SECONDS_MAX)
        self.watched = process.stdout
        return process.returncode


def case_a_push_runs_its_workflow_and_says_so(world):
    said = world.push("First")
    expect("run 1: CI: tuesday run watch 1" in said, said)
    run = world.run_of("1")
    expect(run["result"] == "success", json.dumps(run, indent=1))
    expect([job["id"] for job in run["jobs"]] == ["test", "deploy"], str(run["jobs"]))
    for line in ("│ First", "│ all is well", "│ deployed", "run 1 success"):
        expect(line in world.watched, f"no {line!r} in:\n{world.watched}")
    world.write("docs/a.md", "x")
    expect("run" not in world.push("Only words"), "paths-ignore did not hold")
    listed = json.loads(world.ask("run", "list", "--json"))["runs"]
    expect(len(listed) == 1 and listed[0]["number"] == 1, str(listed))


def case_a_failed_run_is_repaired_from_the_failed_step(world):
    world.write("test.sh", FAILS)
    world.push("Breaks")
    run = world.run_of("1")
    expect(run["result"] == "failure", str(run))
    expect(run["first_error"] == "test: not ok 2 - takes away", run["first_error"])
    deploy = [job for job in run["jobs"] if job["id"] == "deploy"][0]
    expect(deploy["result"] == "skipped" and deploy["reason"] == "test failed", str(deploy))
    shown = world.ask("run", "view", "1", "--log-failed")
    expect("test ▸ Run git log" in shown and "\none\n" in shown, shown)
    work = sorted((world.state / "places").glob("1.test/work"))
    expect(len(work) == 1, "the failed job's files are gone")
    for path in work[0].rglob("test.sh"):
        path.write_text(PASSES)
    world.ask("run", "rerun", "1", "--from-step", "--watch")
    run = world.view("1")
    expect(run["result"] == "success" and run["attempt"] == 2, str(run))


def case_a_workflow_of_a_neighbour_is_called(world):
    world.ask("repo", "create", "ci")
    world.git("remote", "add", "ci", str(world.state / "repositories/ci.git"))
    world.write(".github/workflows/ci.yaml", "on: workflow_call\njobs:\n  inner:\n    runs-on: ubuntu-latest\n    steps: [{run: echo called}]\n")
    world.commit("Shared")
    world.git("push", "-q", "ci", "HEAD:refs/heads/main", "HEAD:refs/tags/v1")
    for ref, line in (("v1", "│ called"), ("v2", "ci has no branch or tag 'v2'")):
        world.write(".github/workflows/ci.yaml", f"on: push\njobs:\n  call:\n    uses: default/ci/.github/workflows/ci.yaml@{ref}\n")
        said = world.push("Calls " + ref)
        run = max((one["id"] for one in json.loads(world.ask("run", "list", "--json"))["runs"]), key=int)
        world.run_of(run)
        expect(line in world.watched + said, f"no {line!r} in:\n{said}\n{world.watched}")


def case_a_backup_holds_repositories_and_what_runs_have_said(world):
    world.push("First")
    world.run_of("1")
    backup = world.root / "backup.tar"
    world.ask("backup", str(backup), "--with-keys")
    world.write("test.sh", PASSES + "echo second\n")
    world.push("Second")
    world.run_of("2")
    world.kill()
    world.ask("restore", str(backup), "--replace")
    world.start()
    runs = json.loads(world.ask("run", "list", "--json"))["runs"]
    expect([run["id"] for run in runs] == ["1"], f"what had moved since the backup ran again: {runs}")
    expect("1 refs have moved since, and nothing runs" in world.ask("audit", "log"), "the journal does not tell of the restore")
    world.write("test.sh", PASSES + "echo third\n")
    expect("run 3: CI" in world.push("Third"), "the number of a run that left files is given again")
    expect(world.run_of("3")["result"] == "success", world.watched)
    world.kill()
    # Another machine.
    world.end_what_runs()
    world.state.rename(world.root / "lost")
    wait_for_port(world.edge_port)
    world.ask("restore", str(backup))
    world.start()
    expect("all is well" in world.ask("run", "view", "1", "--log"), "the log of the run is lost")
    fresh = world.root / "fresh"
    world.git("clone", "-q", str(world.state / "repositories/app.git"), str(fresh), cwd=world.root)
    expect(world.git("log", "-1", "--format=%s", cwd=fresh).strip() == "First", "the commit is lost")
    world.write("test.sh", PASSES + "echo fourth\n")
    expect("run 2: CI" in world.push("Fourth"), "a push to the restored repository does not run")
    expect(world.run_of("2")["result"] == "success", world.watched)


def case_a_killed_daemon_goes_on_and_hears_of_pushes_that_it_missed(world):
    world.write("test.sh", "echo x >> $HOME/count\nsleep 3\necho \"began $(wc -l < $HOME/count) times\"\n")
    world.push("Slow")
    until = time.monotonic() + 30
    while not any((world.state / "places").glob("1.test/**/count")) and time.monotonic() < until:
        time.sleep(0.05)
    world.kill()
    world.write("test.sh", PASSES)
    said = world.push("While nobody listened")
    expect("runs begin when it starts" in said, said)
    world.start()
    run = world.run_of("1")
    expect(run["result"] == "success" and "began 1 times" in world.watched, world.watched)
    expect(world.run_of("2")["subject"] == "While nobody listened", "the push that was missed did not run")


def case_a_change_runs_on_its_merge_without_secrets(world):
    subprocess.run([world.program, "--state", str(world.state), "secret", "set", "app-workflows", "TOKEN"], input=SECRET, text=True,
                   check=True, capture_output=True)
    world.push("First")
    expect(world.run_of("1")["result"] == "success", world.watched)
    expect("the secret is '***'" in world.watched, f"main has no secret, or shows it:\n{world.watched}")
    world.git("checkout", "-q", "-b", "mine")
    world.write("more.txt", "more\n")
    said = world.push("Mine", "HEAD:refs/for/main")
    expect("run 2: CI" in said, said)
    run = world.run_of("2")
    expect(run["event"] == "pull_request" and run["change"] == 1 and run["ref"] == "refs/pull/1/merge", str(run))
    expect("the secret is ''" in world.watched, f"a change that is not merged has the secret:\n{world.watched}")
    world.write("more.txt", "again\n")
    world.push("Mine again", "HEAD:refs/for/main")
    expect(world.run_of("3")["change"] == 1, "the same change became another")
    world.git("checkout", "-q", "main")
    world.write("more.txt", "other\n")
    world.push("Theirs")
    world.git("checkout", "-q", "mine")
    world.write("more.txt", "third\n")
    said = world.push("Mine, in conflict", "HEAD:refs/for/main")
    expect("conflicts with main in more.txt" in said, said)
    for path in world.state.rglob("*"):
        if path.is_file() and "tuesday.db" not in path.name and path.stat().st_size < 1 << 24:
            expect(SECRET.encode() not in path.read_bytes(), f"the secret is in {path}")


def token(world, name, role):
    made = json.loads(world.ask("token", "create", name, "--role", role, "-n", "default", "--json"))
    return made["secret"]


def case_git_speaks_https_with_a_token(world):
    world.push("First")
    address = f"https://127.0.0.1:{world.api_port}/git/app.git"
    trust = {"GIT_SSL_CAINFO": str(world.state / "tls/api.crt")}

    def with_token(secret):
        return dict(trust, GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="credential.helper",
                    GIT_CONFIG_VALUE_0=f"!f() {{ echo username=x; echo password={secret}; }}; f")

    world.git("ls-remote", address, env=trust, code=128)
    world.git("ls-remote", address, env=with_token("tue_wrong"), code=128)
    deployer = with_token(token(world, "ada", "deployer"))
    viewer = with_token(token(world, "guest", "viewer"))
    other = world.root / "other"
    world.git("clone", "-q", address, str(other), cwd=world.root, env=viewer)
    expect((other / "test.sh").read_text() == PASSES, "the clone is not whole")
    # More than git sends at once, so that it comes in pieces, and more than the daemon takes in memory.
    (world.clone / "big.bin").write_bytes(os.urandom(6 << 20))
    world.commit("Big")
    said = world.git("push", "-q", address, "HEAD:refs/heads/main", env=deployer)
    expect("run 2: CI" in said, said)
    expect(world.view("2")["actor"] == "ada (token)", str(world.view("2")))
    world.write("more.txt", "x")
    world.commit("Guest's")
    said = world.git("push", "-q", address, "HEAD:refs/heads/main", env=viewer, code=1)
    expect("you may look" in said, said)
    said = world.git("push", "-q", address, "HEAD:refs/for/main", env=viewer)
    expect("waits for an approval: tuesday run approve 3" in said, said)
    expect(world.view("3")["status"] == "approval", str(world.view("3")))
    world.ask("run", "approve", "3", "--reason", "read it")
    expect(world.run_of("3")["result"] == "success", world.watched)
    entries = world.ask("audit", "log", "--json")
    expect("run.approved" in entries and "read it" in entries, "the approval is not in the journal")
    expect("tue_" not in (world.root / "daemon.log").read_text(), "a token is in the log")


RELEASE = """name: Release
on: push
jobs:
  release:
    runs-on: ubuntu-latest
    environment: Production
    steps:
      - run: echo "the key is '${{ secrets.KEY }}' ${{ vars.PLACE }}" && test -n "${{ secrets.KEY }}"
      - run: sleep 0
"""


def wait_for(holds, what):
    until = time.monotonic() + SECONDS_MAX
    while time.monotonic() < until:
        if holds():
            return
        time.sleep(0.1)
    raise Failed(what)


def reason_of(world, run):
    return world.view(run)["jobs"][0]["legs"][0]["reason"]


def case_a_release_waits_for_its_review_and_outlives_the_daemon(world):
    world.ask("environment", "set", "app", "production", "--reviewer", "bob", "--reviewer", "ada", "--branch", "main")
    subprocess.run([world.program, "--state", str(world.state), "secret", "set", "app-workflows-production", "KEY"], input=SECRET,
                   text=True, check=True, capture_output=True)
    world.write(".github/workflows/ci.yaml", RELEASE)
    remote = {"TUESDAY_CA": str(world.state / "tls/api.crt")}

    def as_token(name, role):
        (world.root / name).touch(0o600)
        (world.root / name).write_text(token(world, name, role))
        return dict(remote, TUESDAY_TOKEN_FILE=str(world.root / name))

    server = ["--server", f"https://127.0.0.1:{world.api_port}"]
    bob, ada, eve = as_token("bob", "approver"), as_token("ada", "approver"), as_token("eve", "deployer")
    world.commit("Release")
    address = f"https://127.0.0.1:{world.api_port}/git/app.git"
    helper = f"!f() {{ echo username=x; echo password={(world.root / 'ada').read_text()}; }}; f"
    world.git("push", "-q", address, "HEAD:refs/heads/main",
              env={"GIT_SSL_CAINFO": remote["TUESDAY_CA"], "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "credential.helper",
                   "GIT_CONFIG_VALUE_0": helper})
    wait_for(lambda: world.view("1")["waits"], "the release does not wait")
    expect(world.view("1")["waits"]["release"] == ["1 of 1 reviews are missing; bob, ada may review"], str(world.view("1")))
    world.kill()
    world.start()
    wait_for(lambda: world.view("1")["waits"], "the release does not wait after a kill")
    for words, who, why in ((server, eve, "approver"), (server, ada, "another than who began it"), ([], {}, "none of the reviewers")):
        refused = subprocess.run([world.program, "--state", str(world.state), *words, "run", "approve", "1"], capture_output=True,
                                 text=True, env=dict(os.environ, **who))
        expect(refused.returncode == 1 and why in refused.stderr, f"{why}: {refused.returncode}\n{refused.stderr}")
    world.ask(*server, "run", "approve", "1", "--reason", "read it", environment=bob)
    run = world.run_of("1")
    expect(run["result"] == "success", world.watched)
    expect("the key is '***'" in world.watched, world.watched)
    shown = json.loads(world.ask("environment", "show", "app", "production", "--json"))["deployments"]
    expect([(one["status"], one["reviews"][0]["by"]) for one in shown] == [("success", "bob (token)")], str(shown))
    entries = world.ask("audit", "log", "--json")
    expect("environment.approved" in entries and "environment.bypassed" not in entries, "the journal lacks the review")


def case_one_release_at_a_time_and_the_newest_of_those_that_wait(world):
    world.write(".github/workflows/ci.yaml", RELEASE.replace("&& test -n", "; echo").replace("sleep 0", "sleep 8"))
    for message in ("First", "Second", "Third"):
        world.write("text", message)
        world.push(message)
    expect(world.run_of("3")["result"] == "success", world.watched)
    expect(world.run_of("1")["result"] == "success", world.watched)
    second = world.run_of("2")
    expect(second["result"] == "cancelled" and "superseded: run 3 goes to Production" in reason_of(world, "2"), str(second))
    world.ask("run", "rerun", "1")
    expect(world.run_of("1")["result"] == "cancelled" and "never overwrites a newer release" in reason_of(world, "1"), world.watched)
    shown = json.loads(world.ask("environment", "show", "app", "production", "--json"))["deployments"]
    expect([one["status"] for one in shown] == ["success", "cancelled", "cancelled", "inactive"], str(shown))


def case_runs_are_begun_by_hand_and_cancelled(world):
    world.write("test.sh", "sleep 60\n")
    world.push("Slow [skip ci]")
    expect("asks for the input 'who'" in subprocess.run([world.program, "--state", str(world.state), "run", "start", "app", "ci.yaml"],
                                                        capture_output=True, text=True).stderr, "an input that lacks is not named")
    world.ask("run", "start", "app", "ci.yaml", "--input", "who=you")
    world.ask("run", "cancel", "1", "--reason", "enough")
    run = world.run_of("1")
    expect(run["result"] == "cancelled" and "enough" in run["reason"], str(run))


def case_a_mirror_runs_what_is_new_elsewhere(world):
    upstream = world.root / "upstream.git"
    world.git("init", "-q", "--bare", "-b", "main", str(upstream), cwd=world.root)
    world.commit("Old")
    world.git("push", "-q", str(upstream), "HEAD:refs/heads/main")
    world.ask("repo", "create", "mirror", "--follow", str(upstream), "--every", "10s")
    expect(json.loads(world.ask("run", "list", "--json"))["runs"] == [], "history ran")
    world.write("more.txt", "x")
    world.commit("New")
    world.git("push", "-q", str(upstream), "HEAD:refs/heads/main")
    until = time.monotonic() + 40
    while not json.loads(world.ask("run", "list", "--json"))["runs"] and time.monotonic() < until:
        time.sleep(0.5)
    run = world.run_of("1")
    expect(run["repository"] == "mirror" and run["subject"] == "New" and run["result"] == "success", str(run))


def case_bad_input_is_named(world):
    for words, part in ((["repo", "create", "../x"], "no name for a repository"), (["repo", "create", "app"], "already"),
                        (["run", "view", "99"], "There is no run 99"), (["repo", "rm", "app"], "Say --yes")):
        done = subprocess.run([world.program, "--state", str(world.state), *words], capture_output=True, text=True)
        expect(done.returncode in (1, 2) and part in done.stderr, f"{words}: {done.returncode} {done.stderr}")
    world.write(".github/workflows/ci.yaml", "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    stepz: []\n")
    said = world.push("Bad")
    expect(".github/workflows/ci.yaml:5:5: error:" in said and "run 1: .github/workflows/ci.yaml cannot run" in said, said)
    expect(json.loads(world.ask("run", "list", "--json"))["runs"][0]["result"] == "failure", "it is not listed as failed")
    said = world.git("push", "-q", "tuesday", "HEAD:refs/pull/7/head", code=1)
    expect("only branches, tags" in said, said)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tuesday", required=True)
    parser.add_argument("--examples")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    failed = 0
    for name, case in sorted(globals().items()):
        if not name.startswith("case_") or arguments.only not in name:
            continue
        began = time.monotonic()
        world = World(os.path.abspath(arguments.tuesday))
        try:
            case(world)
            print(f"ok   {name[5:]} ({time.monotonic() - began:.1f} s)", flush=True)
        except (Failed, subprocess.SubprocessError, KeyError, IndexError) as error:
            failed += 1
            print(f"FAIL {name[5:]}: {error}\n{(world.root / 'daemon.log').read_text()[-2000:]}", flush=True)
        finally:
            world.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
