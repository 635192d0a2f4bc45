"""`slod check` against targets and a real Prometheus: what it finds beyond the form."""

import json
import unittest

from peers import Prometheus
from slod import availability, eventually, run_command, scrape_job, temporary_folder
from target import Target


def latency(below):
    return {"name": "latency", "objective": "99%",
            "latency": {"histogram": 'seconds{job="api"}', "below": below}}


def buckets(*bounds):
    return "".join(f'seconds_bucket{{le="{bound}"}} 1\n' for bound in bounds)


class Check(unittest.TestCase):
    def check(self, config):
        """(exit code, findings without the file's name, notes)"""
        file = temporary_folder(self) / "slod.yaml"
        file.write_text(json.dumps(config))
        done = run_command("check", file)
        return (done.returncode, [line.removeprefix(f"{file}") for line in
                                  done.stdout.splitlines()], done.stderr)

    def check_slos(self, page, *slos):
        target = Target(self)
        target.behave = lambda request: request.respond(page)
        code, findings, notes = self.check({"scrape": [scrape_job(target, interval="15s")],
                                            "services": [{"name": "api", "slos": slos}]})
        self.assertEqual(code, 0)
        return findings, notes

    def expect(self, findings, *words):
        self.assertEqual(len(findings), len(words), findings)
        for finding, word in zip(findings, words):
            self.assertRegex(finding, r"\A:\d+:\d+: warning: api/\w+: (expected|no series|the histogram) ")
            self.assertIn(word, finding)

    def test_names_the_buckets_beside_a_threshold(self):
        for below, bounds, words in [
                ("500ms", ("0.25", "0.5", "+Inf"), []),
                ("300ms", ("0.25", "0.5", "+Inf"), ["found 0.3 s, between 0.25 s and 0.5 s"]),
                ("100ms", ("0.25", "0.5", "+Inf"), ["found 0.1 s, between 0 s and 0.25 s"]),
                ("1s", ("0.25", "0.5", "+Inf"), ["found 1 s, above the highest one, 0.5 s"]),
                ("1s", ("+Inf",), ['the histogram has no bucket but le="+Inf"']),
                ("500ms", ("0.25", "0.5"), ['the histogram has no bucket with le="+Inf"'])]:
            with self.subTest(below=below, bounds=bounds):
                findings, notes = self.check_slos(buckets(*bounds), latency(below))
                self.expect(findings, *words)
                self.assertEqual(notes, "")

    def test_names_selectors_that_match_nothing(self):
        slo = availability(objective="99%", window="30d")
        self.expect(self.check_slos("other 1\n", slo)[0], "no series match total: ")
        self.expect(self.check_slos('http_requests_total{code="200"} 1\n', slo)[0])

    def test_finds_nothing_missing_on_a_page_that_is_none(self):
        findings, notes = self.check_slos("<html>", availability(objective="99%", window="30d"))
        self.expect(findings)
        self.assertIn("was not checked: expected a metric name", notes)

    def test_reads_what_a_real_prometheus_has(self):
        target = Target(self)
        target.behave = lambda request: request.respond(
            'http_requests_total{code="200"} 1\n' + buckets("0.25", "0.5", "+Inf"))
        prometheus = Prometheus(self, {"api": target.port}).start()
        eventually("Prometheus reads it", lambda: prometheus.value("http_requests_total"))
        slo = availability(objective="99%", window="30d")
        code, findings, notes = self.check({
            "prometheus": [{"name": "local", "url": prometheus.url}],
            "services": [{"name": "api", "slos": [slo, latency("300ms")]}]})
        self.assertEqual(code, 0)
        self.assertRegex(notes, r"\Anote: api/availability: no series match bad: .*\n\Z")
        self.expect(findings, "api/latency: expected below to be a bucket's bound, found 0.3 s, "
                              "between 0.25 s and 0.5 s")


if __name__ == "__main__":
    unittest.main()
