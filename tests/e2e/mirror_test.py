#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Actions and workflows of other repositories from the mirror of this machine, without a network: what is taken in, what runs, and
what the lock holds."""

import io
import json
import pathlib
import subprocess
import tarfile
import zipfile

from workflow_test import expect, run_cases

NODE = "name: greet\ndescription: d\ninputs: {who: {default: world}}\nruns: {using: node20, main: main.js, pre: pre.js, post: post.js}\n"
MAIN = """const fs = require('fs');
console.log(`hello ${process.env.INPUT_WHO}`);
try { fs.writeFileSync(`${__dirname}/mark`, ''); } catch (e) { console.log(`its own folder: ${e.code}`); }
"""
COMPOSITE = """name: twice
description: d
outputs: {note: {value: "${{ steps.n.outputs.note }}"}}
runs:
  using: composite
  steps:
    - uses: Octo/Greet@v1
      with: {who: the composite}
    - id: n
      run: echo "note=$(cat "${{ github.action_path }}/note.txt")" >> "$GITHUB_OUTPUT"
      shell: bash
"""
USES = """on: push
jobs:
  j:
    runs-on: ubuntu-latest
    steps:
      - id: c
        uses: octo/greet/twice@v1
      - run: echo "noted ${{ steps.c.outputs.note }}"
      - uses: octo/greet@v1
"""
FILES = {"action.yml": NODE, "main.js": MAIN, "pre.js": "console.log('pre')\n", "post.js": "console.log('post')\n",
         "twice/action.yml": COMPOSITE, "twice/note.txt": "a note\n"}


def actions(tree, *words, code=0):
    done = subprocess.run([tree.program, "--state", str(tree.state), "actions", *map(str, words)], cwd=tree.root, capture_output=True,
                          text=True, check=False)
    expect(done.returncode == code, f"actions {words}: exit code {done.returncode}, not {code}:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def outside(tree, name, files):
    """A folder beside the repository."""
    folder = pathlib.Path(tree.folder.name) / name
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def git(folder, *words):
    subprocess.run(["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.com", *words], check=True, capture_output=True)


def case_what_is_not_mirrored_is_refused_at_the_start(tree):
    tree.workflow(USES)
    out = tree.run(code=2)
    expect("Nothing was started" in out and "tuesday actions add PATH --as octo/greet@v1" in out, out)
    expect(not list(tree.state.rglob("places")), "a place was opened")
    expect("✗" in tree.run("-n"), "a dry run shows where it would fail")


def case_a_mirrored_repository_serves_node_and_composite_actions(tree):
    tree.workflow(USES)
    actions(tree, "add", outside(tree, "greet", FILES), "--as", "octo/greet@v1", "--commit", "c0ffee")
    out = tree.run()
    for line in ("│ hello the composite", "│ noted a note", "│ hello world", "│ its own folder: EROFS", "│ pre", "│ post"):
        expect(line in out, f"no {line!r} in:\n{out}")
    listed = json.loads(actions(tree, "list", "--json"))["actions"]
    expect([one["name"] for one in listed] == ["octo/greet@v1"] and listed[0]["commit"] == "c0ffee", listed)
    actions(tree, "rm", "octo/greet@v1")
    expect("Nothing is mirrored" in actions(tree, "list"), "nothing is left")
    expect(not list((tree.state / "actions/trees").iterdir()), "no tree is left")


def case_a_mirror_entry_wins_over_a_native_action(tree):
    tree.workflow("on: push\njobs:\n  j:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n")
    files = {"action.yml": "name: c\ndescription: d\nruns: {using: node20, main: m.js}\n", "m.js": "console.log('not the native one')\n"}
    actions(tree, "add", outside(tree, "checkout", files), "--as", "actions/checkout@v4")
    expect("│ not the native one" in tree.run(), "the mirror's runs")
    actions(tree, "rm", "actions/checkout@v4")
    expect("HEAD is now at" in tree.run(), "then ours again")


def case_the_lock_is_checked_with_both_digests(tree):
    tree.workflow(USES)
    first = json.loads(actions(tree, "add", outside(tree, "greet", FILES), "--as", "octo/greet@v1", "--json"))
    actions(tree, "lock", "--check", code=1)
    actions(tree, "lock")
    actions(tree, "lock", "--check")
    tree.run()
    changed = outside(tree, "changed", FILES | {"main.js": "console.log('changed')\n"})
    second = json.loads(actions(tree, "add", changed, "--as", "octo/greet@v1", "--json"))
    out = tree.run(code=2)
    expect(first["digest"] in out and second["digest"] in out and "not what was locked" in out, out)
    actions(tree, "lock")
    expect("│ changed" in tree.run(), "once it is locked, it runs")


def case_of_a_git_repository_the_commit_is_taken(tree):
    folder = outside(tree, "greet", FILES)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "tag", "v1")
    (folder / "main.js").write_text("console.log('not committed')\n")
    commit = subprocess.run(["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    expect(json.loads(actions(tree, "add", folder, "--as", "octo/greet@v1", "--json"))["commit"] == commit, "its commit is known")
    tree.workflow(USES)
    expect("not committed" not in tree.run(), "what is not committed is not taken")
    expect("has no 'v2'" in actions(tree, "add", folder, "--as", "octo/greet@v2", code=2), "a ref that is not there")


def case_a_reusable_workflow_of_another_repository_runs(tree):
    call = "on: workflow_call\njobs:\n  {name}:\n    runs-on: ubuntu-latest\n    steps: [{{run: echo in {name}}}]\n"
    files = {".github/workflows/a.yml": call.format(name="a") + "  next:\n    uses: ./.github/workflows/b.yml\n",
             ".github/workflows/b.yml": call.format(name="b")}
    tree.workflow("on: push\njobs:\n  call:\n    uses: octo/flows/.github/workflows/a.yml@v1\n")
    expect("tuesday actions add PATH --as octo/flows@v1" in tree.run(code=2), "it is not mirrored")
    actions(tree, "add", outside(tree, "flows", files), "--as", "octo/flows@v1")
    out = tree.run()
    expect("│ in a" in out and "│ in b" in out, out)
    actions(tree, "lock")
    expect("octo/flows@v1 " in (tree.root / ".github/actions.lock").read_text(), "it is locked too")


def case_a_repository_names_its_own_actions_from_its_root(tree):
    """`$/path` is of the repository that says it, whatever the workspace holds: of the run's own, and of a mirrored one."""
    composite = "name: c\ndescription: d\nruns:\n  using: composite\n  steps:\n    - uses: $/inner\n"
    node = "name: n\ndescription: d\nruns: {using: node20, main: m.js}\n"
    tree.write("outer/action.yml", composite)
    tree.write("inner/action.yml", node)
    tree.write("inner/m.js", "console.log('of this repository, ' + require('../shared.js'))\n")
    tree.write("shared.js", "module.exports = 'with its files'\n")
    actions(tree, "add", outside(tree, "other", {"action.yml": composite, "inner/action.yml": node,
                                                 "inner/m.js": "console.log('of the other one')\n"}), "--as", "octo/other@v1")
    tree.workflow("on: push\njobs:\n  j:\n    runs-on: ubuntu-latest\n    steps: [{uses: $/outer}, {uses: octo/other@v1}]\n")
    out = tree.run()
    expect("│ of this repository, with its files" in out and "│ of the other one" in out, out)
    tree.workflow("on: push\njobs:\n  j:\n    runs-on: ubuntu-latest\n    steps: [{uses: $/none}]\n")
    expect("$/none: the run's own repository has no action.yml there" in tree.run(code=1), "one that is not there")


def case_archives_are_taken_and_bad_ones_refused(tree):
    place = pathlib.Path(tree.folder.name)
    with tarfile.open(place / "good.tar.gz", "w:gz") as archive:
        archive.add(outside(tree, "greet-1.0", FILES), arcname="greet-1.0")
    with zipfile.ZipFile(place / "good.zip", "w") as archive:
        for name, text in FILES.items():
            archive.writestr(f"greet-1.0/{name}", text)
    one = json.loads(actions(tree, "add", place / "good.tar.gz", "--as", "octo/greet@v1", "--json"))
    two = json.loads(actions(tree, "add", place / "good.zip", "--as", "octo/greet@v2", "--json"))
    expect(one["digest"] == two["digest"], "the same files are the same tree")
    with zipfile.ZipFile(place / "bad.zip", "w") as archive:
        archive.writestr("../../escaped", "x")
    expect("leads out of the folder" in actions(tree, "add", place / "bad.zip", "--as", "octo/bad@v1", code=1), "a name that leads out")
    with tarfile.open(place / "bad.tar", "w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "../../../etc"
        archive.addfile(link)
        data = tarfile.TarInfo("action.yml")
        data.size = 1
        archive.addfile(data, io.BytesIO(b"x"))
    expect("'link' is a link that leads out" in actions(tree, "add", place / "bad.tar", "--as", "octo/bad@v1", code=1), "a link")
    for name in ("octo/a b@v1", "../etc@v1", "octo/a@v 1", "octo/a", "octo/a/sub@v1"):
        actions(tree, "add", place / "good.zip", "--as", name, code=2)
    expect(json.loads(actions(tree, "list", "--json"))["actions"][-1]["name"] == "octo/greet@v2", "nothing bad is there")


if __name__ == "__main__":
    run_cases([(name, value) for name, value in globals().items() if name.startswith("case_")])
