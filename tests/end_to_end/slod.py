"""Runs the slod program for a test: writes its configuration, starts it, asks it, stops it.

Programs are stopped by their own pid, and die with the test that started them, however that ends.
Waiting is polling with a deadline; a test that is slow on a busy machine is slow, not wrong."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

PROGRAM = os.environ.get("SLOD_BINARY") or str(
    pathlib.Path(__file__).resolve().parents[2] / "build/dev/daemon/slod")
PATIENCE_SECONDS = 40
POLL_SECONDS = 0.03

# Asks no proxy that the environment may name.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def eventually(what, probe, patience=PATIENCE_SECONDS):
    """The first true answer of `probe`; fails with `what` and the last answer at the deadline."""
    deadline = time.monotonic() + patience
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {patience} s; the last answer: {answer!r}")
        time.sleep(POLL_SECONDS)


def throughout(seconds, probe):
    """Calls `probe`, which asserts, again and again for so long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        probe()
        time.sleep(POLL_SECONDS)


def free_port():
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def temporary_folder(test):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="slod-test-"))
    test.addCleanup(shutil.rmtree, folder, ignore_errors=True)
    return folder


def start_program(test, arguments, output, folder=None):
    """A process that the end of the test, or the death of this one, ends."""
    bound = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    with open(output, "ab") as log:
        process = subprocess.Popen(bound + [str(a) for a in arguments], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log, cwd=folder)
    test.addCleanup(end_program, process)
    return process


def end_program(process):
    if process.poll() is None:
        process.kill()
    process.wait()


def ask(url, method="GET", patience=10):
    """(status, body) of a request; the body as a value where it is JSON."""
    request = urllib.request.Request(url, method=method, data=b"" if method == "POST" else None)
    try:
        with _opener.open(request, timeout=patience) as reply:
            status, body = reply.status, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            status, body = error.code, error.read()
    try:
        return status, json.loads(body)
    except ValueError:
        return status, body.decode()


def run_command(*arguments):
    """A finished `slod ...`: returncode, stdout and stderr."""
    return subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=PATIENCE_SECONDS)


class Slod:
    """One `slod run` with a folder of its own. `config` is what the configuration file says, as
    text or as a value, which is written as JSON and so is YAML."""

    def __init__(self, test, config, *flags):
        self.test = test
        self.folder = temporary_folder(test)
        self.config_file = self.folder / "slod.yaml"
        self.log_file = self.folder / "log"
        self.state_file = self.folder / "state" / "slod.db"
        self.flags = flags
        self.under = []  # a program with arguments that becomes slod
        self.process = None
        self.url = None
        self.configure(config)

    def configure(self, config):
        text = config if isinstance(config, str) else json.dumps(config, indent=1)
        self.config_file.write_text(text)

    def start(self):
        """Starts it and waits until it serves."""
        begin = self.log_size()
        self.launch()

        def address():
            if self.process.poll() is not None:
                raise AssertionError(f"slod ended with {self.process.returncode}:\n{self.log()}")
            return re.search(r'msg"?[=:]"?serving"?.*?address"?[=:]"?([0-9.:]+)', self.log(begin))

        self.url = "http://" + eventually("slod serves", address).group(1)
        return self

    def launch(self, listen="127.0.0.1:0"):
        """Starts it without waiting for anything."""
        self.process = start_program(
            self.test, [*self.under, PROGRAM, "run", "--config", self.config_file,
                        "--listen", listen, *self.flags], self.log_file)
        return self

    def started_and_ready(self):
        """Starts it and waits until each of its sources was tried."""
        self.start()
        eventually("slod is ready", lambda: self.get("/readyz")[0] == 200)
        return self

    def log_size(self):
        return self.log_file.stat().st_size if self.log_file.exists() else 0

    def log(self, begin=0):
        return self.log_file.read_bytes()[begin:].decode() if self.log_file.exists() else ""

    def get(self, path, method="GET"):
        return ask(self.url + path, method)

    def slo(self, path):
        status, body = self.get("/api/v1/slos/" + path)
        if status != 200:
            raise AssertionError(f"{path}: {status} {body}")
        return body

    def counts(self, path):
        """(good, bad, total) of an SLO."""
        slo = self.slo(path)
        return slo["good"], slo["bad"], slo["total"]

    def verdict(self, service, query=""):
        return self.get(f"/freeze/{service}{query}")[1]

    def metric(self, name, **labels):
        """The value of the series of /metrics that has these labels; None where there is none."""
        for line in self.get("/metrics")[1].splitlines():
            series, _, value = line.rpartition(" ")
            if series.partition("{")[0] == name and all(
                    f'{label}="{text}"' in series for label, text in labels.items()):
                return float(value)
        return None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Asks it to end; its exit code."""
        self.signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)

    def is_running(self):
        return self.process.poll() is None


class SlodTest(unittest.TestCase):
    """A test whose failure shows what slod logged."""

    def run_slod(self, config, *flags):
        return Slod(self, config, *flags).started_and_ready()

    def run_slod_on(self, *targets, **job):
        """A slod that reads the targets as one job, for one SLO on their requests."""
        return self.run_slod({"scrape": [scrape_job(*targets, **job)],
                              "services": [{"name": "api", "slos": [availability()]}]})

    def await_counts(self, slod, path, good, bad):
        """Waits for exactly these counts; more than these at any moment is a failure."""
        expected = (good, bad, good + bad)

        def reached():
            found = slod.counts(path)
            self.assertTrue(all(f <= e + 1e-9 for f, e in zip(found, expected)),
                            f"{path} counts {found}, more than the {expected} that happened")
            return all(abs(f - e) < 1e-9 for f, e in zip(found, expected))

        try:
            eventually(f"{path} counts {expected}", reached)
        except AssertionError as error:
            raise AssertionError(f"{error}; {path} has {slod.counts(path)}\n{slod.log()}") from None


def scrape_job(*targets, job="api", interval="200ms", **more):
    addresses = [f"127.0.0.1:{target.port}" for target in targets]
    return {"job": job, "targets": addresses, "interval": interval, **more}


def source_name(target, job="api"):
    """The label `source` of slod's own metrics of scraping."""
    return f"scrape/{job}/127.0.0.1:{target.port}"


def availability(name="availability", job="api", metric="http_requests_total", **more):
    """An SLO of 90 % over an hour whose budget is that of the events seen."""
    return {"name": name, "objective": "90%", "window": "1h", "cold_start": "observed",
            "availability": {"total": f'{metric}{{job="{job}"}}',
                             "bad": f'{metric}{{job="{job}",code=~"5.."}}'}, **more}
