"""What slod says of its SLOs, kept on disk for ninety days: it answers together with recent samples, is
there after a kill, is removed in time, and keeps nothing else from working when it is damaged."""

import math
import sqlite3
import time
import unittest
import urllib.parse

import history_file
from history_file import DAY_SECONDS, STEP_SECONDS
from peers import FOLDER
from slod import Slod, SlodTest, availability, eventually, scrape_job
from target import Target

SPENT = "slod_slo_budget_spent_ratio"
SERVICE = "api"
DAYS = 30


def spent_at(at):
    """A budget that is spent and comes back, with all digits that a number can have."""
    return 0.5 + math.sin(at / 7919) / 3


class History(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.target.counters.requests(ok=10)
        self.slod = self.run_slod({"scrape": [scrape_job(self.target)],
                                   "services": [{"name": SERVICE, "slos": [availability()]}]})
        self.target.counters.requests(ok=99, failed=1)  # nothing is spent of nothing
        # The series as slod itself calls it.
        (self.labels,) = eventually("slod's own series are there", self.series)
        self.assertEqual(self.slod.stop(), 0)

    def series(self):
        return self.slod.get(f"/api/v1/series?match[]={SPENT}")[1]["data"]

    def fill(self, days=DAYS, labels=None):
        """Points of the last days up to now; gives their times. One that is due any moment is there
        too, lest a slod that starts a little after it would miss it."""
        end = int(time.time() + 20) // STEP_SECONDS * STEP_SECONDS
        times = range(end - days * DAY_SECONDS, end + 1, STEP_SECONDS)
        history_file.write(self.slod.state_file,
                           [(labels or self.labels, [(at, spent_at(at)) for at in times])])
        return list(times)

    def query(self, path, **parameters):
        status, body = self.slod.get(f"/api/v1/{path}?" + urllib.parse.urlencode(parameters))
        self.assertEqual(status, 200, body)
        return [(series["metric"], [(float(at), float(value)) for at, value in series["values"]])
                for series in body["data"]["result"]]

    def range_query(self, start, end, step, query=SPENT):
        return self.query("query_range", query=query, start=start, end=end, step=step)

    def assert_filled(self, times):
        """Every step of a panel over all that was filled in has the value filled in."""
        for step in (STEP_SECONDS, 3600):
            wanted = times[::step // STEP_SECONDS]
            ((metric, values),) = self.range_query(wanted[0], wanted[-1], step)
            self.assertEqual(metric, self.labels)
            self.assertEqual(values, [(at, spent_at(at)) for at in wanted])

    def overwrite(self, labels, day, change):
        """Changes the bytes of a row where they lie in the file."""
        with sqlite3.connect(self.slod.state_file) as state:
            (samples,) = state.execute(
                "SELECT samples FROM history JOIN history_series ON id = series"
                " WHERE key = ? AND day = ?", (history_file.series_key(labels), day)).fetchone()
        state.close()
        content = bytearray(self.slod.state_file.read_bytes())
        place = content.find(samples[:100])
        self.assertGreater(place, 0)
        change(content, place)
        self.slod.state_file.write_bytes(content)

    def refuse(self, action):
        """Lets every change of the history fail that is such."""
        with sqlite3.connect(self.slod.state_file) as state:
            state.execute(f"CREATE TRIGGER refused BEFORE {action} ON history"
                          " BEGIN SELECT RAISE(ABORT, 'the disk refuses'); END")
        state.close()

    def assert_says(self, message):
        line = eventually(message, lambda: [line for line in self.slod.log().splitlines()
                                            if message in line])[0]
        self.assertIn("level=error", line)
        self.assertIn("the disk refuses", line)

    def assert_works(self):
        """It counts, judges and stores whatever becomes of the history."""
        before = self.slod.counts("api/availability")[2]
        self.target.counters.requests(ok=100)
        eventually("counts", lambda: self.slod.counts("api/availability")[2] == before + 100)
        self.assertEqual(self.slod.verdict(SERVICE)["verdict"], "allow")
        stored = self.slod.metric("slod_store_commits_total", result="stored")
        eventually("stores", lambda: self.slod.metric("slod_store_commits_total", result="stored")
                   > stored + 1)
        self.assertIsNone(self.slod.metric("slod_store_commits_total", result="failed"))


class OnDisk(History):
    def test_answers_with_the_values_of_thirty_days_through_kills(self):
        times = self.fill()
        for _ in range(3):
            self.slod.start()
            self.assert_filled(times)
            self.slod.kill()

    def test_joins_recent_samples_without_a_gap_or_a_double(self):
        times = self.fill()
        self.slod.started_and_ready()
        recent = eventually("has recent samples", lambda: [
            at for at, _ in self.samples("2m") if at > times[-1]][3:])
        ((metric, values),) = self.query("query", query=f"{SPENT}[{DAYS + 1}d]",
                                         time=recent[-1])
        self.assertEqual(metric, self.labels)
        self.assertEqual(values[:len(times)], [(at, spent_at(at)) for at in times])
        rest = [at for at, _ in values[len(times):]]
        self.assertEqual(rest, sorted(set(rest)))
        self.assertGreater(rest[0], times[-1])
        self.assertLess(rest[0], times[-1] + STEP_SECONDS + 40)
        ((_, values),) = self.range_query(times[0], recent[-1], STEP_SECONDS)
        self.assertEqual(len(values), (recent[-1] - times[0]) // STEP_SECONDS + 1)
        counted = self.query("query_range", query=f"count_over_time({SPENT}[{DAYS + 1}d])",
                             start=recent[-1], end=recent[-1], step=15)[0][1][0][1]
        self.assertEqual(counted, len(times) + len([at for at in rest if at <= recent[-1]]))

    def samples(self, length):
        found = self.query("query", query=f"{SPENT}[{length}]")
        return found[0][1] if found else []

    def test_goes_after_ninety_days(self):
        gone = dict(self.labels, slo="gone")
        old = dict(self.labels, slo="old")
        today = int(time.time()) // DAY_SECONDS

        def points(first, last):
            return [(day * DAY_SECONDS, 0.5) for day in range(today - last, today - first + 1)]

        history_file.write(self.slod.state_file, [
            (old, points(80, 100)), (gone, points(95, 120)), (self.labels, points(1, 3))])
        self.slod.start()
        self.assert_works()  # it stores after it removes
        self.assertEqual(self.slod.stop(), 0)
        kept = {name: history_file.days_of(self.slod.state_file, dict(self.labels, slo=name))
                for name in ("old", "gone", self.labels["slo"])}
        since_midnight = int(time.time()) // DAY_SECONDS - today
        self.assertEqual(kept["old"], list(range(today - 90 + since_midnight, today - 79)))
        self.assertEqual(kept["gone"], [])
        self.assertEqual(kept[self.labels["slo"]][:3], [today - 3, today - 2, today - 1])
        with sqlite3.connect(self.slod.state_file) as state:
            self.assertEqual(state.execute("SELECT count(*) FROM history_series WHERE key = ?",
                                           (history_file.series_key(gone),)).fetchone(), (0,))
        state.close()


class Damaged(History):
    def test_a_day_is_left_out_and_said(self):
        times = self.fill()
        day = times[0] // DAY_SECONDS + 7

        def flip(content, place):
            content[place + 50] ^= 0x10

        self.overwrite(self.labels, day, flip)
        self.slod.started_and_ready()
        ((_, values),) = self.range_query(times[0], times[-1], STEP_SECONDS)
        self.assertEqual(values, [(at, spent_at(at)) for at in times if at // DAY_SECONDS != day])
        self.assertRegex(self.slod.log(), r"level=warn\w* msg=\"a query leaves out history that "
                         r"cannot be read\" error=\"a day of a series is damaged\"")
        self.assert_works()

    def test_a_page_of_the_file_costs_only_history(self):
        times = self.fill()
        page = 4096

        def spoil(content, place):
            begin = place // page * page
            content[begin:begin + page] = b"\xa5" * page

        self.overwrite(self.labels, times[0] // DAY_SECONDS + 7, spoil)
        self.slod.started_and_ready()
        self.range_query(times[0], times[-1], STEP_SECONDS)
        self.assertIn('msg="a query leaves out history that cannot be read"', self.slod.log())
        self.assert_works()
        self.slod.kill()
        self.slod.start()
        self.assert_works()
        self.assertEqual(self.slod.stop(), 0)

    def test_what_cannot_be_removed_is_said(self):
        gone = dict(self.labels, slo="gone")
        today = int(time.time()) // DAY_SECONDS
        history_file.write(self.slod.state_file, [(gone, [((today - 95) * DAY_SECONDS, 0.5)])])
        self.refuse("DELETE")
        self.slod.started_and_ready()
        self.assert_says('msg="cannot remove old history')
        self.assert_works()
        self.assertEqual(self.slod.stop(), 0)
        self.assertEqual(history_file.days_of(self.slod.state_file, gone), [today - 95])


class Written(History):
    """A slod whose clock is moved, not changed in its pace, to where points are due in a moment."""

    def setUp(self):
        library = next(FOLDER.glob("usr/lib/*/faketime/libfaketime.so.1"), None)
        if not library:
            self.skipTest(f"expected libfaketime in {FOLDER} (scripts/setup.sh test puts it there)")
        self.target = Target(self)
        self.target.counters.requests(ok=10)
        # Of so many series some are written in the first seconds after a quarter of an hour.
        slos = [availability(name="availability" + (f"-{i}" if i else "")) for i in range(200)]
        self.slod = Slod(self, {"scrape": [scrape_job(self.target)],
                                "services": [{"name": SERVICE, "slos": slos}]})
        self.library = library

    def move_clock(self):
        """To just before a quarter of an hour, which it gives, in seconds."""
        self.due = int(time.time() // 900 + 1) * 900
        self.slod.under = ["env", f"LD_PRELOAD={self.library}", "FAKETIME_DONT_FAKE_MONOTONIC=1",
                           f"FAKETIME={self.due - 3 - time.time():+f}"]

    def at_due(self):
        """The values of the series that never change."""
        found = self.range_query(self.due, self.due, 15,
                                 f'{{__name__=~"{SPENT}|slod_slo_events_total"}}')
        return {tuple(sorted(labels.items())): values[0][1] for labels, values in found}

    def files(self):
        return b"".join(file.read_bytes() for file in self.slod.state_file.parent.iterdir())

    def test_by_a_running_slod_is_there_after_a_kill(self):
        self.move_clock()
        self.slod.started_and_ready()
        self.target.counters.requests(ok=90, failed=3)
        self.await_counts(self.slod, "api/availability", 90, 3)
        eventually("writes", lambda: SPENT.encode() in self.files())
        in_memory = self.at_due()
        self.assertEqual(len(in_memory), 600)
        self.slod.kill()
        self.slod.started_and_ready()
        on_disk = self.at_due()
        self.assertGreater(len(on_disk), 0)
        for labels, value in on_disk.items():
            self.assertAlmostEqual(value, in_memory[labels], delta=1e-6)

    def test_no_more_is_said_and_tried_again(self):
        self.slod.started_and_ready()
        self.assertEqual(self.slod.stop(), 0)
        self.refuse("INSERT")
        self.move_clock()
        self.slod.started_and_ready()
        self.assert_says('msg="cannot store the history of slod\'s own series; it is tried again"')
        self.assert_works()


if __name__ == "__main__":
    unittest.main()
