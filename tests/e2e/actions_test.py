#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Actions that tuesday has itself, in real sandboxes and without a network: artifacts and the cache, what people see of them, and
what bad input gets. GitHub's own clients beside them: actions_services_test.py."""

import json
import pathlib
import shutil
import zipfile

from workflow_test import Tree, expect, run_cases

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HEAD = "on: [push, pull_request]\njobs:\n  j:\n    runs-on: ubuntu-latest\n    steps:\n"

SHOP = {
    "package.json": json.dumps({"name": "shop", "version": "1.0.0", "private": True,
                                "scripts": {"lint": "node --check price.js", "test": "node test.js"}}),
    "package-lock.json": json.dumps({"name": "shop", "version": "1.0.0", "lockfileVersion": 3, "requires": True,
                                     "packages": {"": {"name": "shop", "version": "1.0.0"}}}),
    "price.js": "module.exports = (net) => net * 1.19;\n",
    "test.js": """const fs = require('fs');
require('assert').equal(require('./price.js')(100), 119);
if (process.argv.includes('--coverage')) {
  fs.mkdirSync('coverage/report', {recursive: true});
  fs.writeFileSync('coverage/lcov.info', 'SF:price.js\\n');
  fs.writeFileSync('coverage/report/index.html', '<p>100 %</p>');
  fs.writeFileSync('coverage/.cache', 'hidden');
}
""",
}


def indented(steps):
    return HEAD + "".join(f"      {line}\n" if line else "\n" for line in steps.splitlines())


def artifacts(tree, *words, code=0):
    """The run's answer, and its artifacts as zips by name."""
    answer = json.loads(tree.run("--json", *words, code=code))
    return answer, {one["name"]: zipfile.ZipFile(one["path"]) for one in answer["artifacts"]}


def reason(answer, job="j"):
    return next(one for one in answer["jobs"] if one["id"] == job)["reason"]


def case_the_first_job_of_the_playbook_runs_whole(tree):
    for name, text in SHOP.items():
        tree.write(name, text)
    (tree.root / ".github/workflows").mkdir(parents=True)
    shutil.copy(ROOT / "examples/playbook/workflow.yaml", tree.root / ".github/workflows/deploy.yaml")
    tree.commit()
    _, stored = artifacts(tree, "-j", "test")
    expect(stored["coverage"].namelist() == ["lcov.info", "report/index.html"], stored["coverage"].namelist())
    expect(stored["coverage"].read("lcov.info") == b"SF:price.js\n", "the artifact has what the test wrote")
    out = tree.run("-j", "test")
    for line in ("Cache restored successfully", "not saving cache", "there will be 2 files uploaded"):
        expect(line in out, f"no {line!r} in:\n{out}")


def case_artifacts_reach_the_next_job(tree):
    tree.workflow("""on: push
jobs:
  build:
    strategy: {matrix: {arch: [x64, arm64]}}
    runs-on: ubuntu-latest
    steps:
      - run: mkdir -p dist/sub && echo ${{ matrix.arch }} > dist/a.txt && echo ${{ matrix.arch }} > dist/sub/${{ matrix.arch }}
      - id: up
        uses: actions/upload-artifact@v4
        with: {name: "dist-${{ matrix.arch }}", path: dist, compression-level: 0, if-no-files-found: error}
      - run: test "${#digest}" = 64 && [[ $url == */artifacts/$id ]]
        shell: bash
        env:
          id: ${{ steps.up.outputs.artifact-id }}
          digest: ${{ steps.up.outputs.artifact-digest }}
          url: ${{ steps.up.outputs.artifact-url }}
  package:
    needs: build
    runs-on: ubuntu-latest
    steps:
      - id: one
        uses: actions/download-artifact@v4
        with: {name: dist-x64, path: one}
      - run: test "$(cat one/a.txt)" = x64 && test "${{ steps.one.outputs.download-path }}" = "$PWD/one"
      - uses: actions/download-artifact@v4
        with: {path: all}
      - run: test "$(cat all/dist-arm64/a.txt)" = arm64 && test -f all/dist-x64/sub/x64
      - uses: actions/download-artifact@v4
        with: {path: merged, pattern: "dist-{x64,arm*}", merge-multiple: true}
      - run: ls merged/sub && test -f merged/sub/x64 && test -f merged/sub/arm64
      - uses: actions/download-artifact@v4
        with: {path: none, pattern: "other-*"}
      - run: test ! -e none
      - id: missing
        uses: actions/download-artifact@v4
        continue-on-error: true
        with: {name: other}
      - run: test ${{ steps.missing.outcome }} = failure
""")
    _, stored = artifacts(tree)
    expect(sorted(stored["dist-x64"].namelist()) == ["a.txt", "sub/x64"], stored)
    expect("Artifact not found for name: other" in tree.run(), "a name that is not there is told")


def case_names_in_an_artifact_follow_its_paths(tree):
    tree.workflow(indented("""\
- run: mkdir -p a/b c .git2 && touch a/1 a/b/2 a/b/3.log c/4 .git2/5 && ln -s nowhere a/broken && ln -s ../c a/linked
- uses: actions/upload-artifact@v4
  with: {name: single, path: a/b/2}
- uses: actions/upload-artifact@v4
  with:
    name: several
    path: |
      a/
      c/4
      !**/*.log
- uses: actions/upload-artifact@v4
  with: {name: hidden, path: ., include-hidden-files: true}
- uses: actions/upload-artifact@v4
  with: {name: single, path: c, overwrite: true}
"""))
    _, stored = artifacts(tree)
    expect(stored["single"].namelist() == ["4"], "overwritten by what came later")
    expect(stored["several"].namelist() == ["a/1", "a/b/2", "a/linked/4", "c/4"], stored["several"].namelist())
    expect(".git2/5" in stored["hidden"].namelist(), stored["hidden"].namelist())


def case_no_files_is_a_warning_an_error_or_nothing(tree):
    for value, code, shown in (("warn", 0, "⚠"), ("ignore", 0, ""), ("error", 1, "✗")):
        tree.workflow(indented(f"- uses: actions/upload-artifact@v4\n  with: {{path: none/, if-no-files-found: {value}}}\n"))
        out = tree.run(code=code)
        expect("No files were found with the provided path: none/. No artifacts will be uploaded." in out, out)
        expect(value != "warn" or shown in out or "warning" in out.lower(), out)
    tree.workflow(indented("- uses: actions/upload-artifact@v4\n  with: {path: x, if-no-files-found: fail}\n"))
    expect("Unrecognized if-no-files-found input. Provided: fail" in tree.run(code=1), "an unknown word")


CACHE = """\
- id: cache
  uses: actions/cache@v4
  with: {path: deps, key: "deps-${{ hashFiles('lock') }}", restore-keys: deps-}
- run: echo "hit=[${{ steps.cache.outputs.cache-hit }}] has=$(cat deps/a 2>/dev/null)" && mkdir -p deps && cat lock > deps/a
"""


def case_a_cache_is_found_by_its_key_then_by_its_beginning(tree):
    tree.workflow(indented("- uses: actions/checkout@v4\n" + CACHE))
    tree.write("lock", "1")
    for lock, seen, end in (("1", "hit=[] has=", "Cache saved with key: deps-"), ("1", "hit=[true] has=1", "not saving cache"),
                            ("2", "hit=[false] has=1", "Cache saved with key: deps-"), ("2", "hit=[true] has=2", "not saving cache")):
        tree.write("lock", lock)
        out = tree.run()
        expect(f"│ {seen}\n" in out and end in out, f"no {seen!r} and {end!r} in:\n{out}")


def case_a_job_that_fails_saves_no_cache(tree):
    tree.write("lock", "1")
    tree.workflow(indented("- uses: actions/checkout@v4\n" + CACHE + "- run: exit 1\n"))
    expect("Cache saved" not in tree.run(code=1), "a job that failed saved its cache")
    tree.workflow(indented("- uses: actions/checkout@v4\n" + CACHE))
    expect("│ hit=[] has=\n" in tree.run(), "and the next one finds none")


def case_restore_and_save_alone_tell_their_keys(tree):
    tree.workflow(indented("""\
- id: look
  uses: actions/cache/restore@v4
  with: {path: deps, key: k-2, restore-keys: k-, lookup-only: true}
- run: echo "[${{ steps.look.outputs.cache-matched-key }}] [${{ steps.look.outputs.cache-primary-key }}]" && test ! -e deps
- run: mkdir deps
- uses: actions/cache/save@v4
  with: {path: deps, key: "k-${{ github.run_number }}"}
"""))
    expect("│ [] [k-2]" in tree.run(), "nothing is there at first")
    expect("│ [k-1] [k-2]" in tree.run(), "then what the first run has stored")
    tree.workflow(indented("- uses: actions/cache/restore@v4\n  with: {path: deps, key: other, fail-on-cache-miss: true}\n"))
    answer, _ = artifacts(tree, code=1)
    expect(answer["result"] == "failure", answer)
    tree.workflow(indented("- uses: actions/cache/save@v4\n  with: {path: none, key: x}\n"))
    expect("do(es) not exist, hence no cache is being saved" in tree.run(), "paths that are not there are told")


def case_a_change_does_not_poison_the_cache_of_main(tree):
    tree.write("lock", "1")
    tree.workflow(indented("- uses: actions/checkout@v4\n" + CACHE.replace("cat lock > deps/a", "echo ${{ github.event_name }} > deps/a")))
    tree.commit()
    expect("Cache saved" in tree.run("-e", "pull_request"), "a change stores for itself")
    expect("│ hit=[] has=\n" in tree.run("-e", "push"), "main finds nothing of a change")
    out = tree.run("-e", "push")
    expect("│ hit=[true] has=push\n" in out, out)


def case_bad_names_and_paths_are_refused(tree):
    tree.workflow(indented("- run: touch a\n- uses: actions/upload-artifact@v4\n  with: {name: ../../etc/passwd, path: a}\n"))
    out = tree.run(code=1)
    expect("The artifact name is not valid: ../../etc/passwd. Contains the following character: Forward slash /" in out, out)
    tree.workflow(indented("- run: touch 'a:b'\n- uses: actions/upload-artifact@v4\n  with: {path: 'a*'}\n"))
    expect("not valid: a:b. Contains the following character: Colon" in tree.run(code=1), "a file's name")
    # A link out of the workspace leads to what the job may read, and to nothing else of the machine.
    private = pathlib.Path(tree.folder.name) / "private.txt"
    private.write_text("of the machine")
    tree.workflow(indented(f"""\
- run: ln -s {private} stolen && ln -s {tree.state} state && ln -s /etc etc && touch mine
- uses: actions/upload-artifact@v4
  with: {{name: links, path: .}}
- uses: actions/download-artifact@v4
  with: {{path: back}}
"""))
    _, stored = artifacts(tree)
    names = stored["links"].namelist()
    expect("mine" in names and "etc/os-release" in names, names)
    expect(not [one for one in names if one.startswith(("stolen", "state/")) or "shadow" in one], names)


def case_a_download_that_leads_out_is_refused(tree):
    """An action that stores a zip of its own making, as GitHub's client lets it."""
    tree.write("evil/action.yml", "name: e\ndescription: d\nruns: {using: node20, main: index.js}\n")
    tree.write("evil/index.js", EVIL)
    tree.workflow(indented("""\
- uses: ./evil
- uses: actions/download-artifact@v4
  id: back
  continue-on-error: true
  with: {name: evil, path: back}
- run: test ${{ steps.back.outcome }} = failure && test ! -e escaped && test ! -e back
"""))
    expect("'../escaped', which leads out of the folder" in tree.run("--bind"), "the name is told")


# The bytes of a zip with one stored, empty member of a bad name; put by the address that the service gives.
EVIL = """
const name = Buffer.from('../escaped');
const fields = Buffer.alloc(26);
fields.writeUInt16LE(20, 0);
fields.writeUInt16LE(name.length, 22);
const local = Buffer.concat([Buffer.from('PK\\x03\\x04'), fields, name]);
const central = Buffer.concat([Buffer.from('PK\\x01\\x02\\x14\\x00'), fields, Buffer.alloc(14), name]);
const end = Buffer.alloc(18);
end.writeUInt16LE(1, 4);
end.writeUInt16LE(1, 6);
end.writeUInt32LE(central.length, 8);
end.writeUInt32LE(local.length, 12);
const zip = Buffer.concat([local, central, Buffer.from('PK\\x05\\x06'), end]);
const claims = JSON.parse(Buffer.from(process.env.ACTIONS_RUNTIME_TOKEN.split('.')[1], 'base64url'));
const [, run, job] = claims.scp.split(' ').find(one => one.startsWith('Actions.Results:')).split(':');
const ask = async (method, body) => (await fetch(
  `${process.env.ACTIONS_RESULTS_URL}twirp/github.actions.results.api.v1.ArtifactService/${method}`,
  {method: 'POST', headers: {authorization: `Bearer ${process.env.ACTIONS_RUNTIME_TOKEN}`, 'content-type': 'application/json'},
   body: JSON.stringify({workflow_run_backend_id: run, workflow_job_run_backend_id: job, name: 'evil', ...body})})).json();
(async () => {
  const {signed_upload_url} = await ask('CreateArtifact', {version: 4});
  await fetch(signed_upload_url, {method: 'PUT', body: zip, headers: {'x-ms-blob-type': 'BlockBlob'}});
  const {ok} = await ask('FinalizeArtifact', {size: String(zip.length)});
  if (!ok) process.exit(1);
})();
"""


if __name__ == "__main__":
    run_cases([(name, value) for name, value in globals().items() if name.startswith("case_")])
