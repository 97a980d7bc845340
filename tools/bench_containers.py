#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an instance that is a container costs: from the start of its supervisor to the first line in its log, beside `podman run` from its start to
the first line of its output. Both make a container of one image on the engine's bridge with one published port. The sides take turns;
medians are compared. Prints `bench <name> <value> <unit>`."""

import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/e2e"))
from bench_common import say  # noqa: E402
from containers_test import Podman  # noqa: E402
from tuesday_bench import Failed, free_port, wait_for  # noqa: E402

ROUNDS = 15
TINY = "localhost/tiny:1"
WORDS = ["sh", "-c", "echo up; exec sleep 1000"]
POLL_SECONDS = 0.0005


def ours(tuesday, podman, image, state, number):
    """Seconds from the supervisor's start to the first line of the instance's log."""
    folder = state / "instances" / f"bench-{number}"
    folder.mkdir(parents=True)
    spec = {"format": 3, "readable_by": 3, "instance": folder.name, "namespace": "default", "rollout": "bench", "uid": "u", "revision": "r",
            "ordinal": 0, "generation": 1, "command": WORDS, "has_port": True, "grace_ms": 0,
            "container": {"image": image, "socket": f"{podman.folder}/sock", "ports": [8080], "logins": []}}
    (folder / "spec").write_text(json.dumps(spec))
    log = folder / "log"
    began = time.monotonic()
    supervisor = subprocess.Popen([tuesday, "supervise", "instance", str(folder)])
    wait_for("the first line", lambda: log.exists() and log.stat().st_size > 0, 60, POLL_SECONDS)
    seconds = time.monotonic() - began
    supervisor.terminate()
    supervisor.wait(60)
    return seconds


def theirs(podman):
    """Seconds from the start of `podman run` to its first line."""
    began = time.monotonic()
    process = subprocess.Popen([*podman.words, "run", "--rm", "-p", f"127.0.0.1:{free_port()}:8080", "--pids-limit", "4096", "--ulimit",
                                "nofile=1024:4096", "--ulimit", "nproc=1024:4096", TINY, *WORDS],
                               env=podman.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    line = process.stdout.readline()
    seconds = time.monotonic() - began
    if line != b"up\n":
        raise Failed(f"podman run: {process.stderr.read().decode()[-500:]}")
    for name in podman.containers():
        podman.run("rm", "-f", "-t", "0", name)
    process.wait(60)
    return seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    options = parser.parse_args()
    for program in ("podman", "runc", "busybox", "iptables"):
        if shutil.which(program) is None:
            print(f"bench container_start_vs_podman_run skipped: apt-get install podman runc busybox iptables ({program})")
            return 0
    tuesday = str(options.build.resolve() / "src/app/cli/tuesday")
    podman = Podman()
    try:
        with tempfile.TemporaryDirectory() as folder:
            podman.build(TINY, "")
            digest = podman.run("inspect", "--format", "{{.Digest}}", TINY).strip()
            rounds = []
            for number in range(ROUNDS + 1):
                rounds.append((ours(tuesday, podman, f"localhost/tiny@{digest}", pathlib.Path(folder), number), theirs(podman)))
            rounds = rounds[1:]  # The first one fills caches on both sides.
    finally:
        podman.close()
    our, their = (statistics.median(side) for side in zip(*rounds))
    say("container_start", our * 1000, "ms")
    say("container_start_podman_run", their * 1000, "ms")
    say("container_start_vs_podman_run", our / their, "x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
