# SPDX-License-Identifier: Apache-2.0
"""Reads the commands out of `tuesday --help` and the routes out of routes.cc, for the pages commands.md and api.md."""

import json
import pathlib
import re
import subprocess

ROUTE = re.compile(r'\{"(GET|POST|PUT|DELETE)", "([^"]+)", (\w+),\s*(\w+),\s*"([^"]+)"')
ACCESS = re.compile(r"constexpr Access (\w+) = \{(?:Role::k(\w+)|std::nullopt), Scope::k(\w+)\};")
LISTENERS = {"all": "socket, api, metrics", "everybody": "socket, api, public", "remote": "socket, api", "socket": "socket"}
SCOPES = {"None": "", "Path": "", "Query": "", "Body": ", of each object", "All": ", of all namespaces"}


def help_of(program: pathlib.Path, words: list[str]) -> str:
    answer = subprocess.run([str(program), *words, "--help"], capture_output=True, text=True, timeout=60, check=False)
    if answer.returncode != 0:
        raise SystemExit(f"`tuesday {' '.join(words)} --help` exits {answer.returncode}: {answer.stderr}")
    return answer.stdout


def section(text: str, title: str) -> list[tuple[str, str]]:
    """(what, said) of each entry under a heading of a help text; a long entry's sentence stands on the next line."""
    found = re.search(rf"^{title}:\n(.*?)(?:^\S|\Z)", text, re.S | re.M)
    entries: list[tuple[str, str]] = []
    for line in found[1].splitlines() if found else []:
        if not line.strip():
            continue
        entry = re.match(r"  (\S.*?)(?:\s{2,}(\S.*))?$", line)
        # A key as wide as its column is followed by one blank.
        wide = re.match(r"  (\S.{26}) ([A-Z].*)$", line) if entry and entry[2] is None else None
        if wide:
            entries.append((wide[1].strip(), wide[2]))
        elif entry and not line.startswith("   "):
            entries.append((entry[1].strip(), entry[2] or ""))
        elif entries:
            what, said = entries[-1]
            entries[-1] = (what, f"{said} {line.strip()}".strip())
    return entries


def commands(program: pathlib.Path, words: list[str] | None = None) -> list[tuple[list[str], str]]:
    """(words, help text) of each command that acts, in the order of the help."""
    words = words or []
    text = help_of(program, words)
    inner = section(text, "Subcommands")
    if not inner:
        return [(words, text)]
    return [leaf for name, _ in inner for leaf in commands(program, [*words, name.split()[0]])]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _flag(what: str) -> str:
    """`--limit INT:INT in [1 - 9]=5` is `--limit [1 - 9]`, default 5; `-f TEXT ... REQUIRED` is `-f TEXT ...` (required)."""
    notes = []
    if what.endswith(" REQUIRED"):
        notes.append("required")
        what = what.removesuffix(" REQUIRED")
    variable = re.search(r"\s*\(Env:(\w+)\)$", what)
    if variable:
        notes.append(f"or `{variable[1]}`")
        what = what[: variable.start()]
    names, _, kind = what.partition(" ")
    default = re.search(r"=(\S+)$", kind)
    if default:
        notes.append(f"default `{default[1]}`")
        kind = kind[: default.start()]
    kind = re.sub(r"^\w+:(?=\{)|^\w+:\w+ in ", "", kind)
    shown = f"`{names.replace(',', ', ')}{' ' + kind if kind else ''}`"
    return f"{shown} ({', '.join(notes)})" if notes else shown


def commands_tables(program: pathlib.Path) -> str:
    """The generated part of docs/guide/commands.md."""
    top = help_of(program, [])
    lines = ["## Flags of every command", "", "| flag | means |", "| --- | --- |"]
    lines += [f"| {_cell(_flag(what))} | {_cell(said)} |" for what, said in section(top, "Options")]
    for words, text in commands(program):
        usage = re.search(r"^Usage: (.*)$", text, re.M)
        example = re.search(r"^Example:\n  (.*)$", text, re.M)
        if not example or not example[1].startswith(f"tuesday {' '.join(words)}") and words != ["completion"]:
            raise SystemExit(f"`tuesday {' '.join(words)} --help` has no example of itself")
        lines += ["", f"## tuesday {' '.join(words)}", "", text.splitlines()[0]]
        rows = [(f"`{what.split()[0]}`", said) for what, said in section(text, "Positionals")]
        rows += [(_flag(what), said) for what, said in section(text, "Options") if not what.startswith("-h,")]
        if rows:
            lines += ["", "| word or flag | means |", "| --- | --- |"]
            lines += [f"| {_cell(what)} | {_cell(said)} |" for what, said in rows]
        lines += ["", "```", usage[1].replace("[OPTIONS]", "[flags]") if usage else ""]
        lines += [example[1]] if example else []
        lines += ["```"]
    return "\n".join(lines) + "\n"


def routes_table(source: pathlib.Path) -> str:
    """The generated part of docs/guide/api.md."""
    text = (source / "src/app/server/routes.cc").read_text()
    found = ROUTE.findall(text)
    if len(found) != len(re.findall(r'\{"(?:GET|POST|PUT|DELETE)"', text)):
        raise SystemExit("tests/tool/command_tables.py: a route of routes.cc is written in another form")
    access = {name: f"{role.lower()}{SCOPES[scope]}" if role else "anybody" for name, role, scope in ACCESS.findall(text)}
    lines = ["| method | path | on | who | does |", "| --- | --- | --- | --- | --- |"]
    for method, path, listeners, who, summary in found:
        lines.append(f"| {method} | `{path}` | {LISTENERS[listeners]} | {access[who]} | {_cell(summary)} |")
    return "\n".join(lines) + "\n"


def settings_table(program: pathlib.Path) -> str:
    """The generated part of docs/operate/configuration.md."""
    answer = subprocess.run([str(program), "config", "keys", "--json"], capture_output=True, text=True, timeout=60, check=True)
    lines = ["| key | type | default | means | taken at |", "| --- | --- | --- | --- | --- |"]
    for key in json.loads(answer.stdout)["keys"]:
        default = f"`{key['default']}`" if key["default"] else "nowhere"
        taken = "once, by SIGHUP" if key["taken_at"] == "SIGHUP" else "the next start"
        lines.append(f"| `{key['key']}` | {key['type']} | {default} | {_cell(key['meaning'])} | {taken} |")
    return "\n".join(lines) + "\n"


def rules_tables(tuesday: pathlib.Path) -> str:
    """The generated part of docs/guide/lint.md: a table a group."""
    titles = {
        "reading": "Reading: the file is not what it says it is",
        "objects": "Objects: what one names and nobody gives",
        "meaning": "Meaning: right by the schema, and not what was meant",
        "rules": "Rules: alerts that shall take a release back",
        "silences": "Silences",
        "workflows": "Workflows: GitHub's own files",
    }
    rules = json.loads(subprocess.run([tuesday, "check", "--rules", "--json"], capture_output=True, text=True, check=True).stdout)["rules"]
    parts = []
    for group, title in titles.items():
        rows = [rule for rule in rules if rule["group"] == group]
        cells = [" | ".join((f"`{rule['name']}`", rule["severity"], rule["sentence"], rule["why"], rule["mend"])) for rule in rows]
        body = "".join(f"| {cell} |\n" for cell in cells)
        parts.append(f"## {title}\n\n| rule | severity | finds | why | mend |\n| --- | --- | --- | --- | --- |\n{body}")
    return "\n".join(parts)
