#!/bin/sh
# conformance.sh PROMQLTEST REPOSITORY: runs slod's own test files and, where they are, Prometheus's.
# Exit code 77, and a sentence that says so, where Prometheus's are not there.
set -eu
"$1" -v "$2/tests/promqltest/cases"
suite="${SLOD_CONFORMANCE_DIR:-$2/../shared/conformance}/promqltest"
if [ ! -d "$suite" ]; then
  echo "skipped: Prometheus's test files are not in $suite; set SLOD_CONFORMANCE_DIR to the directory above promqltest"
  exit 77
fi
"$1" -v "$suite"
