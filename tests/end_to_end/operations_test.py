"""docs/operations.md and docs/alerts.md show what slod prints and sends: it is brought into the state
that they show, and what it says then is compared, but for the numbers of the moment."""

import json
import re
import socket
import sqlite3
import stat
import subprocess
import unittest

from document import DOCS
from receiver import Receiver, alerting
from slod import (PROGRAM, SlodTest, availability, end_program, eventually, free_port, run_command,
                  scrape_job, temporary_folder)
from target import Target

OPERATIONS = (DOCS / "operations.md").read_text()
ALERTS = (DOCS / "alerts.md").read_text()
NUMBER = re.compile(r"\d[\d.,]*")


def fences(text, language=""):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def unnumbered(text):
    """The text with times, durations and numbers masked."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "<time>", text)
    return NUMBER.sub("#", re.sub(r"\b\d+(?:ms|s|m|h|d)(?:\d+(?:ms|s|m|h))*\b", "<duration>", text))


class Starts(unittest.TestCase):
    def setUp(self):
        self.folder = temporary_folder(self)
        (self.folder / "slod.yaml").write_text(json.dumps({
            "scrape": [{"job": "api", "targets": [f"127.0.0.1:{free_port()}"]}],
            "services": [{"name": "api", "slos": [
                availability(objective="99.9%", window="30d")]}]}))
        shown, = [text for text in fences(OPERATIONS) if text.startswith("slod: cannot start")]
        self.port_taken, self.state_taken, self.no_state = shown.splitlines(keepends=True)

    def start(self, *flags):
        """(exit code, what is printed) of a slod that must not start."""
        done = subprocess.run([PROGRAM, "run", "--config", "slod.yaml", *flags], cwd=self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        return done.returncode, done.stdout + done.stderr

    def test_that_fail_say_what_the_page_shows(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.assertEqual(self.start("--listen", f"127.0.0.1:{port}"),
                             (1, self.port_taken.replace("9750", str(port))))
        (self.folder / "s3").mkdir()
        (self.folder / "s3/slod.db").write_text("hello " * 1000)
        self.assertEqual(self.start("--listen", "127.0.0.1:0", "--state", "s3"), (1, self.no_state))
        first = subprocess.Popen(
            [PROGRAM, "run", "--config", "slod.yaml", "--listen", "127.0.0.1:0", "--state", "state"],
            cwd=self.folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(first.stderr.close)
        self.addCleanup(end_program, first)
        self.assertIn("msg=serving", first.stderr.readline())
        self.assertEqual(self.start("--listen", "127.0.0.1:0", "--state", "state"),
                         (1, self.state_taken))
        self.assertEqual(self.start("--liste", "x")[0], 3)  # "Wrong usage exits 3"


class Operations(SlodTest):
    def setUp(self):
        self.target, self.other = Target(self), Target(self)
        self.dead = free_port()
        for target in (self.target, self.other):
            target.counters.requests(ok=100, failed=0)
        api = scrape_job(self.target)
        api["targets"].append(f"127.0.0.1:{self.dead}")
        self.slod = self.run_slod({
            "scrape": [api, scrape_job(self.other, job="web")],
            "services": [{"name": "api", "slos": [availability()]},
                         {"name": "web", "slos": [availability(job="web")]}]})
        self.await_counts(self.slod, "api/availability", 0, 0)
        self.target.counters.requests(ok=94, failed=6)
        eventually("features freeze",
                   lambda: self.slod.verdict("api")["level"] == "feature_freeze")

    def test_status_looks_as_the_page_shows(self):
        shown, = [text for text in fences(OPERATIONS) if text.startswith("$ slod status\n")]
        done = run_command("status", "--url", self.slod.url)
        self.assertEqual(done.returncode, 0)
        printed = re.sub(r"steps: late by .*", "steps: on time", done.stdout)
        printed = printed.replace(f"127.0.0.1:{self.dead}", "127.0.0.1:8081")
        printed = printed.replace(self.slod.url, "http://127.0.0.1:9750")
        moment = re.compile(r"samples: [\d.]+ of|loaded at \S+")
        self.assertEqual(moment.sub("<moment>", printed),
                         moment.sub("<moment>", shown.partition("\n")[2]))

    def test_the_log_looks_as_the_page_shows(self):
        shown, = [text for text in fences(OPERATIONS) if text.startswith("time=")]
        log = unnumbered(self.slod.log()).splitlines()
        for line in unnumbered(shown).splitlines():
            self.assertIn(line, log)

    def test_the_state_is_kept_as_the_page_says(self):
        self.assertEqual(stat.S_IMODE(self.slod.state_file.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.slod.state_file.parent.stat().st_mode), 0o700)
        wal = self.slod.state_file.with_name("slod.db-wal")
        self.assertTrue(wal.exists())
        with sqlite3.connect(self.slod.state_file, timeout=0.1) as other:
            with self.assertRaisesRegex(sqlite3.OperationalError, "database is locked"):
                other.execute("SELECT count(*) FROM sqlite_master").fetchall()
        other.close()
        self.assertEqual(self.slod.stop(), 0)
        last, = re.findall(r"`(msg=stopped [^`]*)`", OPERATIONS)
        self.assertTrue(self.slod.log().splitlines()[-1].endswith(last), self.slod.log())
        self.assertFalse(wal.exists())


class Alerts(SlodTest):
    def setUp(self):
        self.hook = Receiver(self, (200, {}, ""), "/hook")
        target = Target(self)
        target.counters.requests(ok=100)
        slo = availability(description="share of good answers", objective="99.9%")
        alerts = alerting({"name": "hook", "webhook": {"url": self.hook.url}})
        self.slod = self.run_slod({"scrape": [scrape_job(target)], "alerting": alerts, "services": [
            {"name": "api", "owner": "team-api", "runbook": "https://example.org/runbooks/api",
             "slos": [slo]}]})
        self.await_counts(self.slod, "api/availability", 0, 0)
        target.counters.requests(ok=1000, failed=18)
        self.message = eventually("the hook has it", self.hook.received)[0]
        self.annotations = self.message["alerts"][0]["annotations"]

    def test_a_message_holds_what_the_page_shows(self):
        shown, = [text for text in fences(ALERTS) if text.startswith("api/availability is burning")]
        summary, details = shown.split("\n", 1)
        # What is not left is over budget, and the numbers are those of the moment.
        ending = re.compile(r", (# % left|budget # % over)$")
        self.assertEqual(ending.sub("", unnumbered(self.annotations["summary"])),
                         ending.sub("", unnumbered(summary)))
        details = details.replace("http://127.0.0.1:9750", self.slod.url)
        self.assertEqual(unnumbered(self.annotations["description"]), unnumbered(details.rstrip()))

    def test_the_webhook_gets_what_the_page_shows(self):
        shown, = fences(ALERTS, "json")
        payload = json.loads(re.sub(r'\{\.\.\.\}|,\.\.\.', lambda found:
                                    "{}" if found[0][0] == "{" else "", shown))
        self.assertEqual(list(payload), list(self.message))
        for key in ("version", "groupKey", "truncatedAlerts", "status", "receiver"):
            self.assertEqual(payload[key], self.message[key], key)
        expected, = payload["alerts"]
        alert, = self.message["alerts"]
        self.assertEqual(list(expected), list(alert))
        for key in ("status", "labels", "endsAt", "fingerprint"):
            self.assertEqual(expected[key], alert[key], key)
        self.assertEqual(set(self.annotations), {"summary", "description", "runbook_url", "owner",
                                                 "slod_key"})


class Arithmetic(SlodTest):
    def test_the_message_that_the_page_shows_adds_up(self):
        message, = [text for text in fences(ALERTS) if text.startswith("api/availability is burning")]
        burn = float(re.search(r"at ([\d.]+)x", message)[1])
        bad, total = map(float, re.search(r"Bad events: ([\d.]+) of ([\d.]+) in", message).groups())
        objective = float(re.search(r"Objective: ([\d.]+) %", message)[1]) / 100
        self.assertEqual(round(bad / total / (1 - objective), 1), burn)
        self.assertIn(f"Burn rate: {burn} over", message)
        spent, left = map(int, re.search(r"(\d+) % spent in \w+, (\d+) % left", message).groups())
        self.assertEqual(spent + left, 100)

    def test_the_default_rules_are_those_that_the_page_shows(self):
        rows = re.findall(r"^\| `(\w+)` \| (\d+)([hd]) \| (\d+)([mh]) \| ([\d.]+) \| (\d+) % in",
                          ALERTS, re.M)
        seconds = {"m": 60, "h": 3600, "d": 86400}
        shown = [{"severity": severity, "long_window_seconds": int(long) * seconds[long_unit],
                  "short_window_seconds": int(short) * seconds[short_unit], "factor": float(factor)}
                 for severity, long, long_unit, short, short_unit, factor, _ in rows]
        slod = self.run_slod({"services": [{"name": "api", "slos": [availability(window="30d")]}],
                              "scrape": [scrape_job(Target(self), interval="15s")]})
        self.assertEqual(slod.slo("api/availability")["alert_rules"], shown)
        for rule, row in zip(shown, rows):
            share = rule["factor"] * rule["long_window_seconds"] / (30 * 86400)
            self.assertEqual(round(100 * share), int(row[-1]), rule)


if __name__ == "__main__":
    unittest.main()
