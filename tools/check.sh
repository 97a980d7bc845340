#!/usr/bin/env bash
# What can be said of the tree without running it: format, layers, spelling, shell scripts, and the words that may not be in it.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=0
say() { echo "check: $*"; }

mapfile -t sources < <(git ls-files '*.h' '*.cc')
if ! clang-format-19 --dry-run --Werror "${sources[@]}" >/tmp/tuesday-format.$$ 2>&1; then
  grep -oE '^[^:]+:[0-9]+' /tmp/tuesday-format.$$ | sort -u | head -20
  say "these places are not in the house format: make format"
  failed=1
fi
rm -f /tmp/tuesday-format.$$

tools/check_layers.py || failed=1

mapfile -t scripts < <(git ls-files '*.sh' .ci/run)
shellcheck -x "${scripts[@]}" || { say "shellcheck has findings"; failed=1; }

mapfile -t texts < <(git ls-files '*.md' '*.h' '*.cc' '*.py' '*.sh' '*.cmake' '*.txt' | grep -vE '^tests/.*corpus|^tests/golden|_test\.cc$')
codespell --ignore-words tools/spelling.txt --ignore-regex '\bk[A-Z][A-Za-z]*|\\n[A-Z][a-z]+|\b[A-Z][a-z]+[A-Z][A-Za-z]*' "${texts[@]}" || { say "codespell has findings"; failed=1; }

if git grep -nE '/work/(main|wt|shared)|registry\.npmjs|deb\.debian\.org|pypi\.org|proxy\.golang' -- . ':!tools/check.sh'; then
  say "the tree names a machine's path or a registry's host"
  failed=1
fi

tools/dear_files.py

if ((failed)); then
  say "failed"
  exit 1
fi
say "ok"
