#!/usr/bin/env python3
"""Runs the tests of a preset and says which were skipped.

Usage: run_tests.py PRESET JOBS [ARGUMENT OF CTEST...]

A test that is skipped has shown nothing. So where the environment has CI set, one that is not in
tests/skipped.txt fails the run. The last line is the count of all.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = ROOT / "tests" / "skipped.txt"

# How GoogleTest, Python's unittest and the shell scripts say that they skip something.
SKIPS = [
    re.compile(r"^\[  SKIPPED \] (?P<what>[\w./]+)(?: \(\d+ ms\))?$"),
    re.compile(r"^(?P<what>.*?)(?: \.\.\. |\.\.\.)?skipped (?P<quote>['\"])(?P<why>.*)(?P=quote)$"),
    re.compile(r"^(?:SKIPPED|skipped)(?: \d+)?: (?P<what>.*)$"),
]


def tests_of(log):
    """Pairs of a test's name and its output, from ctest's log."""
    for part in re.split(r"^\d+/\d+ Testing: ", log, flags=re.MULTILINE)[1:]:
        name, _, rest = part.partition("\n")
        yield name, rest


def skips_of(log):
    """A line for each skip: which test of ctest, what of it, and why."""
    for name, output in tests_of(log):
        for line in output.splitlines():
            match = next(filter(None, (skip.match(line.strip()) for skip in SKIPS)), None)
            if match:
                found = match.groupdict()
                yield ": ".join(filter(None, (name, found["what"], found.get("why"))))


def patterns(text):
    """Those of the list of allowed skips; each is a regular expression before its reason."""
    for line in text.splitlines():
        pattern, _, reason = line.partition("  # ")
        if pattern.strip() and not line.startswith("#"):
            if not reason:
                raise ValueError(f"{ALLOWED}: expected a reason after \"  # \", found none: {line}")
            yield re.compile(pattern.strip())


def unexpected(skips, allowed):
    return [skip for skip in skips if not any(pattern.search(skip) for pattern in allowed)]


def run(command):
    """Its exit code and what it printed, which is shown while it runs."""
    said = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout:
            print(line, end="", flush=True)
            said.append(line)
    return running.returncode, "".join(said)


def main():
    preset, jobs, *arguments = sys.argv[1:]
    build = ROOT / "build" / preset
    code, said = run(["ctest", "--preset", preset, "--parallel", jobs, *arguments])
    total = re.search(r"(\d+) tests? failed out of (\d+)", said)
    if not total:
        sys.exit("run_tests: ctest ran no test")
    failed, count = int(total[1]), int(total[2])
    log = (build / "Testing" / "Temporary" / "LastTest.log").read_text(errors="replace")
    skips = list(skips_of(log))
    surprises = unexpected(skips, list(patterns(ALLOWED.read_text())))
    for skip in skips:
        print(f"{'not expected to be ' if skip in surprises else ''}skipped: {skip}")
    if surprises and os.environ.get("CI"):
        print(f"CI is set, and {len(surprises)} of these are not in {ALLOWED.relative_to(ROOT)}")
        code = code or 1
    # A test of which only a part is skipped has passed.
    skipped = len(re.findall(r"^\s+\d+ - .* \((?:Skipped|Disabled)\)$", said, flags=re.MULTILINE))
    print(f"{count - failed - skipped} passed, {failed} failed, {skipped} skipped")
    sys.exit(code)


if __name__ == "__main__":
    main()
