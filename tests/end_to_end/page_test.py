"""The web page in a real browser, headless, against slod itself. Skipped where chromium or
chromedriver is not installed."""

import unittest

import browser
from slod import SlodTest, eventually
from target import Target


def configuration(target, services):
    return {"scrape": [{"job": "api", "targets": [f"127.0.0.1:{target.port}"],
                        "interval": "200ms"}], "services": services}


def slo(name, objective="90%", **more):
    return {"name": name, "objective": objective, "window": "1h", "cold_start": "observed",
            "availability": {"total": 'http_requests_total{job="api"}',
                             "bad": 'http_requests_total{job="api",code=~"5.."}'}, **more}


@unittest.skipUnless(browser.programs(), "chromium and chromedriver are not installed")
class PageTest(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.target.counters.requests()

    def serve(self, services):
        self.slod = self.run_slod(configuration(self.target, services))

    def browse(self, place="#/", **window):
        self.page = browser.Browser(self, **window)
        self.page.open(self.slod.url + "/" + place)
        return self.page

    def row(self, name):
        """What the overview says of one SLO, cell by cell."""
        return self.page.run(
            "const row = [...document.querySelectorAll('.rows .row')]"
            ".find((one) => one.querySelector('a').textContent === arguments[0]);"
            "return row && Object.fromEntries([...row.children].map("
            "(cell) => [cell.classList[1], cell.innerText]))", name)


class Overview(PageTest):
    def test_shows_every_slo_and_what_becomes_of_it_without_a_reload(self):
        self.serve([{"name": "api", "owner": "team-api", "slos": [slo("availability"),
                                                                  slo("strict", "99.9%")]},
                    {"name": "calm", "slos": [slo("availability", "50%")]}])
        self.target.counters.requests(ok=100)
        self.browse()
        self.page.await_text("3 SLOs", ".found")
        eventually("a good start", lambda: self.row("api/availability")["sli"] == "100.00 %")
        self.target.counters.requests(ok=92, failed=8)
        row = eventually("the row changes", lambda: (lambda r: r if r["sli"] == "96.00 %" else None)(
            self.row("api/availability")))
        self.assertEqual(row["budget"], "60.0 %")
        row = eventually("the freeze is shown", lambda: (
            lambda r: r if "hotfixes only" in r["verdict"] else None)(self.row("api/strict")))
        self.assertEqual((row["objective"], row["budget"], row["coverage"][-1]),
                         ("99.9 %", "−3900.0 %", "%"))
        self.assertIn("deny (service)", self.row("api/availability")["verdict"])
        self.assertIn("allow", self.row("calm/availability")["verdict"])


if __name__ == "__main__":
    unittest.main()
