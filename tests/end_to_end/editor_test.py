"""Prometheus's own editor for PromQL completes from slod. Needs Node and one package of npm, which is
installed below build/; skipped where either cannot be had."""

import json
import subprocess
import unittest

from npm import install
from slod import PATIENCE_SECONDS, SlodTest, ask, eventually
from target import Target


class Editor(SlodTest):
    def setUp(self):
        self.installed = install(self, "promql_editor")
        target = Target(self)
        target.counters.requests(ok=10, failed=1)
        self.slod = self.run_slod_on(target)
        eventually("slod has samples", lambda: ask(
            self.slod.url + "/api/v1/query?query=http_requests_total")[1]["data"]["result"])

    def asked(self, method, prefix=""):
        done = subprocess.run(["node", "complete.cjs", self.slod.url + prefix, method],
                              cwd=self.installed, capture_output=True, text=True,
                              timeout=PATIENCE_SECONDS)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_completes(self):
        for method, prefix in (("GET", ""), ("POST", ""), ("POST", "/behind/a/proxy")):
            with self.subTest(method + prefix):
                said = self.asked(method, prefix)
                self.assertEqual(said["failures"], [])
                self.assertIn("http_requests_total", said["metricNames"])
                self.assertIn("up", said["metricNames"])
                names = {"__name__", "code", "instance", "job"}
                self.assertEqual(set(said["labelNames"]), names)
                self.assertEqual(said["labelValues"], ["200", "500"])
                self.assertEqual({labels["code"] for labels in said["series"]}, {"200", "500"})
                objective = said["metadata"]["slod_slo_objective_ratio"][0]
                self.assertEqual(objective["type"], "gauge")
                self.assertEqual(said["flags"]["query.lookback-delta"], "5m")
                self.assertIn("http_requests_total", said["afterName"])
                self.assertLessEqual({"code", "instance", "job"}, set(said["afterBrace"]))
                self.assertEqual(said["afterQuote"], ["200", "500"])
                self.assertLessEqual({"code", "instance", "job"}, set(said["afterBy"]))


if __name__ == "__main__":
    unittest.main()
