"""slod fails for real, and says so: its disk is full, its disk hangs, it gets no processor, its memory
does not suffice. The alerts are those of config/rules/slod.yml, evaluated by slod itself; nobody waits
for minutes, so their times are shortened."""

import os
import pathlib
import re
import signal
import subprocess
import threading
import unittest

from receiver import Receiver
from slod import Slod, SlodTest, availability, eventually, run_command, scrape_job, temporary_folder
from target import Target

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
RULES = REPOSITORY / "config/rules/slod.yml"
SLOW_DISK = os.environ.get("SLOD_SLOW_DISK_LIBRARY")


def shortened(rules):
    rules = re.sub(r"for: \d+m", "for: 0s", rules)
    rules = rules.replace("[5m]", "[8s]").replace("offset 1h", "offset 1m")
    return re.sub(r"(slod_store_commit_seconds > )\d+", r"\g<1>1", rules)


# An alert of its own whose sides match twice, so that it cannot be evaluated.
IMPOSSIBLE = {"alert": "Impossible", "severity": "ticket",
              "expr": 'http_requests_total * on (job) http_requests_total'}


class OwnFailures(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.target.counters.requests(ok=1000)
        self.hook = Receiver(self, (200, {}, ""), "/hook")
        rules = temporary_folder(self) / "slod.yml"
        rules.write_text(shortened(RULES.read_text()))
        self.config = {
            "scrape": [scrape_job(self.target)], "rule_files": [str(rules)],
            "services": [{"name": "api", "slos": [availability()]}],
            "alerting": {"receivers": [{"name": "hook", "webhook": {"url": self.hook.url}}],
                         "routes": {"page": ["hook"], "ticket": ["hook"]}}}

    def start(self, under=(), **more):
        slod = Slod(self, {**self.config, **more})
        slod.under = list(under)
        slod.started_and_ready()
        eventually("it has a baseline", lambda: slod.slo("api/availability")["observed_since"])
        return slod

    def firing(self, slod):
        alerts = slod.get("/api/v1/alerts")[1]["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def await_firing(self, slod, name):
        eventually(f"{name} fires", lambda: name in self.firing(slod))

    def await_over(self, slod, name):
        eventually(f"{name} is over", lambda: name not in self.firing(slod))

    def await_told(self, name, status):
        """Somebody was told of the alert: that it fires, or is resolved."""
        eventually(f"the receiver was told that {name} is {status}", lambda: any(
            message["status"] == status and message["commonLabels"]["alertname"] == name and
            message["commonAnnotations"]["runbook"] == f"slod runbook {name}"
            for message in self.hook.received()))

    def status(self, slod):
        """(exit code, {first word: rest}) of `slod status`."""
        done = run_command("status", "--server", slod.url)
        return done.returncode, dict(line.split(": ", 1) for line in done.stdout.splitlines()[1:]
                                     if not line.startswith(" "))

    def limit_files(self, slod, size):
        """The most bytes that a file of the running slod may have: as on a full disk, whether root
        runs this or not."""
        subprocess.run(["prlimit", "--pid", str(slod.process.pid), f"--fsize={size}:unlimited"],
                       check=True, timeout=20)

    def test_a_full_disk_is_noticed_and_told_and_loses_nothing(self):
        slod = self.start()
        self.target.counters.requests(ok=100)
        eventually("the requests are stored", lambda: slod.counts("api/availability")[0] == 100)
        self.limit_files(slod, 4096)
        self.target.counters.requests(failed=40)
        self.await_firing(slod, "SlodCannotWrite")
        self.await_told("SlodCannotWrite", "firing")
        self.assertEqual(slod.counts("api/availability"), (100, 40, 140))
        self.assertEqual(slod.verdict("api")["verdict"], "deny")
        code, lines = self.status(slod)
        self.assertEqual(code, 1)
        self.assertRegex(lines["state"], r"\Anot stored: \S.*")
        print("the state of a slod whose file may not grow:", lines["state"])
        self.assertEqual(slod.get("/readyz")[0], 503)
        store = slod.get("/api/v1/status")[1]["store"]
        self.assertEqual((store["stored"], "not stored: " + store["error"]), (False, lines["state"]))
        self.assertEqual(slod.metric("slod_store_last_commit_successful"), 0)

        self.limit_files(slod, "unlimited")
        self.await_over(slod, "SlodCannotWrite")
        self.await_told("SlodCannotWrite", "resolved")
        eventually("it is ready again", lambda: slod.get("/readyz")[0] == 200)
        self.assertEqual(self.status(slod)[1]["state"], "stored")
        level = slod.verdict("api")["level"]
        self.assertEqual(slod.stop(), 0)
        slod.started_and_ready()
        self.assertEqual(slod.counts("api/availability"), (100, 40, 140))
        self.assertEqual(slod.verdict("api")["level"], level)

    def test_a_disk_that_hangs_is_noticed_and_told(self):
        held = temporary_folder(self) / "held"
        slow = ["env", f"LD_PRELOAD={SLOW_DISK}", f"SLOD_SLOW_DISK={held}"]
        if not SLOW_DISK or subprocess.run(
                [*slow, "true"], capture_output=True, timeout=20).stderr:
            self.skipTest("expected SLOD_SLOW_DISK_LIBRARY, a library that can be loaded; ctest sets it")
        slod = self.start(under=slow)
        held.touch()
        self.target.counters.requests(failed=40)
        eventually("the disk hangs", lambda: slod.metric("slod_store_commit_seconds") > 0.5)
        asking = [threading.Thread(target=slod.get, args=("/api/v1/outbox",)) for _ in range(8)]
        for thread in asking:  # as many open pages, which must not keep rules from being evaluated
            thread.start()
        self.await_firing(slod, "SlodCannotWrite")
        self.await_firing(slod, "SlodWritesSlowly")
        eventually("it says that the state is not stored", lambda: self.status(slod)[0] == 1)
        self.assertRegex(self.status(slod)[1]["state"],
                         r"\Anot stored: a transaction has been waiting on the disk for \d+ s \(limit 10 s\)")
        self.await_told("SlodCannotWrite", "firing")
        self.assertEqual(slod.counts("api/availability")[1], 40)
        self.assertEqual(slod.get("/readyz")[0], 503)
        self.assertEqual(slod.get("/api/v1/outbox"), (503, {"error": "the disk does not answer"}))
        for thread in asking:
            thread.join()
        held.unlink()
        eventually("it is ready again", lambda: slod.get("/readyz")[0] == 200)
        self.await_over(slod, "SlodCannotWrite")
        self.await_told("SlodCannotWrite", "resolved")
        self.assertIn("the disk stores again", slod.log())
        self.assertEqual(slod.stop(), 0)
        slod.under = []
        slod.started_and_ready()
        self.assertEqual(slod.counts("api/availability")[1], 40)

    def test_a_slod_without_processor_says_that_it_is_late(self):
        slod = self.start()
        ended = threading.Event()

        def hold_up():
            while not ended.wait(0.3):
                slod.signal(signal.SIGSTOP)
                ended.wait(0.7)
                slod.signal(signal.SIGCONT)

        held_up = threading.Thread(target=hold_up, daemon=True)
        held_up.start()
        try:
            self.await_firing(slod, "SlodFallsBehind")
            self.await_told("SlodFallsBehind", "firing")
            self.assertRegex(self.status(slod)[1]["steps"], r"\Alate by \d+ % of the last minute\Z")
            ratio = slod.get("/api/v1/status")[1]["steps"]["late_ratio"]
            self.assertTrue(0.01 < ratio <= 1, ratio)
        finally:
            ended.set()
            held_up.join()
        self.await_over(slod, "SlodFallsBehind")
        self.await_told("SlodFallsBehind", "resolved")

    def test_samples_that_do_not_fit_are_said_and_cost_no_budget(self):
        for path in range(3000):
            self.target.counters.set("http_requests_total", 1, path=f"/a/rather/long/path/{path}",
                                     code="200")
        slod = self.start(query={"memory": "1MiB"})
        self.target.counters.requests(ok=5, failed=5)
        self.await_firing(slod, "SlodShortOfMemory")
        self.await_told("SlodShortOfMemory", "firing")
        self.assertRegex(self.status(slod)[1]["samples"],
                         r"\A(0\.9|1\.\d) of 1\.0 MiB, \d+ refused since the start\Z")
        eventually("every event counts", lambda: slod.counts("api/availability") == (5, 5, 10))

    def test_rules_that_fail_and_a_receiver_that_refuses_are_noticed(self):
        self.target.counters.requests(failed=1)
        deaf = Receiver(self, (400, {}, "no such key"), "/deaf")
        self.config["alerting"]["receivers"].append({"name": "deaf", "webhook": {"url": deaf.url}})
        self.config["alerting"]["routes"]["info"] = ["deaf"]
        slod = self.start(rules=[IMPOSSIBLE, {"alert": "Always", "expr": "vector(1)",
                                              "severity": "info"}])
        self.await_firing(slod, "SlodRulesFail")
        self.await_told("SlodRulesFail", "firing")
        self.await_told("SlodMessageRefused", "firing")
        group, = [group for group in slod.get("/api/v1/rules")[1]["data"]["groups"]
                  if group["name"] == "rules"]
        self.assertEqual((group["rules"][0]["name"], group["rules"][0]["health"]),
                         ("Impossible", "err"))
        self.assertRegex(group["rules"][0]["lastError"], "many-to-many|duplicate")


if __name__ == "__main__":
    unittest.main()
