"""What survives a restart, a kill at any moment, and what a start refuses."""

import random
import signal
import sqlite3
import threading
import unittest

from receiver import ACCEPTED, PagerDuty, alerting
from slod import (PATIENCE_SECONDS, Slod, SlodTest, availability, eventually, free_port,
                  scrape_job, temporary_folder, throughout)
from target import Target

SLO = "api/availability"


class Traffic:
    """Requests that come all the time, of which many fail while `failing` is set."""

    def __init__(self, test, counters, dice):
        self.failing = False
        self._counters = counters
        self._dice = dice
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        test.addCleanup(self.end)

    def _run(self):
        while not self._ended.wait(0.02):
            self._counters.requests(ok=self._dice.randrange(4),
                                    failed=self._dice.randrange(4) if self.failing else 0)

    def end(self):
        self._ended.set()
        self._thread.join()


def true_counts(target):
    bad = target.counters.total("http_requests_total", "5")
    total = target.counters.total("http_requests_total")
    return total - bad, bad


class Killed(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.target.counters.requests()
        self.pagerduty = PagerDuty(self)
        folder = temporary_folder(self)
        self.slod = self.run_slod({
            "scrape": [scrape_job(self.target)],
            "services": [{"name": "api", "slos": [availability()]}],
            "alerting": alerting(self.pagerduty.configuration(folder))})
        # What comes before the first read is a baseline, and so it is again if that is not stored.
        eventually("the first read is stored",
                   lambda: (self.slod.metric("slod_store_commits_total", result="stored") or 0) > 2)

    def kill_and_start(self):
        self.slod.kill()
        self.slod.start()

    def await_truth(self):
        good, bad = true_counts(self.target)
        self.await_counts(self.slod, SLO, good, bad)

    def await_total(self, least):
        """Waits for these events at least; never more than there are."""

        def reached():
            counted = self.slod.slo(SLO)["total"]
            self.assertLessEqual(counted, sum(true_counts(self.target)))
            return counted >= least

        eventually(f"counts {least} events", reached)

    def await_events(self, *actions):
        self.pagerduty.await_events(actions, self.slod)

    def fail_requests(self):
        """So many that they page, whatever came before."""
        self.target.counters.requests(failed=1000)
        eventually("fires", lambda: self.slod.slo(SLO)["alerts"])

    def test_at_random_moments_loses_no_event_and_no_alert(self):
        seed = random.randrange(1 << 32)
        dice = random.Random(seed)
        with self.subTest(seed=seed):
            traffic = Traffic(self, self.target.counters, dice)
            for turn in range(10):
                traffic.failing = turn % 4 in (1, 2)
                throughout(dice.uniform(0.01, 2.5),
                           lambda: self.assertTrue(self.slod.is_running(), self.slod.log()))
                self.slod.kill()
                before = sum(true_counts(self.target))
                self.slod.start()
                if dice.random() < 0.7:  # else killed again, perhaps before its first read
                    self.await_total(before)
            traffic.failing = True
            eventually("fires", lambda: self.slod.slo(SLO)["alerts"])
            traffic.failing = False
            eventually("resolves", lambda: not self.slod.slo(SLO)["alerts"])
            traffic.end()
            self.await_truth()
            # What was read last may have begun another episode.
            eventually("resolves that too", lambda: not self.slod.slo(SLO)["alerts"])
            eventually("the outbox is empty", lambda: self.slod.metric("slod_outbox_pending") == 0)
            self.assertEqual(self.slod.stop(), 0)
            self.check_alerts()

    def check_alerts(self):
        """PagerDuty heard of each episode of the state, of no other, a trigger before a resolve;
        a kill may repeat what was not yet acknowledged, word for word."""
        with sqlite3.connect(self.slod.state_file) as state:
            stored = {key for (key,) in state.execute(
                "SELECT key FROM episode WHERE episode LIKE '%\"fired_at\":\"%'")}
            self.assertEqual(state.execute("SELECT count(*) FROM outbox WHERE state<>'delivered'"
                                           ).fetchone(), (0,))
        state.close()
        told = {}
        for action, key in self.pagerduty.events():
            told.setdefault(key, []).append(action)
        self.assertEqual(set(told), stored)
        self.assertGreater(len(told), 0)
        for key, actions in told.items():
            self.assertEqual(actions, sorted(actions, reverse=True), key)
            self.assertEqual(set(actions), {"trigger", "resolve"}, key)

    def test_while_an_alert_fires_goes_on_with_the_same_alert(self):
        self.fail_requests()
        self.await_events("trigger")
        eventually("slod remembers that PagerDuty knows", lambda: [
            m for m in self.slod.get("/api/v1/outbox")[1]["messages"] if m["state"] == "delivered"])
        self.kill_and_start()
        self.target.counters.requests(failed=1000)
        self.await_truth()
        self.kill_and_start()
        self.await_truth()
        self.await_events("trigger", "resolve")
        (_, trigger), (_, resolve) = self.pagerduty.events()
        self.assertEqual(trigger, resolve)

    def test_before_the_receiver_answers_tells_it_again(self):
        self.pagerduty.answer = PagerDuty.HANG
        self.fail_requests()
        self.await_events("trigger")
        self.slod.kill()
        self.pagerduty.answer = ACCEPTED
        self.slod.start()
        self.await_events("trigger", "trigger", "resolve")
        self.assertEqual(len({key for _, key in self.pagerduty.events()}), 1)

    def await_stored(self):
        """Waits until what counts now is on the disk. A transaction that is under way may be older
        than that, the next one is not."""
        def stored():
            return self.slod.metric("slod_store_commits_total", result="stored")

        before = stored()
        eventually("two more transactions are stored", lambda: stored() >= before + 2)

    def test_counts_what_happened_while_it_was_dead(self):
        self.target.counters.requests(ok=50, failed=5)
        self.await_truth()
        self.await_stored()
        self.slod.kill()
        self.target.counters.requests(ok=30, failed=3)
        self.slod.start()
        self.await_counts(self.slod, SLO, 80, 8)
        self.await_stored()
        self.slod.kill()
        self.target.counters.clear()  # the target restarted meanwhile, too
        self.target.counters.requests(ok=10, failed=1)
        self.slod.start()
        self.await_counts(self.slod, SLO, 90, 9)


class Stopped(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.target.counters.requests()
        self.config = {"scrape": [scrape_job(self.target)],
                       "services": [{"name": "api", "slos": [availability()]}]}

    def test_loses_nothing_and_exits_with_0(self):
        slod = self.run_slod(self.config)
        self.target.counters.requests(ok=93, failed=7)
        self.await_counts(slod, SLO, 93, 7)
        eventually("freezes", lambda: slod.verdict("api")["level"] == "feature_freeze")
        before = slod.verdict("api")
        for number in (signal.SIGTERM, signal.SIGINT):
            slod.signal(number)
            self.assertEqual(slod.process.wait(PATIENCE_SECONDS), 0)
            self.assertIn("msg=stopped state_stored=true", slod.log())
            self.target.close()
            slod.start()
            self.assertEqual(slod.counts(SLO), (93, 7, 100))
            after = slod.verdict("api")
            self.assertEqual((after["level"], after["since"]), (before["level"], before["since"]))
            self.assertEqual(after["verdict"], "deny")

    def test_ends_in_time_while_everything_hangs(self):
        pagerduty = PagerDuty(self, PagerDuty.HANG)
        config = dict(self.config, alerting=alerting(
            pagerduty.configuration(temporary_folder(self))))
        slod = self.run_slod(config)
        self.target.counters.requests(failed=1000)
        eventually("PagerDuty is told", pagerduty.received)
        self.target.behave = lambda request: self.target.ended.wait()
        self.assertEqual(slod.stop(), 0)
        self.assertIn("msg=stopped state_stored=true", slod.log())
        pagerduty.answer = ACCEPTED
        self.target.behave = None
        slod.start()
        eventually("PagerDuty is told again", lambda: len(pagerduty.received()) >= 2)
        self.assertEqual(len({key for _, key in pagerduty.events()}), 1)


class Refused(SlodTest):
    CONFIG = """
scrape:
  - job: api
    targets: ["127.0.0.1:1"]
services:
  - name: api
    slos:
      - name: availability
        objective: 99.9%
        availability: {total: 'requests_total{job="api"}', bad: 'errors_total{job="api"}'}
"""

    def expect_refusal(self, slod, reason, listen="127.0.0.1:0"):
        """One line that says why, and exit code 1."""
        begin = slod.log_size()
        slod.launch(listen)
        self.assertEqual(slod.process.wait(PATIENCE_SECONDS), 1)
        self.assertRegex(slod.log(begin), rf"\Aslod: cannot start: [^\n]*{reason}[^\n]*\n\Z")

    def refuse_state(self, change, reason):
        """Starts on a state file after `change` was done to it; it must be left as it is."""
        slod = Slod(self, self.CONFIG).start()
        self.assertEqual(slod.stop(), 0)
        change(slod.state_file)
        before = slod.state_file.read_bytes()
        self.expect_refusal(slod, reason)
        self.assertTrue(slod.state_file.read_bytes() == before, "the state file was changed")
        for other in slod.state_file.parent.iterdir():  # SQLite may leave an empty log beside it
            self.assertTrue(other == slod.state_file or other.stat().st_size == 0, other)

    def test_a_state_file_that_is_none(self):
        self.refuse_state(lambda f: f.write_text("no state at all\n" * 100),
                          "slod.db is not a state file of slod")

    def test_a_state_file_of_another_program(self):
        def replace(file):
            file.unlink()
            with sqlite3.connect(file) as other:
                other.execute("CREATE TABLE song(title)")
            other.close()

        self.refuse_state(replace, "is an SQLite file of another program")

    def test_a_state_file_of_a_newer_version(self):
        def renew(file):
            with sqlite3.connect(file) as state:
                state.execute("PRAGMA user_version=99")
            state.close()

        self.refuse_state(renew, "was written by another version of slod")

    def test_a_damaged_state_file(self):
        def overwrite(file):
            content = bytearray(file.read_bytes())
            content[4096 * 2:4096 * 3] = b"\xa5" * 4096
            file.write_bytes(content)

        self.refuse_state(overwrite, r"slod.db is damaged \(.*put a copy in its place")

    def test_a_state_file_that_was_cut(self):
        def cut(file):
            file.write_bytes(file.read_bytes()[:4096 * 3])

        self.refuse_state(cut, "slod.db is damaged")

    def test_a_state_that_another_slod_uses(self):
        first = Slod(self, self.CONFIG).start()
        second = Slod(self, self.CONFIG, "--state", first.state_file.parent)
        self.expect_refusal(second, "in use by another process, probably another slod")
        self.assertEqual(first.get("/healthz")[0], 200)

    def test_a_port_that_is_taken(self):
        taken = Target(self).port
        self.expect_refusal(Slod(self, self.CONFIG), f"127.0.0.1, port {taken}: "
                            "Address already in use", f"127.0.0.1:{taken}")

    def test_an_address_that_is_none(self):
        slod = Slod(self, self.CONFIG)
        slod.launch("nowhere")
        self.assertEqual(slod.process.wait(PATIENCE_SECONDS), 3)  # wrong usage
        self.assertIn("--listen: expected HOST:PORT", slod.log())
        self.expect_refusal(Slod(self, self.CONFIG), "192.0.2.1", f"192.0.2.1:{free_port()}")

    def test_a_configuration_with_errors(self):
        slod = Slod(self, self.CONFIG.replace("objective", "objektive"))
        slod.launch()
        self.assertEqual(slod.process.wait(PATIENCE_SECONDS), 1)
        self.assertRegex(slod.log(), r'slod.yaml:9:9: error: expected .*objektive')
        self.assertEqual(slod.log().count("slod: cannot start: "), 1)


if __name__ == "__main__":
    unittest.main()
