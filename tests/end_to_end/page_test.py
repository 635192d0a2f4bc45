"""The web page in a real browser, headless, against slod itself. Skipped where chromium or
chromedriver is not installed."""

import json
import re
import unittest

import browser
from slod import (PROGRAM, SlodTest, eventually, free_port, start_program, temporary_folder,
                  throughout)
from receiver import Receiver
from target import Target

VIEWS = ["#/", "#/slo/api/availability", "#/freeze", "#/alerts", "#/outbox"]

# Would run, or become an element, if it were ever read as HTML or followed as a link. In names of
# services and SLOs, and in the URL of a runbook, slod takes nothing of the kind.
XSS = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
SCRIPT_URL = "javascript:document.title='owned'"


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


class Overview(PageTest):
    def test_shows_every_slo_and_what_becomes_of_it_without_a_reload(self):
        self.serve([{"name": "api", "owner": "team-api", "slos": [slo("availability"),
                                                                  slo("strict", "99.9%")]},
                    {"name": "calm", "slos": [slo("availability", "20%")]}])
        self.target.counters.requests(ok=100)
        self.browse()
        self.page.await_text("3 SLOs", ".found")
        eventually("a good start", lambda: self.row("api/availability")["sli"] == "100.00 %")
        self.target.counters.requests(ok=92, failed=8)
        row = eventually("the row changes", lambda: self.row_with("api/availability", sli="96.00 %"))
        self.assertEqual(row["budget"], "60.0 %")
        row = eventually("the freeze is shown", lambda: self.row_with("api/strict",
                                                                      verdict="hotfixes only"))
        self.assertEqual((row["objective"], row["budget"], row["coverage"][-1]),
                         ("99.9 %", "−3900.0 %", "%"))
        self.assertIn("deny (service)", self.row("api/availability")["verdict"])
        self.assertIn("allow", self.row("calm/availability")["verdict"])
        self.expect_clean()

    def row_with(self, name, **wanted):
        row = self.row(name)
        return row if all(text in row[cell] for cell, text in wanted.items()) else None

    def test_says_that_slod_does_not_answer_and_goes_on_when_it_does(self):
        self.serve([{"name": "api", "slos": [slo("availability")]}])
        self.browse()
        self.page.await_text("1 SLO", ".found")
        self.slod.kill()
        self.page.await_text(r"slod does not answer: .* What is shown is from", ".trouble")
        self.assertEqual(slos_of(self.page), ["api/availability"])
        self.slod.launch(self.slod.url.removeprefix("http://"))
        self.page.await_text(r"\Alive, \d", "#live-text")
        self.assertEqual(self.page.text(".trouble"), "")

    def test_shows_nothing_of_a_view_before_it_was_read(self):
        self.serve([{"name": "api", "slos": [slo("availability")]}])
        self.target.counters.requests(ok=10)
        self.browse()
        self.page.await_text("1 SLO", ".found")
        self.slod.kill()
        for view, title in (("#/slo/api/availability", r"All SLOs\s+api/availability"),
                            ("#/freeze", "Deploy freeze"), ("#/alerts", "Alerts"),
                            ("#/outbox", "Outbox"), ("#/", "Service level objectives")):
            self.go(view)
            self.page.await_text(rf"\A{title}\s+Waiting for slod …\Z", "main")
            self.page.await_text(r"slod does not answer: there is no connection to it\.\Z",
                                 ".trouble")
            self.assertEqual(self.page.text("#live-text"), "not live")
        self.go("#/slo/api/availability")
        self.slod.launch(self.slod.url.removeprefix("http://"))
        self.page.await_text(r"Budget left\s+100\.0 %", ".tiles")
        self.assertNotIn("Waiting", self.page.text("main"))

    def test_says_that_it_waits_for_a_slow_network(self):
        self.serve([{"name": "api", "slos": [slo("availability")]}])
        self.browse()
        self.page.await_text("1 SLO", ".found")
        self.page.chrome("Network.enable")
        self.page.chrome("Network.emulateNetworkConditions", offline=False, latency=1500,
                         downloadThroughput=-1, uploadThroughput=-1)
        self.go("#/freeze")
        self.page.await_text("loading", "#live-text")
        self.page.await_text(r"Waiting for slod …", "main")
        self.page.await_text(r"feature: allow", ".card")
        self.assertNotIn("Waiting", self.page.text("main"))

    def test_says_of_what_has_no_events_that_it_has_none_and_puts_it_last(self):
        self.serve([{"name": "api", "slos": [slo("a-silent", availability={
            "total": "nobody_total", "bad": "nothing_total"}), slo("b-busy"), slo("c-busy")]}])
        self.browse()
        self.page.await_text(r"3 without events", ".summary")
        self.target.counters.requests(ok=100)
        self.page.await_text(r"1 without events", ".summary")
        for column in ("budget", "sli", "burn"):
            for _ in range(2):
                self.page.run(f"document.querySelector('.head .{column} button').click()")
                self.assertEqual(slos_of(self.page)[-1], "api/a-silent", column)

    def test_shows_the_name_of_an_slo_beside_a_long_one_of_its_service(self):
        service = "a-service-of-which-the-name-is-as-long-as-in-real-life"
        self.serve([{"name": service, "owner": "team-of-the-long-names",
                     "slos": [slo("availability")]}])
        self.browse()
        self.page.await_text("1 SLO", ".found")
        for width in (320, 768, 1280):
            self.page.size(width, 700)
            with self.subTest(width=width):
                shown, whole = self.page.run(
                    "const name = document.querySelector('.of-slo');"
                    "return [name.clientWidth, name.scrollWidth]")
                self.assertGreaterEqual(shown, whole * 0.6)
                self.assertEqual(self.page.run(
                    "return document.querySelector('.slo-link').getAttribute('aria-label')"),
                    service + "/availability")

    def test_says_why_there_is_no_such_slo(self):
        self.serve([{"name": "api", "slos": [slo("availability")]}])
        self.browse("#/slo/api/%zz")
        self.page.await_text(r'expected SERVICE/SLO of a configured SLO, found "api/%zz"',
                             ".trouble")
        self.go("#/")
        self.page.await_text("1 SLO", ".found")
        self.assertEqual(self.page.text(".trouble"), "")

    def test_stays_smooth_with_a_thousand_slos(self):
        self.serve([{"name": f"service-{i:03}", "owner": f"team-{i % 7}",
                     "slos": [slo(f"slo-{j}", f"{90 + (i + j) % 10}%") for j in range(4)]}
                    for i in range(250)])
        self.target.counters.requests(ok=100, failed=3)
        self.browse()
        self.page.await_text("1,000 SLOs", ".found")
        self.assertLess(len(slos_of(self.page)), 60)
        self.assertEqual(self.page.run(
            "return document.querySelector('.slos').getAttribute('aria-rowcount')"), "1001")
        took = self.page.run_async("""
          const done = arguments[0], took = {};
          const frame = () => new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
          const measure = async (what, act) => {
            await frame();
            const begin = performance.now();
            act();
            document.body.offsetHeight;
            took[what] = performance.now() - begin;
          };
          (async () => {
            const search = document.querySelector('#search');
            const type = (text) => { search.value = text; search.dispatchEvent(new Event('input')); };
            await measure('search', () => type('service-1'));
            await measure('search for less', () => type('team-3 slo-2'));
            await measure('search for all', () => type(''));
            for (const column of ['slo', 'burn', 'coverage']) {
              await measure('sort by ' + column, () => document.querySelector(`.head .${column} button`).click());
            }
            await measure('scroll', () => { scrollTo(0, 20000); dispatchEvent(new Event('scroll')); });
            await frame();
            done(took);
          })();""")
        print("1000 SLOs, milliseconds of script and layout (a frame at 60 Hz has 16.7): " +
              ", ".join(f"{what} {ms:.1f}" for what, ms in took.items()), flush=True)
        eventually("rows of the middle are shown", lambda: any(
            int(index) > 300 for index in self.page.run(
                "return [...document.querySelectorAll('.rows .row')]"
                ".map((row) => row.getAttribute('aria-rowindex'))")))
        # What has the focus keeps it while it is scrolled away, and so does its place in the order.
        first_row = "document.querySelector('.rows .row[aria-rowindex=\"2\"] a')"
        self.page.run("scrollTo(0, 0)")
        eventually("the first row is shown", lambda: self.page.run(f"return !!{first_row}"))
        self.page.run(f"{first_row}.focus()")
        focused = self.focused()
        self.page.run("scrollTo(0, 20000)")
        eventually("other rows are shown", lambda: len([index for index in self.page.run(
            "return [...document.querySelectorAll('.rows .row')]"
            ".map((row) => row.getAttribute('aria-rowindex'))") if int(index) > 300]) > 10)
        self.assertEqual((self.focused(), slos_of(self.page)[0]), (focused, focused))
        self.page.run("scrollTo(0, 0); const search = document.querySelector('#search');"
                      "search.value = 'service-12 slo-3'; search.dispatchEvent(new Event('input'));"
                      "document.querySelector('.head .slo button').click()")
        self.page.await_text("10 of 1,000 SLOs", ".found")
        expected = [f"service-{i}/slo-3" for i in range(120, 130)]
        eventually("sorted rows", lambda: slos_of(self.page) in (expected, expected[::-1]))
        self.expect_clean()


class OneSlo(PageTest):
    def chart(self):
        return self.page.run("return document.querySelector('.chart.wide .plot canvas') && "
                             "document.querySelector('.chart.wide .plot').getAttribute('aria-label')")

    def test_shows_the_window_or_the_end_of_it(self):
        self.serve([{"name": "api", "slos": [slo("availability")]}])
        self.target.counters.requests(ok=100, failed=5)
        self.await_counts(self.slod, "api/availability", 100, 5)
        self.browse("#/slo/api/availability")
        self.page.await_text(r"Charts show\s+the last 5m\s+the window, 1h", "main")
        # What was read lately would be a dot at the end of the whole window.
        self.assertEqual(self.page.run("return document.querySelector('#span').value"), "300")
        self.page.await_text(r"SLI\s+in steps of 1\.\ds", ".charts")
        self.page.await_text(r"Budget left\s+at the window's end", ".charts")
        eventually("what is left", lambda: "left: last 52.3 %" in (self.chart() or ""))
        self.page.requested()
        self.page.run("const span = document.querySelector('#span'); span.value = '';"
                      "span.dispatchEvent(new Event('change'))")
        self.page.await_text(r"SLI\s+in steps of 15s", ".charts")
        eventually("the same is left", lambda: "left: last 52.3 %, lowest 52.3 %" in self.chart())
        self.assertIn(self.slod.url + "/api/v1/slos/api/availability/history",
                      self.page.requested())
        self.expect_clean()

    def test_says_why_an_alert_on_the_budget_fired_also_when_it_is_over(self):
        self.serve([{"name": "api", "slos": [slo("availability")]}], alerting={
            "min_events": 5,
            "burn_rates": [{"severity": "page", "long": "4s", "short": "2s", "factor": 2}]})
        self.target.counters.requests(ok=50, failed=50)
        self.browse("#/slo/api/availability")
        self.page.await_text(r"page resolved\s+after \d", "section:last-of-type")
        self.page.await_text(r"page fired\s+at most 5\.00× over 4s, threshold 2\.00×",
                             "section:last-of-type")

    def test_counts_whole_events_at_the_axis(self):
        self.serve([{"name": "api", "slos": [slo("availability")]}])
        self.target.counters.requests(ok=30, failed=1)
        self.browse("#/slo/api/availability")
        ticks = ("return [...document.querySelectorAll('.chart:nth-of-type(4) "
                 ".dygraph-axis-label-y')].map((one) => one.textContent)")
        self.page.await_text(r"1 bad\s+of 31", ".tiles")
        eventually(f"ticks at whole events, not {self.page.run(ticks)}",
                   lambda: self.page.run(ticks) == ["0", "1"])
        self.expect_clean()

    def test_tells_alerts_of_rules_that_are_over_and_marks_them(self):
        rules = temporary_folder(self) / "rules.yml"
        rules.write_text(json.dumps({"groups": [{"name": "load", "interval": "1s", "rules": [
            {"alert": "Busy", "expr": "load > 5", "labels": {
                "severity": "ticket", "service": "api", "slo": "availability", "note": XSS},
             "annotations": {"summary": XSS}},
            {"alert": "Lost", "expr": "load > 5", "labels": {"severity": "page"}}]}]}))
        self.target.counters.set("load", 7)
        self.serve([{"name": "api", "slos": [slo("availability")]}], rule_files=[str(rules)])
        self.browse("#/alerts")
        self.page.await_text(r"firing\s+page\s+Lost(.|\s)*firing\s+ticket\s+Busy",
                             "section:nth-of-type(1)")
        self.target.counters.set("load", 1)
        self.page.await_text(r"Nothing is firing", ".summary")
        past = self.page.await_text(r"resolved\s+ticket\s+Busy(.|\s)*", "section:nth-of-type(2)")
        self.assertIn("note=" + XSS, past[0])
        self.page.await_text(r"resolved\s+page\s+Lost", "section:nth-of-type(2)")
        self.go("#/slo/api/availability")
        self.page.await_text(r"ticket Busy resolved\s+after \d", "section:last-of-type")
        self.page.await_text(r"ticket Busy fired\s+" + re.escape(XSS), "section:last-of-type")
        self.assertNotIn("Lost", self.page.text("section:last-of-type"))
        self.expect_clean()


class Numbers(PageTest):
    def test_are_never_better_than_the_truth(self):
        self.serve([{"name": "api", "slos": [slo("availability")]}])
        self.browse()
        shown = self.page.run_async(
            "const done = arguments[arguments.length - 1];"
            "import('/page/format.js').then(({percent, percentOfBad, together}) => done(["
            "arguments[0].map((ratio) => percent(ratio)), arguments[0].map((ratio) =>"
            "percentOfBad(ratio)), together('by 1567 % of 9')]))",
            [-15.666667, -0.00001, 0, 0.29, 0.99999, 1, 1 - 0.008 / (1 - 0.999), None])
        self.assertEqual(browser.plain(shown[0]), ["−1566.7 %", "−0.1 %", "0.0 %", "29.0 %",
                                                   "99.9 %", "100.0 %", "−700.0 %", "–"])
        self.assertEqual(browser.plain(shown[1]), ["−1566.6 %", "0.0 %", "0.0 %", "29.0 %",
                                                   "100.0 %", "100.0 %", "−700.0 %", "–"])
        self.assertEqual(shown[2], "by 1567\u00a0% of 9")

    def test_of_times_are_in_the_zone_at_the_bottom(self):
        self.serve([{"name": "api", "slos": [slo("availability")]}])
        self.browse()
        for zone, said in (("Europe/Paris", r"Times are in Europe/Paris \(GMT\+[12]\)\."),
                           ("UTC", r"Times are in UTC\.")):
            self.page.chrome("Emulation.setTimezoneOverride", timezoneId=zone)
            self.page.run("location.reload()")
            self.page.await_text(rf"\A{said}\Z", "footer")


class EveryView(PageTest):
    """One slod with an outage behind it: an alert, a freeze, a receiver that is gone."""

    def setUp(self):
        super().setUp()
        rules = temporary_folder(self) / "rules.yml"
        rules.write_text(json.dumps({"groups": [{"name": XSS, "interval": "1s", "rules": [
            {"alert": "Errors", "expr": 'http_requests_total{code="500"} > 0',
             "labels": {"severity": "page", "note": XSS},
             "annotations": {"summary": XSS, "runbook_url": SCRIPT_URL}},
            {"alert": "Broken", "expr": "http_requests_total * on() http_requests_total"}]}]}))
        burn = [{"severity": "page", "long": "1h", "short": "5m", "factor": 2}]
        evil = Target(self)
        evil.behave = lambda request: request.respond((f"{XSS} {{\n" * 3).encode())
        refusing = Receiver(self, (400, {"Content-Type": "text/html"}, XSS))
        self.serve([{"name": "api", "owner": XSS,
                     "runbook": "https://runbooks.example/api?a=1&b='x'",
                     "slos": [slo("availability", description=XSS)]},
                    {"name": "calm", "runbook": "https://runbooks.example/calm",
                     "slos": [slo("availability", "20%")]},
                    {"name": "evil", "slos": [slo("availability", availability={
                        "total": 'total{job="evil"}', "bad": 'bad{job="evil"}'})]}],
                   also=[{"job": "evil", "targets": [f"127.0.0.1:{evil.port}"],
                          "interval": "200ms"}],
                   alerting={"burn_rates": burn, "min_events": 1, "receivers": [
                       {"name": "gone", "webhook": {"url": f"http://127.0.0.1:{free_port()}/x"}},
                       {"name": "refuses", "webhook": {"url": refusing.url}}],
                       "routes": {"page": ["gone", "refuses"]}},
                   rule_files=[str(rules)])
        self.target.counters.requests(ok=100)
        self.await_counts(self.slod, "api/availability", 100, 0)
        self.target.counters.requests(failed=50)
        eventually("an episode", lambda: self.slod.get("/api/v1/episodes")[1]["episodes"])
        eventually("a freeze", lambda: self.slod.verdict("api")["level"] == "hotfix_only")

    def test_shows_what_happened_as_text_alone(self):
        self.browse("#/slo/api/availability")
        self.page.await_text(r"50 bad\s+of 150; 15 allowed", ".tiles")
        self.page.await_text("−233.4 %", ".tiles")
        self.page.await_text(re.escape(XSS), ".summary")
        self.page.await_text(r"page fired", "section:last-of-type")
        self.page.await_text(r"service: hotfixes only", "section:last-of-type")
        self.page.await_text(r"page\s+3\.\d+× over .*\s+.*2\.00×\s+\S\s+above, firing", "section")
        charts = eventually("charts are drawn", lambda: self.page.run(
            "return document.querySelectorAll('.plot canvas').length"))
        self.assertGreaterEqual(charts, 5)
        label = self.page.run(
            "return document.querySelector('.chart.wide .plot').getAttribute('aria-label')")
        self.assertRegex(label, r"Chart: Budget left\. left: last −233\.4 %")
        self.go("#/freeze")
        self.page.await_text(r"feature: deny\s+.\s*fix: deny\s+.\s*hotfix: allow", ".card")
        self.page.await_text(r"50 bad of 150, 15 allowed · coverage [\d.]+ % · read", ".card")
        self.page.await_text(r"feature: allow", ".card.calm")
        # Nothing is known of it: its level is open, but that is no good news.
        self.assertEqual(self.page.run(
            "return [...document.querySelectorAll('.card')].find((card) => card.innerText"
            ".startsWith('evil')).querySelector('header .badge').className"), "badge unknown")
        self.go("#/alerts")
        self.page.await_text(r"firing\s+page\s+api/availability", "section")
        self.page.await_text(r"Errors", "section")
        self.page.await_text(re.escape("note=" + XSS), "section")
        self.page.await_text(r"hotfixes only\s+\S.*is spent", "section:nth-of-type(3)")
        self.page.await_text(r"fails\s+Broken\s+" + re.escape(XSS),
                             "section:nth-of-type(4)")
        self.go("#/outbox")
        self.page.await_text(r"pending\s+gone\s+page firing api/availability burns", "main")
        self.page.await_text(r"rejected\s+refuses\s+page firing api/availability burns", "main")
        # A number and its per cent stay on one line.
        self.assertRegex(self.page.run_async("arguments[0](document.querySelector('main')"
                                             ".textContent)"), "23[34]\u00a0% overspent")
        self.page.await_text(re.escape("webhook answered 400: " + XSS), "main")
        self.assertEqual(self.page.run("return document.querySelectorAll('main img, main script')"
                                       ".length"), 0)
        self.expect_harmless()

    def test_shades_time_that_could_not_be_read(self):
        self.browse("#/slo/api/availability")
        label = ("return document.querySelector('.chart.wide .plot canvas') && "
                 "document.querySelector('.chart.wide .plot').getAttribute('aria-label')")
        self.assertNotIn("missing", eventually("a chart", lambda: self.page.run(label)))
        self.target.close()
        eventually("missing time", lambda: "missing time: one stretch" in self.page.run(label))
        self.expect_clean()

    def expect_harmless(self):
        for view in VIEWS:
            self.go(view)
            self.page.await_text(r"\S", "h1")
            throughout(0.3, lambda: self.assertNotIn("owned",
                                                     self.page.run("return document.title")))
            links = self.page.run("return [...document.links].map((link) => link.protocol)")
            self.assertFalse(set(links) - {"http:", "https:"}, links)
        self.expect_clean()

    def test_fits_every_width_and_both_schemes(self):
        self.browse(width=320, height=700)
        for dark in ("light", "dark"):
            self.page.scheme(dark)
            for width in (320, 768, 1060, 1280):
                self.page.size(width, 700)
                for view in VIEWS + ["#/slo/calm/availability"]:
                    with self.subTest(view=view, width=width, scheme=dark):
                        self.go(view)
                        self.page.await_text(r"\S", "h1")
                        eventually("it is there", lambda: self.page.run(
                            "return document.querySelector('main').children.length > 1"))
                        room = self.page.run("return document.documentElement.scrollWidth")
                        self.assertLessEqual(room, width)
                        cut = self.page.run(
                            "return [...document.querySelectorAll('.row, .tile, .card')]"
                            ".filter((one) => one.scrollWidth > one.clientWidth + 1)"
                            ".map((one) => one.innerText)")
                        self.assertEqual(cut, [])
        for view in VIEWS:
            self.go(view)
            for scheme in ("light", "dark"):
                self.page.scheme(scheme)
                low = eventually("text is there", lambda: self.page.run(CONTRAST))
                with self.subTest(view=view, scheme=scheme):
                    self.assertGreaterEqual(low["ratio"], 4.5, low)

    def test_grows_with_the_letters_that_somebody_likes(self):
        self.browse(width=1280, height=700, font=32)
        for view in VIEWS:
            self.go(view)
            self.page.await_text(r"\S", "h1")
            eventually("it is there", lambda: not self.page.run(
                "return document.querySelector('main.unread')"))
            with self.subTest(view=view):
                self.assertEqual(self.page.run(
                    "return getComputedStyle(document.body).fontSize"), "28px")
                self.assertLessEqual(self.page.run(
                    "return document.documentElement.scrollWidth"), 1280)
                cut = self.page.run(
                    "return [...document.querySelectorAll('.row, .tile, .card')]"
                    ".filter((one) => one.scrollHeight > one.clientHeight + 1)"
                    ".map((one) => one.innerText)")
                self.assertEqual(cut, [])

    def test_has_roles_and_names_for_everything(self):
        self.browse()
        self.page.await_text("3 SLOs", ".found")
        for view, wanted in {
                "#/": [("table", "Service level objectives"), ("searchbox", "Search"),
                       ("combobox", "Show"), ("columnheader", "Budget left"),
                       ("link", "api/availability"), ("navigation", "Views"), ("banner", "")],
                "#/slo/api/availability": [("heading", "api/availability"),
                                           ("combobox", "Alert rule"), ("link", "All SLOs"),
                                           ("region", "Burn rates against their thresholds")],
                "#/freeze": [("heading", "api"), ("list", "Deploys of api")],
                "#/alerts": [("region", "Active alerts"), ("columnheader", "Severity")],
                "#/outbox": [("region", "Messages, newest first")]}.items():
            with self.subTest(view=view):
                self.go(view)
                for role, name in wanted:
                    eventually(f"{role} {name!r} among "
                               f"{[n[:2] for n in self.page.accessibility()]}",
                               lambda: any(r == role and n.startswith(name)
                                           for r, n, _ in self.page.accessibility()), 15)
                tree = self.page.accessibility()
                nameless = [node for node in tree if not node[1] and node[0] in (
                    "link", "button", "searchbox", "combobox", "image", "img", "textbox")]
                self.assertEqual(nameless, [])
                self.assertEqual([r for r, _, _ in tree].count("main"), 1)
                levels = [p["level"] for r, _, p in tree if r == "heading"]
                self.assertEqual((levels[0], levels.count(1)), (1, 1))

    def test_names_charts_of_which_the_values_do_not_come(self):
        self.browse()
        self.page.chrome("Network.enable")
        self.page.chrome("Network.setBlockedURLs", urls=["*/query_range*"])
        self.go("#/slo/api/availability")
        self.page.await_text(r"slod does not answer", ".trouble")
        names = self.page.run("return [...document.querySelectorAll('.plot')].map("
                              "(plot) => plot.getAttribute('aria-label'))")
        self.assertEqual((names[0].startswith("Chart: Budget left. left: last −233.4 %"),
                          names[2], names[5]),
                         (True, "Chart: Burn rate. Nothing yet.", "Chart: Latency. Nothing yet."))

    def walk(self, most=60):
        """What the tabulator key reaches, in its order, until it leaves the page."""
        seen = []
        for _ in range(most):
            self.page.press("tab")
            where = self.focused()
            if not where or where == seen[:1]:
                break
            seen.append(where)
            visible = self.page.run(
                "const at = document.activeElement.getBoundingClientRect();"
                "return at.width > 0 && getComputedStyle(document.activeElement).outlineStyle")
            self.assertEqual(visible, "solid", where)
        return seen

    def test_works_from_the_keyboard_alone(self):
        self.browse()
        self.page.await_text("3 SLOs", ".found")
        seen = self.walk()
        self.assertEqual(seen[:6], ["Skip to the content", "slod", "SLOs", "Freeze", "Alerts",
                                    "Outbox"])
        for name in ("Search", "Show", "Budget left", "Coverage", "api/availability",
                     "calm/availability"):
            self.assertIn(name, seen)
        self.page.run("document.querySelector('#search').focus()")
        self.page.type("calm")
        self.page.await_text("1 of 3 SLOs", ".found")
        self.page.run("document.querySelector('.head .slo button').focus()")
        self.page.press("enter")
        self.assertEqual(self.page.run("return document.querySelector('.head .slo')"
                                       ".getAttribute('aria-sort')"), "ascending")
        self.page.press("space")
        self.assertEqual(self.page.run("return document.querySelector('.head .slo')"
                                       ".getAttribute('aria-sort')"), "descending")
        self.page.run("document.querySelector('.rows a').focus()")
        # A refresh takes no focus away.
        throughout(4, lambda: self.assertEqual(self.focused(), "calm/availability"))
        self.page.press("enter")
        eventually("the SLO has the focus", lambda: self.focused() == "calm/availability"
                   and self.page.run("return document.activeElement.tagName") == "H1")
        self.page.await_text("Budget left", "main")
        reached = self.walk()
        self.assertIn("Alert rule", reached)
        self.assertGreaterEqual(reached.count("Values"), 4)
        self.page.run("document.querySelector('details summary').focus()")
        self.page.press("enter")
        self.page.await_text(r"Time\s+left\s+\d", "details")
        for key, view in (("Freeze", "#/freeze"), ("Alerts", "#/alerts"), ("Outbox", "#/outbox")):
            self.page.run("[...document.querySelectorAll('nav a')].find("
                          "(one) => one.textContent === arguments[0]).focus()", key)
            self.page.press("enter")
            eventually(view, lambda: self.page.run("return location.hash") == view
                       and self.page.run("return document.activeElement.tagName") == "H1")
            self.assertEqual(self.page.run("return document.querySelector('[aria-current]')"
                                           ".textContent"), key)


# The lowest contrast of a text that is seen against what is painted behind it (WCAG 2, 1.4.3).
CONTRAST = r"""
  const parse = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map(
      (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  let lowest = null;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility() || node.closest('noscript, option')) continue;
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (!lowest || ratio < lowest.ratio) lowest = {ratio, text: walker.currentNode.data, on: node.className};
  }
  return lowest;
"""


class Prefix(PageTest):
    def test_works_below_the_path_of_its_external_url(self):
        self.serve([{"name": "api", "slos": [slo("availability")]}],
                   external_url="http://slo.example/tools/slod")
        self.target.counters.requests(ok=10)
        self.page = browser.Browser(self)
        self.page.open(self.slod.url + "/tools/slod")
        self.page.await_text("1 SLO", ".found")
        self.assertEqual(self.page.run("return location.pathname"), "/tools/slod/")
        self.go("#/slo/api/availability")
        eventually("charts are drawn", lambda: self.page.run(
            "return document.querySelectorAll('.plot canvas').length"))
        self.expect_clean()


class Demo(PageTest):
    def test_shows_the_outage_of_the_demo(self):
        port = free_port()
        log = temporary_folder(self) / "log"
        start_program(self, [PROGRAM, "demo", "--listen", f"127.0.0.1:{port}"], log)
        eventually("the demo serves", lambda: "curl" in log.read_text())
        self.page = browser.Browser(self)
        self.page.open(f"http://127.0.0.1:{port}/")
        self.page.await_text("2 SLOs", ".found")
        self.page.await_text("page firing", "main")
        self.go("#/freeze")
        self.page.await_text("hotfixes only", ".card")
        self.go("#/slo/shop/latency")
        # It is in the histogram's last bucket, of which no upper bound is known.
        self.page.await_text(r"p99\s+≥ 500 ms\s+above the last bucket, 500 ms", ".tiles")
        self.go("#/slo/shop/availability")
        # Rules whose windows are the same, since none is shorter than two reads, are all told.
        self.page.await_text(r"(?s)14\.4×.*6\.00×.*3\.00×.*1\.00×", "section")
        self.go("#/outbox")
        self.page.await_text(r"delivered\s+oncall\s+page firing shop/availability", "main")


if __name__ == "__main__":
    unittest.main()
