#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every command of a guide's `sh` blocks as one shell session, against a real daemon in a temporary folder.

guide_test.py --tuesday PROGRAM --example-service PROGRAM --example-loadgen PROGRAM GUIDE...

Blocks marked `sh build` are left out: the programs are given. Comments that begin with `<!-- test` are run too: what a reader
need not type. A command that fails ends the test and shows what it said.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BLOCK = re.compile(r"^(?:```sh|<!-- test)\n(.*?)^(?:```|-->)$", re.S | re.M)
GUIDE_SECONDS_MAX = 270
END_SECONDS_MAX = 10
TOLD_ON_FAILURE = """told_on_failure() {
  echo "guide: failed in block $block with status $?" >&2
  trap - ERR
  set +e
  tuesday status -A
  tuesday audit log | tail -n 40
  for name in $(tuesday rollout list | awk 'NR > 1 { print $1 }'); do tuesday why "$name"; done
  exit 1
}"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processes_of(folder: str) -> list[int]:
    """Processes that name a path in the folder or run a program of it: what a guide started and did not end."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = f'{os.readlink(entry / "exe")} {(entry / "cmdline").read_bytes().decode(errors="replace")}'
        except OSError:
            continue
        if f"{folder}/" in command:
            found.append(int(entry.name))
    return found


def end_all(folder: str) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + END_SECONDS_MAX
        while (left := processes_of(folder)) and time.monotonic() < deadline:
            for pid in left:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
            time.sleep(0.1)


def session_of(guide: pathlib.Path) -> str:
    blocks = BLOCK.findall(guide.read_text())
    if not blocks:
        raise SystemExit(f"{guide}: it has no `sh` block: nothing would be tested")
    lines = ["set -eu -o pipefail", TOLD_ON_FAILURE, "trap told_on_failure ERR"]
    for number, block in enumerate(blocks, 1):
        lines += [f"block={number}", f'echo "== block {number}"', block]
    return "\n".join(lines) + "\necho 'guide: every block passed'\n"


def run(guide: pathlib.Path, programs: dict[str, pathlib.Path]) -> bool:
    with tempfile.TemporaryDirectory(prefix="guide-") as base:
        # The folder's name is part of unix socket paths, which are short; programs are found as a user finds them.
        programs_folder = pathlib.Path(base, "bin")
        programs_folder.mkdir()
        for name, path in programs.items():
            shutil.copy2(path, programs_folder / name)
        folder = pathlib.Path(base, "work")
        folder.mkdir()
        os.chmod(base, 0o755)
        environment = dict(os.environ, PATH=f"{programs_folder}:{os.environ['PATH']}", EDGE_PORT=str(free_port()))
        environment.pop("TUESDAY_STATE", None)
        output_path = pathlib.Path(base, "output")
        try:
            with output_path.open("w") as output:
                shell = subprocess.Popen(
                    ["bash", "-E"], stdin=subprocess.PIPE, stdout=output, stderr=output, cwd=folder, env=environment, text=True
                )
                try:
                    shell.communicate(session_of(guide), timeout=GUIDE_SECONDS_MAX)
                except subprocess.TimeoutExpired:
                    shell.kill()
                    shell.wait()
        finally:
            end_all(str(base))
        text = output_path.read_text(errors="replace")
        passed = shell.returncode == 0 and text.rstrip().endswith("guide: every block passed")
        print(text)
        if not passed:
            serve_log = folder / "serve.log"
            print(f"the daemon said:\n{serve_log.read_text() if serve_log.exists() else '(nothing)'}")
        print(f"{guide}: {'passed' if passed else 'FAILED'}")
        return passed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tuesday", type=pathlib.Path, required=True)
    parser.add_argument("--example-service", type=pathlib.Path, required=True)
    parser.add_argument("--example-loadgen", type=pathlib.Path, required=True)
    parser.add_argument("guides", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    programs = {
        "tuesday": arguments.tuesday,
        "example_service": arguments.example_service,
        "example_loadgen": arguments.example_loadgen,
    }
    results = [run(guide, programs) for guide in arguments.guides]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
