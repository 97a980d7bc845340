# SPDX-License-Identifier: Apache-2.0
"""The demo's chapter of a push: its tests fail, what comes after is skipped with the reason, and the run goes on at the failed step
once that is repaired."""

import json
import os
import subprocess

from tuesday_bench import Failed, wait_for

WORKFLOW = """name: Deliver
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: sh build.sh
      - run: sh test.sh
  package:
    needs: test
    runs-on: ubuntu-latest
    steps: [{run: echo packaged}]
  announce:
    needs: package
    runs-on: ubuntu-latest
    steps: [{run: echo announced}]
"""
TEST = "echo 'ok 1 - adds'\nif grep -q 1 sum.txt; then echo 'not ok 2 - sums'; exit 1; fi\necho 'ok 2 - sums'\n"


class Push:
    def __init__(self, bench, say):
        self.bench = bench
        self.say = say
        self.tree = bench.folder / "shop"

    def git(self, *words):
        done = subprocess.run(["git", "-C", str(self.tree), *words], capture_output=True, text=True,
                              env=dict(os.environ, GIT_TERMINAL_PROMPT="0"))
        if done.returncode != 0:
            raise Failed(f"git {words}: {done.stderr}")
        return done.stderr

    def show(self, *words):
        print(self.bench.run(*words, check=False).stdout, flush=True)

    def ended(self, run):
        return wait_for(f"run {run} ends", lambda: (view := self.bench.json("run", "view", run))["status"] == "done" and view, 120)

    def run(self):
        bench = self.bench
        bench.run("repo", "create", "shop")
        (self.tree / ".github/workflows").mkdir(parents=True)
        for name, text in {".github/workflows/deliver.yaml": WORKFLOW, "build.sh": "echo built > out.txt\n", "test.sh": TEST,
                           "sum.txt": "1\n"}.items():
            (self.tree / name).write_text(text)
        for words in (["init", "-q", "-b", "main"], ["config", "user.name", "Ada"], ["config", "user.email", "ada@example.com"],
                      ["remote", "add", "tuesday", str(bench.state / "repositories/shop.git")], ["add", "-A"],
                      ["commit", "-q", "-m", "Sums that are wrong"]):
            self.git(*words)
        self.say("git push: " + self.git("push", "-q", "tuesday", "main").strip().replace("remote: ", ""))
        view = self.ended("1")
        reasons = {job["id"]: job["reason"] for job in view["jobs"]}
        if view["result"] != "failure" or reasons["package"] != "test failed" or "not ok 2 - sums" not in view["first_error"]:
            raise Failed(f"the run of the broken commit: {json.dumps(view)[:800]}")
        self.say("the push's tests fail: what comes after is skipped, with the reason")
        self.show("run", "view", "1")
        places = list((bench.state / "places").glob("1.test/work"))
        for path in places[0].rglob("sum.txt"):
            path.write_text("2\n")
        bench.run("run", "rerun", "1", "--from-step")
        view = self.ended("1")
        steps = [step["name"] for job in view["jobs"] if job["id"] == "test" for step in job["legs"][0]["steps"]]
        if view["result"] != "success" or view["attempt"] != 2:
            raise Failed(f"the repaired run: {json.dumps(view)[:800]}")
        self.say(f"repaired, it went on at the failed step and is green ({len(steps)} steps, those before were not run again)")
        self.show("run", "view", "1")
