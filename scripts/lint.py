#!/usr/bin/env python3
"""clang-tidy over every source file, or over the ones given. Expects build/dev to be configured.

Most of clang-tidy's time goes into the headers that a source includes. The sources of a folder are
therefore read as one, which takes a fifth of the time. For this no two of them may use one name for
two things in their anonymous namespaces.
"""

import concurrent.futures
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "dev"
LINT = ROOT / "build" / "lint"
HEADERS_AND_SOURCES = r"(lib|daemon)/.*\.(h|cpp)$"


def sources_of_project():
    listed = subprocess.run(["git", "ls-files", "lib/*.cpp", "daemon/*.cpp"], cwd=ROOT, check=True,
                            capture_output=True, text=True)
    return [ROOT / line for line in listed.stdout.splitlines()]


def united(folder, sources, commands):
    """One source that includes those of a folder, with the command that compiles the first."""
    unit = LINT / ("_".join(folder.relative_to(ROOT).parts) + ".cpp")
    unit.write_text("".join(f'#include "{source}"  // NOLINT(bugprone-suspicious-include)\n'
                            for source in sources))
    command = commands[str(sources[0])]
    return {"directory": command["directory"], "file": str(unit),
            "command": re.sub(r" -c \S+$", f" -c {unit}", command["command"])}


def tidy(database, source):
    """What clang-tidy finds; empty where that is nothing."""
    ran = subprocess.run(["clang-tidy-19", "--quiet", "-p", str(database),
                          f"--config-file={ROOT / '.clang-tidy'}",
                          f"--header-filter={HEADERS_AND_SOURCES}", str(source)],
                         capture_output=True, text=True, check=False)
    if ran.returncode == 0:
        return ""
    return ran.stdout + "\n".join(line for line in ran.stderr.splitlines()
                                  if not line.endswith("warnings generated."))


def main():
    given = [Path(name).resolve() for name in sys.argv[1:]]
    sources = given or sources_of_project()
    database, units = BUILD, sources
    if not given:
        LINT.mkdir(parents=True, exist_ok=True)
        commands = {entry["file"]: entry
                    for entry in json.loads((BUILD / "compile_commands.json").read_text())}
        folders = {}
        for source in sources:
            folders.setdefault(source.parent, []).append(source)
        entries = [united(folder, files, commands) for folder, files in folders.items()]
        (LINT / "compile_commands.json").write_text(json.dumps(entries, indent=1))
        # The longest first, so that none is left alone at the end.
        largest_first = sorted(folders, key=lambda folder: -len(folders[folder]))
        by_folder = dict(zip(folders, entries))
        database, units = LINT, [by_folder[folder]["file"] for folder in largest_first]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [text for text in pool.map(lambda unit: tidy(database, unit), units) if text]
    print(*found, sep="\n", end="\n" if found else "")
    if found:
        sys.exit(f"lint: findings in {len(found)} of {len(units)} units")
    print(f"lint: {len(sources)} files, nothing found")


main()
