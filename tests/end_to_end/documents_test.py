"""The pages of docs/ do what they say: files are written, commands are run, and what they
print is what the pages show."""

import re
import time
import unittest
import urllib.parse

from document import DOCS, Page, blocks
from peers import Alertmanager, Prometheus, program
from receiver import PAGERDUTY_KEY, PagerDuty, Receiver, Slack
from replay import Replay
from slod import SlodTest, ask, availability, eventually, temporary_folder
from target import Target


class Migrating(SlodTest):
    def setUp(self):
        self.prometheus = Target(self)
        self.prometheus.behave = self.federate
        self.page = Page(self, "migrating.md", {9090: self.prometheus.port})

    def federate(self, request):
        """What a server says of the services, by its /federate."""
        at = int(time.time() * 1000)
        caddy = 'caddy_http_response_duration_seconds_{}{{job="caddy",instance="a",' \
                'handler="subroute",code="200"{}}} {} {}\n'
        page = "".join(
            f'http_request_duration_seconds_count{{job="myservice",instance="a",code="{code}"}} '
            f"{value} {at}\n" for code, value in (("200", 990 + at // 1000), ("500", 10)))
        seconds = at // 1000
        page += caddy.format("count", "", 4 * seconds, at)
        for le, share in (("0.05", 1), ("+Inf", 4)):  # a quarter is fast enough
            page += caddy.format("bucket", f',le="{le}"', share * seconds, at)
        request.respond(page)

    def test_configurations_say_what_the_page_shows(self):
        self.assertGreater(self.page.run(), 0)

    def test_expressions_and_rules_answer(self):
        self.page.run()
        whole = "".join((self.page.folder / name).read_text()
                        for name in ("myservice.yaml", "with-rules.yaml"))
        slod = self.run_slod(whole.replace("rule_files: [", f"rule_files: [{self.page.folder}/")
                             .replace("url: http", "interval: 1s\n    url: http", 1))
        rows = re.findall(r"^\| `(?:slo:|pyrra_).*\| `(.*)` \|$", self.page.text, re.MULTILINE)
        self.assertEqual(len(rows), 10)

        def results(expression):
            status, answer = slod.get("/api/v1/query?query=" + urllib.parse.quote(expression))
            self.assertEqual(status, 200, (expression, answer))
            return answer["data"]["result"]

        for expression in rows:
            if 'outcome="bad"' not in expression:
                with self.subTest(expression=expression):
                    eventually(expression, lambda: results(expression))
        _, rules = slod.get("/api/v1/rules")
        names = {rule["name"] for group in rules["data"]["groups"] for rule in group["rules"]}
        self.assertEqual(sorted(names - {"SloBurnRate"}), ["MyServiceHighErrorRate",
                                                            "slo:sli_error:ratio_rate5m"])
        eventually("the rule records", lambda: results("slo:sli_error:ratio_rate5m"))

    def test_rules_of_pyrra_say_what_they_said(self):
        self.page.run()
        rules = self.page.folder / "pyrra-rules.yml"  # as they are, but nobody waits for minutes
        rules.write_text(re.sub(r"(for|interval): \w+", r"\1: 1s", rules.read_text()))
        slod = self.run_slod("".join((self.page.folder / name).read_text() for name in (
            "pyrra.yaml", "with-pyrra-rules.yaml")).replace(
                "rule_files: [", f"rule_files: [{self.page.folder}/").replace(
                    "url: http", "interval: 1s\n    url: http", 1))

        def found():
            _, alerts = slod.get("/api/v1/alerts")
            return [alert for alert in alerts["data"]["alerts"]
                    if alert["labels"]["alertname"] == "ErrorBudgetBurn" and
                    alert["state"] == "firing"]

        alert, = eventually("the alert fires", found)
        self.assertEqual(alert["labels"], {
            "alertname": "ErrorBudgetBurn", "severity": "critical", "long": "6h", "short": "30m",
            "handler": "subroute", "job": "caddy", "slo": "caddy-response-latency"})
        self.assertAlmostEqual(float(alert["value"]), 0.75, places=6)
        eventually("slod counts the same", lambda: slod.slo("caddy/response-latency")["total"])
        self.assertAlmostEqual(slod.slo("caddy/response-latency")["sli_ratio"], 0.25, places=6)


class Tutorial(SlodTest):
    def test_ends_in_a_blocked_deployment_and_a_thaw(self):
        page = Page(self, "tutorial.md", replace={"/tmp/shop": f"{temporary_folder(self)}/shop"})
        page.run()
        self.assertIn("/build/release/daemon", page.path.partition(":")[0])


class Alerting(SlodTest):
    def test_a_drill_arrives_everywhere_and_ends(self):
        pagerduty, slack = PagerDuty(self), Slack(self)
        program(self, "amtool")
        alertmanager = Alertmanager(self, Receiver(self, (200, {}, ""), "/hook").url).start()
        page = Page(self, "alerting.md", {9093: alertmanager.port}, {
            "secrets/pagerduty}": f"secrets/pagerduty, url: {pagerduty.url}}}",
            "https://hooks.slack.com" + Slack.PATH: slack.url,
            "  - job: slod": "  - job: slod\n    interval: 1s"})
        self.assertGreater(page.run(), 0)
        self.assertEqual([action for action, _ in pagerduty.events()], ["trigger", "resolve"])
        self.assertEqual(pagerduty.received()[0]["routing_key"], PAGERDUTY_KEY)
        self.assertIn("A drill", pagerduty.received()[0]["payload"]["summary"])
        self.assertEqual(len(slack.received()), 2)
        self.assertIn("A drill", slack.received()[0]["text"])


STEPS = 81
STEP_SECONDS = 15
FRACTION_MILLISECONDS = 217
HOLE = range(30, 50)


def events(case, step):
    """(good, bad) requests of a case between the page before a step and its page."""
    if case == "busy":
        return (200, 0) if step <= 40 else (3, 1)
    if case == "born":
        return 10, 30 if step == 20 else 0
    if case == "burst":
        return 10, 10 if step == 70 else 0
    if case == "reset":
        return 10, 5 if step == 41 else 1
    return (0, 10) if step in HOLE else (10, 0)


class WorkedExample:
    """The pages of a case: counters that began long before, but for errors that are born."""

    def __init__(self, begin, *cases):
        self.begin = begin
        self.counters = {case: [1000, 0 if case == "born" else 1000] for case in cases}

    def __call__(self, step):
        at = (self.begin + step * STEP_SECONDS) * 1000 + FRACTION_MILLISECONDS
        lines = []
        for case, counters in self.counters.items():
            if case == "reset" and step == 41:
                counters[:] = 0, 0
            if step:
                counters[:] = (sum(pair) for pair in zip(counters, events(case, step)))
            lines += [f'{case}_requests_total{{code="{code}"}} {value} {at}\n'
                      for code, value in zip((200, 500), counters) if value]
        return "".join(lines)


class ReplayWithHole(Replay):
    """Answers nothing but an error while the hole lasts."""

    def _replay(self, request):
        with self._making:
            is_away = self._next.get(request.path, 0) in HOLE
        if not is_away:
            super()._replay(request)
            return
        with self._making:
            step = self._next[request.path]
            if step not in self._pages:
                self._pages[step] = self._page(step)
            self._next[request.path] = step + 1
        request.respond("busy", status=503)


class WhyNumbersDiffer(SlodTest):
    CASES = ("busy", "born", "burst", "reset", "gap")

    def setUp(self):
        self.begin = int(time.time()) // 60 * 60 - STEPS * STEP_SECONDS - 60
        jobs = {"steady": Replay(self, STEPS, WorkedExample(self.begin, *self.CASES[:-1])),
                "hole": ReplayWithHole(self, STEPS, WorkedExample(self.begin, "gap"))}
        self.prometheus = Prometheus(self, {job: target.port for job, target in jobs.items()},
                                     "100ms", "/prometheus").start()
        slos = [availability(case, "hole" if case == "gap" else "steady",
                             f"{case}_requests_total", objective="99%") for case in self.CASES]
        self.slod = self.run_slod({
            "scrape": [{"job": job, "targets": [f"127.0.0.1:{target.port}"], "interval": "100ms",
                        "path": "/slod"} for job, target in jobs.items()],
            "services": [{"name": "example", "slos": slos}]})
        for target in jobs.values():
            target.await_end("/prometheus", "/slod")

    def rule(self, expression):
        at = self.begin + (STEPS - 1) * STEP_SECONDS + 1
        _, answer = ask(f"{self.prometheus.url}/api/v1/query?time={at}&query="
                        + urllib.parse.quote(expression))
        (result,) = answer["data"]["result"]
        return float(result["value"][1])

    def happened(self, case):
        """What the page says in words; three errors before the restart were on no page."""
        good, bad = (sum(counts) for counts in zip(*(events(case, step)
                                                     for step in range(1, STEPS))))
        return good, bad + (3 if case == "reset" else 0)

    def row(self, case, expression):
        """The three figures of a case, as the table has them."""
        good, bad = self.happened(case)
        slo = self.slod.slo("example/" + case)
        rule = self.rule(expression)
        if case in ("burst", "reset"):
            return [f"{bad} failed", f"{rule:.2f}", f"{slo['bad']:g}"]
        counted = f"{slo['bad']:g} of {slo['total']:g}: {100 * (1 - slo['sli_ratio']):.2f} %"
        return [f"{bad} of {good + bad} failed: {100 * bad / (good + bad):.2f} %",
                f"{rule:.2f} %", counted]

    def test_figures_are_those_of_the_page(self):
        text = (DOCS / "why-numbers-differ.md").read_text()
        rules = {case: body for _, language, case, body in blocks(text) if language == "promql"}
        self.assertEqual(tuple(rules), self.CASES)
        rows = re.findall(r"^\| \[.*?\)\s\| (.*) \|$", text, re.MULTILINE)
        computed = [self.row(case, expression) for case, expression in rules.items()]
        print(*(" | ".join(row) for row in computed), sep="\n")
        self.assertEqual([row.split(" | ") for row in rows], computed)
        self.assertLess(self.slod.slo("example/gap")["coverage_ratio"], 1)


if __name__ == "__main__":
    unittest.main()
