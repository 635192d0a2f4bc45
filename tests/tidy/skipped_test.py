"""The runner finds every skip in ctest's log, and knows which are allowed."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import run_tests as runner  # noqa: E402

LOG = """Start testing: Nov 30 09:00 UTC
----------------------------------------------------------
1/5 Testing: Sum.IsRight
Output:
----------------------------------------------------------
[       OK ] Sum.IsRight (0 ms)
<end of output>
2/5 Testing: Parser.ReadsTheirFiles
Output:
----------------------------------------------------------
conformance_test.cpp:90: Skipped
[  SKIPPED ] Parser.ReadsTheirFiles (0 ms)
<end of output>
3/5 Testing: end_to_end.grafana
Output:
----------------------------------------------------------
test_a (grafana_test.Grafana.test_a) ... ok
test_b (grafana_test.Grafana.test_b) ... skipped 'no npm'
test_c (grafana_test.Grafana.test_c)
Says what it is about. ... skipped "it's not there"
setUpClass (grafana_test.Other) ... skipped 'no browser'
<end of output>
4/5 Testing: package
Output:
----------------------------------------------------------
SKIPPED: it takes minutes
<end of output>
5/5 Testing: promqltest.conformance
Output:
----------------------------------------------------------
skipped 12: experimental syntax
total: 90 passed, 0 failed, 12 skipped
<end of output>
"""


class Skips(unittest.TestCase):
    def test_each_kind_of_skip_is_found(self):
        self.assertEqual(list(runner.skips_of(LOG)), [
            "Parser.ReadsTheirFiles: Parser.ReadsTheirFiles",
            "end_to_end.grafana: test_b (grafana_test.Grafana.test_b): no npm",
            "end_to_end.grafana: Says what it is about.: it's not there",
            "end_to_end.grafana: setUpClass (grafana_test.Other): no browser",
            "package: it takes minutes",
            "promqltest.conformance: experimental syntax"])

    def test_what_is_not_on_the_list_is_unexpected(self):
        allowed = list(runner.patterns("# a comment\n\n^package: it takes  # minutes\n"))
        self.assertEqual(len(allowed), 1)
        self.assertEqual(runner.unexpected(["package: it takes minutes", "other: why"], allowed),
                         ["other: why"])

    def test_each_allowed_skip_has_its_reason(self):
        with self.assertRaises(ValueError):
            list(runner.patterns("^package:\n"))
        list(runner.patterns(runner.ALLOWED.read_text()))


if __name__ == "__main__":
    unittest.main()
