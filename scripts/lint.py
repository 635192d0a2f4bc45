#!/usr/bin/env python3
"""clang-tidy over every source file, or over the ones given. Expects build/dev to be configured.

Most of clang-tidy's time goes into the headers that a source includes. The sources of a folder are
therefore read as one, which takes a fraction of the time. For this no two of them may use one name
for two things in their anonymous namespaces.
"""

import concurrent.futures
import json
import os
import re
import subprocess
import sys
import typing
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "dev"
LINT = ROOT / "build" / "lint"


class Unit(typing.NamedTuple):
    file: str
    begins: list  # (lines before it, its path) of each source in it; empty where it is itself one
    command: dict

    def told(self, text):
        """`text` with the lines of the sources instead of those of the unit."""
        def told(match):
            line = int(match[1])
            before, path = max(begin for begin in self.begins if begin[0] < line)
            return f"{path}:{line - before}:"

        return re.sub(re.escape(self.file) + r":(\d+):", told, text) if self.begins else text


def sources_of_project():
    listed = subprocess.run(["git", "ls-files", "lib/*.cpp", "daemon/*.cpp"], cwd=ROOT, check=True,
                            capture_output=True, text=True)
    return [ROOT / line for line in listed.stdout.splitlines()]


def united(folder, sources, commands):
    """One source made of a folder's; where each begins; and the command that compiles it."""
    unit = LINT / ("_".join(folder.relative_to(ROOT).parts) + ".cpp")
    text, begins = "", []
    for source in sources:
        begins.append((text.count("\n"), source.relative_to(ROOT)))
        text += source.read_text()
    unit.write_text(text)
    command = commands[str(sources[0])]
    return Unit(str(unit), begins, {
        "directory": command["directory"], "file": str(unit),
        "command": re.sub(r" -c \S+$", f" -c {unit}", command["command"])})


def tidy(database, unit):
    """What clang-tidy finds; empty where that is nothing."""
    ran = subprocess.run(["clang-tidy-19", "--quiet", "-p", str(database),
                          f"--config-file={ROOT / '.clang-tidy'}", unit.file],
                         capture_output=True, text=True, check=False)
    if ran.returncode == 0:
        return ""
    return unit.told(ran.stdout + "\n".join(line for line in ran.stderr.splitlines()
                                            if not line.endswith("warnings generated.")))


def units_of_project():
    LINT.mkdir(parents=True, exist_ok=True)
    commands = {entry["file"]: entry
                for entry in json.loads((BUILD / "compile_commands.json").read_text())}
    folders = {}
    for source in sources_of_project():
        folders.setdefault(source.parent, []).append(source)
    # The longest first, so that none is left alone at the end.
    units = [united(folder, files, commands)
             for folder, files in sorted(folders.items(), key=lambda item: -len(item[1]))]
    (LINT / "compile_commands.json").write_text(json.dumps([unit.command for unit in units]))
    return units


def main():
    if len(sys.argv) > 1:
        database, units = BUILD, [Unit(name, [], {}) for name in sys.argv[1:]]
    else:
        database, units = LINT, units_of_project()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [text for text in pool.map(lambda unit: tidy(database, unit), units) if text]
    print(*found, sep="\n", end="\n" if found else "")
    if found:
        sys.exit(f"lint: findings in {len(found)} of {len(units)} units")
    print(f"lint: {sum(max(1, len(unit.begins)) for unit in units)} files, nothing found")


main()
