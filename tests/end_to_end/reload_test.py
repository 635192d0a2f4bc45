"""Reloads by signal and by request, and the form of the log."""

import copy
import json
import re
import signal
import subprocess
import unittest

from receiver import PagerDuty, alerting
from slod import (PATIENCE_SECONDS, PROGRAM, Slod, SlodTest, ask, availability, end_program,
                  eventually, run_command, scrape_job, source_name, temporary_folder,
                  throughout)
from target import Target

SLO = "api/availability"


class Reloads(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.target.counters.requests()
        self.config = {"scrape": [scrape_job(self.target)],
                       "services": [{"name": "api", "slos": [availability()]}]}
        self.slod = self.run_slod(self.config)
        self.target.counters.requests(ok=97, failed=3)
        self.await_counts(self.slod, SLO, 97, 3)

    def reload_by_signal(self, config, result="taken"):
        """Returns what was logged meanwhile."""
        reloads = lambda: self.slod.metric("slod_config_reloads_total", result=result) or 0
        before, begin = reloads(), self.slod.log_size()
        self.slod.configure(config)
        self.slod.signal(signal.SIGHUP)
        eventually(f"the reload is {result}", lambda: reloads() == before + 1)
        return self.slod.log(begin)

    def reload_by_request(self, config):
        self.slod.configure(config)
        return self.slod.get("/-/reload", "POST")

    def names(self):
        return [f"{s['service']}/{s['slo']}" for s in self.slod.get("/api/v1/slos")[1]["slos"]]

    def changed(self):
        """Another objective and owner for the SLO that is there, and another SLO beside it."""
        config = copy.deepcopy(self.config)
        service = config["services"][0]
        service["owner"] = "team-api"
        service["slos"][0]["objective"] = "95%"
        service["slos"].append(availability("second"))
        return config

    def test_links_carry_the_port_that_the_system_chose(self):
        external_url = lambda: self.slod.get("/api/v1/status/flags")[1]["data"]["web.external-url"]
        self.assertEqual(external_url(), self.slod.url)
        self.reload_by_signal(self.changed())
        self.assertEqual(external_url(), self.slod.url)
        self.reload_by_signal(dict(self.changed(), external_url="https://slod.example.org"))
        self.assertEqual(external_url(), "https://slod.example.org")

    def test_a_good_file_keeps_the_ledgers_of_what_counts_the_same(self):
        since = self.slod.slo(SLO)["observed_since"]
        for reload in (self.reload_by_signal, self.reload_by_request):
            reload(self.changed())
            self.assertEqual(self.names(), [SLO, "api/second"])
            slo = self.slod.slo(SLO)
            self.assertEqual((slo["objective_ratio"], slo["owner"]), (0.95, "team-api"))
            self.assertEqual((slo["good"], slo["bad"], slo["observed_since"]), (97, 3, since))
            eventually("judges by the new objective",
                       lambda: self.slod.verdict("api")["level"] == "feature_freeze")
            reload(self.config)
            self.assertEqual(self.names(), [SLO])
            self.assertEqual(self.slod.counts(SLO), (97, 3, 100))
            eventually("thaws", lambda: self.slod.verdict("api")["level"] == "open")
        self.target.counters.requests(ok=2, failed=1)
        self.await_counts(self.slod, SLO, 99, 4)
        self.slod.kill()
        self.slod.start()
        self.await_counts(self.slod, SLO, 99, 4)

    def test_an_slo_that_is_added_begins_with_a_baseline(self):
        self.reload_by_request(self.changed())
        self.target.counters.requests(ok=10, failed=1)
        self.await_counts(self.slod, SLO, 107, 4)
        second = self.slod.slo("api/second")
        self.assertLessEqual(second["total"], 11)
        eventually("is known", lambda: self.slod.slo("api/second")["observed_since"])
        self.target.counters.requests(ok=10)
        before = second["total"]
        eventually("counts on", lambda: self.slod.slo("api/second")["total"] >= before + 10)

    def test_adds_and_drops_targets_and_services(self):
        other = Target(self)
        other.counters.requests()
        config = copy.deepcopy(self.config)
        config["scrape"].append(scrape_job(other, job="web"))
        config["services"].append({"name": "web", "slos": [availability(job="web")]})
        self.assertEqual(self.reload_by_request(config)[0], 200)
        eventually("the new target is up", lambda: self.slod.metric(
            "slod_scrape_up", source=source_name(other, "web")) == 1)
        other.counters.requests(ok=5, failed=5)
        self.await_counts(self.slod, "web/availability", 5, 5)
        self.assertEqual(self.slod.get("/freeze/web")[0], 200)

        self.assertEqual(self.reload_by_request(self.config)[0], 200)
        self.assertEqual(self.slod.get("/freeze/web")[0], 404)
        self.assertIsNone(self.slod.metric("slod_scrape_up", source=source_name(other, "web")))
        asked = other.asked
        self.target.counters.requests(ok=3)
        self.await_counts(self.slod, SLO, 100, 3)
        self.assertLessEqual(other.asked, asked + 1)

    def test_a_bad_file_changes_nothing_and_says_where_it_is_bad(self):
        broken = """
services:
  - name: api
    slos:
      - name: availability
        objective: 190%
        availability: {total: requests_total, bad: errors_total}
"""
        status, answer = self.reload_by_request(broken)
        self.assertEqual(status, 400)
        self.assertRegex(answer["error"], r"\Areload rejected; keeping the previous configuration: "
                         r"\S+/slod\.yaml:6:20: error: expected .*190%")
        log = self.reload_by_signal("services: [", "refused")
        self.assertRegex(log, r"slod\.yaml:\d+:\d+: error: expected YAML")
        self.slod.config_file.unlink()
        status, answer = self.slod.get("/-/reload", "POST")
        self.assertEqual(status, 400)
        self.assertIn("slod.yaml", answer["error"])
        self.assertEqual(self.slod.get("/-/reload")[0], 405)

        self.target.counters.requests(ok=3)
        self.await_counts(self.slod, SLO, 100, 3)
        self.assertEqual(self.slod.verdict("api")["verdict"], "allow")
        self.assertEqual(self.reload_by_request(self.config)[0], 200)

    def test_many_in_a_row_lose_no_event(self):
        configs = [self.config, self.changed()]
        for turn in range(20):
            self.target.counters.requests(ok=3, failed=1)
            self.assertEqual(self.reload_by_request(configs[turn % 2])[0], 200)
        self.await_counts(self.slod, SLO, 157, 23)

    def test_an_alert_of_an_slo_that_is_dropped_is_resolved(self):
        pagerduty = PagerDuty(self)
        with_alerts = dict(self.config, alerting=alerting(
            pagerduty.configuration(temporary_folder(self)), long="5m", short="1m"))
        self.assertEqual(self.reload_by_request(with_alerts)[0], 200)
        self.target.counters.requests(failed=1000)
        pagerduty.await_events(["trigger"], self.slod)
        same = copy.deepcopy(with_alerts)
        same["services"][0]["slos"][0]["description"] = "as before"
        self.assertEqual(self.reload_by_request(same)[0], 200)
        throughout(1.5, lambda: self.assertEqual(len(pagerduty.events()), 1))
        same["services"][0]["slos"][0]["name"] = "renamed"
        self.assertEqual(self.reload_by_request(same)[0], 200)
        throughout(1.5, lambda: self.assertEqual(len(pagerduty.events()), 1))
        self.assertEqual(self.slod.slo("api/renamed")["alerts"][0]["state"], "firing")
        same["services"][0]["slos"] = [availability("other", metric="other_total")]
        self.assertEqual(self.reload_by_request(same)[0], 200)
        pagerduty.await_events(["trigger", "resolve"], self.slod)
        self.assertEqual(len({key for _, key in pagerduty.events()}), 1)


class Logs(SlodTest):
    def live(self, log_format):
        """What is logged in a life with a failing target, a freeze, a reload and an end."""
        target = Target(self)
        target.counters.requests()
        config = {"scrape": [scrape_job(target)],
                  "services": [{"name": "api", "slos": [availability()]}]}
        slod = self.run_slod(config, "--log-level", "debug", "--log-format", log_format)
        target.counters.requests(failed=5)
        eventually("freezes", lambda: slod.verdict("api")["frozen"])
        target.behave = lambda request: request.respond('broken "line\x1b\n{', status=200)
        eventually("fails", lambda: slod.metric(
            "slod_scrape_up", source=source_name(target)) == 0)
        slod.get("/-/reload", "POST")
        self.assertEqual(slod.stop(), 0)
        # The configuration's warnings come before the log begins, in the form that editors know.
        return [line for line in slod.log().splitlines()
                if not re.match(r"\S+slod\.yaml:\d+:\d+: warning: ", line)]

    def test_as_json_are_one_object_a_line(self):
        events = [json.loads(line) for line in self.live("json")]
        self.assertIn("serving", [event["msg"] for event in events])
        self.assertEqual((events[-1]["msg"], events[-1]["state_stored"]), ("stopped", True))
        for event in events:
            self.assertEqual(list(event)[:3], ["time", "level", "msg"])
            self.assertIn(event["level"], ("debug", "info", "warning", "error"))
            self.assertRegex(event["time"], r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\Z")

    def test_as_logfmt_are_one_event_a_line(self):
        value = r'([^\s"=]+|"([^"\\\x00-\x1f]|\\.)*")'
        lines = self.live("logfmt")
        for line in lines:
            self.assertRegex(
                line, rf"\Atime=\S+ level=(debug|info|warning|error) msg={value}( \w+={value})*\Z")
        self.assertIn(" msg=stopped state_stored=true", lines[-1])

    def test_in_a_form_that_is_unknown_are_wrong_usage(self):
        for flag, found in ("--log-level", "loud"), ("--log-format", "xml"), ("--listen", "here"):
            done = run_command("run", "--config", "slod.yaml", flag, found)
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertRegex(done.stderr, rf'\Aslod: {flag}: expected [^\n]+, found "{found}"\n\Z')

    def test_are_none_where_the_file_stands_alone(self):
        done = run_command("run", "slod.yaml")
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (3, "", "slod run: expected --config FILE, found slod.yaml\n"))

    def test_that_nobody_reads_any_more_end_nothing(self):
        slod = Slod(self, {"services": [{"name": "api", "slos": [availability()]}]})
        process = subprocess.Popen(
            [PROGRAM, "run", "--config", slod.config_file, "--listen", "127.0.0.1:0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(end_program, process)
        for line in process.stderr:
            if "msg=serving" in line:
                break
        process.stderr.close()
        url = "http://" + re.search(r"address=(\S+)", line).group(1)
        for _ in range(3):  # each is logged
            self.assertEqual(ask(url + "/-/reload", "POST")[0], 200)
        self.assertEqual(ask(url + "/healthz")[0], 200)
        process.terminate()
        self.assertEqual(process.wait(PATIENCE_SECONDS), 0)


if __name__ == "__main__":
    unittest.main()
