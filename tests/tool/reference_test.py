#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the reference pages with the program and the sources that they describe.

reference_test.py [--tuesday PROGRAM] [--write]

Each reference page has a part between `<!-- generated -->` and `<!-- /generated -->`. Without `--write` a page that differs fails the
test and shows the difference; with it the part is written anew. Without `--tuesday` the page of commands is left out.
The operators' page names tests; each of them must exist.
"""

import argparse
import difflib
import pathlib
import re
import sys

import command_tables
import condition_tables
import key_tables
import limit_tables

BEGIN = "<!-- generated -->\n"
END = "<!-- /generated -->\n"


def part_of(page: pathlib.Path) -> tuple[str, str, str]:
    text = page.read_text()
    before, begin, rest = text.partition(BEGIN)
    old, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{page}: it has no part between {BEGIN.strip()} and {END.strip()}")
    return before + begin, old, end + after


def tests_of(source: pathlib.Path) -> set[str]:
    """`Suite.Name` of every test and every step of a contract."""
    named = re.compile(r"^\s*(?:TYPED_)?TEST(?:_F|_P)?\((\w+), (\w+)\)", re.M)
    texts = [path.read_text() for folder in ("src", "tests") for path in (source / folder).rglob("*") if path.suffix in (".cc", ".h")]
    return {f"{suite}.{name}" for text in texts for suite, name in named.findall(text)}


def unknown_tests(source: pathlib.Path) -> list[str]:
    """Tests that the operators' page names and that do not exist."""
    text = (source / "docs/operate/when-things-break.md").read_text()
    named = set(re.findall(r"`([A-Z]\w+\.[A-Z]\w+)`", text))
    if not named:
        raise SystemExit("docs/operate/when-things-break.md names no test")
    return sorted(named - tests_of(source))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tuesday", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    source = pathlib.Path(__file__).resolve().parents[2]
    pages = {
        "docs/guide/analysis.md": lambda: condition_tables.functions_table(source),
        "docs/guide/api.md": lambda: command_tables.routes_table(source),
        "docs/guide/manifests.md": lambda: key_tables.manifests_tables(source),
        "docs/operate/limits.md": lambda: limit_tables.limits_tables(source),
    }
    if arguments.tuesday:
        pages["docs/guide/commands.md"] = lambda: command_tables.commands_tables(arguments.tuesday)
        pages["docs/guide/lint.md"] = lambda: command_tables.rules_tables(arguments.tuesday)
        pages["docs/operate/configuration.md"] = lambda: command_tables.settings_table(arguments.tuesday)
    stale = []
    for name, make in pages.items():
        page = source / name
        before, old, after = part_of(page)
        new = "\n" + make() + "\n"
        if old == new:
            continue
        if arguments.write:
            page.write_text(before + new + after)
            print(f"{name}: written")
            continue
        stale.append(name)
        sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), name, "what is there now", n=1))
    for name in unknown_tests(source):
        print(f"docs/operate/when-things-break.md: no test is called {name}")
        stale.append("docs/operate/when-things-break.md")
    if stale:
        print(f"Not as the program is: {', '.join(sorted(set(stale)))}. Generated parts are written anew by\n  tests/tool/reference_test.py --tuesday PROGRAM --write")
        return 1
    print(f"{len(pages)} pages are as the program is")
    return 0


if __name__ == "__main__":
    sys.exit(main())
