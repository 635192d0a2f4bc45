"""The manual page, the completions and the unit for systemd know what the program knows. The package
itself is made, installed, started and removed by `make package-test`, which takes longer."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from slod import PROGRAM, run_command, temporary_folder

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
UNIT = REPOSITORY / "deploy/systemd/slod.service"
EXPOSURE_MOST = 2.0


def run(*command, **more):
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=60, **more)


def option_names(text):
    """Every option that a help text names at the beginning of a line."""
    names = []
    for line in re.findall(r"^  (-\S+)", text, re.M):
        names += line.split(",")
    return names


class ManualTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = tempfile.TemporaryDirectory(prefix="slod-test-")
        cls.addClassCleanup(made.cleanup)
        cls.folder = pathlib.Path(made.name)
        done = run(sys.executable, "-B", REPOSITORY / "deploy/manual/manual.py", PROGRAM, cls.folder)
        assert done.returncode == 0, done.stderr
        cls.page = (cls.folder / "slod.1").read_text()
        cls.bash = (cls.folder / "slod.bash").read_text()
        cls.zsh = (cls.folder / "_slod").read_text()
        help_text = run_command("--help").stdout
        cls.commands = re.findall(r"^  ([a-z]+)  ", help_text.split("Subcommands:")[1], re.M)
        cls.options = {name: option_names(run_command(name, "--help").stdout)
                       for name in cls.commands}

    def test_every_command_and_option_is_in_each(self):
        self.assertIn("run", self.commands)
        self.assertIn("--change", self.options["freeze"])
        plain = self.page.replace("\\-", "-")
        for command, options in self.options.items():
            page = re.search(rf"^\.SS slod {command}\n(.*?)(?=^\.S[SH] )", plain, re.M | re.S)
            self.assertIsNotNone(page, f"{command} in the manual page")
            bash = re.search(rf'^    {command}\) COMPREPLY.*', self.bash, re.M)
            self.assertIsNotNone(bash, f"{command} in the completion for bash")
            zsh = re.search(rf"^  {command}\)\n(.*?);;", self.zsh, re.M | re.S)
            self.assertIsNotNone(zsh, f"{command} in the completion for zsh")
            for option in options:
                self.assertIn(f"\\fB{option}\\fR", page[1], command)
                self.assertRegex(bash[0], rf'[" ]{option}[" ]', command)
                self.assertIn(f"{option}[", zsh[1], command)

    def test_the_version_is_said_by_a_command_and_by_an_option(self):
        by_command, by_option = run_command("version"), run_command("--version")
        self.assertRegex(by_command.stdout, r"\Aslod \d+\.\d+\.\d+\n\Z")
        self.assertEqual((by_option.returncode, by_option.stdout, by_option.stderr),
                         (0, by_command.stdout, ""))
        self.assertIn("--version", self.complete("slod", "--v"))
        self.assertIn("--version[", self.zsh)
        self.assertIn("slod --version", self.page.replace("\\-", "-"))
        self.assertIn("`slod --version`", (REPOSITORY / "docs/commands.md").read_text())

    def test_the_reference_says_what_the_program_says(self):
        page = (REPOSITORY / "docs/commands.md").read_text()
        self.assertEqual(re.findall(r"^## `slod ([a-z]+)", page, re.M), self.commands)
        for command in self.commands:
            text = run_command(command, "--help").stdout
            section = re.search(rf"^## `slod {command}.*?\n(.*?)(?=^## |\Z)", page, re.M | re.S)[1]
            self.assertIn(text.splitlines()[0] + ".", section, command)
            # A description that begins on the next line stands below its option.
            options = re.findall(r"^  (--[\w,-]+).*?(?:\n {6,}|  +)(\S.*)$", text, re.M)
            self.assertEqual(re.findall(r"^\| (`--.*`) \| (.*) \|$", section, re.M),
                             [(", ".join(f"`{name}`" for name in names.split(",")), meaning)
                              for names, meaning in options], command)

    def complete(self, *words):
        """What bash offers for the last word."""
        script = (f"source {self.folder}/slod.bash\nCOMP_WORDS=({' '.join(map(repr, words))})\n"
                  f"COMP_CWORD={len(words) - 1}\ncompopt() {{ :; }}\n_slod\n"
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = run("bash", "-c", script, cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_bash_completes(self):
        self.assertEqual(self.complete("slod", "fre"), ["freeze"])
        self.assertEqual(self.complete("slod", "freeze", "--ch"), ["--change"])
        self.assertEqual(self.complete("slod", "freeze", "--change", ""),
                         ["feature", "fix", "hotfix"])
        self.assertEqual(self.complete("slod", "run", "--log-format", "j"), ["json"])
        self.assertEqual(self.complete("slod", "run", "--config", "slod.b"), ["slod.bash"])
        self.assertEqual(self.complete("slod", "check", "slod.b"), ["slod.bash"])

    def test_alerts_are_completed(self):
        names = re.findall(r"^## (Slod\w+)$", (REPOSITORY / "docs/runbooks.md").read_text(), re.M)
        self.assertIn("SlodDown", names)
        self.assertEqual(self.complete("slod", "runbook", ""), names)
        self.assertEqual(self.complete("slod", "runbook", "SlodDo"), ["SlodDown"])
        self.assertEqual(self.complete("slod", "runbook", "--h"), ["--help"])
        self.assertIn(f"':alert:({' '.join(names)})'", self.zsh)

    def test_zsh_can_read_its_completion(self):
        if not shutil.which("zsh"):
            self.skipTest("expected zsh on PATH, found none")
        done = run("zsh", "-f", "-n", self.folder / "_slod")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_man_shows_the_page_without_a_warning(self):
        if not shutil.which("man"):
            self.skipTest("expected man on PATH, found none")
        done = run("man", "--warnings", "-E", "UTF-8", "-l", self.folder / "slod.1")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("slod freeze SERVICE", re.sub(r"\s+", " ", done.stdout))


class CopyrightTest(unittest.TestCase):
    def test_names_everything_that_the_program_is_made_of(self):
        text = (REPOSITORY / "deploy/debian/copyright").read_text()
        found = re.findall(r"(?:find_package\(|find_library\(SLOD_)([\w-]+)",
                           (REPOSITORY / "cmake/targets.cmake").read_text())
        parts = set(found) - {"Threads"} | {"dygraph.min.js", "dygraph.min.css"}
        self.assertGreater(len(parts), 10)
        for part in parts:
            self.assertRegex(text, rf"(?i)\b{re.escape(part)}\b")
        licences = set(re.findall(r"^License: (.*)$", text, re.M))
        self.assertEqual(licences, set(re.findall(r"^License: (.*)\n ", text, re.M)))
        dygraphs = (REPOSITORY / "daemon/page/files/dygraph-licence.txt").read_text()
        for author in re.findall(r"\S+@\S+(?=>)", dygraphs):
            self.assertIn(author.lstrip("<"), text)


class UnitTest(unittest.TestCase):
    def setting(self, name):
        return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.M)

    def test_is_kept_from_what_it_does_not_need(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("expected systemd-analyze on PATH, found none")
        done = run("systemd-analyze", "security", "--offline=true", "--no-pager", UNIT)
        found = re.search(r"Overall exposure level for slod\.service: ([0-9.]+) .*", done.stdout)
        self.assertIsNotNone(found, done.stdout + done.stderr)
        print(found[0], file=sys.stderr)
        self.assertLessEqual(float(found[1]), EXPOSURE_MOST)

    def test_has_only_settings_that_systemd_knows(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("expected systemd-analyze on PATH, found none")
        unit = temporary_folder(self) / "slod.service"  # the program where it is here, no page
        unit.write_text(UNIT.read_text().replace("/usr/bin/slod", PROGRAM)
                        .replace("Documentation=man:slod(1)\n", ""))
        done = run("systemd-analyze", "verify", "--man=no", unit)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_starts_what_the_program_takes(self):
        command, = self.setting("ExecStart")
        self.assertRegex(command, r"^/usr/bin/slod run ")
        known = option_names(run_command("run", "--help").stdout)
        for option in re.findall(r" (--[a-z-]+)", command):
            self.assertIn(option, known)
        self.assertEqual(self.setting("Restart"), ["on-failure"])
        self.assertEqual(self.setting("StateDirectory"), ["slod"])
        self.assertIn("--state /var/lib/slod", command)
        self.assertEqual(self.setting("ExecReload"), ["/bin/kill -HUP $MAINPID"])
        self.assertNotIn("DynamicUser=yes", UNIT.read_text())


if __name__ == "__main__":
    unittest.main()
