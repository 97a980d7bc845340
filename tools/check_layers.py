#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when an #include points against the layers, when core is not pure, or when a file outgrows its limit.

The layers are those of ARCHITECTURE.md; the arrows inside core are in tools/layers.txt; the sizes are a ratchet: a file
that is over the limit today is listed in tools/sizes.txt with its size and may only shrink.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"

LAYERS = {
    "base": {"base"},
    "core": {"base", "core"},
    "wire": {"base", "core", "wire"},
    "ports": {"base", "core", "ports"},
    "control": {"base", "core", "wire", "ports", "control"},
    "adapters": {"base", "core", "wire", "ports", "adapters"},
    "app": {"base", "core", "wire", "ports", "control", "adapters", "app"},
    "testing": {"base", "core", "wire", "ports", "control", "adapters", "testing"},
}

# Adapters are one folder a technology; these are what the others are built from.
SHARED_ADAPTERS = {"seal", "files", "supervise", "clock", "http", "containers"}

IMPURE = re.compile(
    r"#include <(chrono_io|thread|mutex|shared_mutex|condition_variable|future|atomic|fstream|iostream|filesystem|random|"
    r"unistd\.h|fcntl\.h|time\.h|ctime|sys/[a-z]+\.h|boost/asio|sqlite3|curl/|spdlog/)|"
    r"(system_clock|steady_clock|high_resolution_clock)|\bgetenv\(|\bstd::rand\(|\bfopen\("
)
# Outside libraries that do no IO, allowed in sources of base and core, never in their headers.
QUIET_LIBRARIES = re.compile(r"#include <(re2/|openssl/|fmt/|yaml\.h|nlohmann/)")
# Vendors whose headers only adapters (and the app's command line) may see.
VENDORS = re.compile(r"#include <(boost/|sqlite3|curl/|zip\.h|CLI/|spdlog/|libpq)")

SIZE_MAX = {"header": 250, "source": 500, "test": 800}
FOLDER_MAX = 20


def read_arrows():
    """Returns {core folder: folders that it may include} from tools/layers.txt."""
    libraries, machines, section = {}, {}, None
    for line in (ROOT / "tools/layers.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line.startswith("["):
            section = machines if "machines" in line else libraries
        elif line:
            name, _, allowed = line.partition(":")
            section[name.strip()] = set(allowed.split())
    for name, allowed in machines.items():
        wrong = allowed & set(machines)
        if wrong:
            sys.exit(f"tools/layers.txt: the machine {name} may not include the machine {', '.join(sorted(wrong))}")
    arrows = {**libraries, **machines}
    check_no_cycle(arrows)
    return arrows


def check_no_cycle(arrows):
    def visit(name, path):
        if name in path:
            sys.exit(f"tools/layers.txt: cycle {' -> '.join(path + [name])}")
        for below in arrows.get(name, ()):
            visit(below, path + [name])

    for name in arrows:
        visit(name, [])


def is_test(path):
    return path.stem.endswith(("_test", "_bench", "_fuzz")) or "_test_" in path.stem


def check_include(path, line_number, target, arrows, errors):
    parts = path.relative_to(SRC).parts
    layer, target_parts = parts[0], target.split("/")
    where = f"{path.relative_to(ROOT)}:{line_number}"
    if target_parts[0] not in LAYERS:
        if not (path.parent / target).exists():
            errors.append(f"{where}: {target} is included by a path that does not start at src/")
        return
    allowed = LAYERS[layer] | ({"testing"} if is_test(path) else set())
    if target_parts[0] not in allowed:
        errors.append(f"{where}: {layer} may not include {target_parts[0]}")
        return
    if layer == "core" == target_parts[0] and parts[1] != target_parts[1]:
        if not is_test(path) and target_parts[1] not in arrows.get(parts[1], set()):
            errors.append(f"{where}: core/{parts[1]} may not include core/{target_parts[1]} (tools/layers.txt)")
    if layer == "adapters" == target_parts[0] and parts[1] != target_parts[1]:
        if target_parts[1] not in SHARED_ADAPTERS and not is_test(path):
            errors.append(f"{where}: adapters/{parts[1]} may not include adapters/{target_parts[1]}")


def check_purity(path, line_number, line, errors):
    layer = path.relative_to(SRC).parts[0]
    where = f"{path.relative_to(ROOT)}:{line_number}"
    if layer in ("base", "core") and not is_test(path):
        if IMPURE.search(line):
            errors.append(f"{where}: {layer} is pure: no clock, IO, thread or chance ({line.strip()})")
        if path.suffix == ".h" and QUIET_LIBRARIES.search(line):
            errors.append(f"{where}: an outside library belongs into the .cc ({line.strip()})")
    if layer not in ("adapters", "app") and VENDORS.search(line) and not is_test(path):
        errors.append(f"{where}: only adapters see vendor headers ({line.strip()})")


def check_sizes(paths, errors):
    ratchet_file = ROOT / "tools/sizes.txt"
    ratchet = dict(line.split() for line in ratchet_file.read_text().splitlines() if line and line[0] != "#")
    folders = {}
    for path in paths:
        name = str(path.relative_to(ROOT))
        lines = path.read_text().count("\n")
        kind = "test" if is_test(path) else "header" if path.suffix == ".h" else "source"
        limit = int(ratchet.get(name, SIZE_MAX[kind]))
        if lines > limit:
            errors.append(f"{name}: {lines} lines; the limit is {limit} for a {kind}: split it in this change")
        if not is_test(path):
            folders.setdefault(path.parent, []).append(path)
    for folder, files in folders.items():
        name = str(folder.relative_to(ROOT))
        if len({f.stem for f in files}) > int(ratchet.get(name, FOLDER_MAX)):
            errors.append(f"{name}: {len({f.stem for f in files})} parts; a folder has at most {FOLDER_MAX}: make sub-folders")


def main():
    arrows, errors = read_arrows(), []
    paths = sorted(p for p in SRC.rglob("*") if p.suffix in (".h", ".cc"))
    if not paths:
        sys.exit("tools/check_layers.py: found no sources")
    for path in paths:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            include = re.match(r'\s*#include "([^"]+)"', line)
            if include:
                check_include(path, number, include[1], arrows, errors)
            check_purity(path, number, line, errors)
        if "SPDX-License-Identifier: Apache-2.0" not in path.read_text()[:100]:
            errors.append(f"{path.relative_to(ROOT)}:1: the SPDX line is missing")
    for folder in sorted({p.parent for p in paths}):
        if not (folder / "README.md").exists() and folder.parent != SRC / "core" and len(list(folder.glob("CMakeLists.txt"))):
            errors.append(f"{folder.relative_to(ROOT)}: README.md is missing")
    check_sizes(paths, errors)
    print("\n".join(errors) or f"layers: ok ({len(paths)} files)")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
