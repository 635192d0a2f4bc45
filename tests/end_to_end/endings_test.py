"""slod ends or it works: whatever is in the place of its files, takes its memory, holds up its loop or
its shutdown, it says so and goes on, or it ends in a way that makes systemd start it again."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import unittest

from slod import PROGRAM, Slod, SlodTest, availability, eventually, run_command, scrape_job
from target import Target

SLOW_DISK = os.environ.get("SLOD_SLOW_DISK_LIBRARY")
SERVICES = [{"name": "api", "slos": [availability()]}]


def is_sanitized():
    """A program with a sanitizer takes terabytes of addresses, and deals with a lack itself."""
    program = pathlib.Path(PROGRAM).read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


class Files(SlodTest):
    """A pipe lets its reader wait for ever, and the whole daemon with him."""

    def setUp(self):
        self.target = Target(self)
        self.slod = Slod(self, {"scrape": [scrape_job(self.target)], "services": SERVICES})

    def reload_is_refused(self, why):
        begin = time.monotonic()
        status, body = self.slod.get("/-/reload", "POST")
        self.assertEqual(status, 400, body)
        self.assertIn(why, body["error"])
        self.assertLess(time.monotonic() - begin, 5)
        self.assertEqual(self.slod.get("/healthz")[0], 200)

    def test_a_pipe_in_place_of_the_configuration_is_refused_by_a_reload_and_by_a_start(self):
        self.slod.started_and_ready()
        good = self.slod.config_file.read_text()
        self.slod.config_file.unlink()
        os.mkfifo(self.slod.config_file)
        self.reload_is_refused("found: a pipe, not a regular file")
        self.slod.signal(signal.SIGHUP)
        eventually("SIGHUP is refused too",
                   lambda: self.slod.log().count("reload rejected; keeping") == 2)
        self.assertEqual(self.slod.stop(), 0)
        done = run_command("run", "--config", self.slod.config_file)
        self.assertEqual(done.returncode, 1)
        self.assertIn("a pipe, not a regular file", done.stderr)
        done = run_command("check", self.slod.config_file)
        self.assertEqual(done.returncode, 1)
        self.slod.config_file.unlink()
        self.slod.config_file.write_text(good)
        self.slod.started_and_ready()

    def test_pipes_devices_and_folders_are_no_rule_files_and_no_secrets(self):
        self.slod.started_and_ready()
        pipe, folder = self.slod.folder / "pipe", self.slod.folder / "folder"
        os.mkfifo(pipe)
        folder.mkdir()
        for path, why in ((pipe, "a pipe, not a regular file"),
                          ("/dev/zero", "a device, not a regular file"), (folder, "a directory")):
            config = {"scrape": [scrape_job(self.target)], "services": SERVICES}
            if path != folder:  # of a folder, no file is meant
                self.slod.configure({**config, "rule_files": [str(path)]})
                self.reload_is_refused(why)
            self.slod.configure({**config, "scrape": [
                scrape_job(self.target, bearer_token_file=str(path))]})
            self.reload_is_refused(why)
        self.assertEqual(self.slod.stop(), 0)


class State(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.target.counters.requests(ok=1000)
        self.slod = Slod(self, {"scrape": [scrape_job(self.target)], "services": SERVICES})

    def count(self, ok):
        before = self.slod.counts("api/availability")[0]
        self.target.counters.requests(ok=ok)
        eventually("the requests are counted",
                   lambda: self.slod.counts("api/availability")[0] == before + ok)

    def started(self):
        self.slod.started_and_ready()
        eventually("it has a baseline", lambda: self.slod.slo("api/availability")["observed_since"])

    def test_a_state_that_is_taken_away_is_not_stored_until_it_is_back(self):
        self.started()
        self.count(10)
        elsewhere = self.slod.folder / "elsewhere"
        self.slod.state_file.parent.rename(elsewhere)
        self.count(20)
        eventually("it is not ready", lambda: self.slod.get("/readyz")[0] == 503, patience=10)
        store = self.slod.get("/api/v1/status")[1]["store"]
        self.assertFalse(store["stored"])
        self.assertIn("was removed while slod runs", store["error"])
        shown = run_command("status", "--server", self.slod.url)
        self.assertEqual(shown.returncode, 1)
        self.assertRegex(shown.stdout, "state: not stored: .* was removed while slod runs")
        elsewhere.rename(self.slod.state_file.parent)
        eventually("it is stored again", lambda: self.slod.get("/readyz")[0] == 200)
        self.assertEqual(self.slod.stop(), 0)
        self.slod.started_and_ready()
        self.assertEqual(self.slod.counts("api/availability"), (30, 0, 30))

    def test_a_state_that_is_replaced_or_emptied_is_not_stored(self):
        def replaced(file):
            file.rename(self.slod.folder / "before")
            shutil.copy(self.slod.folder / "before", file)

        for harm, why in ((replaced, "was replaced by another file"),
                          (lambda file: os.truncate(file, 0), "was cut short")):
            self.setUp()
            self.started()
            self.count(10)
            harm(self.slod.state_file)
            self.count(10)
            eventually("it is not ready", lambda: self.slod.get("/readyz")[0] == 503, patience=10)
            self.assertIn(why, self.slod.get("/api/v1/status")[1]["store"]["error"])
            self.slod.kill()

    def test_a_log_that_is_removed_costs_nothing(self):
        self.started()
        self.count(10)
        (self.slod.state_file.parent / "slod.db-wal").unlink()
        self.count(10)
        eventually("it has a new log", (self.slod.state_file.parent / "slod.db-wal").exists)
        eventually("all is stored", lambda: "makes a new one" in self.slod.log())
        self.slod.kill()
        self.slod.started_and_ready()
        eventually("nothing is lost", lambda: self.slod.counts("api/availability")[0] == 20)

    def test_a_state_file_that_is_gone_beside_its_log_is_refused_at_the_start(self):
        self.started()
        self.count(10)
        self.slod.kill()
        good = self.slod.state_file.read_bytes()
        for harm, why in ((lambda: os.truncate(self.slod.state_file, 0), "is empty"),
                          (self.slod.state_file.unlink, "is missing")):
            harm()
            done = run_command("run", "--config", self.slod.config_file, "--listen", "127.0.0.1:0")
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, f"cannot start: .*slod.db {why}, and .*slod.db-wal beside it")
            self.slod.state_file.write_bytes(good)
        self.slod.started_and_ready()
        eventually("nothing is lost", lambda: self.slod.counts("api/availability")[0] == 10)

    def test_a_bit_that_flipped_is_said(self):
        self.started()
        self.count(1000)
        self.assertEqual(self.slod.stop(), 0)
        with contextlib.closing(sqlite3.connect(self.slod.state_file)) as state, state:
            state.execute("UPDATE ledger SET bad = bad + 512 WHERE at = (SELECT max(at) FROM ledger)")
        self.slod.started_and_ready()
        problems = self.slod.get("/api/v1/status")[1]["store"]["problems"]
        self.assertEqual(len(problems), 1)
        self.assertRegex(problems[0], r"\A1 stored row of the counts of SLO api/availability is damaged")
        self.assertIn(problems[0], self.slod.log())
        self.assertIn("\n  " + problems[0], run_command("status", "--server", self.slod.url).stdout)
        self.assertEqual(self.slod.slo("api/availability")["bad"], 0)
        self.assertEqual(self.slod.stop(), 0)
        self.slod.started_and_ready()
        self.assertEqual(self.slod.get("/api/v1/status")[1]["store"]["problems"], [])

    def test_a_state_that_may_not_be_written_is_refused_with_the_cure(self):
        if os.getuid() != 0 or not shutil.which("setpriv"):
            self.skipTest("expected root and setpriv, to start slod as another user")
        self.started()
        self.assertEqual(self.slod.stop(), 0)
        state = self.slod.state_file.parent
        self.slod.folder.chmod(0o755)
        state.chmod(0o755)
        self.slod.state_file.chmod(0o644)
        done = subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", PROGRAM, "run", "--config",
             self.slod.config_file, "--listen", "127.0.0.1:0"], text=True, capture_output=True, timeout=30)
        if "Permission denied" in done.stderr and PROGRAM in done.stderr:
            self.skipTest("expected a program that any user can start")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"slod: cannot start: cannot write to .*state: Permission denied: let the "
                         r"user that runs slod \(uid 65534\) read and write the state directory, .* "
                         r"--state\n\Z")


class Process(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.target.counters.requests(ok=1000)
        self.slod = Slod(self, {"scrape": [scrape_job(self.target)], "services": SERVICES})

    def managed(self, **variables):
        """slod as systemd starts it; returns the socket that systemd listens on."""
        address = str(self.slod.folder / "notify")
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(address)
        manager.settimeout(30)
        self.slod.under = ["env", f"NOTIFY_SOCKET={address}",
                           *(f"{name}={text}" for name, text in variables.items())]
        return manager

    def test_systemd_is_told_what_slod_does(self):
        manager = self.managed(WATCHDOG_USEC="8000000")
        self.slod.started_and_ready()
        told = []

        def await_told(pattern):
            for _ in range(60):
                told.append(manager.recv(512).decode())
                if re.fullmatch(pattern, told[-1]):
                    return
            self.fail(f"systemd was told {told}, and not {pattern}")

        await_told("READY=1")
        self.assertEqual(told, ["READY=1"])
        await_told("WATCHDOG=1")
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self.slod.signal(signal.SIGHUP)
        await_told(r"RELOADING=1\nMONOTONIC_USEC=\d+")
        at = int(told[-1].rpartition("=")[2])
        self.assertTrue(before <= at <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000, at)
        await_told("READY=1")
        self.slod.configure("services: 7")
        self.slod.get("/-/reload", "POST")
        await_told(r"RELOADING=1\n.*")
        await_told("READY=1")
        self.slod.signal(signal.SIGTERM)
        await_told("STOPPING=1")
        self.assertEqual(self.slod.process.wait(30), 0)

    def hanging(self, **variables):
        """A slod whose loop waits for ever, for a reader of its log."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        process = subprocess.Popen(
            [PROGRAM, "run", "--config", self.slod.config_file, "--listen", "127.0.0.1:0"],
            stdin=subprocess.DEVNULL, stdout=writer, stderr=writer, cwd=self.slod.folder,
            env={**os.environ, **variables})
        self.addCleanup(lambda: process.poll() is None and process.kill())
        os.close(writer)
        begun = b""
        while b"msg=serving" not in begun:
            begun += os.read(reader, 4096)
        # It says more about this than a pipe takes.
        self.slod.configure("services: [" + "{name: x, slos: 7}," * 2000 + "]")
        process.send_signal(signal.SIGHUP)
        return process

    def test_a_loop_that_hangs_is_ended_so_that_it_is_started_again(self):
        process = self.hanging(WATCHDOG_USEC="4000000")
        begin = time.monotonic()
        self.assertEqual(process.wait(60), -signal.SIGABRT)
        took = time.monotonic() - begin
        print(f"a loop that hangs was ended after {took:.1f} s of 3 s")
        self.assertGreater(took, 2)

    def test_a_shutdown_ends_within_30_s_though_the_loop_hangs(self):
        process = self.hanging()
        time.sleep(2)
        process.send_signal(signal.SIGTERM)
        begin = time.monotonic()
        self.assertEqual(process.wait(60), 1)
        took = time.monotonic() - begin
        print(f"a shutdown whose loop hangs took {took:.1f} s")
        self.assertLess(took, 36)

    def test_a_shutdown_ends_within_30_s_though_the_disk_hangs(self):
        held = self.slod.folder / "held"
        slow = ["env", f"LD_PRELOAD={SLOW_DISK}", f"SLOD_SLOW_DISK={held}"]
        if not SLOW_DISK or subprocess.run([*slow, "true"], capture_output=True, timeout=20).stderr:
            self.skipTest("expected SLOD_SLOW_DISK_LIBRARY, a library that can be loaded; ctest sets it")
        self.slod.under = slow
        self.slod.started_and_ready()
        held.touch()
        self.target.counters.requests(failed=4)
        time.sleep(1)
        begin = time.monotonic()
        self.slod.signal(signal.SIGTERM)
        self.assertEqual(self.slod.process.wait(60), 1)
        took = time.monotonic() - begin
        print(f"a shutdown whose disk hangs took {took:.1f} s")
        self.assertLess(took, 36)
        self.assertIn("slod: it did not shut down within 30 s", self.slod.log())

    def test_without_memory_it_ends_at_once_with_one_line(self):
        if is_sanitized():
            self.skipTest("expected no sanitizer")
        for path in range(20000):
            self.target.counters.set("http_requests_total", 1, path=f"/a/rather/long/path/{path}",
                                     code="200")
        # A long interval, so that the large page comes within the timeout on a busy machine too.
        self.slod = Slod(self, {"scrape": [scrape_job(self.target, interval="5s")],
                                "services": SERVICES})
        self.slod.started_and_ready()
        # Not the address space, of which threads have much in reserve.
        pid = self.slod.process.pid
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        size = int(re.search(r"VmData:\s+(\d+) kB", status)[1])
        subprocess.run(["prlimit", "--pid", str(pid), f"--data={size * 1024}"],
                       check=True, timeout=20)
        # Made before, so that it is there within the timeout of a read.
        page = "".join(f'http_requests_total{{path="/another/{path}",code="200"}} 1\n'
                       for path in range(100000)).encode()
        self.target.behave = lambda request: request.respond(200, page)
        self.assertEqual(self.slod.process.wait(60), 1)
        last = self.slod.log().splitlines()[-1]
        self.assertTrue(last.startswith("slod: out of memory: it ends at once"), last)

    def test_its_memory_is_its_own(self):
        self.slod.start()
        pid = self.slod.process.pid
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        if not is_sanitized():
            self.assertRegex(limits, r"Max core file size\s+0\s+0\s")
        self.slod.stop()
        self.slod.under = ["env", "SLOD_CORE_DUMPS=1"]
        self.slod.start()
        soft, hard = subprocess.run(["prlimit", "--core", "--noheadings", "--raw", "-o", "SOFT,HARD"],
                                    text=True, capture_output=True).stdout.split()
        self.assertRegex(pathlib.Path(f"/proc/{self.slod.process.pid}/limits").read_text(),
                         rf"Max core file size\s+{soft}\s+{hard}\s")


if __name__ == "__main__":
    unittest.main()
