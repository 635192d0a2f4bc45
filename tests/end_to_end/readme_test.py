"""README.md, the tour and the reference do what they show, as docs/ do: a service of one's own from
its configuration to a pipeline's question, each excerpt of docs/configuration.md, each answer that
docs/http.md shows, and the commands that provision Grafana."""

import json
import pathlib
import re
import subprocess
import unittest

from document import masked
from slod import PROGRAM, Slod, SlodTest, availability, ask, eventually, run_command, scrape_job
from slod import temporary_folder
from target import Target

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text()
TOUR = (REPOSITORY / "docs/tour.md").read_text()
CONFIGURATION = (REPOSITORY / "docs/configuration.md").read_text()
HTTP = (REPOSITORY / "docs/http.md").read_text()
GRAFANA = REPOSITORY / "deploy/grafana/README.md"


def fences(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


class OwnService(SlodTest):
    """The configurations, findings and answers of a service of one's own."""

    def setUp(self):
        self.folder = temporary_folder(self)
        self.target = Target(self)
        self.target.counters.requests(ok=10, failed=0)
        for le, value in (("0.1", 5), ("0.25", 8), ("0.5", 9), ("+Inf", 10)):
            self.target.counters.set("http_request_duration_seconds_bucket", value, le=le)

    def check(self, text, *options):
        """(exit code, what is printed) of `slod check my.yaml`."""
        (self.folder / "my.yaml").write_text(
            text.replace("127.0.0.1:8080", f"127.0.0.1:{self.target.port}"))
        done = subprocess.run([PROGRAM, "check", *options, "my.yaml"], cwd=self.folder, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def run_own(self, text):
        """A slod that runs a configuration of the page, and allows."""
        slod = self.run_slod(text.replace("127.0.0.1:8080", f"127.0.0.1:{self.target.port}")
                             .replace("job: api\n", "job: api\n    interval: 200ms\n", 1))
        eventually("it allows", lambda: slod.verdict("api")["verdict"] == "allow")
        return slod


class Readme(OwnService):
    def test_the_service_that_it_shows_is_checked_and_allowed(self):
        own, = fences(README, "yaml")
        self.assertEqual(self.check(own), (0, "", ""))
        shown = re.search(r"^\$ slod freeze api\n(.*)$", README, re.M)[1]
        done = run_command("freeze", "api", "--server", self.run_own(own).url)
        self.assertEqual((done.returncode, done.stdout.strip()), (0, shown))


class Tour(OwnService):
    def setUp(self):
        super().setUp()
        self.own, self.server, self.alerting = fences(TOUR, "yaml")

    def test_findings_are_those_that_it_shows(self):
        shown, = [text for text in fences(TOUR, "") if text.startswith("$ slod check my.yaml")]
        wrong, fixed = re.split(r"^\$ slod check my\.yaml.*\n", shown, flags=re.M)[1:]
        slips = self.own.replace("owner:", "ownr:").replace("objective: 99.9%", "objective: 99.9")
        self.assertEqual(self.check(slips), (1, wrong, ""))
        self.assertEqual(self.check(self.own), (0, fixed, ""))

    def test_configurations_are_right(self):
        begin, end = self.own.index("scrape:"), self.own.index("services:")
        with_server = self.own[:begin] + self.server + "\n" + self.own[end:]
        self.assertEqual(self.check(with_server, "--offline"), (0, "", ""))
        for name in re.findall(r"_file: (\S+)}", self.alerting):
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_text("https://hooks.slack.com/services/x")
        self.assertEqual(self.check(self.own + self.alerting, "--offline"), (0, "", ""))
        self.assertIn(" six complete examples", TOUR)
        self.assertEqual(len(list((REPOSITORY / "config").glob("*.yaml"))), 6)

    def test_answers_look_as_it_shows(self):
        slod = self.run_own(self.own)
        self.target.counters.requests(ok=1000)
        eventually("events count", lambda: slod.verdict("api")["reasons"][0]["total"])
        shown = re.search(r"^\$ curl http://127\.0\.0\.1:9750/freeze/api\n(.*)$", TOUR, re.M)[1]

        def shape(verdict):
            return re.sub(r": [\d.]+", ": <number>", masked(json.dumps(verdict)))

        self.assertEqual(shape(slod.verdict("api")), shape(json.loads(shown)))
        codes = re.findall(r"^\| (\d) \| (\w+)", TOUR, re.M)
        self.assertEqual(codes, [("0", "allow"), ("1", "deny"), ("2", "inconclusive"), ("3", "no")])
        done = run_command("freeze", "api", "--server", slod.url, "--change", "feature")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(ask(f"{slod.url}/freeze/api?change=feature&enforce=1")[0], 200)
        self.assertEqual(run_command("freeze", "api", "--server", "http://127.0.0.1:1").returncode, 3)

    def test_the_query_that_it_shows_is_answered(self):
        command, answer = re.search(r"^\$ (curl \S+/api/v1/query .*)\n(.*)$", TOUR, re.M).groups()
        shop = Target(self)  # as the demo's is
        for code in ("200", "500"):
            shop.counters.add("shop_requests_total", 0, code=code)
        slod = self.run_slod({"scrape": [scrape_job(shop, job="shop")], "services": [
            {"name": "shop", "slos": [availability(job="shop", metric="shop_requests_total")]}]})
        command = command.replace("http://127.0.0.1:9751", slod.url).replace("curl", "curl -sS", 1)
        moment = re.compile(r'"value":\[[\d.]+,"[\d.]+"\]')

        def answered():
            shop.counters.add("shop_requests_total", 1, code="500")
            done = subprocess.run(["sh", "-c", command], stdin=subprocess.DEVNULL, text=True,
                                  capture_output=True, timeout=20)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            found = json.loads(done.stdout)["data"]["result"]
            return done.stdout.strip() if found and found[0]["value"][1] != "0" else None

        printed = eventually("there is a rate", answered)
        self.assertEqual(moment.sub("<moment>", printed), moment.sub("<moment>", answer))


class Configuration(SlodTest):
    """Excerpts of the reference, put where they belong."""

    SLO = "scrape: [{job: api, targets: ['127.0.0.1:8080']}]\n" \
          "services:\n  - name: api\n    slos:\n      - name: a\n        objective: 99.9%\n"
    EVENTS = "        availability: {total: 't{job=\"api\"}', bad: 'b{job=\"api\"}'}\n"

    def findings(self, text):
        file = temporary_folder(self) / "slod.yaml"
        file.write_text(text)
        (file.parent / "rules").mkdir()
        (file.parent / "rules/a.yml").write_text("groups: []\n")
        done = run_command("check", "--offline", file)
        return done.stdout, [re.sub(r"^.*?: note: ", "", line) for line in done.stderr.splitlines()]

    def test_excerpts_are_right(self):
        editor, events, latency, freeze, burn_rates, rules = fences(CONFIGURATION, "yaml")
        receiver = "alerting: {receivers: [{name: r, webhook: {url: 'http://127.0.0.1:9/'}}], " \
                 "routes: {page: [r], ticket: [r]}}\n"
        for excerpt in (freeze, "alerting:\n" + burn_rates, receiver + rules):
            self.assertEqual(self.findings(self.SLO + self.EVENTS + excerpt), ("", []), excerpt)
        for excerpt in (events, latency):
            found, notes = self.findings(self.SLO + excerpt)
            self.assertEqual(found, "")
            self.assertRegex(notes[0], r"\Aavailability is counted, each event once", excerpt)
        self.assertRegex(editor, r"\A# yaml-language-server: \$schema=\./slod\.schema\.json\n\Z")

    def test_defaults_are_those_that_it_shows(self):
        _, _, _, freeze, burn_rates, _ = fences(CONFIGURATION, "yaml")
        texts = []
        for excerpt in ("", freeze + "alerting:\n" + burn_rates):
            slod = Slod(self, self.SLO + self.EVENTS + excerpt).start()
            slo = slod.slo("api/a")
            texts.append(slo["alert_rules"])
            slod.stop()
        self.assertEqual(texts[0], texts[1])
        self.assertEqual([rule["factor"] for rule in texts[0]], [14.4, 6, 3, 1])


class Http(SlodTest):
    def test_answers_that_it_shows_have_the_fields_that_there_are(self):
        target = Target(self)
        target.counters.requests(ok=10)
        latency = {"name": "latency", "objective": "99%", "window": "1h", "latency": {
            "histogram": 'seconds{job="api"}', "below": "250ms"}}
        slod = self.run_slod({"scrape": [scrape_job(target)], "services": [
            {"name": "api", "slos": [availability(), latency]}]})
        for le, value in (("0.25", 5), ("0.5", 9), ("+Inf", 10)):
            target.counters.set("seconds_bucket", value, le=le)
        target.counters.requests(failed=20)
        eventually("it denies", lambda: slod.verdict("api")["frozen"])
        eventually("latencies count", lambda: slod.slo("api/latency")["latency"]["value_seconds"])
        shown = [json.loads(re.sub(r",\.\.\.", "", text.partition("\n")[2]))
                 for text in fences(HTTP, "") if text.startswith("$ curl ")]
        self.assertEqual(len(shown), 2)
        verdict = slod.verdict("api")
        self.assertEqual(list(shown[0]), list(verdict))
        self.assertEqual(list(shown[0]["reasons"][0]), list(verdict["reasons"][0]))
        slo = slod.slo("api/latency")
        more = {"runbook", "alert_rules"}
        self.assertEqual([key for key in slo if key not in more], list(shown[1]))
        for key in ("budget", "latency"):
            self.assertEqual(list(shown[1][key]), list(slo[key]), key)
        fields = re.findall(r"`(\w+)(?:\.\w+)?`", " ".join(re.findall(r"^\| (`.*?) \|", HTTP, re.M)))
        for key in [*verdict, *verdict["reasons"][0], *slo, *slod.get("/api/v1/status")[1]]:
            if key not in ("objective_ratio", "service", "slo", "description", "owner"):
                self.assertIn(key, fields, "a field without a row in docs/http.md")


class Grafana(unittest.TestCase):
    def test_commands_put_the_files_where_grafana_looks(self):
        folder = temporary_folder(self)
        commands, = [text for text in fences(GRAFANA.read_text(), "") if "install" in text]
        done = subprocess.run(["sh", "-ec", commands.replace("/etc/grafana", f"{folder}/grafana")],
                              cwd=REPOSITORY, capture_output=True, text=True, timeout=20)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        provider = (folder / "grafana/provisioning/dashboards/slod.yaml").read_text()
        path = re.search(r"path: /etc/(\S+)", provider)[1]
        self.assertEqual(sorted(file.name for file in (folder / path).iterdir()),
                         sorted(re.findall(r"^\| `(\w+\.json)`", GRAFANA.read_text(), re.M)))
        self.assertTrue((folder / "grafana/provisioning/datasources/slod.yaml").exists())


if __name__ == "__main__":
    unittest.main()
