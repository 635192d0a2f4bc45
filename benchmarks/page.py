"""What the web page costs a browser: 1,000 SLOs with thirty days behind them, in Chromium.

Starts the targets and slod of fleet.py and a headless Chromium, and prints for the overview left
alone, sorted, searched and scrolled, and for one SLO opened and left alone: how long the page's
thread worked, the longest it worked at a stretch (a stutter is more than 50 ms), and memory.

    python3 benchmarks/page.py build/release [--seconds 30]
"""

import argparse
import pathlib
import re
import sys
import tempfile
import time
import unittest

import fleet
from waiting import wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/end_to_end"))
import browser  # noqa: E402
from slod import start_program  # noqa: E402

WATCH = """
  window.stretches = [];
  new PerformanceObserver((list) => window.stretches.push(...list.getEntries().map(
      (entry) => entry.duration))).observe({type: 'longtask'});
"""
# Each change is followed by the frame that shows it.
ACT = """
  const [times, act, done] = [arguments[0], new Function('i', arguments[1]), arguments[2]];
  const frame = () => new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
  (async () => {
    let most = 0;
    for (let i = 0; i < times; ++i) {
      await frame();
      const begin = performance.now();
      act(i);
      await frame();
      most = Math.max(most, performance.now() - begin);
    }
    done(most);
  })();
"""
ACTS = {
    "sorted by each column": "document.querySelectorAll('.head button')[i % 8].click()",
    "scrolled, a screen a frame": "scrollTo(0, (i * 700) % document.body.scrollHeight)",
    "searched, letter by letter": """
      const search = document.querySelector('#search');
      search.value = 'svc-42/route-7'.slice(0, i % 15);
      search.dispatchEvent(new Event('input'));""",
}


class Measured:
    """What the page's thread did in between."""

    def __init__(self, page):
        self.page = page

    def figures(self):
        return {each["name"]: each["value"]
                for each in self.page.chrome("Performance.getMetrics")["metrics"]}

    def __enter__(self):
        self.page.run("window.stretches.length = 0")
        self.before, self.began = self.figures(), time.monotonic()
        return self

    def __exit__(self, *_):
        after, self.took = self.figures(), time.monotonic() - self.began
        self.spent = {name: 1000 * (after[name + "Duration"] - self.before[name + "Duration"])
                      for name in ("Script", "Layout", "RecalcStyle", "Task")}
        stretches = self.page.run("return window.stretches")
        self.longest = f"{max(stretches):.0f} ms" if stretches else "below 50 ms"

    def tell(self, what, more=""):
        print(f"page, {what}: script {self.spent['Script']:.0f} ms, style and layout "
              f"{self.spent['Layout'] + self.spent['RecalcStyle']:.0f} ms, all "
              f"{self.spent['Task']:.0f} ms in {self.took:.1f} s; longest at a stretch "
              f"{self.longest}{more}", flush=True)


def memory(page):
    """MiB of what is reachable, after a collection."""
    page.chrome("HeapProfiler.collectGarbage")
    figures = Measured(page).figures()
    return f"{figures['JSHeapUsedSize'] / 2**20:.1f} MiB of objects, {figures['Nodes']:.0f} nodes"


def await_in_page(page, what, script):
    wait_until(what, lambda: page.run("return " + script), 60)


def measure(page, url, seconds):
    page.chrome("Performance.enable")
    page.chrome("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    began = time.monotonic()
    page.open(url + "/")
    await_in_page(page, "the fleet", "/^1,000 SLOs/.test(document.querySelector('.found')?.innerText)")
    print(f"page, opened: 1000 SLOs are shown after {1000 * (time.monotonic() - began):.0f} ms")
    with Measured(page) as idle:
        time.sleep(seconds)
    idle.tell("overview left alone, refreshed every 10 s")
    print(f"page, overview: {memory(page)}")
    for what, act in ACTS.items():
        with Measured(page) as measured:
            most = page.run_async(ACT, 60, act)
        measured.tell(f"overview {what}, 60 times", f", at most {most:.0f} ms to the next frame")
    page.run(ACTS["searched, letter by letter"].replace("i %", "0 %"))  # all again
    began = time.monotonic()
    with Measured(page) as opened:
        page.run("location.hash = '#/slo/svc-42/route-7'")
        await_in_page(page, "charts", "document.querySelectorAll('.plot canvas').length >= 8")
        shown = time.monotonic() - began
        time.sleep(1)
    opened.tell("one SLO opened", f"; 30 days are drawn after {1000 * shown:.0f} ms")
    with Measured(page) as idle:
        time.sleep(seconds)
    idle.tell("one SLO left alone")
    for _ in range(20):
        for view in ("#/", "#/freeze", "#/alerts", "#/outbox", "#/slo/svc-42/route-7"):
            page.run("location.hash = arguments[0]", view)
            time.sleep(0.2)
    time.sleep(2)
    print(f"page, one SLO after 100 changes of view: {memory(page)}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path, help="with daemon/slod and benchmarks/fleet_state")
    parser.add_argument("--seconds", type=int, default=30)
    arguments = parser.parse_args()
    if not browser.programs():
        print("page: chromium and chromedriver are not installed: no page is measured")
        return
    targets = fleet.Targets(100)
    test = unittest.TestCase()
    try:
        with tempfile.TemporaryDirectory() as name:
            config = pathlib.Path(name, "config")
            fleet.write_configuration(config, targets.ports)
            fleet.write_old_state(arguments.build / "benchmarks/fleet_state", config.parent, config,
                                  targets)
            log = config.parent / "log"
            start_program(test, [arguments.build / "daemon/slod", "run", "--config", config,
                                 "--state", config.parent / "state"], log)
            url = "http://" + wait_until("slod's port", lambda: re.search(
                r"address=(\S+)", log.read_text()), 60).group(1)
            wait_until("the first read of every target", lambda: fleet.is_ready(url), 40)
            measure(browser.Browser(test), url, arguments.seconds)
            test.doCleanups()  # while the folder is there
    finally:
        test.doCleanups()


if __name__ == "__main__":
    main()
