"""slod's web page in a real browser, headless. Tests of it are skipped where chromium or
chromedriver is not installed."""

import unittest

import browser
from slod import SlodTest
from target import Target

# Would run, or become an element, if it were ever read as HTML or followed as a link. In names of
# services and SLOs, and in the URL of a runbook, slod takes nothing of the kind.
XSS = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


def slo(name, objective="90%", **more):
    return {"name": name, "objective": objective, "window": "1h", "cold_start": "observed",
            "availability": {"total": 'http_requests_total{job="api"}',
                             "bad": 'http_requests_total{job="api",code=~"5.."}'}, **more}


def slos_of(page):
    """The names that the overview shows, in their order."""
    return page.run("return [...document.querySelectorAll('.rows .row')].sort((a, b) => "
                    "a.getAttribute('aria-rowindex') - b.getAttribute('aria-rowindex'))"
                    ".map((row) => row.querySelector('a').textContent)")


@unittest.skipUnless(browser.programs(), "chromium and chromedriver are not installed")
class PageTest(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.target.counters.requests()

    def serve(self, services, also=(), **more):
        self.slod = self.run_slod({
            "scrape": [{"job": "api", "targets": [f"127.0.0.1:{self.target.port}"],
                        "interval": "200ms"}, *also], "services": services, **more})
        if self.slod.get("/page/dygraph.min.js")[0] == 404:
            self.skipTest("this slod was built without charts: libjs-dygraphs was not installed")

    def browse(self, place="#/", **window):
        self.page = browser.Browser(self, **window)
        self.page.open(self.slod.url + "/" + place)
        return self.page

    def go(self, place):
        self.page.run("location.hash = arguments[0]", place)

    def row(self, name):
        """What the overview says of one SLO, cell by cell."""
        return self.page.run(
            "const row = [...document.querySelectorAll('.rows .row')]"
            ".find((one) => one.querySelector('a').textContent === arguments[0]);"
            "return row && Object.fromEntries([...row.children].map("
            "(cell) => [cell.classList[1], cell.innerText]))", name)

    def focused(self):
        return self.page.run("const at = document.activeElement; return at === document.body ? '' :"
                             "(at.labels?.[0]?.textContent ?? at.getAttribute('aria-label') ??"
                             " at.textContent).trim().slice(0, 60)")

    def expect_clean(self):
        """Nothing was asked of another host, refused by the policy, or thrown."""
        logged = [entry["message"] for entry in self.page.log("browser")]
        self.assertEqual(logged, [])
        asked = [url for url in self.page.requested()
                 if not url.startswith((self.slod.url, "data:", "about:", "chrome:",
                                        "chrome-untrusted:"))]  # the browser's own pages
        self.assertEqual(asked, [])
