"""Who lands on README.md, or in docs/, finds every page: links lead somewhere, each page is two
links away at the most, and none is a dead end. Links to other hosts are not followed."""

import os
import pathlib
import re
import unittest

# The documents may also be those that a package installed.
REPOSITORY = pathlib.Path(os.environ.get("SLOD_DOCUMENTS") or
                          pathlib.Path(__file__).resolve().parents[2])
PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md"),
                *(REPOSITORY / "deploy").rglob("README.md")])
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def prose(page):
    return FENCE.sub("", page.read_text())


def anchor(heading):
    """How a heading is named in a link: GitHub's rule."""
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def links(page):
    """(file, anchor or "") of each link that leads to a file of this repository."""
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if not re.match(r"[a-z]+:", link):
            path, _, fragment = link.partition("#")
            file = (page.parent / path).resolve() if path else page
            front = file / "README.md"  # what a browser of the repository shows of a folder
            yield front if front.exists() else file, fragment


class Links(unittest.TestCase):
    def test_lead_to_files_and_headings_that_there_are(self):
        anchors = {page: {anchor(heading) for heading in re.findall(r"^#+ (.*)$", prose(page), re.M)}
                   for page in PAGES}
        for page in PAGES:
            for file, fragment in links(page):
                self.assertTrue(file.exists(), f"{page.name} links to {file}")
                if fragment:
                    self.assertIn(fragment, anchors[file], f"{page.name} links to {file.name}")

    def test_two_of_them_reach_every_page(self):
        for first in (REPOSITORY / "README.md", REPOSITORY / "docs/README.md"):
            near = {file for file, _ in links(first)} | {first}
            far = near | {file for page in near & set(PAGES) for file, _ in links(page)}
            missing = [str(page.relative_to(REPOSITORY)) for page in PAGES if page not in far]
            self.assertEqual(missing, [], f"from {first}")

    def test_go_on_from_every_page(self):
        for page in PAGES:
            if page.name not in ("CHANGELOG.md",):
                self.assertTrue({file for file, _ in links(page)} - {page}, page)

    def test_no_table_has_a_row_twice_or_cut_off(self):
        for page in PAGES:
            blocks = re.split(r"\n\s*\n", prose(page))
            for block in blocks:
                rows = re.findall(r"^\|.*\|$", block, re.M)
                if rows:
                    self.assertRegex(rows[min(1, len(rows) - 1)], r"^[|-]+$",
                                     f"{page.name}: a table without a head")
                self.assertEqual(len([row for row in rows if re.fullmatch(r"[|-]+", row)]),
                                 1 if rows else 0, f"{page.name}: two tables in one: {rows[:1]}")
                self.assertEqual(len(rows), len(set(rows)), f"{page.name}: {rows[:1]}")


if __name__ == "__main__":
    unittest.main()
