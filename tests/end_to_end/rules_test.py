"""Prometheus's rules in slod: the same alerts as a real Prometheus has, told to a real Alertmanager,
to PagerDuty and to Slack, once, over kills too."""

import json
import pathlib
import re
import subprocess
import unittest
import urllib.parse

import peers
from receiver import PagerDuty, Receiver, Slack
from slod import (PATIENCE_SECONDS, SlodTest, ask, eventually, scrape_job, temporary_folder,
                  throughout)
from target import Target

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

RULES = """
groups:
  - name: load
    interval: 1s
    labels: {team: core}
    rules:
      - {record: 'pod:load:double', expr: 'load * 2', labels: {kind: recorded}}
      - {record: 'load:total', expr: 'sum(pod:load:double)'}
  - name: alerts
    interval: 1s
    rules:
      - alert: Busy
        expr: load > 5
        labels: {severity: page, place: '{{ $labels.pod }} of {{ $labels.job }}'}
        annotations:
          summary: '{{ $labels.pod }} has a load of {{ $value | humanize }}'
          runbook_url: https://example.org/busy
      - alert: Waiting
        expr: load > 5
        for: 1h
        labels: {severity: ticket}
      - {alert: Never, expr: load > 1000}
"""


def query(url, text):
    """{labels as text: value} of an instant query."""
    _, answer = ask(f"{url}/api/v1/query?query={urllib.parse.quote(text)}")
    return {json.dumps(each["metric"], sort_keys=True): float(each["value"][1])
            for each in answer["data"]["result"]}


def alerts(url):
    """What /api/v1/alerts has, without times."""
    _, answer = ask(f"{url}/api/v1/alerts")
    found = [{"labels": each["labels"], "annotations": each["annotations"],
              "state": each["state"], "value": float(each["value"])}
             for each in answer["data"]["alerts"] if each["labels"]["alertname"] != "SloBurnRate"]
    return sorted(found, key=json.dumps)


class Rules(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.load(a=1, b=1)

    def load(self, **pods):
        for pod, value in pods.items():
            self.target.counters.set("load", value, pod=pod)

    def configuration(self, *receivers, rules=RULES, **routes):
        folder = temporary_folder(self)
        (folder / "rules.yml").write_text(rules)
        names = [receiver["name"] for receiver in receivers]
        return {"scrape": [scrape_job(self.target)], "rule_files": [str(folder / "*.yml")],
                "alerting": {"receivers": list(receivers), "routes": {"page": names, **routes}}}

    def test_have_the_alerts_and_series_that_prometheus_has(self):
        configuration = self.configuration()
        prometheus = peers.Prometheus(self, {"api": self.target.port})
        text = re.sub("    labels: .team: core.\n", "", RULES)  # of groups: since Prometheus 3
        (prometheus.folder / "rules.yml").write_text(text)
        prometheus.config_file.write_text(prometheus.config_file.read_text() +
                                          "rule_files: [rules.yml]\n")
        pathlib.Path(configuration["rule_files"][0]).parent.joinpath("rules.yml").write_text(text)
        prometheus.start()
        slod = self.run_slod(configuration)
        self.load(a=7, b=2)

        def agree():
            ours, theirs = alerts(slod.url), alerts(prometheus.url)
            return ours == theirs and len(ours) == 2 and ours

        busy = eventually("the alerts are the same", agree)[0]
        self.assertEqual(busy["labels"]["place"], "a of api")
        self.assertEqual(busy["annotations"]["summary"], "a has a load of 7")
        self.assertEqual(busy["state"], "firing")
        for text in ("pod:load:double", "load:total", "ALERTS"):
            eventually(text, lambda: query(slod.url, text) == query(prometheus.url, text)
                       and query(slod.url, text))
        self.load(a=1)
        eventually("the alerts are over", lambda: alerts(slod.url) == alerts(prometheus.url) == [])
        self.assertEqual(query(slod.url, "ALERTS"), {})
        self.target.counters.remove("load", pod="b")
        only_a = eventually("b is gone", lambda: len(
            found := query(slod.url, "pod:load:double")) == 1 and found)
        self.assertEqual(list(only_a.values()), [2])

    def test_are_sent_to_alertmanager(self):
        amtool = peers.program(self, "amtool")
        hook = Receiver(self, (200, {}, ""), "/hook")
        alertmanager = peers.Alertmanager(self, hook.url).start()
        slod = self.run_slod(self.configuration(
            {"name": "alertmanager", "alertmanager": {"url": alertmanager.url}}))
        self.load(a=7)

        def shown():
            run = subprocess.run([amtool, f"--alertmanager.url={alertmanager.url}",
                                  "--output=json", "alert", "query"], capture_output=True,
                                 text=True, check=True, timeout=PATIENCE_SECONDS)
            return json.loads(run.stdout)

        (alert,) = eventually("amtool shows it", shown)
        self.assertEqual(alert["labels"], {
            "alertname": "Busy", "severity": "page", "pod": "a", "job": "api",
            "instance": f"127.0.0.1:{self.target.port}", "place": "a of api"})
        self.assertEqual(alert["annotations"], {"summary": "a has a load of 7",
                                                "runbook_url": "https://example.org/busy"})
        self.assertEqual(alert["generatorURL"], slod.url + "/#/alerts")
        self.load(a=1)
        eventually("it is over", lambda: [m["status"] for m in hook.received()] ==
                   ["firing", "resolved"])
        eventually("amtool shows it no more", lambda: shown() == [])

    def test_page_once_over_kills(self):
        pager = PagerDuty(self)
        folder = temporary_folder(self)
        slod = self.run_slod(self.configuration(pager.configuration(folder)))
        self.load(a=7)
        pager.await_events(["trigger"], slod)
        eventually("slod remembers that PagerDuty knows", lambda: [
            m for m in slod.get("/api/v1/outbox")[1]["messages"] if m["state"] == "delivered"])
        for _ in range(2):
            slod.kill()
            slod.started_and_ready()
            eventually("it fires still", lambda: [a for a in alerts(slod.url)
                                                  if a["state"] == "firing"])
            eventually("it is evaluated", lambda: query(slod.url, 'ALERTS{alertname="Busy"}'))
        self.assertEqual(len(pager.events()), 1)
        self.load(a=1)
        pager.await_events(["trigger", "resolve"], slod)
        (_, begun), (_, ended) = pager.events()
        self.assertEqual(begun, ended)
        self.assertIn("a has a load of 7", pager.received()[0]["payload"]["summary"])
        past = {each["alert"]: each for each in slod.get("/api/v1/episodes")[1]["episodes"]}
        self.assertEqual({name: each["state"] for name, each in past.items()},
                         {"Busy": "resolved", "Waiting": "inactive"})
        busy = past["Busy"]
        self.assertEqual([busy[name] for name in ("kind", "severity", "summary", "service", "value")],
                         ["rule", "page", "a has a load of 7", "api", "7"])
        self.assertEqual(busy["labels"]["pod"], "a")

    def test_are_resolved_when_they_are_taken_away(self):
        pager = PagerDuty(self)
        folder = temporary_folder(self)
        configuration = self.configuration(pager.configuration(folder))
        slod = self.run_slod(configuration)
        self.load(a=7)
        pager.await_events(["trigger"], slod)
        rules = pathlib.Path(configuration["rule_files"][0]).parent / "rules.yml"
        rules.write_text(RULES.replace("load > 5\n        labels", "load > 6\n        labels"))
        self.assertEqual(slod.get("/-/reload", "POST")[0], 200)
        # Another expression of the same rule goes on with its alert.
        throughout(3, lambda: self.assertEqual(len(pager.events()), 1))
        rules.write_text("groups: [{name: none, rules: [{record: one, expr: '1'}]}]")
        self.assertEqual(slod.get("/-/reload", "POST")[0], 200)
        pager.await_events(["trigger", "resolve"], slod)
        eventually("the new rule records", lambda: query(slod.url, "one"))

    def test_that_fail_are_told_in_the_log_and_the_api(self):
        slod = self.run_slod(self.configuration(
            rules="groups: [{name: g, interval: 1s, rules: "
                  "[{record: bad, expr: 'load * on (job) load'}]}]"))

        def failing():
            (group,) = [each for each in slod.get("/api/v1/rules")[1]["data"]["groups"]
                        if each["name"] == "g"]
            return group["rules"][0]["health"] == "err" and group["rules"][0]["lastError"]

        self.assertIn("many-to-many", eventually("the rule fails", failing))
        self.assertEqual(slod.log().count("the rule bad of group g"), 1)

    def test_that_are_shipped_for_hosts_tell_slack(self):
        """With thresholds that any host is above, on a real node exporter."""
        node = peers.NodeExporter(self).start("/metrics")
        chat = Slack(self)
        folder = temporary_folder(self)
        text = (REPOSITORY / "config/rules/node.yml").read_text()
        text = re.sub(r"> 0\.\d+", "> -1", re.sub(r"for: \d+m", "for: 1s", text))
        text = text.replace("interval: 30s", "interval: 1s").replace("[5m]", "[5s]")
        (folder / "node.yml").write_text(text)
        slod = self.run_slod({
            "scrape": [{"job": "node", "targets": [f"127.0.0.1:{node.port}"], "interval": "500ms"}],
            "rule_files": [str(folder / "node.yml")],
            "alerting": {"receivers": [chat.configuration(folder)],
                         "routes": {"warning": ["chat"]}}})
        eventually("Slack hears of CPU, memory and disk", lambda: all(
            any(what in message["text"] for message in chat.received())
            for what in ("of its CPU busy", "of its memory in use", "% full")))
        for text in ("instance:node_cpu_busy:ratio", "instance:node_memory_used:ratio"):
            (value,) = query(slod.url, text).values()
            self.assertTrue(0 <= value <= 1, (text, value))


if __name__ == "__main__":
    unittest.main()
