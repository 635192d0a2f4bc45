"""The web page in a real browser against slod itself: the overview, one SLO, what numbers look like, the
demo."""

import json
import re
import time
import unittest

import browser
from page_in_browser import XSS, PageTest, slo, slos_of
from slod import PROGRAM, eventually, free_port, start_program, temporary_folder


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

    def show_the_whole_window(self):
        self.page.run("const span = document.querySelector('#span'); span.value = '';"
                      "span.dispatchEvent(new Event('change'))")
        self.page.await_text(r"SLI\s+in steps of 15s", ".charts")

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
        self.show_the_whole_window()
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

        def is_read_in_this_step():
            """A read over the end of a step of the chart (15 s) has its events in both steps: half
            an event each. On a busy machine reads fail, and the next one reaches far."""
            age = self.slod.slo("api/availability")["evidence_age_seconds"]
            return age is not None and age + 1 < time.time() % 15 < 9

        eventually("a read in this step", is_read_in_this_step)
        self.target.counters.requests(ok=30, failed=1)
        self.await_counts(self.slod, "api/availability", 30, 1)
        self.browse("#/slo/api/availability")
        ticks = ("return [...document.querySelectorAll('.chart:nth-of-type(4) "
                 ".dygraph-axis-label-y')].map((one) => one.textContent)")
        self.page.await_text(r"1 bad\s+of 31", ".tiles")
        self.show_the_whole_window()
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
