"""What slod counts through a real scrape, and what it then answers about a change."""

import random
import unittest

from slod import (SlodTest, availability, eventually, run_command, scrape_job, throughout)
from target import Target


def configuration(target, **slo):
    return {"scrape": [scrape_job(target)],
            "services": [{"name": "api", "slos": [availability(**slo)]}]}


class Counting(SlodTest):
    def setUp(self):
        self.target = Target(self)
        good = availability("by-good")
        del good["availability"]["bad"]
        good["availability"]["good"] = 'http_requests_total{job="api",code!~"5.."}'
        config = configuration(self.target)
        config["services"][0]["slos"].append(good)
        self.config = config

    def expect(self, good, bad):
        for slo in ("api/availability", "api/by-good"):
            self.await_counts(self.slod, slo, good, bad)

    def test_counts_births_resets_and_restarts_of_the_target_exactly_once(self):
        counters = self.target.counters
        counters.set("http_requests_total", 1000, code="200")
        self.slod = self.run_slod(self.config)
        self.expect(0, 0)  # what was before the first read is a baseline

        counters.add("http_requests_total", 7, code="500")  # a birth begins at zero
        self.expect(0, 7)
        counters.requests(ok=93)
        self.expect(93, 7)
        counters.set("http_requests_total", 40, code="200")  # a reset
        self.expect(133, 7)
        counters.remove("http_requests_total", code="500")
        counters.requests(ok=1)
        self.expect(134, 7)  # an end subtracts nothing

        self.target.close()
        again = Target(self, port=self.target.port)
        again.counters.requests(ok=10, failed=3)
        self.expect(144, 10)
        again.counters.requests(ok=5, failed=5)
        self.expect(149, 15)
        slo = self.slod.slo("api/availability")
        self.assertAlmostEqual(slo["sli_ratio"], 149 / 164)
        self.assertAlmostEqual(slo["budget"]["spent_ratio"], 15 / 16.4)
        self.assertAlmostEqual(
            self.slod.metric("slod_slo_events_total", slo="availability", outcome="bad"), 15)

    def test_agrees_with_a_naive_count_of_random_events(self):
        seed = random.randrange(1 << 32)
        dice = random.Random(seed)
        counters = self.target.counters
        values = {"200": 0}
        counters.set("http_requests_total", 0, code="200")
        self.slod = self.run_slod(self.config)
        good = bad = 0
        with self.subTest(seed=seed):
            for _ in range(8):
                for _ in range(dice.randrange(1, 6)):
                    code = dice.choice(["200", "201", "404", "500", "503"])
                    events = dice.randrange(0, 50)
                    if values.get(code, 0) > 10 and dice.random() < 0.3:
                        # A counter that begins again is seen by its value alone, so it must fall
                        # far: one that falls a little, or by a few events only, is a dip.
                        events = dice.randrange(1, values[code] // 2 + 1)
                        values[code] = 0
                    values[code] = values.get(code, 0) + events
                    counters.set("http_requests_total", values[code], code=code)
                    good, bad = (good, bad + events) if code >= "500" else (good + events, bad)
                    self.expect(good, bad)

    def test_keeps_idle_time_apart_from_success_and_from_missing_time(self):
        self.target.counters.requests()
        self.slod = self.run_slod(self.config)
        slo = eventually("evidence", lambda: self.coverage_of("api/availability"))
        self.assertIsNone(slo["sli_ratio"])
        self.assertIsNone(slo["budget"]["spent_ratio"])
        self.assertEqual(slo["total"], 0)
        self.assertGreater(slo["coverage_ratio"], 0.5)
        self.assertEqual(self.slod.verdict("api")["verdict"], "allow")

    def coverage_of(self, path):
        slo = self.slod.slo(path)
        return slo if slo["coverage_ratio"] else None


class Freezing(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.target.counters.requests()
        self.slod = self.run_slod(configuration(self.target))

    def await_level(self, level):
        eventually(f"{level}: {self.slod.verdict('api')}",
                   lambda: self.slod.verdict("api")["level"] == level)

    def expect(self, level, statuses):
        """The verdict on a feature, a fix and a hotfix, by status and by word."""
        words = {200: "allow", 423: "deny", 503: "inconclusive"}
        for change, expected in zip(("feature", "fix", "hotfix"), statuses):
            for method in ("GET", "POST"):
                path = f"/freeze/api?change={change}"
                status, verdict = self.slod.get(path + "&enforce=1", method)
                self.assertEqual(status, expected, (change, method, verdict))
                self.assertEqual(self.slod.get(path, method)[0], 200)
                self.assertEqual(verdict["verdict"], words[expected])
                self.assertEqual(verdict["level"], level)
                self.assertEqual(verdict["change"], change)
                self.assertEqual(verdict["frozen"], level != "open")

    def command(self, *arguments):
        return run_command("freeze", "--server", self.slod.url, *arguments)

    def test_climbs_the_ladder_and_thaws(self):
        counters = self.target.counters
        counters.requests(ok=100)
        self.await_counts(self.slod, "api/availability", 100, 0)
        self.expect("open", (200, 200, 200))
        reason, = self.slod.verdict("api")["reasons"]
        self.assertEqual((reason["kind"], reason["slo"], reason["spent_ratio"], reason["bad"]),
                         ("budget_left", "availability", 0, 0))
        command = self.command("api")
        self.assertEqual((command.returncode, command.stdout),
                         (0, "allow: feature for api (open)\n"))

        counters.requests(failed=6)  # 6 of the 10.6 that are allowed
        self.await_level("feature_freeze")
        self.expect("feature_freeze", (423, 200, 200))
        reason = self.slod.verdict("api")["reasons"][0]
        self.assertEqual((reason["slo"], reason["kind"]), ("availability", "budget_spent"))
        self.assertEqual((reason["good"], reason["bad"], reason["total"]), (100, 6, 106))
        self.assertAlmostEqual(reason["spent_ratio"], 6 / 10.6)
        self.assertEqual(reason["threshold_ratio"], 0.5)
        self.assertIn("56.6 % of the 1h error budget of api/availability is spent",
                      reason["message"])
        self.assertIsNotNone(self.slod.verdict("api")["earliest_thaw"])
        command = self.command("api")
        self.assertEqual(command.returncode, 1)
        self.assertRegex(command.stdout, r"\Adeny: feature for api \(feature_freeze\): 56\.6 % of "
                         r"[^\n]*; thaws at the earliest [0-9TZ:.-]+\n\Z")
        self.assertEqual(self.command("api", "--change", "fix").returncode, 0)

        counters.requests(failed=6)
        self.await_level("hotfix_only")
        self.expect("hotfix_only", (423, 423, 200))
        self.assertEqual(self.slod.metric("slod_freeze_level", service="api"), 2)

        counters.requests(ok=1000)
        self.await_level("open")
        self.expect("open", (200, 200, 200))
        self.assertEqual(self.slod.metric("slod_freeze_level", service="api"), 0)
        self.assertEqual(self.slod.log().count("freeze level changed"), 3)

    def test_thaws_only_a_margin_below_the_threshold(self):
        self.target.counters.requests(ok=94, failed=6)  # 60 %
        self.await_level("feature_freeze")
        self.target.counters.requests(ok=22)  # 6 / 12.2 = 49.2 %, above 48 %
        self.await_counts(self.slod, "api/availability", 116, 6)
        throughout(2.5, lambda: self.assertEqual(self.slod.verdict("api")["level"],
                                                 "feature_freeze"))
        self.target.counters.requests(ok=10)  # 6 / 13.2 = 45.5 %
        self.await_level("open")

    def test_answers_for_every_service_at_once(self):
        self.target.counters.requests(ok=1, failed=1)
        self.await_level("hotfix_only")
        status, answer = self.slod.get("/freeze")
        self.assertEqual((status, answer["frozen"]), (200, True))
        self.assertEqual([s["service"] for s in answer["services"]], ["api"])
        self.assertEqual(self.slod.get("/freeze?enforce=1")[0], 423)
        self.assertEqual(self.slod.get("/freeze?enforce=1&change=hotfix")[0], 200)

    def test_names_the_alerts_that_are_firing_also_where_it_allows(self):
        self.assertEqual(self.slod.verdict("api")["alerts"], [])
        self.target.counters.requests(ok=10, failed=90)
        eventually("a page", lambda: any(
            (alert["slo"], alert["severity"], alert["state"]) == ("availability", "page", "firing")
            for alert in self.slod.get("/freeze/api?change=hotfix")[1]["alerts"]))
        command = self.command("api", "--change", "hotfix")
        self.assertEqual(command.returncode, 0)
        self.assertIn("; page is firing on availability", command.stdout)

    def test_refuses_what_it_does_not_know(self):
        for path, method, status in (("/freeze/apj", "GET", 404), ("/freeze/apj", "POST", 404),
                                     ("/freeze/api?change=rollback", "GET", 400),
                                     ("/freeze/api?enforce=yes", "GET", 400),
                                     ("/freeze/api?enforc=1", "GET", 400),
                                     ("/freeze/api?change=fix&change=hotfix", "GET", 400),
                                     ("/api/v1/slos/api/availability?windw=5m", "GET", 400),
                                     ("/freeze/api", "DELETE", 405), ("/freezer", "GET", 404),
                                     ("/api/v1/slos/api/latency", "GET", 404),
                                     ("/api/v1/slos/api/availability?window=soon", "GET", 400)):
            with self.subTest(path=path, method=method):
                found, body = self.slod.get(path, method)
                self.assertEqual(found, status)
                self.assertRegex(body["error"], r"expected .+, found ")

    def test_command_says_what_is_wrong_or_that_there_is_no_answer(self):
        command = self.command("apj")
        self.assertEqual((command.returncode, command.stdout), (3, ""))
        self.assertRegex(command.stderr, r"\Aslod freeze: expected the name of [^\n]*\"apj\"[^\n]*\n\Z")
        self.assertEqual(self.command("api", "--change", "rollback").returncode, 3)
        self.assertEqual(run_command("freeze").returncode, 3)
        for url in ("127.0.0.1:9750", "ftp://127.0.0.1", "http://127.0.0.1:9750?a=b", "", "http://a:0"):
            for arguments in (("freeze", "api"), ("gate", "api", "--for", "1s"), ("status",)):
                command = run_command(*arguments, "--server", url)
                self.assertEqual((command.returncode, command.stdout), (3, ""), command)
                self.assertIn("--server: expected a URL", command.stderr)
        self.slod.stop()
        command = self.command("api")
        self.assertEqual((command.returncode, command.stdout), (3, ""))
        self.assertRegex(command.stderr, r"\Aslod freeze: no answer: [^\n]*\n\Z")


class MissingEvidence(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.target.counters.requests()
        services = [
            {"name": policy, "slos": [availability(on_missing=policy, stale_after="3s")]}
            for policy in ("deny", "allow", "last_known")]
        # One whose series never appear.
        services.append({"name": "unborn", "slos": [
            availability(metric="grpc_requests_total", on_missing="last_known")]})
        self.slod = self.run_slod({"scrape": [scrape_job(self.target)], "services": services})

    def enforce(self, service, change="feature"):
        return self.slod.get(f"/freeze/{service}?enforce=1&change={change}")[0]

    def await_reason(self, service, kind):
        return eventually(f"{service} says {kind}", lambda: next(
            (r for r in self.slod.verdict(service)["reasons"] if r["kind"] == kind), None))

    def test_does_what_the_owner_declared_when_the_target_dies(self):
        self.target.counters.requests(ok=100)
        for service in ("deny", "allow", "last_known"):
            self.await_counts(self.slod, f"{service}/availability", 100, 0)
            self.assertEqual(self.enforce(service), 200)
        self.target.close()
        reason = self.await_reason("deny", "evidence_missing")
        self.assertIn("on_missing is deny, so only hotfixes are allowed", reason["message"])
        self.assertIn(f"127.0.0.1:{self.target.port}", reason["message"])
        self.assertEqual((self.enforce("deny"), self.enforce("deny", "fix"),
                          self.enforce("deny", "hotfix")), (423, 423, 200))
        self.await_reason("allow", "evidence_missing")
        self.assertEqual(self.enforce("allow"), 200)
        reason = self.await_reason("last_known", "evidence_missing")
        self.assertIn("on_missing is last_known, so the last level (open) applies until", reason["message"])
        self.assertEqual(self.enforce("last_known"), 200)
        self.assertEqual(self.slod.get("/freeze?enforce=1")[0], 423)

        slo = eventually("coverage falls", lambda: self.below(0.95, "deny/availability"))
        self.assertEqual((slo["good"], slo["bad"]), (100, 0))
        self.assertLess(self.slod.metric("slod_slo_coverage_ratio", service="deny"), 1)

        again = Target(self, port=self.target.port)
        again.counters.requests(ok=1)
        eventually("deny allows again", lambda: self.enforce("deny") == 200)

    def below(self, coverage, path):
        slo = self.slod.slo(path)
        return slo if slo["coverage_ratio"] < coverage else None

    def test_a_last_known_freeze_holds_when_the_target_dies(self):
        self.target.counters.requests(ok=10, failed=10)
        eventually("freezes", lambda: self.slod.verdict("last_known")["level"] == "hotfix_only")
        self.target.close()
        reason = self.await_reason("last_known", "evidence_missing")
        self.assertIn("the last level (hotfix_only) applies until", reason["message"])
        self.assertEqual((self.enforce("last_known"), self.enforce("allow")), (423, 200))

    def test_is_inconclusive_where_nothing_was_ever_seen(self):
        verdict = self.slod.verdict("unborn")
        self.assertEqual((verdict["verdict"], verdict["level"]), ("inconclusive", "open"))
        self.assertEqual((self.enforce("unborn"), self.slod.get("/freeze/unborn")[0]), (503, 200))
        command = run_command("freeze", "--server", self.slod.url, "unborn")
        self.assertEqual(command.returncode, 2)
        self.assertRegex(command.stdout, r"\Ainconclusive: feature for unborn \(open\): .*\n\Z")


if __name__ == "__main__":
    unittest.main()
