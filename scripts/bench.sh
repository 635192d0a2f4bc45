#!/usr/bin/env bash
# Prints every figure that the documents state. Takes about a quarter of an hour, on a quiet machine.
set -euo pipefail
cd "$(dirname "$0")/.."

cmake --preset release -D SLOD_TESTS=OFF -D SLOD_BENCHMARKS=ON >/dev/null
cmake --build build/release --parallel "$(nproc)" --target slod fleet_state exposition_bench ledger_bench query_bench history_bench
for name in exposition ledger query history; do
  "build/release/benchmarks/${name}_bench" --benchmark_min_time=0.5 2>/dev/null
done
python3 benchmarks/fleet.py build/release
python3 benchmarks/storm.py build/release
python3 benchmarks/storm.py build/release --services 500
python3 benchmarks/queries.py build/release
python3 benchmarks/panel.py build/release
python3 benchmarks/page.py build/release
python3 benchmarks/crowd.py build/release
python3 benchmarks/shared_answers.py build/release
