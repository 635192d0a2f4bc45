"""What Grafana's own Prometheus data source asks, for every panel and variable of the dashboards
that slod ships, against the demo."""

import json
import pathlib
import re
import time
import unittest
import urllib.parse
import urllib.request

from slod import PROGRAM, SlodTest, ask, eventually, start_program, temporary_folder

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "deploy/grafana"
# What Grafana puts in for a variable: its own ones, then those of the dashboards. "All" is ".*".
VARIABLES = {"__rate_interval": "1m", "__interval": "15s", "__range": "1h", "service": "shop",
             "slo": ".*", "source": ".*"}
DEMO_PATIENCE_SECONDS = 90


def dashboards():
    return {file.name: json.loads(file.read_text())
            for file in sorted((FOLDER / "dashboards").glob("*.json"))}


def filled(expression):
    return re.sub(r"\$\{?(\w+)\}?", lambda match: VARIABLES[match.group(1)], expression)


def targets(dashboard):
    """(title, target) of everything that a panel asks."""
    return [(panel["title"], target) for panel in dashboard["panels"]
            for target in panel.get("targets", [])]


def form(**fields):
    return urllib.parse.urlencode(fields)


class Dashboards(unittest.TestCase):
    def test_are_of_the_built_in_data_source_and_have_one_id_each(self):
        seen = set()
        for name, dashboard in dashboards().items():
            self.assertNotIn(dashboard["uid"], seen)
            seen.add(dashboard["uid"])
            ids = [panel["id"] for panel in dashboard["panels"]]
            self.assertEqual(len(ids), len(set(ids)), name)
            for title, target in targets(dashboard):
                with self.subTest(dashboard=name, panel=title):
                    self.assertEqual(target["datasource"],
                                     {"type": "prometheus", "uid": "${datasource}"})
        self.assertEqual(len(seen), 3)

    def test_ask_no_panel_twice_the_same(self):
        for name, dashboard in dashboards().items():
            for panel in dashboard["panels"]:
                refs = [target["refId"] for target in panel.get("targets", [])]
                self.assertEqual(len(refs), len(set(refs)), f"{name}: {panel['title']}")


class Grafana(SlodTest):
    """The demo, asked as the data source asks: POST with a form."""

    @classmethod
    def setUpClass(cls):
        cls.folder = temporary_folder(cls)
        cls.output = cls.folder / "output"
        start_program(cls, [PROGRAM, "demo"], cls.output)
        cls.began = time.time()

        def address():
            return re.search(r"curl (http://[0-9.:]+)/metrics", cls.output.read_text())

        cls.url = eventually("the demo says where it is", address).group(1)

    @classmethod
    def addCleanup(cls, function, *arguments, **more):
        cls.addClassCleanup(function, *arguments, **more)

    def post(self, path, **fields):
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}", method="POST", data=form(**fields).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"})
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)

    def result(self, target):
        """What a panel's target gets now."""
        query = filled(target["expr"])
        now = time.time()
        if target["instant"]:
            answer = self.post("query", query=query, time=now)
        else:
            step = 5
            end = int(now / step) * step
            answer = self.post("query_range", query=query, start=end - 300, end=end, step=step)
        self.assertEqual(answer["status"], "success", answer)
        self.assertNotIn("warnings", answer, query)
        return answer["data"]["result"]

    def test_health_check(self):
        answer = self.post("query", query="1+1", time=4)
        self.assertEqual(answer["data"], {"resultType": "scalar", "result": [4, "2"]})
        status, body = ask(f"{self.url}/api/v1/status/buildinfo")
        self.assertEqual(status, 200)
        self.assertNotIn("features", body["data"])

    def test_every_variable_has_values(self):
        for name, dashboard in dashboards().items():
            for variable in dashboard["templating"]["list"]:
                if variable["type"] != "query":
                    continue
                with self.subTest(dashboard=name, variable=variable["name"]):
                    selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)",
                                                   variable["query"]["query"]).groups()
                    path = (f"{self.url}/api/v1/label/{label}/values?"
                            + urllib.parse.urlencode({"match[]": filled(selector)}))
                    eventually(f"{variable['name']} has values",
                               lambda path=path: ask(path)[1]["data"])

    def test_every_query_of_every_dashboard_returns_data(self):
        waiting = [(name, title, target) for name, dashboard in dashboards().items()
                   for title, target in targets(dashboard)]
        self.assertGreater(len(waiting), 30)

        def all_have_data():
            waiting[:] = [one for one in waiting if not self.result(one[2])]
            return not waiting

        try:
            eventually("every query returns data", all_have_data, DEMO_PATIENCE_SECONDS)
        except AssertionError:
            without = [f"{name}: {title}: {target['expr']}" for name, title, target in waiting]
            self.fail("without data:\n" + "\n".join(without) + "\n" + self.output.read_text())

    def test_alert_list_shows_the_alert_of_the_outage(self):
        def firing():
            groups = ask(f"{self.url}/api/v1/rules")[1]["data"]["groups"]
            return [alert for group in groups for rule in group["rules"]
                    if rule["type"] == "alerting" for alert in rule["alerts"]
                    if alert["state"] == "firing" and alert["labels"]["service"] == "shop"]

        (alert, *_) = eventually("an alert fires", firing, DEMO_PATIENCE_SECONDS)
        self.assertEqual(alert["labels"]["slo"], "availability")

    def test_metric_browser_lists_metrics_and_what_they_are(self):
        def names():
            listed = ask(f"{self.url}/api/v1/label/__name__/values")[1]["data"]
            return "slod_slo_budget_spent_ratio" in listed and listed

        listed = eventually("the metric is listed", names)
        self.assertEqual(listed, sorted(listed))
        self.assertIn("shop_requests_total", listed)
        metadata = ask(f"{self.url}/api/v1/metadata?limit=1000")[1]["data"]
        self.assertEqual(metadata["slod_slo_budget_spent_ratio"][0]["type"], "gauge")


if __name__ == "__main__":
    unittest.main()
