"""The pages of docs/ do what they say: their files are written, their commands are run, and what these
print is what the pages show."""

import re
import time
import unittest
import urllib.parse

from document import Page
from slod import SlodTest, eventually
from target import Target


class Migrating(SlodTest):
    def setUp(self):
        self.prometheus = Target(self)
        self.prometheus.behave = self.federate
        self.page = Page(self, "migrating.md", {9090: self.prometheus.port})

    def federate(self, request):
        """What a server says of the service, by its /federate."""
        at = int(time.time() * 1000)
        request.respond("".join(
            f'http_request_duration_seconds_count{{job="myservice",instance="a",code="{code}"}} '
            f"{value} {at}\n" for code, value in (("200", 990 + at // 1000), ("500", 10))))

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


if __name__ == "__main__":
    unittest.main()
