#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The ten files that are dearest to compile, as the last build of each object in build/dev (or the folder given) took them.
A compiler cache's hit says nothing about a file: objects that came in less than a second are left out."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHOWN = 10
SECONDS_LEAST = 1.0


def objects(log):
    """{object: seconds}, the longest compile of each that the log still knows."""
    found = {}
    for line in log.read_text().splitlines():
        fields = line.split("\t")
        if len(fields) < 4 or not fields[3].endswith(".o"):
            continue
        seconds = (int(fields[1]) - int(fields[0])) / 1000
        found[fields[3]] = max(seconds, found.get(fields[3], 0))
    return found


def source_of(name):
    folder, _, rest = name.partition("CMakeFiles/")
    return folder + rest.partition(".dir/")[2].removesuffix(".o")


def main():
    folders = [pathlib.Path(a) for a in sys.argv[1:]] or [ROOT / "build/dev", ROOT / "build/release"]
    log = next((folder / ".ninja_log" for folder in folders if (folder / ".ninja_log").exists()), None)
    if log is None:
        print("check: nothing was built yet: which files are dearest to compile is not known")
        return
    dear = sorted(((seconds, name) for name, seconds in objects(log).items() if seconds >= SECONDS_LEAST), reverse=True)
    print(f"check: dearest to compile, by {log.parent.name}:")
    for seconds, name in dear[:SHOWN]:
        print(f"  {seconds:5.1f} s  {source_of(name)}")


if __name__ == "__main__":
    main()
