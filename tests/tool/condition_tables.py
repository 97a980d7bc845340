# SPDX-License-Identifier: Apache-2.0
"""Reads the functions of conditions out of the source, for docs/guide/analysis.md."""

import pathlib
import re

ROW = re.compile(r'Builtin\{"(\w+)",\s*(\d+),\s*(\d+),\s*(true|false),\s*Type::k(\w+),\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\}')


def functions_table(source: pathlib.Path) -> str:
    text = (source / "src/core/condition/types.cc").read_text()
    rows = ROW.findall(text)
    if len(rows) != text.count("Builtin{\""):
        raise SystemExit("src/core/condition/types.cc: a row of the functions cannot be read")
    lines = ["| function | arguments | gives | what |", "| --- | --- | --- | --- |"]
    for name, least, most, closure, gives, says in rows:
        count = least if least == most else f"{least} to {most}"
        words = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', says)).replace('\\"', '"')
        what = f"{words}; takes a closure" if closure == "true" else words
        lines.append(f"| `{name}` | {count} | {gives.lower()} | {what} |")
    return "\n".join(lines) + "\n"
