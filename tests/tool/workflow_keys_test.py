#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The guide's table of workflow keys names every key of the grammar that is read, and no other."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
STATES = ("works", "differs", "refused")

# Where the keys of a definition stand. Those of what is refused as a whole, and of scopes of a token, are told in one row.
PLACES = {
    "workflow-root": [""],
    "on-mapping": ["on."],
    "workflow-call-mapping": ["on.workflow_call."],
    "workflow-defaults": ["defaults."],
    "workflow-defaults-run": ["defaults.run."],
    "concurrency-mapping": ["concurrency."],
    "job-factory": ["jobs.<id>."],
    "workflow-job": ["jobs.<id>."],
    "runs-on-mapping": ["jobs.<id>.runs-on."],
    "strategy": ["jobs.<id>.strategy."],
    "matrix": ["jobs.<id>.strategy.matrix."],
    "job-environment-mapping": ["jobs.<id>.environment."],
    "job-defaults": ["jobs.<id>.defaults."],
    "job-defaults-run": ["jobs.<id>.defaults.run."],
    "container-mapping": ["jobs.<id>.container."],
    "run-step": ["jobs.<id>.steps[*]."],
    "regular-step": ["jobs.<id>.steps[*]."],
    "parallel-step": ["jobs.<id>.steps[*]."],
    "wait-step": ["jobs.<id>.steps[*]."],
    "wait-all-step": ["jobs.<id>.steps[*]."],
    "cancel-step": ["jobs.<id>.steps[*]."],
}
TOLD_WITHOUT_ROWS = {"permissions-mapping", "snapshot-mapping", "service-container-mapping", "container-registry-credentials",
                     "workflow-call-input", "workflow-call-secret-mapping", "workflow-call-output", "mapping"}


def grammar():
    """The keys of each definition that is a mapping."""
    text = (ROOT / "src/core/workflow/schema/schema_text.cc").read_text()
    definitions = {}
    for name, body in re.findall(r"^([a-z-]+)(?: @[^=]*)? = map (.*)$", text, re.M):
        definitions[name] = [word.split(":")[0].rstrip("!") for word in body.split() if ":" in word and not word.startswith("*")]
    return definitions


def main():
    definitions = grammar()
    wanted = set()
    problems = []
    for name, keys in definitions.items():
        if name in PLACES:
            wanted |= {place + key for place in PLACES[name] for key in keys}
        elif keys and name not in TOLD_WITHOUT_ROWS:
            problems.append(f"the grammar's `{name}` has keys ({', '.join(keys)}) and no place in this test")
    guide = (ROOT / "docs/guide/workflows.md").read_text()
    table = guide.split("<!-- keys -->")[1].split("<!-- end of keys -->")[0]
    rows = dict(re.findall(r"^\| `([^`]+)` \| (\w+) \|", table, re.M))
    problems += [f"`{key}` is read and has no row" for key in sorted(wanted - set(rows))]
    problems += [f"`{key}` has a row and is no key" for key in sorted(set(rows) - wanted)]
    problems += [f"`{key}` is `{state}`, which is none of {STATES}" for key, state in rows.items() if state not in STATES]
    print("\n".join(problems) or f"{len(rows)} keys are as the grammar is")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
