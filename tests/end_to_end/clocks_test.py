"""Clocks that are wrong: those of sources, and slod's own before a restart."""

import email.utils
import time
import unittest

from peers import FOLDER
from slod import Slod, SlodTest, availability, eventually, scrape_job, source_name
from target import Target

SLO = "api/availability"
DAY_SECONDS = 86400


class Skew(SlodTest):
    """A federating server whose clock is off, as its timestamps and its Date say."""

    def run_slod_on_a_server(self, ahead, with_date=True):
        server = Target(self)
        counters = {"200": 1000, "500": 10}

        def behave(request):
            now = time.time() + ahead
            page = "".join(f'http_requests_total{{code="{code}",instance="i",job="api"}} {value} '
                           f"{int(now * 1000)}\n" for code, value in counters.items())
            if with_date:
                request.date_time_string = lambda: email.utils.formatdate(now, usegmt=True)
            request.respond(page)

        server.behave = behave
        slod = self.run_slod({
            "prometheus": [{"name": "p", "interval": "200ms",
                            "url": f"http://127.0.0.1:{server.port}"}],
            "services": [{"name": "api", "slos": [availability()]}]})
        return slod, counters

    def test_is_measured_and_taken_off_in_both_directions(self):
        for ahead in (40, -40):
            with self.subTest(ahead=ahead):
                slod, counters = self.run_slod_on_a_server(ahead)
                counters["500"] += 50
                self.await_counts(slod, SLO, 0, 50)
                slo = slod.slo(SLO)
                self.assertGreaterEqual(slo["evidence_age_seconds"], 0)
                self.assertLess(slo["evidence_age_seconds"], 10)
                self.assertEqual(slod.verdict("api")["verdict"], "deny")
                skew = slod.metric("slod_scrape_clock_skew_seconds", source="prometheus/p")
                self.assertAlmostEqual(skew, ahead, delta=1.5)
                source = slod.get("/api/v1/status")[1]["sources"][0]
                self.assertEqual(source["clock_skew_seconds"], skew)
                self.assertIsNone(source["finding"])
                slod.stop()

    def test_is_seen_where_a_proxy_with_the_right_time_wrote_the_date(self):
        slod, counters = self.run_slod_on_a_server(40, with_date=False)
        counters["500"] += 50
        self.await_counts(slod, SLO, 0, 50)
        self.assertEqual(slod.verdict("api")["verdict"], "deny")

    def test_beyond_the_bound_is_a_finding_and_no_evidence(self):
        slod, counters = self.run_slod_on_a_server(1200)
        counters["500"] += 50
        finding = eventually("finds it", lambda: slod.get(
            "/api/v1/status")[1]["sources"][0]["finding"])
        self.assertIn("the clock of prometheus/p is 20m ahead of that of slod", finding)
        self.assertIn(finding, slod.log())
        self.assertEqual(slod.slo(SLO)["total"], 0)
        self.assertEqual(slod.verdict("api")["verdict"], "inconclusive")


class Restart(SlodTest):
    """slod whose clock was a day ahead before a restart."""

    def setUp(self):
        library = next(FOLDER.glob("usr/lib/*/faketime/libfaketime.so.1"), None)
        if not library:
            self.skipTest(f"expected libfaketime in {FOLDER} (scripts/setup.sh test puts it there)")
        self.target = Target(self)
        self.target.counters.requests(ok=1000, failed=10)
        self.slod = Slod(self, {"scrape": [scrape_job(self.target)],
                                "services": [{"name": "api", "slos": [availability()]}]})
        self.ahead = ["env", f"LD_PRELOAD={library}", "FAKETIME_DONT_FAKE_MONOTONIC=1",
                      f"FAKETIME=+{DAY_SECONDS}"]

    def errors(self, begin):
        return [line for line in self.slod.log(begin).splitlines() if "level=error" in line]

    def test_goes_on_at_once_and_keeps_its_budget(self):
        self.slod.under = self.ahead
        self.slod.started_and_ready()
        self.target.counters.requests(ok=90, failed=20)
        self.await_counts(self.slod, SLO, 90, 20)
        eventually("freezes", lambda: self.slod.verdict("api")["level"] == "hotfix_only")
        self.assertEqual(self.slod.stop(), 0)

        self.slod.under = []
        begin = self.slod.log_size()
        self.slod.started_and_ready()
        self.assertEqual(len(self.errors(begin)), 1, self.slod.log(begin))
        self.assertIn("the stored state is from the future", self.errors(begin)[0])
        self.await_counts(self.slod, SLO, 90, 20)
        self.target.counters.requests(ok=10, failed=30)
        self.await_counts(self.slod, SLO, 100, 50)
        slo, verdict = self.slod.slo(SLO), self.slod.verdict("api")
        self.assertEqual(verdict["verdict"], "deny")
        self.assertLessEqual(verdict["since"], verdict["evaluated_at"])
        self.assertLess(slo["observed_since"], verdict["evaluated_at"])
        self.assertTrue(0 <= slo["evidence_age_seconds"] < 10, slo)
        up = self.slod.metric("slod_scrape_up", source=source_name(self.target))
        self.assertEqual(up, 1)
        self.assertEqual(self.slod.stop(), 0)

        begin = self.slod.log_size()
        self.slod.started_and_ready()
        self.assertEqual(self.errors(begin), [])
        self.await_counts(self.slod, SLO, 100, 50)


if __name__ == "__main__":
    unittest.main()
