#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What actions expect of their runner, asked for by GitHub's own client packages, unmodified (@actions/artifact, @actions/cache,
@actions/core): artifacts across jobs, the cache by both interfaces, and what a token does not open. The packages come by `npm install`;
without npm or a registry the test is skipped and says so."""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
PACKAGES = ["@actions/artifact@6", "@actions/cache@6", "@actions/core@3"]

WORKFLOW = """\
on: [push, pull_request]
jobs:
  store:
    runs-on: ubuntu-latest
    steps:
      - run: test -z "$ACTIONS_RUNTIME_TOKEN$ACTIONS_RESULTS_URL"
      - uses: ./store
  fetch:
    needs: store
    runs-on: ubuntu-latest
    steps:
      - uses: ./fetch
  # What our own actions store, GitHub's clients find, and the other way round.
  ours:
    needs: fetch
    runs-on: ubuntu-latest
    steps:
      - run: mkdir -p own/sub && echo ours > own/sub/a.txt
      - uses: actions/upload-artifact@v4
        with: {name: own, path: own}
      - uses: actions/cache/save@v4
        with: {path: own, key: "own-${{ github.run_id }}"}
      - uses: actions/download-artifact@v4
        with: {name: dist, path: own-back/dist}
      - run: test "$(stat -c %s own-back/dist/sub/b.bin)" = 20971520
      - run: rm -rf out
      - id: cache
        uses: actions/cache/restore@v4
        with: {path: out, key: "keyTrue-${{ github.run_id }}"}
      - run: test "${{ steps.cache.outputs.cache-hit }}" = true && test -f out/sub/b.bin
      - uses: ./theirs
"""

ACTION = "name: a\ndescription: d\nruns: {using: node20, main: index.mjs}\n"

COMMON = """\
import assert from 'node:assert';
import fs from 'node:fs';
import {DefaultArtifactClient} from '@actions/artifact';
import * as cache from '@actions/cache';
import * as core from '@actions/core';
const client = new DefaultArtifactClient();
const change = process.env.GITHUB_EVENT_NAME === 'pull_request';
"""

STORE = COMMON + """\
fs.rmSync('out', {recursive: true, force: true});
fs.mkdirSync('out/sub', {recursive: true});
fs.writeFileSync('out/a.txt', change ? 'of the change' : 'of main');
fs.writeFileSync('out/sub/b.bin', Buffer.alloc(20 << 20, 'xyz'));
const stored = await client.uploadArtifact('dist', ['out/a.txt', 'out/sub/b.bin'], 'out', {compressionLevel: 0});
await assert.rejects(client.uploadArtifact('dist', ['out/a.txt'], 'out'), /already exists/);
await assert.rejects(client.uploadArtifact('../../etc/passwd', ['out/a.txt'], 'out'), /not valid/);
await client.uploadArtifact('gone', ['out/a.txt'], 'out');
await client.deleteArtifact('gone');
core.setSecret(stored.digest);
for (const version of ['True', '']) {
  process.env.ACTIONS_CACHE_SERVICE_V2 = version;
  const key = `key${version}-${process.env.GITHUB_RUN_ID}`;
  const before = await cache.restoreCache(['out'], 'none', [`key${version}-`]);
  assert.equal(before !== undefined, change, 'a change finds what main has stored, and main nothing');
  if (change) assert.equal(fs.readFileSync('out/a.txt', 'utf8'), 'of main');
  fs.writeFileSync('out/a.txt', change ? 'of the change' : 'of main');
  assert.ok(await cache.saveCache(['out'], key) > 0);
  assert.equal(await cache.saveCache(['out'], key), -1, 'an entry never changes');
  fs.rmSync('out', {recursive: true});
  assert.equal(await cache.restoreCache(['out'], key), key);
  assert.equal(fs.readFileSync('out/a.txt', 'utf8'), change ? 'of the change' : 'of main');
}
"""

FETCH = COMMON + """\
const {artifacts} = await client.listArtifacts();
assert.deepEqual(artifacts.map(one => one.name), ['dist']);
const {downloadPath, digestMismatch} =
    await client.downloadArtifact(artifacts[0].id, {path: 'back', expectedHash: artifacts[0].digest});
assert.equal(digestMismatch, false);
assert.equal(fs.readFileSync(`${downloadPath}/a.txt`, 'utf8'), change ? 'of the change' : 'of main');
assert.equal(fs.statSync(`${downloadPath}/sub/b.bin`).size, 20 << 20);
// By the token of this job, in the name of another run and of another job.
const ask = (method, body, token = process.env.ACTIONS_RUNTIME_TOKEN) =>
  fetch(`${process.env.ACTIONS_RESULTS_URL}twirp/github.actions.results.api.v1.ArtifactService/${method}`,
    {method: 'POST', headers: {authorization: `Bearer ${token}`, 'content-type': 'application/json'}, body: JSON.stringify(body)});
const ids = {workflow_run_backend_id: process.env.GITHUB_RUN_ID, workflow_job_run_backend_id: 'fetch'};
assert.equal((await ask('ListArtifacts', ids)).status, 200);
assert.equal((await ask('ListArtifacts', {...ids, workflow_run_backend_id: 'run-0'})).status, 403);
assert.equal((await ask('CreateArtifact', {...ids, workflow_job_run_backend_id: 'store', name: 'x', version: 4})).status, 403);
assert.equal((await ask('CreateArtifact', {...ids, name: '../../etc/passwd', version: 4})).status, 400);
assert.equal((await ask('ListArtifacts', ids, 'a.b.c')).status, 403);
const [head, claims, signature] = process.env.ACTIONS_RUNTIME_TOKEN.split('.');
const forged = JSON.parse(Buffer.from(claims, 'base64url'));
forged.scp = 'Actions.Results:run-0:fetch';
const other = [head, Buffer.from(JSON.stringify(forged)).toString('base64url'), signature].join('.');
assert.equal((await ask('ListArtifacts', {...ids, workflow_run_backend_id: 'run-0'}, other)).status, 403);
console.log(`the token is ${process.env.ACTIONS_RUNTIME_TOKEN}`);
"""


THEIRS = COMMON + """\
const {artifact} = await client.getArtifact('own');
const {downloadPath, digestMismatch} = await client.downloadArtifact(artifact.id, {path: 'own-back', expectedHash: artifact.digest});
assert.equal(digestMismatch, false);
assert.equal(fs.readFileSync(`${downloadPath}/sub/a.txt`, 'utf8'), 'ours\\n');
fs.rmSync('own', {recursive: true});
const key = `own-${process.env.GITHUB_RUN_ID}`;
assert.equal(await cache.restoreCache(['own'], key), key);
assert.equal(fs.readFileSync('own/sub/a.txt', 'utf8'), 'ours\\n');
"""


def expect(holds, what):
    if not holds:
        sys.exit(f"FAILED: {what}")


def install(folder):
    if shutil.which("npm") is None or shutil.which("node") is None:
        print("skipped: there is no npm here")
        sys.exit(SKIPPED)
    done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-timeout=20000", "--fetch-retries=1",
                           *PACKAGES], cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    if done.returncode != 0:
        print(f"skipped: npm does not reach its registry: {done.stderr.strip().splitlines()[-1:]}")
        sys.exit(SKIPPED)


def git(folder, *args):
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *args], cwd=folder, check=True, capture_output=True)


def repository(folder):
    for name, text in {".github/workflows/ci.yml": WORKFLOW, "store/action.yml": ACTION, "store/index.mjs": STORE,
                       "fetch/action.yml": ACTION, "fetch/index.mjs": FETCH, "theirs/action.yml": ACTION, "theirs/index.mjs": THEIRS,
                       ".gitignore": "node_modules\nout\nback\n/own*\n"}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")


def run(tuesday, folder, event):
    done = subprocess.run([tuesday, "--state", str(folder.parent / "state"), "workflow", "run", "--bind", "-e", event], cwd=folder,
                          capture_output=True, text=True, timeout=300, check=False)
    expect(done.returncode == 0, f"the run on {event}: {done.stdout[-6000:]}{done.stderr[-2000:]}")
    expect("the token is ***" in done.stdout, f"the token is masked in the log of {event}")
    expect("dist" in done.stdout.split("ARTIFACT")[-1], "the end lists the artifact")
    path = done.stdout.split("ARTIFACT")[-1].split()[-1]
    expect(pathlib.Path(path).read_bytes()[:2] == b"PK", f"{path} is the artifact on this machine")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tuesday", required=True)
    parser.add_argument("--examples")
    tuesday = str(pathlib.Path(parser.parse_args().tuesday).resolve())
    with tempfile.TemporaryDirectory(prefix="tuesday-services-") as temporary:
        folder = pathlib.Path(temporary) / "repo"
        folder.mkdir()
        install(folder)
        repository(folder)
        for event in ("push", "pull_request"):
            run(tuesday, folder, event)
    print("ok")


if __name__ == "__main__":
    main()
