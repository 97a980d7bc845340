#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every benchmark program and collects its lines `bench <name> <value> <unit>` into build/bench.json.

`--only "PROGRAM ARGUMENTS"` runs one and adds its figures to those that are there. A program prints `bench <name> skipped: <why>` where a peer is missing. Targets are written down once, here.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

TARGETS = {
    "rollout_abort_to_last_canary_request_p99": "< 1000",
    "rollout_promotion_failed_requests": "0",
    "bluegreen_flip_p99": "< 100",
    "bluegreen_flip_failed_requests": "0",
    "rollout_abort_failed_requests_outside_crash": "0",
    "edge_throughput_log_vs_nolog": ">= 0.85",
    "edge_throughput_vs_plain_haproxy": ">= 0.85",
    "edge_return_after_kill": "< 100",
    "edge_return_after_kill_of_all": "< 100",
    "simulate_speed": ">= 100000",
    "reconcile_time": "< 20",
    "fleet_10000_rss": "report",
    "fleet_10000_decision_time": "report",
    "rollouts_1000_rss": "report",
    "rollouts_1000_decision_p99": "report",
    "rollouts_1000_loop_held_max": "report",
    "soak_200000_rollouts_rss_growth": "< 5",
    "check_1000_manifests": "< 1000",
    "daemon_rss_10_services_1h": "< 60",
    "daemon_start": "< 300",
    "metrics_ingest": ">= 2",
    "metrics_bytes_per_sample": "<= 1.3",
    "rules_tick_100_rules_10000_series": "< 5",
    "masks_1000_build": "report",
    "masks_1000": ">= 50",
    "step_output_1000_masks": ">= 20",
    "workflow_step_overhead": "< 2",
    "workflow_step_overhead_vs_act": ">= 5",
    "workflow_step_beside_bash": "report",
    "workflow_lint_vs_actionlint": ">= 2",
    "log_latency_p99": "< 5",
    "container_start_vs_podman_run": "<= 0.8",
}

# Each is looked for in build/release and in tools; arguments may name {build}. The quiet ones come first.
PROGRAMS = [
    ["bench/core_bench"],
    ["bench/fleet_bench"],
    ["bench/log_bench"],
    ["bench/promql_bench"],
    ["tools:bench_workflow.py", "--build", "{build}"],
    ["tools:bench_containers.py", "--build", "{build}"],
    ["tools:bench_daemon.py", "--build", "{build}"],
]


def command_of(program, build):
    name, *arguments = [part.replace("{build}", str(build)) for part in program]
    if name.startswith("tools:"):
        return [sys.executable, str(ROOT / "tools" / name[6:]), *arguments]
    return [str(build / name), *arguments]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--only")
    options = parser.parse_args()
    figures, failed = {}, False
    collected = ROOT / "build/bench.json"
    if options.only and collected.exists():
        figures = json.loads(collected.read_text())
    for program in [options.only.split()] if options.only else PROGRAMS:
        command = command_of(program, options.build.resolve())
        if not pathlib.Path(command[1] if command[0] == sys.executable else command[0]).exists():
            print(f"{program[0]} is not there; make bench builds it", file=sys.stderr)
            failed = True
            continue
        print(f"bench.py: {' '.join(program)}", file=sys.stderr, flush=True)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            skipped = re.match(r"bench (\S+) skipped: (.*)", line)
            found = re.match(r"bench (\S+) (-?[\d.]+(?:e[-+]?\d+)?|inf|nan) (\S.*)", line)
            if skipped:
                print(line.strip(), flush=True)
            elif found:
                name, value, unit = found[1], float(found[2]), found[3].strip()
                figures[name] = {"value": value, "unit": unit, "target": TARGETS.get(name, "report")}
                print(f"bench {name} {found[2]} {unit}", flush=True)
        if process.wait() != 0:
            print(f"{program[0]} ended with {process.returncode}", file=sys.stderr)
            failed = True
    (ROOT / "build").mkdir(exist_ok=True)
    collected.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
