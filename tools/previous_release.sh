#!/usr/bin/env bash
# Builds the release before this one, for the tests of upgrade and downgrade, and prints its program's path as the last line. Which
# one it is stands in tools/previous_release.txt: a tag or a commit. Built once into build/previous; ends with 3, and a line that says
# why, where the history is not there.
set -euo pipefail
cd "$(dirname "$0")/.."
previous=$(cat tools/previous_release.txt)
place=$PWD/build/previous
program=$place/source/build/release/src/app/cli/tuesday
if [[ -x $program && $(cat "$place/built" 2>/dev/null) == "$previous" ]]; then
  echo "$program"
  exit 0
fi
if ! git cat-file -e "$previous^{commit}" 2>/dev/null; then
  echo "skipped: the history has no $previous"
  exit 3
fi
if [[ $(cat "$place/taken" 2>/dev/null) != "$previous" ]]; then
  rm -rf "$place"
  mkdir -p "$place/source"
  git archive "$previous" | tar -x -C "$place/source"
  echo "$previous" >"$place/taken"
fi
{
  # The same folders below the base as in the tree itself, so that what did not change since is in the cache.
  export CCACHE_BASEDIR=$place/source CCACHE_NOHASHDIR=1
  cd "$place/source"
  cmake --preset release
  ninja -C build/release tuesday
} >&2
echo "$previous" >"$place/built"
echo "$program"
