"""`slod gate`: a rollout that goes bad, one that stays good, and all that lies between."""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
import time
import unittest

from slod import (PATIENCE_SECONDS, PROGRAM, SlodTest, availability, end_program, eventually,
                  free_port, run_command, scrape_job)
from target import Target, Traffic


class Gate(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.target.counters.requests()
        services = [{"name": "api", "slos": [availability()]},
                    # A budget that lasts, for a rollout that only its limit stops.
                    {"name": "lenient", "slos": [availability(objective="1%")]},
                    {"name": "quick", "slos": [availability(), {
                        "name": "latency", "objective": "90%", "window": "1h",
                        "latency": {"histogram": "request_seconds", "below": "500ms"}}]},
                    {"name": "unborn", "slos": [availability(metric="grpc_requests_total")]}]
        self.slod = self.run_slod({"scrape": [scrape_job(self.target)], "services": services})

    def gate(self, *arguments):
        return run_command("gate", "--server", self.slod.url, *arguments)

    def start_gate(self, *arguments):
        process = subprocess.Popen(
            [PROGRAM, "gate", "--server", self.slod.url, *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(end_program, process)
        return process

    def freeze(self, service="api"):
        self.target.counters.requests(ok=100, failed=100)
        eventually("freezes", lambda: self.slod.verdict(service)["level"] == "hotfix_only")

    def test_allows_a_canary_that_stays_good_but_not_before_the_end(self):
        Traffic(self, self.target)
        begin = time.monotonic()
        command = self.gate("api", "--for", "3s", "--max-error-ratio", "1%")
        self.assertGreaterEqual(time.monotonic() - begin, 3)
        self.assertEqual(command.returncode, 0, command)
        self.assertRegex(command.stdout, r"\Aallow: feature for api after 3s: "
                         r"availability: 0 of [1-9][0-9.]* requests failed \(0 %\)\n\Z")
        self.assertRegex(command.stderr, r"(?m)^0s of 3s: availability: 0 of 0 requests failed$")
        self.assertRegex(command.stderr, r"(?m)^2s of 3s: ")

    def test_rewrites_one_line_on_a_terminal(self):
        try:
            terminal, of_program = pty.openpty()
        except OSError as error:
            self.skipTest(f"expected a pseudo-terminal, as /dev/pts gives them, found: {error}")
        Traffic(self, self.target)
        fcntl.ioctl(of_program, termios.TIOCSWINSZ, struct.pack("4H", 24, 30, 0, 0))
        done = subprocess.run([PROGRAM, "gate", "api", "--for", "2s", "--server", self.slod.url],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=of_program,
                              timeout=PATIENCE_SECONDS, check=False)
        os.close(of_program)
        shown = self.rest_of(terminal)
        os.close(terminal)
        self.assertEqual(done.returncode, 0, shown)
        before, *lines = shown.split("\r\x1b[K")
        self.assertEqual((before, lines[-1]), ("", ""))  # nothing is left of it
        self.assertGreaterEqual(len(lines), 5)
        for line in lines[:-1]:
            self.assertRegex(line, r"\A[0-9.]+s of 2s: ")
            self.assertLess(len(line), 30)

    def rest_of(self, terminal):
        """What was written to a terminal that nobody has open any more."""
        shown = b""
        while True:
            try:
                shown += os.read(terminal, 65536)
            except OSError:  # EIO is its end
                return shown.decode()

    def test_says_the_outcome_as_json(self):
        Traffic(self, self.target)
        for limit, code, verdict in (("500ms", 0, "allow"), ("20ms", 1, "deny")):
            command = self.gate("quick", "--for", "3s", "--max-p99", limit, "--json")
            self.assertEqual(command.returncode, code, command)
            outcome = json.loads(command.stdout)
            self.assertEqual(command.stdout.count("\n"), 1)
            counted, quantile = outcome.pop("slos")
            self.assertGreaterEqual(outcome.pop("watched_seconds"), 3)
            self.assertIn("p99", outcome.pop("message"))
            self.assertEqual(outcome, {"service": "quick", "change": "feature", "verdict": verdict,
                                       "length_seconds": 3})
            self.assertGreater(counted.pop("total"), 0)
            self.assertGreater(counted.pop("coverage_ratio"), 0.5)
            self.assertEqual(counted, {"slo": "availability", "kind": "availability", "bad": 0,
                                       "error_ratio": 0, "latency": None})
            self.assertEqual(quantile["kind"], "latency")
            self.assertEqual(quantile["latency"]["quantile"], 0.99)
            self.assertTrue(0.02 < quantile["latency"]["value_seconds"] <= 0.5, quantile)
        command = self.gate("unborn", "--for", "1s", "--json")
        self.assertEqual(command.returncode, 2, command)
        outcome = json.loads(command.stdout)
        self.assertEqual(outcome["verdict"], "inconclusive")
        self.assertEqual(outcome["slos"][0]["error_ratio"], None)
        command = self.gate("apj", "--for", "1s", "--json")
        self.assertEqual((command.returncode, command.stdout), (3, ""), command)

    def test_holds_a_canary_to_its_p99(self):
        Traffic(self, self.target)  # all take 100 ms
        limit = ("quick", "--for", "3s", "--max-p99")
        command = self.gate(*limit, "500ms")
        self.assertEqual(command.returncode, 0, command)
        self.assertRegex(command.stdout, r"; latency: p99 [0-9]+ ms\n\Z")
        command = self.gate(*limit, "20ms")
        self.assertEqual(command.returncode, 1, command)
        self.assertRegex(command.stdout, r": latency: the p99 is [0-9]+ ms, above 20 ms\n\Z")

    def test_stops_as_soon_as_a_canary_goes_bad(self):
        traffic = Traffic(self, self.target)
        process = self.start_gate("lenient", "--for", "1m", "--max-error-ratio", "1%")
        line = process.stderr.readline()
        self.assertRegex(line, r"\A0s of 1m: ")
        traffic.failing = 4
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual(process.returncode, 1, output)
        self.assertRegex(output, r"\Adeny: feature for lenient after \S+: availability: [1-9][0-9.]* "
                         r"of [0-9.]+ requests failed \([0-9.]+ %\), above 1 % even if no more "
                         r"requests fail\n\Z")

    def test_stops_when_the_service_freezes_meanwhile(self):
        self.target.counters.requests(ok=10)
        self.await_counts(self.slod, "api/availability", 10, 0)
        process = self.start_gate("api", "--for", "10m")
        self.assertRegex(process.stderr.readline(), r"\A0s of 10m: ")
        self.target.counters.requests(failed=10)
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual(process.returncode, 1, output)
        self.assertRegex(output, r"\Adeny: feature for api after [^\n]* of the 1h error budget of "
                         r"api/availability is spent; only hotfixes from 100 %\n\Z")

    def test_judges_a_hotfix_by_what_happens_during_its_own_watch(self):
        self.freeze()
        self.assertEqual(self.gate("api", "--for", "10m").returncode, 1)  # at once
        Traffic(self, self.target)
        eventually("counts", lambda: self.slod.slo("api/availability?window=500ms")["bad"] == 0)
        command = self.gate("api", "--change", "hotfix", "--for", "2s", "--max-error-ratio", "1%")
        self.assertEqual(command.returncode, 0, command)
        self.assertRegex(command.stdout, r"\Aallow: hotfix for api after ")

        Traffic(self, self.target, failing=10)
        command = self.gate("api", "--change", "hotfix", "--for", "2s", "--max-error-ratio", "1%")
        self.assertEqual(command.returncode, 1, command)
        self.assertRegex(command.stdout, r"\Adeny: hotfix for api after ")

    def test_is_inconclusive_where_nothing_is_seen(self):
        for service, *arguments in (("unborn",), ("unborn", "--max-error-ratio", "1%"),
                                    ("lenient", "--max-error-ratio", "1%")):
            command = self.gate(service, "--for", "1s", *arguments)
            self.assertEqual(command.returncode, 2, command)
            self.assertRegex(command.stdout, rf"\Ainconclusive: feature for {service} after ")
        self.target.close()
        command = self.gate("lenient", "--for", "2s")
        self.assertEqual(command.returncode, 2, command)

    def test_says_what_is_wrong_or_that_there_is_no_answer(self):
        for arguments, why in ((("apj", "--for", "1s"), r'expected the name of [^\n]*"apj"'),
                               (("api", "--for", "10ms"), r"--for: expected a duration from 200ms"),
                               (("api", "--for", "1s", "--max-p99", "1s"),
                                "expected a latency SLO with the 99th percentile in api")):
            command = self.gate(*arguments)
            self.assertEqual((command.returncode, command.stdout), (3, ""), command)
            self.assertRegex(command.stderr, rf"\Aslod gate: {why}[^\n]*\n\Z")
        for arguments, why in ((("api", "--for", "soon"), "--for: expected a duration"),
                               (("api", "--for", "1s", "--max-error-ratio", "2"),
                                "--max-error-ratio: expected "),
                               (("api", "--for", "1s", "--max-p99", "0"), "--max-p99: expected "),
                               (("api",), "--for is required")):
            command = self.gate(*arguments)
            self.assertEqual((command.returncode, command.stdout), (3, ""), command)
            self.assertIn(why, command.stderr)
        command = run_command("gate", "api", "--for", "1m", "--server",
                              f"http://127.0.0.1:{free_port()}")
        self.assertEqual((command.returncode, command.stdout), (3, ""), command)
        self.assertRegex(command.stderr, r"\Aslod gate: no answer: [^\n]*\n\Z")

    def test_says_nothing_twice_in_a_log(self):
        command = self.gate("api", "--for", "4s")  # looks at it every 200 ms, and nothing happens
        lines = command.stderr.splitlines()
        self.assertGreaterEqual(len(lines), 4, command)
        self.assertEqual(len(lines), len(set(lines)), command)

    def test_waits_a_little_for_a_slod_that_is_gone(self):
        process = self.start_gate("api", "--for", "4s")
        self.assertRegex(process.stderr.readline(), r"\A0s of 4s: ")
        self.slod.kill()
        output, errors = process.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual((process.returncode, output), (3, ""), errors)
        self.assertRegex(errors, r"(?m)^slod gate: no answer: .*Connection refused")

    def test_goes_on_after_slod_was_restarted(self):
        Traffic(self, self.target)
        port = int(re.search(r":(\d+)$", self.slod.url).group(1))
        process = self.start_gate("api", "--for", "5m", "--max-error-ratio", "1%")
        self.assertRegex(process.stderr.readline(), r"\A0s of 5m: ")
        self.assertEqual(self.slod.stop(), 0)
        self.slod.launch(f"127.0.0.1:{port}")
        eventually("is there again", self.is_ready)
        self.freeze()  # so that the end need not be waited for
        output, errors = process.communicate(timeout=PATIENCE_SECONDS)
        self.assertEqual(process.returncode, 1, errors)
        self.assertRegex(output, r"\Adeny: ")

    def is_ready(self):
        try:
            return self.slod.get("/readyz")[0] == 200
        except OSError:
            return False


if __name__ == "__main__":
    unittest.main()
