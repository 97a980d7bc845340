#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replays played attempts through promtool 3: at every tick the alerts, their labels and annotations, ALERTS, and both sides of
every comparison are what tuesday said.

replay_test.py --case PROGRAM --rules FILE [--keep FOLDER]

promtool is $TUESDAY_PROMTOOL or the one on PATH. Exit 77, with a line, where there is none. That promtool looks is shown in every
run: one attempt is also replayed with an expectation turned around, and that must fail.
"""

import argparse
import copy
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
MAJOR_LEAST = 3
LOOKED_AT = "errors.test.json"


def find_promtool():
    """The program, or the reason why there is none."""
    path = os.environ.get("TUESDAY_PROMTOOL") or shutil.which("promtool")
    if not path:
        return None, "no promtool on PATH nor in $TUESDAY_PROMTOOL"
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"version v?(\d+)\.", said.stdout + said.stderr)
    if not found or int(found[1]) < MAJOR_LEAST:
        return None, f"{path} is not promtool {MAJOR_LEAST} or newer"
    return path, ""


def run(promtool, path):
    return subprocess.run([promtool, "test", "rules", str(path)], capture_output=True, text=True, check=False)


def turned_around(case):
    """The same case with the state of one alert at one tick, and one side in one tick, told wrongly; a name each."""
    stepping = dict(case, tests=case["tests"][:1])
    wrong = copy.deepcopy(stepping)
    tests = wrong["tests"][0]["alert_rule_test"]
    tick = tests[len(tests) // 2]
    tick["exp_alerts"] = [] if tick["exp_alerts"] else [{"exp_labels": {"severity": "critical"}, "exp_annotations": {}}]
    yield "an alert's state", wrong
    wrong = copy.deepcopy(stepping)
    sides = [t for t in wrong["tests"][0]["promql_expr_test"] if not t["expr"].startswith("ALERTS") and t["exp_samples"]]
    sample = sides[len(sides) // 2]["exp_samples"][0]
    sample["value"] = sample["value"] * (1 + 1e-12) + 1e-15
    yield "the last digits of a value", wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", required=True, type=pathlib.Path)
    parser.add_argument("--rules", required=True, type=pathlib.Path)
    parser.add_argument("--keep", type=pathlib.Path, help="write the cases here and leave them")
    options = parser.parse_args()
    promtool, why = find_promtool()
    if promtool is None:
        print(f"replay_promtool: skipped: {why}")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="replay-") as temporary:
        folder = options.keep or pathlib.Path(temporary)
        folder.mkdir(exist_ok=True)
        played = subprocess.run([str(options.case), str(options.rules), str(folder)], check=False)
        if played.returncode != 0:
            return 1
        failed = False
        for path in sorted(folder.glob("*.test.json")):
            said = run(promtool, path)
            case = json.loads(path.read_text())
            ticks = sum(len(test["promql_expr_test"]) for test in case["tests"])
            print(f"{path.name}: {ticks} expectations: {'equal' if said.returncode == 0 else 'DIFFERENT'}")
            if said.returncode != 0:
                print((said.stdout + said.stderr)[-4000:])
                failed = True
                continue
            for what, wrong in turned_around(case) if path.name == LOOKED_AT else ():
                wrong_path = folder / "wrong.json"
                wrong_path.write_text(json.dumps(wrong))
                if run(promtool, wrong_path).returncode == 0:
                    print(f"{path.name}: promtool did not see that {what} was told wrongly")
                    failed = True
                wrong_path.unlink()
    print("replay_promtool:", "FAILED" if failed else "passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
