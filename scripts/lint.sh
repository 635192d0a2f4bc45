#!/usr/bin/env bash
# clang-tidy over every source file, or over the ones given. Expects build/dev to be configured.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -gt 0 ]; then
  files=("$@")
else
  mapfile -t files < <(git ls-files 'lib/*.cpp' 'daemon/*.cpp')
fi
printf '%s\n' "${files[@]}" |
  xargs --max-procs="$(nproc)" --max-args=1 clang-tidy-19 --quiet -p build/dev 2> >(grep -v 'warnings generated' >&2)
echo "lint: ${#files[@]} files, nothing found"
