#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs `tuesday check` and `tuesday rollout lint` over files as people have them: a git repository, a baseline, bad bytes.

lint_test.py --tuesday PROGRAM
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROLLOUT = """apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: api}
spec:
  replicas: 6
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
        - name: api
          image: example.com/api:latest
          readinessProbe: {httpGet: {path: /, port: 8080}}
          livenessProbe: {httpGet: {path: /, port: 8080}}
          ports: [{containerPort: 8080}]
  strategy:
    canary:
      steps: [{setWeight: 50}, {pause: {duration: 5m}}]
"""
TUESDAY = ""


class Lint(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tuesday-lint-")
        self.root = pathlib.Path(self.folder.name)
        self.file = self.root / "rollout.yaml"
        self.file.write_text(ROLLOUT)

    def tearDown(self):
        self.folder.cleanup()

    def check(self, *words, stdin=None):
        """(exit code, rules of errors and warnings) of a check."""
        done = subprocess.run([TUESDAY, "check", "--json", *map(str, words)], capture_output=True, cwd=self.root, input=stdin, timeout=60, check=False)
        text = done.stdout.decode()
        return done.returncode, [finding["rule"] for finding in json.loads(text)["findings"] if finding["severity"] != "note"] if done.returncode < 2 else []

    def git(self, *words):
        flags = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *flags, *words], cwd=self.root, check=True, capture_output=True)

    def test_strict_counts_warnings(self):
        self.assertEqual(self.check("rollout.yaml"), (0, ["mutable-tag"]))
        self.assertEqual(self.check("--strict", "rollout.yaml"), (1, ["mutable-tag"]))

    def test_a_baseline_knows_what_moved(self):
        done = subprocess.run([TUESDAY, "check", "--baseline", "b.json", "--write-baseline", "rollout.yaml"], cwd=self.root, check=False, capture_output=True)
        self.assertEqual(done.returncode, 0)
        self.file.write_text("# a line more\n\n" + ROLLOUT)
        self.assertEqual(self.check("--baseline", "b.json", "--strict", "rollout.yaml"), (0, []))
        self.file.write_text(ROLLOUT.replace("setWeight: 50", "setWeight: 100"))
        self.assertEqual(self.check("--baseline", "b.json", "rollout.yaml")[1], ["step-after-full"])

    def test_new_only_is_against_the_merge_base(self):
        self.git("init")
        self.git("add", "rollout.yaml")
        self.git("commit", "-m", "a")
        self.git("checkout", "-b", "work")
        self.assertEqual(self.check("--new-only", "rollout.yaml"), (0, []))
        self.file.write_text("# moved\n" + ROLLOUT.replace("setWeight: 50", "setWeight: 100"))
        (self.root / "other.yaml").write_text(ROLLOUT.replace("name: api}", "name: web}", 1))
        for words in (["--new-only", "."], ["--new-only=main", "."]):
            self.assertEqual(sorted(self.check(*words)[1]), ["mutable-tag", "step-after-full"], words)
        self.assertEqual(self.check("--new-only=nothing", ".")[0], 2)

    def test_fix_changes_the_word_and_nothing_else(self):
        text = ROLLOUT.replace("\n", "\r\n").replace("replicas:", "replcas:").replace("steps:", "stps:   # kept\r\n       ")
        self.file.write_bytes(text.encode())
        done = subprocess.run([TUESDAY, "check", "--fix", "--dry-run", "rollout.yaml"], cwd=self.root, check=False, capture_output=True, text=True)
        self.assertIn("\n-  replcas: 6\n+  replicas: 6\n", done.stdout)
        self.assertEqual(self.file.read_bytes(), text.encode())
        self.assertEqual(self.check("--fix", "rollout.yaml")[0], 0)
        mended = text.replace("replcas:", "replicas:").replace("stps:", "steps:")
        self.assertEqual(self.file.read_bytes(), mended.encode())
        self.assertEqual(self.check("--fix", "rollout.yaml")[0], 0)
        self.assertEqual(self.file.read_bytes(), mended.encode())

    def test_sarif_has_what_the_schema_requires(self):
        done = subprocess.run([TUESDAY, "check", "--format", "sarif", "rollout.yaml"], cwd=self.root, check=False, capture_output=True, text=True)
        log = json.loads(done.stdout)
        self.assertEqual(log["version"], "2.1.0")
        run = log["runs"][0]
        rules = run["tool"]["driver"]["rules"]
        for result in run["results"]:
            self.assertIn(result["level"], ("none", "note", "warning", "error"))
            self.assertTrue(result["message"]["text"])
            self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
            place = result["locations"][0]["physicalLocation"]
            self.assertGreaterEqual(place["region"]["startLine"], 1)
            self.assertGreaterEqual(place["region"]["startColumn"], 1)

    def test_bad_bytes_are_findings(self):
        bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{c}: &{c} [{','.join('*' + p for _ in range(9))}]\n" for p, c in zip("abcdefgh", "bcdefghi"))
        helm = "{{- if .Values.on }}\n" + ROLLOUT.replace("replicas: 6", "replicas: {{ .Values.replicas }}") + "{{- end }}\n"
        rows = {
            "bomb": (bomb, 1, "yaml"),
            "tab": ("a:\n\tb: 1\n", 1, "yaml"),
            "deep": ("[" * 100_000, 1, "yaml"),
            "nul": ("a: \0", 1, "yaml"),
            "latin": ("a: \xff".encode("latin-1"), 1, "yaml"),
            "helm": (helm, 1, "template-language"),
            "crlf": (ROLLOUT.replace("\n", "\r\n"), 0, "mutable-tag"),
            "bom": ("\ufeff" + ROLLOUT, 0, "mutable-tag"),
            "large": ("# " + "x" * ((1 << 20) - len(ROLLOUT) - 3) + "\n" + ROLLOUT, 0, "mutable-tag"),
            "list": ("apiVersion: v1\nkind: List\nitems:\n- " + ROLLOUT.rstrip("\n").replace("\n", "\n  ") + "\n", 0, "mutable-tag"),
            "json": (json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"prots": []}}), 1, "unknown-key"),
        }
        for name, (text, code, rule) in rows.items():
            with self.subTest(name):
                done = self.check("-", stdin=text if isinstance(text, bytes) else text.encode())
                self.assertEqual(done, (code, [rule]))

    def test_rollout_lint_has_argos_words_and_exit_code(self):
        self.file.write_text(ROLLOUT.replace("canary:", "canary:\n      maxSurge: 0\n      maxUnavailable: 0"))
        done = subprocess.run([TUESDAY, "rollout", "lint", "-f", "rollout.yaml"], cwd=self.root, check=False, capture_output=True, text=True)
        said = "Error: spec.strategy.maxSurge: Invalid value: 0: MaxSurge and MaxUnavailable both can not be zero\n"
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", said))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--tuesday", required=True, type=pathlib.Path)
    arguments, rest = parser.parse_known_args()
    TUESDAY = str(arguments.tuesday.resolve())
    unittest.main(argv=[sys.argv[0], *rest])
