"""The web page's JavaScript has the one format, and no slip that a linter sees. Needs Node and two
packages of npm; skipped where they cannot be had. `make format` does not write this format:
  build/page_lint/node_modules/.bin/prettier --config build/page_lint/prettier.json --write FILES"""

import shutil
import subprocess
import unittest

from npm import HERE, install

PAGE = HERE.parents[1] / "daemon/page/files"


class PageLint(unittest.TestCase):
    def setUp(self):
        self.folder = install(self, "page_lint")
        shutil.rmtree(self.folder / "page", ignore_errors=True)
        self.page = shutil.copytree(PAGE, self.folder / "page")

    def found(self, program, *arguments):
        done = subprocess.run([self.folder / "node_modules/.bin" / program, *arguments],
                              cwd=self.folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_has_the_one_format(self):
        files = [str(file) for file in self.page.glob("*.js")]
        code, said = self.found("prettier", "--config", "prettier.json", "--check", *files)
        self.assertEqual(code, 0, said)

    def test_has_no_slip(self):
        code, said = self.found("eslint", "page")
        self.assertEqual(code, 0, said)

    def test_finds_a_slip(self):
        (self.page / "slip.js").write_text("const one = two;\n")
        code, said = self.found("eslint", "page")
        self.assertEqual(code, 1, said)
        for rule in ("no-undef", "no-unused-vars"):
            self.assertIn(rule, said)


if __name__ == "__main__":
    unittest.main()
