"""The shapes of slod's answers against the description that Prometheus publishes of its API. Skipped
where the description (SLOD_CONFORMANCE_DIR, or ../shared/conformance) or PyYAML is not there."""

import datetime
import os
import pathlib
import re
import unittest

from slod import SlodTest, ask, eventually
from target import Target

FOLDER = pathlib.Path(os.environ.get("SLOD_CONFORMANCE_DIR") or
                      pathlib.Path(__file__).resolve().parents[3] / "shared/conformance")
FILE = FOLDER / "prometheus-api/openapi_3.1_golden.yaml"

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int,
         "number": (int, float)}

# Requests whose answers have a value for most of a schema.
REQUESTS = [
    "/query?query=up", "/query?query=up[1m]&stats=all", "/query?query=1", "/query?query=nothing",
    "/query_range?query=up&start={begin}&end={end}&step=1&limit=1", "/query_exemplars?query=up",
    "/format_query?query=sum(up)", "/parse_query?query=sum(up)", "/labels", "/labels?limit=1",
    "/label/job/values", "/series?match[]=up", "/metadata?limit=5", "/scrape_pools", "/targets",
    "/rules", "/rules?group_limit=1", "/alerts", "/alertmanagers", "/status/runtimeinfo",
    "/status/buildinfo", "/status/flags", "/status/config", "/status/tsdb",
]
FAILURES = ["/query?query=sum(", "/query_range?query=up", "/series", "/rules?type=x",
            
            "/query?query=http_requests_total%2Bon()http_requests_total"]


class Schemas:
    """As much of JSON Schema as the description uses."""

    def __init__(self, document):
        self.paths = document["paths"]
        self._named = document["components"]["schemas"]

    def problem(self, schema, value, place="body"):
        """What is wrong with the value, or None."""
        if "$ref" in schema:
            return self.problem(self._named[schema["$ref"].rsplit("/", 1)[1]], value, place)
        for some in ("anyOf", "oneOf"):
            if some in schema:
                found = [self.problem(one, value, place) for one in schema[some]]
                return None if None in found else "; or ".join(found)
        kind = schema.get("type")
        if kind and (not isinstance(value, TYPES[kind]) or
                     (isinstance(value, bool) and kind != "boolean")):
            return f"{place}: expected {kind}, found {value!r}"
        if "enum" in schema and value not in schema["enum"]:
            return f"{place}: expected one of {schema['enum']}, found {value!r}"
        if schema.get("format") == "date-time":
            try:
                datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", value).replace("Z", "+00:00"))
            except ValueError:
                return f"{place}: expected a time, found {value!r}"
        if isinstance(value, dict):
            return self._problem_of_object(schema, value, place)
        if isinstance(value, list):
            return self._problem_of_list(schema, value, place)
        return None

    def _problem_of_object(self, schema, value, place):
        missing = [name for name in schema.get("required", []) if name not in value]
        if missing:
            return f"{place}: expected {missing}"
        known, more = schema.get("properties", {}), schema.get("additionalProperties", True)
        for name, member in value.items():
            if name not in known and more is False:
                return f"{place}: expected no {name}"
            of_member = known.get(name, more if isinstance(more, dict) else {})
            found = self.problem(of_member, member, f"{place}.{name}")
            if found:
                return found
        return None

    def _problem_of_list(self, schema, value, place):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            return f"{place}: expected another number of elements than {len(value)}"
        for i, element in enumerate(value):
            found = self.problem(schema.get("items", {}), element, f"{place}[{i}]")
            if found:
                return found
        return None


class OpenApi(SlodTest):
    def setUp(self):
        try:
            import yaml
        except ImportError:
            self.skipTest("expected the Python package yaml, found none")
        if not FILE.exists():
            self.skipTest(f"expected {FILE}, found nothing; set SLOD_CONFORMANCE_DIR to the "
                          f"directory above prometheus-api")
        self.schemas = Schemas(yaml.safe_load(FILE.read_text()))
        target = Target(self)
        target.counters.requests(ok=10, failed=1)
        self.slod = self.run_slod_on(target)
        eventually("slod has samples", lambda: ask(
            self.slod.url + "/api/v1/query?query=up")[1]["data"]["result"])

    def schema_of(self, path, status="200"):
        known = path.partition("?")[0]
        known = "/label/{name}/values" if known.startswith("/label/") else known
        response = self.schemas.paths[known]["get"]["responses"][status]
        return response["content"]["application/json"]["schema"]

    def test_answers_have_the_published_shape(self):
        now = ask(self.slod.url + "/api/v1/query?query=1")[1]["data"]["result"][0]
        for path in REQUESTS:
            path = path.format(begin=now - 5, end=now)
            status, body = ask(self.slod.url + "/api/v1" + path)
            self.assertEqual(status, 200, (path, body))
            self.assertIsNone(self.schemas.problem(self.schema_of(path), body), path)
            self.assertIn("data", body, path)

    def test_errors_have_the_published_shape(self):
        for path in FAILURES:
            status, body = ask(self.slod.url + "/api/v1" + path)
            self.assertGreaterEqual(status, 400, path)
            self.assertIsNone(self.schemas.problem(self.schema_of(path, "default"), body), path)


if __name__ == "__main__":
    unittest.main()
