#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the field's own cases: one program a family, given a folder, knowing formats and never names of cases.

Prints `conformance <suite> <passed>/<total>` for each suite found. Failed cases go to build/conformance/<suite>.failed.
Exit 0 when none failed that tests/conformance/<suite>.known does not list (a case, then the reason).
"""

import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# suite -> (program, folder of the corpus that must be there)
SUITES = {
    "rollouts-replica-maths": ("conformance_rollouts_maths", "rollouts/replica-maths"),
    "rollouts-manifests": ("conformance_rollouts", "rollouts"),
    "rollouts-examples": ("conformance_rollouts", "rollouts"),
    "rollouts-scenarios": ("conformance_scenarios", "rollouts"),
    "rollouts-lint": ("conformance_rollouts_lint", "rollouts"),
    "promql-eval": ("conformance_promql", "promql"),
    "promql-parse": ("conformance_promql", "promql"),
    "promql-series": ("conformance_promql", "promql"),
    "promql-print": ("conformance_promql", "promql"),
    "promql-lex": ("conformance_promql", "promql"),
    "promql-rules": ("conformance_rules", "promql/rules"),
    "promql-template": ("conformance_rules", "promql/template"),
    "workflow-expressions": ("conformance_expressions", "workflow-expressions"),
    "workflow-parse": ("conformance_workflow_parse", "workflow-expressions"),
    "workflow-lint-ok": ("conformance_workflow_lint", "workflow-lint"),
    "workflow-lint-err": ("conformance_workflow_lint", "workflow-lint"),
    "workflow-lint-examples": ("conformance_workflow_lint", "workflow-lint"),
    "workflow-lint-projects": ("conformance_workflow_lint", "workflow-lint"),
    "workflow-lint-units": ("conformance_workflow_lint", "workflow-lint"),
}


def known_failures(suite):
    """Cases that may fail, each with its reason on the same line."""
    path = ROOT / "tests/conformance" / f"{suite}.known"
    if not path.exists():
        return set()
    known = set()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        case, _, reason = line.partition("\t")
        if not reason.strip():
            sys.exit(f"{path}:{number}: a known failure needs a reason after a tab")
        known.add(case)
    return known


def run_suite(suite, program, folder, out):
    failed_file = out / f"{suite}.failed"
    failed_file.unlink(missing_ok=True)
    process = subprocess.run([program, suite, folder, failed_file], capture_output=True, text=True, timeout=900)
    found = re.search(rf"^conformance {re.escape(suite)} (\d+)/(\d+)$", process.stdout, re.M)
    if not found or found[2] == "0":
        print(f"conformance {suite} did not finish: exit {process.returncode}")
        print((process.stdout + process.stderr)[-2000:])
        return False
    lines = failed_file.read_text().splitlines() if failed_file.exists() else []
    # A case a line: its name, then ": " and what was wrong; lines that begin with a blank say more about it.
    failed = [line for line in lines if line and not line.startswith(" ")]
    print(found[0])
    known = known_failures(suite)
    new = [case for case in failed if case.split(": ")[0] not in known]
    if int(found[2]) - int(found[1]) != len(failed):
        print(f"  {suite}: {found[2]} cases, {found[1]} passed, but {len(failed)} are listed as failed")
        return False
    for case in new[:20]:
        print(f"  not known to fail: {case}")
    if len(new) > 20:
        print(f"  and {len(new) - 20} more: {failed_file.relative_to(ROOT)}")
    return not new


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--corpus", required=True, type=pathlib.Path)
    options = parser.parse_args()
    if not options.corpus.is_dir():
        print(f"conformance skipped: there is no {options.corpus.name}; name one with CORPUS=DIR")
        return 0
    out = ROOT / "build/conformance"
    out.mkdir(parents=True, exist_ok=True)
    good = True
    for suite, (program, folder) in SUITES.items():
        where = options.corpus / folder
        if not where.is_dir():
            print(f"conformance {suite} skipped: the corpus has no {folder}")
            continue
        good &= run_suite(suite, (options.build / "tests/conformance" / program).resolve(), where.resolve(), out)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
