#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Workflows of a working tree, in real sandboxes: what people see, what jobs may, and what survives."""

import argparse
import json
import os
import pathlib
import pty
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time

SECRET = "correct-horse-battery-staple"
RUN_SECONDS_MAX = 120

TREE = {
    "a.txt": "hello\n",
    "act/action.yml": """name: greet
description: Greets.
inputs: {who: {required: true}}
outputs: {text: {value: "${{ steps.g.outputs.text }}"}}
runs:
  using: composite
  steps:
    - id: g
      run: echo "text=hi ${{ inputs.who }}" >> "$GITHUB_OUTPUT"
      shell: bash
""",
    "node/action.yml": """name: node
description: An action of three stages.
inputs: {who: {default: nobody}}
outputs: {said: {description: What it said}}
runs: {using: node20, main: main.js, post: post.js}
""",
    "node/main.js": """const fs = require('fs');
fs.appendFileSync(process.env.GITHUB_OUTPUT, `said=${process.env['INPUT_WHO']}\\n`);
fs.appendFileSync(process.env.GITHUB_STATE, 'kept=from main\\n');
""",
    "node/post.js": "console.log('post has ' + process.env.STATE_kept);\n",
}

CI = """name: CI
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    outputs: {tag: "${{ steps.meta.outputs.tag }}"}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: {node-version: ">=16"}
      - run: git status --short && git log -1 --format=%s && cat a.txt
      - id: meta
        run: |
          echo "tag=v1-${{ hashFiles('a.txt') }}" >> "$GITHUB_OUTPUT"
          echo "the secret is $TOKEN, $(echo -n "$TOKEN" | base64)"
        env: {TOKEN: "${{ secrets.TOKEN }}"}
      - id: greet
        uses: ./act
        with: {who: Ada}
      - id: node
        uses: ./node
        with: {who: Grace}
      - run: echo "${{ steps.greet.outputs.text }} and ${{ steps.node.outputs.said }}"
  deploy:
    needs: test
    runs-on: ubuntu-latest
    strategy: {matrix: {to: [a, b]}}
    steps:
      - run: echo ${{ needs.test.outputs.tag }} to ${{ matrix.to }}
"""


class Failed(Exception):
    pass


def expect(holds, why):
    if not holds:
        raise Failed(why)


class Tree:
    """A repository in a temporary folder, with a state folder beside it."""

    def __init__(self, program):
        self.program = program
        self.folder = tempfile.TemporaryDirectory(prefix="tuesday-workflow-")
        self.root = pathlib.Path(self.folder.name) / "app"
        self.state = pathlib.Path(self.folder.name) / "state"
        self.environment = dict(os.environ, TOKEN=SECRET)
        for name, text in TREE.items():
            self.write(name, text)

    def close(self):
        self.folder.cleanup()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def workflow(self, text, name="ci"):
        self.write(f".github/workflows/{name}.yaml", text)

    def steps(self, *scripts, head=""):
        lines = ["      - run: |\n" + "".join(f"          {line}\n" for line in script.splitlines()) for script in scripts]
        self.workflow(f"on: push\n{head}jobs:\n  j:\n    runs-on: ubuntu-latest\n    steps:\n" + "".join(lines))

    def commit(self):
        for words in (["init", "-q", "-b", "main"], ["add", "-A"],
                      ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-q", "-m", "First"]):
            subprocess.run(["git", "-C", str(self.root), *words], check=True)

    def start(self, *words):
        return subprocess.Popen([self.program, "--state", str(self.state), "workflow", *words], cwd=self.root, env=self.environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, *words, code=0):
        process = self.start("run", *words)
        out, _ = process.communicate(timeout=RUN_SECONDS_MAX)
        expect(process.returncode == code, f"exit code {process.returncode}, not {code}:\n{out}")
        return out


def case_a_workflow_runs_from_the_working_tree_as_it_is(tree):
    tree.workflow(CI)
    tree.commit()
    tree.write("a.txt", "changed\n")
    before = subprocess.run(["git", "-C", tree.root, "status", "--short"], capture_output=True, text=True).stdout
    out = tree.run("-s", "TOKEN")
    for line in ("│ The working tree", "│ changed", "│ hi Ada and Grace", "post has from main", "to b", "✓ run success"):
        expect(line in out, f"no {line!r} in:\n{out}")
    expect("│ the secret is ***, ***" in out, f"the secret shows, or its base64:\n{out}")
    after = subprocess.run(["git", "-C", tree.root, "status", "--short"], capture_output=True, text=True).stdout
    expect(before == after, f"the working tree was touched: {before!r}, {after!r}")
    for path in tree.state.rglob("*"):
        expect(not path.is_file() or SECRET.encode() not in path.read_bytes(), f"the secret is in {path}")


def case_a_failure_skips_what_comes_after_and_says_why(tree):
    tree.workflow(CI.replace("cat a.txt", "cat none.txt"))
    tree.commit()
    out = tree.run("--json", "-s", "TOKEN", code=1)
    answer = json.loads(out)
    expect(answer["result"] == "failure", out)
    jobs = {job["id"]: job for job in answer["jobs"]}
    expect(jobs["test"]["reason"].endswith("Process completed with exit code 1."), out)
    expect(jobs["deploy"]["result"] == "skipped" and jobs["deploy"]["reason"] == "test failed", out)


def case_list_graph_and_dry_run_tell_without_running(tree):
    tree.workflow(CI)
    listed = json.loads(subprocess.run([tree.program, "workflow", "list", "--json"], cwd=tree.root, capture_output=True, text=True,
                                       check=True).stdout)
    expect([job["id"] for job in listed["workflows"][0]["jobs"]] == ["test", "deploy"], str(listed))
    drawn = subprocess.run([tree.program, "workflow", "graph"], cwd=tree.root, capture_output=True, text=True, check=True).stdout
    expect("│ test │" in drawn and "↓" in drawn, drawn)
    out = tree.run("-n", "-s", "TOKEN")
    expect("deploy.1" in out and "Run ./act" in out, out)
    expect(not list(tree.state.rglob("places")), "a dry run opened a place")


def case_a_run_whose_process_is_killed_goes_on_at_its_step(tree):
    tree.steps("echo x >> $HOME/count", "echo x >> $HOME/count\nsleep 4\necho slept", 'echo "began $(wc -l < $HOME/count) times"')
    process = tree.start("run")
    for line in process.stdout:
        if "sleep" in line or "Run echo x" in line and "✓" in line:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    out = tree.run("--continue")
    expect("│ slept" in out and "began 2 times" in out, out)
    expect("No run on this machine" in tree.run("--continue", code=2), "the same run went on twice")


def case_a_failed_run_goes_on_at_its_step(tree):
    tree.steps("echo x >> $HOME/count\necho A=from-before >> $GITHUB_ENV\necho made > made.txt",
               "test -f repaired.txt",
               'echo "$A $(cat made.txt) began $(wc -l < $HOME/count) times"')
    out = tree.run(code=1)
    files = [line.split(": ", 1)[1] for line in out.splitlines() if line.startswith("files of j: ")]
    expect(len(files) == 1 and "--from-step" in out, out)
    expect("✗ Run test -f repaired.txt" in tree.run("--from-step", code=1), "it failed again")
    files = sorted(tree.state.rglob("places/*/work"))
    expect(len(files) == 1, f"the workspace is in {files}")
    (files[0] / "repaired.txt").write_text("")
    out = tree.run("--from-step")
    expect("│ from-before made began 1 times" in out, out)
    expect("echo x" not in out, f"a step that had passed ran again:\n{out}")
    expect("has passed" in tree.run("--from-step", code=1), "there is nothing to go on with")
    expect(not list(tree.state.rglob("places/*/work")), "files of a run that passed stay")


class Terminal:
    """A person at a terminal: types, and reads until something is there."""

    def __init__(self, tree, *words):
        self.shown = ""
        self.read = 0  # How much of it was waited for already.
        self.near, far = pty.openpty()
        termios.tcsetwinsize(far, (40, 123))
        self.process = subprocess.Popen([tree.program, "--state", str(tree.state), "workflow", "run", *words], cwd=tree.root,
                                        env=dict(tree.environment, TERM="dumb"), stdin=far, stdout=far, stderr=far, start_new_session=True)
        os.close(far)

    def until(self, text):
        deadline = time.monotonic() + RUN_SECONDS_MAX
        begin = self.read
        while (found := self.shown.find(text, begin)) < 0:
            ready, _, _ = select.select([self.near], [], [], max(0, deadline - time.monotonic()))
            expect(ready, f"no {text!r} in:\n{self.shown}")
            try:
                self.shown += os.read(self.near, 65536).decode(errors="replace")
            except OSError:
                raise Failed(f"no {text!r} before the end of:\n{self.shown}") from None
        self.read = found + len(text)
        return self.shown[begin:self.read]

    def type(self, line):
        os.write(self.near, line.encode() + b"\n")

    def end(self):
        try:
            while chunk := os.read(self.near, 65536):
                self.shown += chunk.decode(errors="replace")
        except OSError:
            pass  # Nobody holds the other end any more.
        os.close(self.near)
        return self.process.wait(timeout=RUN_SECONDS_MAX)


PROMPT = "failed step "

BROKEN = """on: push
jobs:
  j:
    runs-on: ubuntu-latest
    steps:
      - run: mkdir -p sub && echo made > sub/made.txt
      - id: broken
        working-directory: sub
        run: |
          echo "token has ${#TOKEN} letters, $(cat made.txt)"
          test -f mended.txt
          echo "by=hand" >> "$GITHUB_OUTPUT"
        env: {TOKEN: "${{ secrets.TOKEN }}"}
      - run: echo "goes on by ${{ steps.broken.outputs.by }} $(cat sub/mended.txt)"
      - if: always()
        run: echo "always ${{ steps.broken.outcome }}"
"""


def case_a_shell_at_the_failed_step_mends_it(tree):
    tree.workflow(BROKEN)
    tree.commit()
    person = Terminal(tree, "--shell-on-failure", "-s", "TOKEN")
    out = person.until(PROMPT)
    expect("failed with exit code 1" in out and "exit 0" in out, out)
    expect("│ token has" in out, f"the step's log does not come before the shell:\n{out}")
    expect(SECRET not in out, f"the secret is printed:\n{out}")
    person.type("stty size; pwd; id -un; tty; echo letters ${#TOKEN}")
    out = person.until(f"letters {len(SECRET)}\r\n")
    expect("40 123" in out and "/app/sub" in out and "runner" in out and "/dev/pts/" in out, out)
    person.type("again; echo after")
    expect("(exit code 1)" in person.until("\nafter"), "the command fails as it did")
    person.until(PROMPT)
    # A key that interrupts drops what was typed before it, and a shell may lose it while it starts a program: one that answers runs.
    person.type("sed -u s/^/heard-/")
    person.type("words")
    person.until("heard-words")
    os.write(person.near, b"\x03")
    person.until(PROMPT)
    person.type("echo mended > mended.txt; again; exit 0")
    person.until("counts as passed")
    code = person.end()
    expect(code == 0 and "│ goes on by hand mended" in person.shown and "always success" in person.shown, person.shown)
    for path in tree.state.rglob("*"):
        expect(not path.is_file() or SECRET.encode() not in path.read_bytes(), f"the secret is in {path}")


def case_a_shell_at_the_failed_step_leaves_the_failure(tree):
    tree.workflow(BROKEN)
    tree.commit()
    for leave in ("exit", "exit 3", "\x04"):
        person = Terminal(tree, "--shell-on-failure", "-s", "TOKEN")
        person.until(PROMPT)
        person.type(f"true; {leave}" if leave != "\x04" else "true")
        if leave == "\x04":
            person.until(PROMPT)
            os.write(person.near, b"\x04")
        person.until("The failure stands.")
        code = person.end()
        expect(code == 1 and "│ always failure" in person.shown and "│ goes on by" not in person.shown, person.shown)
    person = Terminal(tree, "--from-step", "--shell-on-failure", "-s", "TOKEN")
    person.until(PROMPT)
    person.process.send_signal(signal.SIGTERM)
    expect(person.end() == 1 and "The failure stands." in person.shown, person.shown)
    expect("needs a terminal" in tree.run("--shell-on-failure", code=2), "without a terminal nothing is begun")


def case_an_interrupt_cancels_and_what_always_runs_runs(tree):
    tree.workflow("""on: push
jobs:
  j:
    runs-on: ubuntu-latest
    steps:
      - run: |
          trap 'echo asked to end; exit 1' INT
          echo waiting
          sleep 100 & wait
      - run: echo never
      - if: always()
        run: echo cleaned up, job is ${{ job.status }}
""")
    process = tree.start("run")
    seen = ""
    for line in process.stdout:
        seen += line
        if "│ waiting" in line:
            process.send_signal(signal.SIGINT)
    expect(process.wait(RUN_SECONDS_MAX) == 1, seen)
    for line in ("asked to end", "cleaned up, job is cancelled", "■ run cancelled (it was interrupted)"):
        expect(line in seen, f"no {line!r} in:\n{seen}")
    expect("│ never" not in seen, seen)


def case_a_job_reaches_nothing_of_the_machine(tree):
    listener = socket.create_server(("127.0.0.1", 0))
    connected = threading.Event()

    def accept():
        try:
            listener.accept()
            connected.set()
        except OSError:
            pass

    threading.Thread(target=accept, daemon=True).start()
    port = listener.getsockname()[1]
    outside = pathlib.Path(tree.folder.name) / "mine"
    outside.write_text("private")
    tree.steps(
        "cat /etc/shadow && echo READ shadow; true",
        f"cat {outside} {tree.state}/*/* 2>/dev/null && echo READ state; true",
        f"(exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null && echo REACHED loopback; true",
        "timeout 3 bash -c 'exec 3<>/dev/tcp/169.254.169.254/80' 2>/dev/null && echo REACHED metadata; true",
        "mount -t tmpfs none /mnt 2>/dev/null && echo MOUNTED; unshare -Ur true 2>/dev/null && echo UNSHARED; true",
        "env | grep TUESDAY && echo READ environment; test $(id -u) != 0")
    out = tree.run()
    listener.close()
    for word in ("READ", "REACHED", "MOUNTED", "UNSHARED"):
        expect(f"│ {word}" not in out, f"the job got out:\n{out}")
    expect(not connected.is_set(), "the job reached a listener of the machine")


def case_what_a_job_leaves_behind_is_ended(tree):
    mark = f"left-behind-{os.getpid()}"
    tree.steps(f"(exec -a {mark} sleep 1000) > /dev/null 2>&1 &\nsetsid bash -c 'exec -a {mark} sleep 1000' > /dev/null 2>&1 &\nsleep 0.2")
    tree.run()
    deadline = time.monotonic() + 20
    while subprocess.run(["pgrep", "-f", f"^{mark}"], capture_output=True, check=False).returncode == 0:
        expect(time.monotonic() < deadline, "a process of the job outlived it")
        time.sleep(0.05)


def case_bad_input_is_told_with_its_place_and_nothing_runs(tree):
    tree.workflow("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    needs: none\n    steps: [{run: x, uses: y}]\n")
    out = tree.run(code=2)
    expect(".github/workflows/ci.yaml:" in out and ": error: " in out, out)
    tree.workflow("on: push\njobs:\n  a:\n    runs-on: windows-latest\n    steps: [{run: x}]\n")
    expect("no runner here has the label 'windows-latest'" in tree.run(code=1), "an unknown label")
    expect("does not belong on the command line" in tree.run("-s", "A=b", code=2), "a secret on the command line")


def case_bind_works_in_the_tree_itself(tree):
    tree.steps("pwd; echo made > made.txt")
    tree.run("--bind")
    expect((tree.root / "made.txt").read_text() == "made\n", "the tree was not the workspace")
    expect((tree.root / "made.txt").stat().st_uid == tree.root.stat().st_uid, "the file belongs to somebody else")


def run_cases(cases):
    """Each in a tree of its own; ends the process with 1 when one of them failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tuesday", required=True)
    parser.add_argument("--examples")
    parser.add_argument("--only")
    arguments = parser.parse_args()
    failed = 0
    for name, case in cases:
        if arguments.only and arguments.only not in name:
            continue
        tree = Tree(str(pathlib.Path(arguments.tuesday).resolve()))
        begin = time.monotonic()
        try:
            case(tree)
            print(f"ok      {name} ({time.monotonic() - begin:.1f} s)", flush=True)
        except (Failed, subprocess.SubprocessError, OSError, KeyError, ValueError) as why:
            failed += 1
            print(f"FAILED  {name}: {why}", flush=True)
        finally:
            tree.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    run_cases([(name, value) for name, value in globals().items() if name.startswith("case_")])
