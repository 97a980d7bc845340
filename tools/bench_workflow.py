#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Figures of workflows: the check of their files next to actionlint, what a step costs next to act and to bash alone, how late a log
line is, what jobs at once take. Each comparison runs both sides in turn in this one run. Prints `bench <name> <value> <unit>`.
`--only PART,PART` runs some: lint, steps, place, log, jobs."""

import argparse
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from bench_common import quantile, say
from tuesday_bench import ROOT, Failed

ACT = "go install github.com/nektos/act@v0.2.89"
ACTIONLINT = "go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
FILES = 1000
STEPS = 200
LINES = 1000
JOBS = 100
COMMAND_SECONDS = 120


def progress(text):
    print(f"bench_workflow.py: {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def peer(name):
    """Where a program is that we compare with: in PATH, or where the peers' installer puts it."""
    home = pathlib.Path(os.environ.get("PEERS_HOME", pathlib.Path.home() / ".cache/peers"))
    return shutil.which(name) or shutil.which(str(home / "bin" / name))


def skip(names, why):
    for name in names:
        print(f"bench {name} skipped: {why}", flush=True)


class Workspace:
    """A folder with a repository of one workflow, and a state folder."""

    def __init__(self, workflow):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tuesday-workflow-bench-"))
        self.repository = self.folder / "app"
        path = self.repository / ".github/workflows/ci.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(workflow)
        git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", "-C", str(self.repository)]
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "bench"]):
            subprocess.run([*git, *words], check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, command):
        return subprocess.Popen([str(word) for word in command], cwd=self.repository, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, bufsize=1)

    def run_ours(self, tuesday, *more):
        return self.start([tuesday, "--state", self.folder / "state", "workflow", "run", *more])


def finish(process, what):
    if process.wait(timeout=COMMAND_SECONDS) != 0:
        raise Failed(f"{what} ended with {process.returncode}")


def run_timed(command, folder, good):
    """Milliseconds of the clock and of all cores together. What is printed goes to a file: to read it is no work of theirs."""
    with tempfile.TemporaryFile("w+") as output:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, check=False)
        wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode not in good:
            output.seek(0)
            raise Failed(f"{command[0]} ended with {done.returncode}: {output.read()[-300:]}")
    return wall * 1000, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def bench_lint(tuesday, options):
    """1,000 copies of the playbook's workflow, as one process over all of them; both may use all cores."""
    actionlint = peer("actionlint")
    with tempfile.TemporaryDirectory(prefix="tuesday-lint-bench-") as folder:
        files = pathlib.Path(folder, ".github/workflows")
        files.mkdir(parents=True)
        text = (ROOT / "examples/playbook/workflow.yaml").read_text()
        for i in range(FILES):
            (files / f"w{i}.yaml").write_text(text)
        names = sorted(str(path.relative_to(folder)) for path in files.iterdir())
        ours, theirs = [], []
        for _ in range(options.rounds):
            ours.append(run_timed([str(tuesday), "check", ".github/workflows"], folder, (0, 1)))
            if actionlint:
                theirs.append(run_timed([actionlint, "-shellcheck=", "-pyflakes=", *names], folder, (0, 1)))
        say("workflow_lint", quantile([wall for wall, _ in ours], 0.5) / FILES, f"ms a file, median of {len(ours)} rounds of {FILES} files")
        say("workflow_lint_cpu", quantile([cpu for _, cpu in ours], 0.5) / FILES, "ms a file of all cores together")
        if not actionlint:
            return skip(["workflow_lint_vs_actionlint"], ACTIONLINT)
        say("workflow_lint_actionlint", quantile([wall for wall, _ in theirs], 0.5) / FILES, "ms a file")
        say("workflow_lint_actionlint_cpu", quantile([cpu for _, cpu in theirs], 0.5) / FILES, "ms a file of all cores together")
        say("workflow_lint_vs_actionlint", quantile([t[0] / o[0] for o, t in zip(ours, theirs)], 0.5),
            f"ratio actionlint/ours, median of {len(ours)} rounds")


def begins(process, pattern, what):
    """Milliseconds from each step's begin to the next one's, as they are told."""
    at = []
    for line in process.stdout:
        if pattern.search(line):
            at.append(time.monotonic())
    finish(process, what)
    if len(at) != STEPS:
        raise Failed(f"{what} told of {len(at)} steps")
    return [(b - a) * 1000 for a, b in zip(at, at[1:])]


def bash_alone():
    """What a step is without anything around it: the same shell with the same words, one after the other."""
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
        script.write("true\n")
        script.flush()
        times = []
        for _ in range(STEPS):
            began = time.monotonic()
            subprocess.run(["bash", "-e", script.name], check=True)
            times.append((time.monotonic() - began) * 1000)
    return quantile(times, 0.5)


def bench_steps(tuesday, options):
    """A workflow of 200 steps `run: true`."""
    steps = "".join("      - run: true\n" for _ in range(STEPS))
    act = peer("act")
    with Workspace(f"on: push\njobs:\n  j:\n    runs-on: ubuntu-latest\n    steps:\n{steps}") as place:
        ours, theirs, alone = [], [], []
        for i in range(options.rounds):
            ours.append(quantile(begins(place.run_ours(tuesday), re.compile("▸"), "tuesday workflow run"), 0.5))
            alone.append(bash_alone())
            if act:
                command = [act, "push", "-P", "ubuntu-latest=-self-hosted", "--action-offline-mode"]
                theirs.append(quantile(begins(place.start(command), re.compile("⭐ Run Main"), "act"), 0.5))
            progress(f"round {i + 1}: a step {ours[-1]:.2f} ms, bash {alone[-1]:.2f}" + (f", act {theirs[-1]:.2f}" if theirs else ""))
        say("workflow_step_overhead", quantile(ours, 0.5), f"ms, start to start of {STEPS} steps `run: true`, median of {len(ours)} rounds")
        say("workflow_step_bash_alone", quantile(alone, 0.5), "ms, the same shell started from here")
        say("workflow_step_beside_bash", quantile([o - b for o, b in zip(ours, alone)], 0.5), "ms: the difference")
        if not act:
            return skip(["workflow_step_act", "workflow_step_overhead_vs_act", "workflow_step_beside_bash_vs_act"], ACT)
        say("workflow_step_act", quantile(theirs, 0.5), "ms, in host mode, start to start")
        say("workflow_step_overhead_vs_act", quantile([t / o for o, t in zip(ours, theirs)], 0.5), "ratio act/ours, start to start")
        say("workflow_step_beside_bash_vs_act", quantile([(t - b) / (o - b) for o, b, t in zip(ours, alone, theirs)], 0.5),
            "ratio act/ours, without bash's own time on both sides")


def bench_place(tuesday, options):
    """A job's place alone: no run around it, nothing stored."""
    program = options.build.resolve() / "src/adapters/sandbox/steps_bench"
    done = subprocess.run([str(program), str(tuesday), "supervise", "place"], capture_output=True, text=True, timeout=COMMAND_SECONDS,
                          check=False)
    if done.returncode != 0:
        raise Failed(f"steps_bench: {done.stdout[-300:]}{done.stderr[-300:]}")
    for name, pattern in (("place_open", r"^open +([\d.]+)"), ("place_close", r"^close +([\d.]+)"),
                          ("place_step", r"^step, start to start +median ([\d.]+)")):
        say(name, float(re.search(pattern, done.stdout, re.M)[1]), "ms")


def bench_log(tuesday, options):
    """From a step's write to the line on the screen of who runs it."""
    del options
    script = f"for i in $(seq {LINES}); do echo \"at $EPOCHREALTIME\"; sleep 0.005; done"
    with Workspace(f"on: push\njobs:\n  j:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n          {script}\n") as place:
        process, late = place.run_ours(tuesday), []
        for line in process.stdout:
            now = time.time()
            found = re.search(r"at (\d+[.,]\d+)$", line.rstrip())
            if found:
                late.append((now - float(found[1].replace(",", "."))) * 1000)
        finish(process, "tuesday workflow run")
    if len(late) < LINES:
        raise Failed(f"{len(late)} of {LINES} lines came")
    say("log_latency_p50", quantile(late, 0.5), f"ms over {len(late)} lines")
    say("log_latency_p99", quantile(late, 0.99), f"ms over {len(late)} lines")


def descendants(root):
    """The process and all below it."""
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        children.setdefault(int(text.rsplit(")", 1)[1].split()[1]), []).append(int(stat.parent.name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def proportional_mebibytes(pid):
    try:
        found = re.search(r"^Pss:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def supervisors_of(state):
    """The supervisors of places below the folder, which are nobody's children."""
    found = []
    for line in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = line.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"place" in words and any(word.startswith(str(state).encode()) for word in words):
            found.append(int(line.parent.name))
    return found


def bench_jobs(tuesday, options):
    """100 jobs that wait at the same time: what all processes take, without what their own commands do."""
    del options
    numbers = ", ".join(str(i) for i in range(JOBS))
    text = (f"on: push\njobs:\n  j:\n    runs-on: ubuntu-latest\n    strategy: {{matrix: {{n: [{numbers}]}}}}\n    steps:\n"
            "      - run: while [ ! -e ../../../../tmp/never ]; do sleep 600; done\n")
    with Workspace(text) as place:
        began = time.monotonic()
        process = place.run_ours(tuesday, "--offline")
        running = 0
        for line in process.stdout:
            running += "▸" in line
            if running == JOBS:
                break
        took = time.monotonic() - began
        ours = proportional_mebibytes(process.pid)
        places = sum(proportional_mebibytes(pid) for root in supervisors_of(place.folder) for pid in descendants(root))
        process.terminate()
        time.sleep(0.1)
        process.terminate()
        process.stdout.read()
        process.wait(timeout=COMMAND_SECONDS)
        for pid in supervisors_of(place.folder):
            os.kill(pid, 15)
        time.sleep(1)
    if running < JOBS:
        raise Failed(f"only {running} of {JOBS} jobs began")
    say("jobs_100_rss", ours + places, f"MiB (PSS): the run {ours:.0f}, the jobs' places with their shells {places:.0f}")
    say("jobs_100_start", took, "s until all run")


PARTS = {"lint": bench_lint, "steps": bench_steps, "place": bench_place, "log": bench_log, "jobs": bench_jobs}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    tuesday, failed = (options.build / "src/app/cli/tuesday").resolve(), False
    for part in options.only.split(","):
        progress(part)
        try:
            PARTS[part](tuesday, options)
        except (Failed, OSError, subprocess.SubprocessError) as error:
            print(f"bench_workflow.py: {part} failed: {error}", file=sys.stderr, flush=True)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
