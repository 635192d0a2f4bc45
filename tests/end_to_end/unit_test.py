"""What slod does in a whole life is what its unit for systemd lets it do. There may be no systemd to start
it, so its calls are traced and compared with the unit's own words. Skipped where strace or
systemd-analyze is not there, or tracing is not allowed."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import unittest

from receiver import Receiver
from slod import Slod, SlodTest, availability, eventually, scrape_job, temporary_folder
from target import Target

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
UNIT = (REPOSITORY / "deploy/systemd/slod.service").read_text()


def settings(name):
    return re.findall(rf"^{name}=(.*)$", UNIT, re.M)


def calls_of(name):
    """The system calls of a set such as @system-service, by systemd's own list."""
    if not name.startswith("@"):
        return {name}
    listed = subprocess.run(["systemd-analyze", "syscall-filter", name], check=True, text=True,
                            capture_output=True, timeout=30).stdout
    words = re.findall(r"^ +([@\w-]+)$", listed, re.M)
    return set().union(*(calls_of(word) for word in words))


class Unit(SlodTest):
    def setUp(self):
        for tool in ("strace", "systemd-analyze"):
            if not shutil.which(tool):
                self.skipTest(f"expected {tool} on PATH, found none")
        self.trace = temporary_folder(self) / "trace"
        if subprocess.run(["strace", "-o", self.trace, "true"], capture_output=True,
                          timeout=30).returncode:
            self.skipTest("expected to be allowed to trace a program")

    def live(self):
        """Reads by address and by name, pages, answers, reloads, stores and ends; what was called."""
        target, hook = Target(self), Receiver(self, (200, {}, ""), "/hook")
        job = scrape_job(target)
        job["targets"].append(f"localhost:{target.port}")
        slod = Slod(self, {
            "scrape": [job], "services": [{"name": "api", "slos": [availability()]}],
            "rules": [{"alert": "Always", "expr": "vector(1)", "severity": "page"}],
            "alerting": {"receivers": [{"name": "hook", "webhook": {"url": hook.url}}],
                         "routes": {"page": ["hook"], "ticket": ["hook"]}}})
        slod.under = ["strace", "-D", "-f", "-qq", "-o", self.trace]
        slod.started_and_ready()
        target.counters.requests(ok=5)
        eventually("it was told", hook.received)
        eventually("it counts", lambda: slod.counts("api/availability")[0])
        self.assertTrue(slod.get("/api/v1/query?query=up")[1]["data"]["result"])
        self.assertIn("process_open_fds", slod.get("/metrics")[1])
        slod.signal(signal.SIGHUP)
        eventually("it reloads", lambda: "configuration reloaded" in slod.log())
        self.assertEqual(slod.stop(), 0)
        return slod, self.trace.read_text()

    def test_lets_slod_do_all_that_it_does(self):
        slod, trace = self.live()
        called = set(re.findall(r"^\d+ +(\w+)\(", trace, re.M))
        self.assertTrue({"execve", "epoll_wait", "fdatasync"} <= called, called)
        allowed = set()
        for line in settings("SystemCallFilter"):
            names = set().union(*(calls_of(name) for name in line.lstrip("~").split()))
            allowed = allowed - names if line.startswith("~") else allowed | names
        self.assertGreater(len(allowed), 200)
        if os.geteuid() == 0:
            called.discard("fchown")  # SQLite's, which it does as root alone
        self.assertEqual(called - allowed, set(), "calls that the unit answers with an error")

        families = set(settings("RestrictAddressFamilies")[0].split())
        used = set(re.findall(r"\bsocket\((AF_\w+|PF_\w+)", trace))
        self.assertTrue(used <= families, used)
        self.assertNotRegex(trace, r"\b(mmap|mprotect)\([^)]*PROT_WRITE\|PROT_EXEC",
                            "memory that is written and executed")
        written = re.findall(r'\bopenat\([^"]*"([^"]*)", [A-Z_|]*O_(?:WRONLY|RDWR)', trace)
        state = str(slod.state_file.parent)
        self.assertTrue(written)
        self.assertEqual([path for path in written if not path.startswith((state, "/dev/null"))], [],
                         "files that it writes outside of its state")


if __name__ == "__main__":
    unittest.main()
