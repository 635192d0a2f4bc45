"""Runs what a page of docs/ shows. The word after a fence's language says what is done with it:

    yaml file=NAME    is written to a file in the page's folder
    sh run            is run, and must succeed
    sh source         is run in the folder of the source, where building is pretended; PATH and the
                      folder that it ends in are those of all that follows
    sh background     is started, and ended with the test
    console run       has commands after `$ `, each with what it prints, on stdout and stderr
    console await     the same, of commands that are asked again until they print that

Fences without such a word are for the eye. Ports of the page become ports of the test, which are
free, and what varies from run to run is masked in what is shown and in what is printed."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess

import peers
from slod import (PATIENCE_SECONDS, PROGRAM, end_program, eventually, free_port, start_program,
                  temporary_folder)

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"
FENCE = re.compile(r"^```(\w+) ([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT = re.compile(r'(?:(?<=127\.0\.0\.1:)|(?<="127\.0\.0\.1", ))\d+')
MASKS = [
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (re.compile(r"^slod \d+\.\d+\.\d+", re.MULTILINE), "slod <version>"),
    (re.compile(r'"value":\[[0-9.]+,'), '"value":[<time>,'),
    (re.compile(r"^(time=\S+ .*?)$", re.MULTILINE), ""),  # slod's log
]


def blocks(text):
    """(line, language, words after it, body) of each fence that says what is done with it."""
    for found in FENCE.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, found[1], found[2], found[3]


def masked(text):
    for mask, instead in MASKS:
        text = mask.sub(instead, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


class Page:
    """A page of docs/. `ports` maps ports of the page to those of peers; `replace` maps other
    texts of it, such as addresses that a test must not ask."""

    def __init__(self, test, name, ports=None, replace=None):
        self.test = test
        self.name = name
        self.folder = temporary_folder(test)
        self.text = (DOCS / name).read_text()
        self.ports = dict(ports or {})
        for port in sorted({int(found) for found in PORT.findall(self.text)}):
            self.ports.setdefault(port, free_port())
        self.replace = replace or {}
        self.source = None
        self.path = f"{pathlib.Path(PROGRAM).resolve().parent}:{os.environ['PATH']}"

    def url(self, port):
        """Where the test has what the page has at 127.0.0.1:`port`."""
        return f"http://127.0.0.1:{self.ports[port]}"

    def run(self):
        """Does what the page says, from top to bottom; the number of fences that were run."""
        count = 0
        for count, (line, language, words, body) in enumerate(blocks(self.text), start=1):
            place = f"{self.name}:{line}"
            if words.startswith("file="):
                file = self.folder / words.removeprefix("file=")
                file.parent.mkdir(exist_ok=True)
                file.write_text(self.translated(body))
            elif (language, words) == ("sh", "run"):
                self.succeed(place, self.translated(body))
            elif (language, words) == ("sh", "source"):
                self.build(place, self.translated(body))
            elif (language, words) == ("sh", "background"):
                self.start(self.translated(body))
            elif language == "console" and words in ("run", "await"):
                self.compare(place, body, words == "await")
            else:
                raise AssertionError(f"{place}: expected a fence of {__doc__}, found {words!r}")
        return count

    def translated(self, text):
        for old, new in self.replace.items():
            text = text.replace(old, new)
        return PORT.sub(lambda found: str(self.ports.get(int(found[0]), found[0])), text)

    def shown(self, text):
        """What was printed, with the ports and texts of the page."""
        back = {str(own): str(port) for port, own in self.ports.items()}
        text = PORT.sub(lambda found: back.get(found[0], found[0]), text)
        for old, new in self.replace.items():
            text = text.replace(new, old)
        return text

    def environment(self):
        path = f"{self.path}:{peers.FOLDER / 'usr/bin'}"
        kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        return {**kept, "PATH": path, "HOME": str(self.folder)}

    def execute(self, script):
        return subprocess.run(["bash", "-c", script], cwd=self.folder, env=self.environment(),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, timeout=PATIENCE_SECONDS)

    def succeed(self, place, script):
        done = self.execute(script)
        self.test.assertEqual(done.returncode, 0, f"{place}: {done.stdout}")

    def build(self, place, script):
        """Runs what builds slod, with the Makefile and the presets as they are."""
        self.source = self.source or PretendedSource(temporary_folder(self.test))
        done = subprocess.run(["bash", "-ec", script + '\nprintf "%s\\n" "$PATH" "$PWD"'],
                              cwd=self.source.folder, env=self.source.environment(), text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=PATIENCE_SECONDS)
        self.test.assertEqual(done.returncode, 0, f"{place}: {done.stdout}")
        self.path, folder = done.stdout.splitlines()[-2:]
        self.folder = pathlib.Path(folder)
        found = shutil.which("slod", path=self.path)
        self.test.assertIsNotNone(found, f"{place}: expected slod on PATH, found {self.path}")
        self.test.assertEqual(pathlib.Path(found).resolve(), pathlib.Path(PROGRAM).resolve(), place)

    def start(self, script):
        words = shlex.split(script, comments=True)
        program = ["env", f"PATH={self.environment()['PATH']}", *words]
        process = start_program(self.test, program, self.folder / "background.log", self.folder)
        self.test.addCleanup(end_program, process)

    def compare(self, place, body, is_repeated):
        for command, expected in console(body):
            def printed():
                return masked(self.shown(self.execute(self.translated(command)).stdout))

            def is_right():
                return printed() == masked(expected)

            if is_repeated:
                try:
                    eventually(f"{place}: $ {command}", is_right, patience=20)
                    continue
                except AssertionError:
                    pass
            self.test.assertEqual(printed(), masked(expected), f"{place}: $ {command}")


class PretendedSource:
    """A folder like that of the source, in which `make build` installs and compiles nothing: where the
    real cmake would put the program, there it is afterwards."""

    CMAKE = """#!/usr/bin/env python3
import json, pathlib, sys
words = sys.argv[1:]
presets = {p["name"]: p for p in json.load(open("CMakePresets.json"))["configurePresets"]}
if words[0] == "--preset":
    preset = presets[words[1]]
    while "binaryDir" not in preset:
        preset = presets[preset["inherits"]]
    folder = pathlib.Path(preset["binaryDir"].replace("${sourceDir}", ".")
                          .replace("${presetName}", words[1]))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "CMakeCache.txt").touch()
elif words[0] == "--build" and words[words.index("--target") + 1] == "slod":
    assert pathlib.Path(words[1], "CMakeCache.txt").exists(), words
    program = pathlib.Path(words[1], "daemon/slod")
    program.parent.mkdir(exist_ok=True)
    program.symlink_to(%r)
else:
    sys.exit(f"expected a preset, or the target slod to build, found {words}")
"""

    def __init__(self, folder):
        self.folder = folder
        for name in ("Makefile", "CMakePresets.json"):
            (folder / name).symlink_to(REPOSITORY / name)
        self.tools = folder / "tools"
        self._write(self.tools / "cmake", self.CMAKE % str(pathlib.Path(PROGRAM).resolve()))
        self._write(folder / "scripts/setup.sh", "#!/bin/sh\n")

    def _write(self, file, text):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)

    def environment(self):
        return {**os.environ, "PATH": f"{self.tools}:{os.environ['PATH']}"}


def console(body):
    """(command, what it prints) of a console; a line that ends in a backslash goes on."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, line, rest = "", *part.partition("\n")[::2]
        while line.endswith("\\"):
            command += line + "\n"
            line, _, rest = rest.partition("\n")
        yield command + line, rest
