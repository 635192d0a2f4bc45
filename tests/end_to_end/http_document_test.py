"""docs/openapi.yaml, which slod serves at /openapi.yaml, against the answers of the program: every
path that the code serves is in it, and every answer, good or bad, has the shape that it promises.
Skipped where python3-yaml or python3-jsonschema is not there."""

import datetime
import json
import pathlib
import re
import unittest
import urllib.error
import urllib.request

from slod import Slod, SlodTest, availability, eventually, free_port, scrape_job
from target import Target

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = REPOSITORY / "docs/openapi.yaml"

# (method, path, parameters, status); {begin} and {end} are times in seconds.
REQUESTS = [
    ("GET", "/freeze", "", 200), ("POST", "/freeze", "?change=hotfix", 200),
    ("GET", "/freeze", "?enforce=1", 423), ("GET", "/freeze", "?enforc=1", 400),
    ("GET", "/freeze/{service}", "", 200), ("POST", "/freeze/{service}", "?enforce=1", 423),
    ("GET", "/freeze/{service}", "?change=x", 400), ("GET", "/freeze/nobody", "", 404),
    ("GET", "/freeze/unread", "?enforce=1", 503),
    ("GET", "/api/v1/slos", "", 200), ("GET", "/api/v1/slos", "?window=0s", 400),
    ("GET", "/api/v1/slos/{service}/{slo}", "", 200),
    ("GET", "/api/v1/slos/api/latency", "?window=1m", 200),
    ("GET", "/api/v1/slos/api/rate", "", 200), ("GET", "/api/v1/slos/unread/availability", "", 200),
    ("GET", "/api/v1/slos/{service}/{slo}", "?x=1", 400), ("GET", "/api/v1/slos/a/b", "", 404),
    ("GET", "/api/v1/slos/{service}/{slo}/history", "", 200),
    ("GET", "/api/v1/slos/{service}/{slo}/history", "?last=1h", 200),
    ("GET", "/api/v1/slos/{service}/{slo}/history", "?slices=0", 400),
    ("GET", "/api/v1/slos/a/b/history", "", 404), ("GET", "/api/v1/episodes", "", 200),
    ("GET", "/api/v1/episodes", "?limit=x", 400), ("GET", "/api/v1/verdicts", "?service=api", 200),
    ("GET", "/api/v1/outbox", "?limit=1", 200),
    ("GET", "/api/v1/status", "", 200), ("GET", "/metrics", "", 200), ("GET", "/healthz", "", 200),
    ("GET", "/readyz", "", 200), ("GET", "/-/healthy", "", 200), ("GET", "/-/ready", "", 200),
    ("GET", "/openapi.yaml", "", 200), ("GET", "/", "", 200), ("GET", "/page/{file}", "", 200),
    ("GET", "/page/nothing.js", "", 404),
    ("GET", "/api/v1/query", "?query=up", 200), ("POST", "/api/v1/query", "?query=up", 200),
    ("GET", "/api/v1/query", "?query=sum(", 400),
    ("GET", "/api/v1/query", "?query=http_requests_total%2Bon()http_requests_total", 422),
    ("GET", "/api/v1/query_range", "?query=up&start={begin}&end={end}&step=1", 200),
    ("GET", "/api/v1/query_range", "?query=up", 400),
    ("GET", "/api/v1/query_exemplars", "?query=up&start={begin}&end={end}", 200),
    ("GET", "/api/v1/format_query", "?query=up", 200),
    ("GET", "/api/v1/parse_query", "?query=sum(", 400), ("GET", "/api/v1/parse_query", "?query=up", 200),
    ("GET", "/api/v1/series", "?match[]=up", 200), ("GET", "/api/v1/series", "", 400),
    ("GET", "/api/v1/labels", "", 200), ("GET", "/api/v1/label/{name}/values", "", 200),
    ("GET", "/api/v1/metadata", "", 200), ("GET", "/api/v1/rules", "", 200),
    ("GET", "/api/v1/rules", "?type=x", 400), ("GET", "/api/v1/alerts", "", 200),
    ("GET", "/api/v1/alertmanagers", "", 200), ("GET", "/api/v1/targets", "", 200),
    ("GET", "/api/v1/scrape_pools", "", 200), ("GET", "/api/v1/status/buildinfo", "", 200),
    ("GET", "/api/v1/status/runtimeinfo", "", 200), ("GET", "/api/v1/status/flags", "", 200),
    ("GET", "/api/v1/status/config", "", 200), ("GET", "/api/v1/status/tsdb", "", 200), ("GET", "/api/v1/status/tsdb", "?limit=x", 400),
    ("POST", "/-/reload", "", 200),
]
EXAMPLES = {"service": "api", "slo": "availability", "name": "job", "file": "app.js"}


def routes_of_the_code():
    """{path: methods} as the table of routes has them."""
    table = (REPOSITORY / "daemon/api/routes.cpp").read_text()
    rows = re.findall(r'\{"(/[^"]*)", (get|post|get_or_post), [\w:]+[,}]', table)
    return {path: set(methods.upper().split("_OR_")) for path, methods in rows}


def request(url, method, headers=()):
    """(status, headers, bytes)"""
    asked = urllib.request.Request(url, method=method, data=b"" if method == "POST" else None,
                                   headers=dict(headers))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(asked, timeout=20) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


class HttpDocument(SlodTest):
    def setUp(self):
        try:
            import jsonschema
            import yaml
        except ImportError as missing:
            self.skipTest(f"expected python3-yaml and python3-jsonschema: {missing}")
        self.document = yaml.safe_load(DOCUMENT.read_text())
        formats = jsonschema.FormatChecker(formats=())

        @formats.checks("date-time", ValueError)
        def is_time(text):  # pylint: disable=unused-variable
            if not isinstance(text, str):
                return True
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text) or not text, text
            return bool(datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", text)[:-1]))

        self.validator = lambda schema: jsonschema.Draft202012Validator(
            {**schema, "components": self.document["components"]}, format_checker=formats)

    def resolved(self, node):
        while "$ref" in node:
            name = node["$ref"]
            node = self.document
            for part in name.removeprefix("#/").split("/"):
                node = node[part]
        return node

    def check(self, url, method, pattern, path, status):
        found, headers, body = request(url + path, method)
        kind = headers.get_content_type()
        self.assertEqual(found, status, (path, body[:300]))
        operation = self.document["paths"][pattern][method.lower()]
        self.assertIn(str(status), operation["responses"], path)
        content = self.resolved(operation["responses"][str(status)])["content"]
        if "*/*" in content:
            return
        self.assertEqual(list(content), [kind], path)
        if kind != "application/json":
            self.assertTrue(body, path)
            return
        problems = [f"{error.json_path}: {error.message}" for error in
                    self.validator(content[kind]["schema"]).iter_errors(json.loads(body))]
        self.assertEqual(problems, [], path)

    def pattern_of(self, path):
        """The path of the document that a path belongs to."""
        if path in self.document["paths"]:
            return path
        for pattern in self.document["paths"]:
            if "{" in pattern and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path):
                return pattern
        self.fail(f"{path} is not in the document")

    def test_has_every_path_and_method_of_the_code(self):
        self.assertEqual({path: {method.upper() for method in methods if method != "parameters"}
                          for path, methods in self.document["paths"].items()},
                         routes_of_the_code())

    def test_names_only_what_there_is_and_every_parameter_of_a_path(self):
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                for response in operation["responses"].values():
                    self.assertIn("description", self.resolved(response), path)
                names = [self.resolved(p)["name"] for p in operation.get("parameters", [])
                         if self.resolved(p)["in"] == "path"]
                self.assertEqual(sorted(names), sorted(re.findall(r"\{(\w+)\}", path)), path)

    def test_answers_have_the_shape_that_it_promises(self):
        target = Target(self)
        target.counters.requests(ok=10)
        for le, value in (("0.1", 5), ("0.5", 9), ("+Inf", 10)):
            target.counters.set("seconds_bucket", value, le=le)
        latency = {"name": "latency", "objective": "90%", "window": "1h", "latency": {
            "histogram": 'seconds{job="api"}', "below": "500ms"}}
        rate = {"name": "rate", "objective": "90%", "window": "1h", "throughput": {
            "total": 'http_requests_total{job="api"}', "at_least": "1/s", "slice": "1s"}}
        receivers = [{"name": "dead", "webhook": {"url": f"http://127.0.0.1:{free_port()}/"}}]
        slod = self.run_slod({
            "scrape": [scrape_job(target),
                       {"job": "dead", "targets": [f"127.0.0.1:{free_port()}"], "interval": "200ms"}],
            "services": [{"name": "api", "slos": [availability(), latency, rate]},
                         {"name": "unread", "slos": [availability(job="dead")]}],
            "alerting": {"receivers": receivers, "routes": {"page": ["dead"], "ticket": ["dead"]}},
            "rules": [{"alert": "Down", "expr": "up == 0", "severity": "page"}]})
        target.counters.requests(ok=10, failed=30)
        for le, value in (("0.1", 15), ("0.5", 19), ("+Inf", 25)):
            target.counters.set("seconds_bucket", value, le=le)
        eventually("the budget is spent", lambda: request(
            slod.url + "/freeze/api?enforce=1", "GET")[0] == 423)
        eventually("somebody waits to be told", lambda: slod.metric("slod_outbox_pending"))
        eventually("alerts of SLOs and of rules", lambda: {
            episode["kind"] for episode in slod.get("/api/v1/episodes")[1]["episodes"]} ==
            {"burn_rate", "rule"})
        end = json.loads(request(slod.url + "/api/v1/query?query=1", "GET")[2])["data"]["result"][0]
        tried = set()
        for method, path, parameters, status in REQUESTS:
            pattern = self.pattern_of(path)
            asked = self.asked(path) + parameters.format(begin=end - 5, end=end)
            with self.subTest(method=method, path=asked):
                self.check(slod.url, method, pattern, asked, status)
            tried.add(pattern)
        self.assertEqual(tried, set(self.document["paths"]), "every path is tried")
        slod.configure("services: [")
        self.check(slod.url, "POST", "/-/reload", "/-/reload", 400)
        self.assertEqual(request(slod.url + "/openapi.yaml", "GET")[2], DOCUMENT.read_bytes())

    def asked(self, pattern):
        for name, example in EXAMPLES.items():
            pattern = pattern.replace(f"{{{name}}}", example)
        return pattern

    def check_error(self, headers, body, place):
        self.assertEqual(headers.get_content_type(), "application/json", place)
        schema = self.document["components"]["schemas"]["Error"]
        self.assertEqual(list(self.validator(schema).iter_errors(json.loads(body))), [], place)

    def test_other_methods_and_paths_are_refused_as_it_says(self):
        slod = self.run_slod_on(Target(self))
        for pattern, operations in self.document["paths"].items():
            path = self.asked(pattern)
            methods = {method.upper() for method in operations if method != "parameters"}
            if "GET" in methods:
                methods.add("HEAD")
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"} - methods:
                with self.subTest(path=path, method=method):
                    status, headers, body = request(slod.url + path, method)
                    self.assertEqual((status, set(headers["Allow"].split(", "))), (405, methods))
                    if method == "HEAD":
                        self.assertEqual(body, b"")
                    else:
                        self.check_error(headers, body, path)
            if "GET" in methods and path != "/page/app.js":
                self.assertEqual(request(slod.url + path, "HEAD")[::2],
                                 (request(slod.url + path, "GET")[0], b""), path)
        for path in ("/nothing", "/freeze/a/b", "/api/v1/nothing", "/api/v2/slos", "/page/"):
            status, headers, body = request(slod.url + path, "GET")
            self.assertEqual(status, 404, path)
            self.check_error(headers, body, path)

    def test_what_a_client_has_is_not_sent_again(self):
        slod = self.run_slod_on(Target(self))
        kept = [path for path, operations in self.document["paths"].items()
                if "304" in operations.get("get", {"responses": {}})["responses"]]
        self.assertEqual(kept, ["/api/v1/episodes", "/api/v1/verdicts", "/api/v1/outbox"])
        for path in kept:
            _, headers, _ = request(slod.url + path, "GET")
            status, _, body = request(slod.url + path, "GET", {"If-None-Match": headers["ETag"]})
            self.assertEqual((status, body), (304, b""), path)
            self.check(slod.url, "GET", path, path, 200)

    def test_not_ready_has_the_shape_that_it_promises(self):
        target = Target(self)
        target.behave = lambda request: None
        slod = self.run_slod_unready(target)
        self.check(slod.url, "GET", "/readyz", "/readyz", 503)
        self.check(slod.url, "GET", "/-/ready", "/-/ready", 503)
        self.check(slod.url, "GET", "/api/v1/status", "/api/v1/status", 200)

    def run_slod_unready(self, target):
        return Slod(self, {"scrape": [scrape_job(target, interval="60s", timeout="60s")],
                           "services": [{"name": "api", "slos": [
                               availability(stale_after="10m")]}]}).start()


if __name__ == "__main__":
    unittest.main()
