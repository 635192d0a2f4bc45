"""`slod schema`: what editors accept by it and what slod accepts is the same, for every example, every
key, and every kind of slip. Skipped where python3-yaml or python3-jsonschema is not there."""

import copy
import json
import pathlib
import unittest

from slod import run_command, temporary_folder

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
MANUAL = REPOSITORY / "tests/lib/config/manual.yaml"
EXAMPLES = sorted((REPOSITORY / "config").glob("*.yaml")) + [
    MANUAL, REPOSITORY / "deploy/debian/slod.yaml"]
# Maps whose keys the user chooses, or whose keys are those of rules.
FREE = {"labels", "annotations", "routes"}

WRONG = [  # (path to a value of the manual, what stands there instead)
    (("listen",), []), (("scrape",), {}), (("scrape", 0), "api"),
    (("scrape", 0, "targets"), "127.0.0.1:8080"), (("scrape", 0, "interval"), "soon"),
    (("scrape", 0, "interval"), 15), (("scrape", 0, "scheme"), "ftp"),
    (("scrape", 0, "basic_auth"), "u:p"), (("prometheus", 0, "url"), "127.0.0.1:9090"),
    (("prometheus", 0, "mode"), "remote"), (("services", 0, "slos"), {}),
    (("services", 0, "slos", 0, "objective"), "high"),
    (("services", 0, "slos", 0, "window"), []), (("services", 0, "slos", 0, "on_missing"), "panic"),
    (("services", 0, "slos", 0, "window"), {"calendar": "decade"}),
    (("services", 0, "slos", 0, "availability"), "http_requests_total"),
    (("services", 0, "slos", 0, "latency"), {"histogram": "h", "below": "1s"}),
    (("services", 0, "slos", 3, "throughput", "at_least"), "10/d"),
    (("services", 0, "slos", 3, "throughput", "at_most"), "10/s"),
    (("freeze", "ladder", 0, "level"), "open"), (("freeze", "ladder", 0, "deny"), ["fun"]),
    (("alerting", "min_events"), 0.5), (("alerting", "receivers", 0, "slack"), {}),
    (("alerting", "routes", "page"), "oncall"), (("rules", 0, "for"), "long"),
    (("rules", 0, "record"), "r"), (("rule_files",), "rules/*.yml")]


def at(document, path):
    for step in path:
        document = document[step]
    return document


def keys_of(document, path=()):
    """The path of every key, without those that the user chooses."""
    if isinstance(document, dict):
        for key, value in document.items():
            if not (path and path[-1] in FREE):
                yield path + (key,)
            yield from keys_of(value, path + (key,))
    elif isinstance(document, list):
        for i, value in enumerate(document):
            yield from keys_of(value, path + (i,))


class Schema(unittest.TestCase):
    def setUp(self):
        try:
            import jsonschema
            import yaml
        except ImportError as missing:
            self.skipTest(f"expected python3-yaml and python3-jsonschema: {missing}")
        self.load = lambda path: yaml.safe_load(path.read_text())
        done = run_command("schema")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        schema = json.loads(done.stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        self.validator = jsonschema.Draft202012Validator(schema)
        self.folder = temporary_folder(self)
        for name in ("secrets/pagerduty", "secrets/slack", "f"):
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_text("https://example.org/hook")

    def problems(self, document):
        return [f"{error.json_path}: {error.message}" for error in
                self.validator.iter_errors(document)]

    def slod_takes(self, document):
        file = self.folder / "slod.yaml"
        file.write_text(json.dumps(document))
        return run_command("check", "--offline", file).returncode == 0

    def test_takes_every_example(self):
        for path in EXAMPLES:
            with self.subTest(path=path.name):
                self.assertEqual(self.problems(self.load(path)), [])

    def test_refuses_every_slip_in_a_key_as_slod_does(self):
        manual = self.load(MANUAL)
        self.assertTrue(self.slod_takes(manual))
        for path in keys_of(manual):
            with self.subTest(path=path):
                changed = copy.deepcopy(manual)
                section = at(changed, path[:-1])
                section[path[-1] + "x"] = section.pop(path[-1])
                self.assertNotEqual(self.problems(changed), [])
        # Starting slod for each takes long: for one key of each section.
        for section in sorted({path[:-1] for path in keys_of(manual)}, key=str):
            with self.subTest(section=section):
                changed = copy.deepcopy(manual)
                at(changed, section)["unheard_of"] = 1
                self.assertNotEqual(self.problems(changed), [])
                self.assertFalse(self.slod_takes(changed))

    def test_refuses_what_is_of_the_wrong_kind_as_slod_does(self):
        manual = self.load(MANUAL)
        for path, wrong in WRONG:
            with self.subTest(path=path, wrong=wrong):
                changed = copy.deepcopy(manual)
                at(changed, path[:-1])[path[-1]] = wrong
                self.assertNotEqual(self.problems(changed), [])
                self.assertFalse(self.slod_takes(changed))

    def test_takes_what_slod_takes_in_other_words(self):
        manual = self.load(MANUAL)
        slo = ("services", 0, "slos", 0)
        for path, value in [(slo + ("objective",), 0.999), (slo + ("objective",), "0.999"),
                            (slo + ("window",), {"calendar": "week", "time_zone": "Europe/Madrid"}),
                            (slo + ("description",), 7),
                            (slo + ("availability",), {"error_ratio": "avg(a)", "slice": "1m"}),
                            (("alerting", "min_events"), "10"), (("freeze", "thaw_margin"), 0.02),
                            (("rules", 0), {"record": "job:a:rate5m", "expr": "a"}),
                            (("rules", 0, "for"), 0), (("scrape", 0, "body_size_limit"), 1000)]:
            with self.subTest(path=path, value=value):
                changed = copy.deepcopy(manual)
                at(changed, path[:-1])[path[-1]] = value
                self.assertTrue(self.slod_takes(changed))
                self.assertEqual(self.problems(changed), [])


if __name__ == "__main__":
    unittest.main()
