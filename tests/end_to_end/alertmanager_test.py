"""slod sends to a real Alertmanager, which is asked with its own amtool and calls a webhook."""

import json
import subprocess
import unittest

import peers
from receiver import Receiver, alerting
from slod import PATIENCE_SECONDS, SlodTest, availability, eventually, scrape_job
from target import Target

LABELS = {"alertname": "SloBurnRate", "service": "api", "slo": "availability", "severity": "page"}


class RealAlertmanager(SlodTest):
    def setUp(self):
        self.amtool = peers.program(self, "amtool")
        self.hook = Receiver(self, (200, {}, ""), "/hook")
        self.alertmanager = peers.Alertmanager(self, self.hook.url)
        self.target = Target(self)
        self.target.counters.requests()
        self.slod = self.run_slod({
            "scrape": [scrape_job(self.target)],
            "services": [{"name": "api", "owner": "team-api",
                          "runbook": "https://example.org/runbook", "slos": [availability()]}],
            "alerting": alerting({"name": "alertmanager",
                                  "alertmanager": {"url": self.alertmanager.url}})})

    def query(self, *flags, of=None):
        """What `amtool alert query` shows."""
        shown = subprocess.run(
            [self.amtool, f"--alertmanager.url={(of or self.alertmanager).url}", "--output=json", "alert",
             "query", *flags], capture_output=True, text=True, check=True,
            timeout=PATIENCE_SECONDS)
        return json.loads(shown.stdout)

    def statuses(self):
        return [message["status"] for message in self.hook.received()]

    def test_gets_an_alert_and_its_resolve(self):
        self.alertmanager.start()
        self.target.counters.requests(ok=1000, failed=1000)
        (alert,) = eventually("amtool shows it", self.query)
        self.assertEqual(alert["labels"], LABELS)
        self.assertIn("api/availability is burning its 1h error budget", alert["annotations"]["summary"])
        self.assertEqual(alert["annotations"]["owner"], "team-api")
        self.assertEqual(alert["annotations"]["runbook_url"], "https://example.org/runbook")
        self.assertEqual(alert["status"]["state"], "active")
        eventually("the webhook has both", lambda: self.statuses() == ["firing", "resolved"])
        eventually("amtool shows it no more", lambda: self.query() == [])
        firing, resolved = (message["alerts"][0] for message in self.hook.received())
        self.assertEqual((firing["labels"], resolved["labels"]), (LABELS, LABELS))
        self.assertEqual(firing["startsAt"], resolved["startsAt"])
        self.assertEqual(firing["fingerprint"], resolved["fingerprint"])
        eventually("nothing waits", lambda: self.slod.metric("slod_outbox_pending") == 0)

    def test_that_was_down_is_sent_what_fires_when_it_comes_back(self):
        self.target.counters.requests(ok=1000, failed=1000)
        eventually("fires", lambda: self.slod.slo("api/availability")["alerts"])
        eventually("tries", lambda: self.slod.metric(
            "slod_notifications_total", receiver="alertmanager", result="retried"))
        self.alertmanager.start()
        eventually("keeps it firing", lambda: self.target.counters.requests(failed=1000)
                   or self.query())
        eventually("the webhook has both", lambda: self.statuses()[-1:] == ["resolved"])

    def test_and_another_are_notified_each_on_its_own(self):
        other = peers.Alertmanager(self, self.hook.url)
        self.slod.configure({
            "scrape": [scrape_job(self.target)],
            "services": [{"name": "api", "slos": [availability()]}],
            "rules": [{"alert": "Dotted", "expr": 'label_replace(vector(1), "b.c", "x", "", "")',
                       "severity": "page", "summary": "its label has a dot"}],
            "alerting": alerting({"name": "alertmanager", "alertmanager": {
                "urls": [self.alertmanager.url, other.url]}})})
        self.assertEqual(self.slod.get("/-/reload", "POST")[0], 200)
        other.start()
        self.target.counters.requests(ok=1000, failed=1000)

        def names(alertmanager):
            return {alert["labels"]["alertname"] for alert in self.query(of=alertmanager)}

        eventually("one has both", lambda: names(other) == {"SloBurnRate", "Dotted"})
        self.alertmanager.start()
        eventually("the other has both", lambda: self.target.counters.requests(failed=1000)
                   or names(self.alertmanager) == {"SloBurnRate", "Dotted"})
        dotted = [alert for alert in self.query() if alert["labels"]["alertname"] == "Dotted"]
        self.assertEqual(dotted[0]["labels"]["b_c"], "x")


if __name__ == "__main__":
    unittest.main()
