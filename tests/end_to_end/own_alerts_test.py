"""The alerts on slod itself (config/rules/slod.yml): by promtool's own tests of rules, and by failures
that are made to happen. /api/v1/status then says the same."""

import pathlib
import re
import shutil
import subprocess
import unittest

from peers import program
from slod import (SlodTest, availability, eventually, free_port, run_command, scrape_job,
                  temporary_folder)
from target import Target

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
RULES = REPOSITORY / "config/rules/slod.yml"
RUNBOOKS = REPOSITORY / "docs/runbooks.md"
CASES = pathlib.Path(__file__).with_name("slod_rules.yml")


class OwnAlerts(SlodTest):
    def promtool(self, *arguments, folder=None):
        done = subprocess.run([program(self, "promtool"), *map(str, arguments)], cwd=folder,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_promtool_takes_the_rules(self):
        self.assertIn("13 rules found", self.promtool("check", "rules", RULES))

    def test_they_fire_when_they_should(self):
        folder = temporary_folder(self)
        shutil.copy(RULES, folder / "slod.yml")
        shutil.copy(CASES, folder)
        self.promtool("test", "rules", CASES.name, folder=folder)

    def test_each_has_a_runbook_and_names_metrics_that_there_are(self):
        text = RULES.read_text()
        alerts = re.findall(r"- alert: (\w+)", text)
        self.assertEqual(re.findall(r"runbook: slod runbook (\w+)", text), alerts)
        self.assertEqual(re.findall(r"^## (\w+)$", RUNBOOKS.read_text(), re.M), alerts)
        documented = (REPOSITORY / "docs/metrics.md").read_text()
        for metric in set(re.findall(r"slod_\w+", text)):
            self.assertIn(f"`{metric}", documented)

    def test_the_program_prints_each_runbook(self):
        page = RUNBOOKS.read_text()
        for alert in re.findall(r"- alert: (\w+)", RULES.read_text()):
            done = run_command("runbook", alert)
            section, = re.findall(rf"^(## {alert}\n.*?)\n(?=## )", page, re.M | re.S)
            self.assertEqual((done.returncode, done.stdout), (0, section))
        self.assertEqual(run_command("runbook").stdout, page)
        done = run_command("runbook", "slodDown")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertRegex(done.stderr, r'expected one of SlodDown, .*, found "slodDown"')

    def test_rules_with_links_instead_are_made_as_the_page_says(self):
        folder = temporary_folder(self)
        shutil.copy(RULES, folder / "slod.yml")
        command, = re.findall(r"^sed .*$", RUNBOOKS.read_text(), re.M)
        subprocess.run(["sh", "-c", command], cwd=folder, check=True, timeout=20)
        self.assertIn("13 rules found", self.promtool("check", "rules", folder / "slod.yml"))
        text = (folder / "slod.yml").read_text()
        self.assertEqual(re.findall(r"runbook_url: https://[^#]*/runbooks#(\w+)$", text, re.M),
                         [alert.lower() for alert in re.findall(r"- alert: (\w+)", text)])

    def firing(self, slod):
        alerts = slod.get("/api/v1/alerts")[1]["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def test_failures_are_noticed(self):
        folder = temporary_folder(self)
        rules = folder / "slod.yml"  # as they are, but nobody waits for minutes
        rules.write_text(re.sub(r"for: \d+m", "for: 0s", RULES.read_text()))
        target = Target(self)
        nobody = free_port()
        config = {
            "scrape": [scrape_job(target)], "rule_files": [str(rules)],
            "services": [{"name": "api", "slos": [availability()]}],
            "alerting": {"receivers": [{"name": "dead",
                                        "webhook": {"url": f"http://127.0.0.1:{nobody}/"}}],
                         "routes": {"page": ["dead"], "ticket": ["dead"]}}}
        slod = self.run_slod(config)
        eventually("nothing but the beginning is noticed",
                   lambda: slod.metric("slod_scrape_up") == 1 and self.firing(slod) <= {"SlodDown"})
        status = slod.get("/api/v1/status")[1]
        self.assertEqual((status["ready"], status["sources"][0]["up"], status["outbox"]["pending"],
                          status["store"], status["reload"]["succeeded"]),
                         (True, True, status["outbox"]["pending"],
                          {"stored": True, "error": None, "problems": []}, True))

        target.behave = lambda request: request.respond("no page", status=500)
        eventually("that it cannot read", lambda: {"SlodCannotRead", "SlodReadsNothing"} <=
                   self.firing(slod))
        eventually("that it cannot send", lambda: "SlodCannotSend" in self.firing(slod))
        slod.configure("services: [")
        self.assertEqual(slod.get("/-/reload", "POST")[0], 400)
        eventually("that a reload was refused", lambda: "SlodConfigurationRefused" in
                   self.firing(slod))
        status = slod.get("/api/v1/status")[1]
        self.assertFalse(status["sources"][0]["up"])
        self.assertIn("500", status["sources"][0]["error"])
        self.assertGreater(status["outbox"]["pending_by_receiver"]["dead"], 0)
        self.assertFalse(status["reload"]["succeeded"])

        target.behave = None
        slod.configure(config)
        self.assertEqual(slod.get("/-/reload", "POST")[0], 200)
        eventually("that they are over", lambda: self.firing(slod) <= {"SlodCannotSend"})

    def test_good_events_that_are_no_part_of_the_total_are_noticed(self):
        folder = temporary_folder(self)
        rules = folder / "slod.yml"
        rules.write_text(re.sub(r"for: \d+m", "for: 0s", RULES.read_text()))
        target = Target(self)
        reads = {"number": 0, "good": 20}

        def show(request):
            reads["number"] += 1
            request.respond(f"all_total {10 * reads['number']}\n"
                            f"good_total {reads['good'] * reads['number']}\n")

        target.behave = show
        slod = self.run_slod({
            "scrape": [scrape_job(target)], "rule_files": [str(rules)],
            "services": [{"name": "api", "slos": [
                {"name": "a", "objective": "99%", "window": "1h",
                 "availability": {"total": "all_total", "good": "good_total"}}]}]})
        eventually("it is noticed", lambda: "SlodCountsDisagree" in self.firing(slod))
        finding = slod.slo("api/a")["finding"]
        self.assertRegex(finding, r"\Agood events were 2\d\d % of total in ")
        self.assertEqual(slod.get("/api/v1/status")[1]["findings"],
                         [{"slo": "api/a", "finding": finding}])
        self.assertIn(f"findings: 1\n  api/a: {finding}\n",
                      run_command("status", "--server", slod.url).stdout)
        self.assertEqual(slod.log().count("the counts of api/a do not belong together: "), 1)
        self.assertEqual(slod.metric("slod_slo_counts_disagree", service="api", slo="a"), 1)


if __name__ == "__main__":
    unittest.main()
