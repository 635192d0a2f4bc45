"""promtool, as people use it, against slod in the place of a Prometheus."""

import subprocess
import time
import unittest

from peers import program
from slod import PATIENCE_SECONDS, SlodTest, eventually
from target import Target


class Promtool(SlodTest):
    def setUp(self):
        self.promtool = program(self, "promtool")
        target = Target(self)
        target.counters.requests(ok=10, failed=1)
        self.instance = f"127.0.0.1:{target.port}"
        self.slod = self.run_slod_on(target)
        self.begin = int(time.time())
        eventually("slod has samples", lambda: self.query("instant", "up") != "")

    def query(self, kind, *arguments, prefix=""):
        """What `promtool query` prints."""
        flags = [argument for argument in arguments if argument.startswith("-")]
        rest = [argument for argument in arguments if not argument.startswith("-")]
        url = [] if kind == "series" else [self.slod.url + prefix]
        after = [self.slod.url + prefix] if kind == "series" else []
        done = subprocess.run([self.promtool, "query", kind, *flags, *url, *rest, *after],
                              capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def test_queries(self):
        series = f'instance="{self.instance}", job="api"'
        self.assertRegex(self.query("instant", "up"), fr"up{{{series}}} => 1 @\[[0-9.]+\]")
        self.assertRegex(self.query("instant", "1 + 1"), r"scalar: 2 @\[[0-9.]+\]")
        self.assertRegex(self.query("instant", 'http_requests_total{code="500"}', prefix="/any/way"),
                         fr'http_requests_total{{code="500", {series}}} => 1 @')
        lines = self.query("range", "sum(http_requests_total)", "--step=1s",
                           f"--start={self.begin + 2}", f"--end={self.begin + 4}").splitlines()
        self.assertEqual(lines[0], "{} =>")
        self.assertIn("11 @", lines[1])
        self.assertEqual(
            self.query("series", "--match=up"),
            f'{{__name__="up", instance="{self.instance}", job="api"}}')
        # slod itself answers with codes too, such as 503 until it is ready.
        self.assertLessEqual({"200", "500"}, set(self.query("labels", "code").splitlines()))
        self.assertEqual(self.query("labels", "job"), "api")
        self.assertIn("http_requests_total", self.query("labels", "__name__").splitlines())

    def test_shows_an_error_of_the_query(self):
        done = subprocess.run([self.promtool, "query", "instant", self.slod.url, "sum("],
                              capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('bad_data: invalid parameter "query": 1:5: parse error: unclosed left '
                      'parenthesis', done.stderr)


if __name__ == "__main__":
    unittest.main()
