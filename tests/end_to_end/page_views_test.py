"""Every view of the web page, with an outage behind it and texts that would do harm as HTML."""

import json
import re
import unittest

from page_in_browser import XSS, PageTest, slo
from slod import eventually, free_port, temporary_folder, throughout
from receiver import Receiver
from target import Target

VIEWS = ["#/", "#/slo/api/availability", "#/freeze", "#/alerts", "#/outbox"]

SCRIPT_URL = "javascript:document.title='owned'"


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
        self.page.await_text(r"pending\s+gone\s+page firing api/availability is burning", "main")
        self.page.await_text(r"pending\s+refuses\s+page firing api/availability is burning",
                             "main")
        # A number and its per cent stay on one line.
        self.assertRegex(self.page.run_async("arguments[0](document.querySelector('main')"
                                             ".textContent)"), "budget 23[34]\u00a0% over")
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


if __name__ == "__main__":
    unittest.main()
