"""The panel of 30 days of the budgets of 100 SLOs, over HTTP, from the history on disk.

slod makes a state for 100 SLOs over one target; its file is filled with thirty days of history, as
the end-to-end test of the history fills it; a slod that starts on it is asked for the panel, as
Grafana asks, again and again. Printed are its times and what CPU time it takes. Ends by itself.

    python3 benchmarks/panel.py build/release [--rounds 30]
"""

import argparse
import http.client
import http.server
import json
import os
import pathlib
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from metrics_page import MetricsPage
from waiting import wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/end_to_end"))
import history_file  # noqa: E402

SLOS = 100
DAYS = 30
STEP_SECONDS = 1800
METRIC = "slod_slo_budget_spent_ratio"
TARGET_MILLISECONDS = 50


class Page(MetricsPage):
    """Counters that rise, so that every SLO has a budget."""

    def page(self):
        now = int(time.time() * 10)
        return (f'requests_total{{code="200"}} {now * 100}\n'
                f'requests_total{{code="500"}} {now}\n').encode()


def configuration(target):
    slos = [{"name": f"slo{i}", "objective": "99.9%", "window": "30d",
             "availability": {"total": "requests_total", "bad": 'requests_total{code="500"}'}}
            for i in range(SLOS)]
    return json.dumps({"listen": "127.0.0.1:0", "services": [{"name": "shop", "slos": slos}],
                       "scrape": [{"job": "shop", "targets": [f"127.0.0.1:{target}"],
                                   "interval": "1s"}]})


class Slod:
    """One life of the daemon, asked over one connection that stays open."""

    def __init__(self, program, config):
        log = config.with_suffix(".log")
        self.process = subprocess.Popen([program, "run", "--config", config], stderr=log.open("w"))
        host, port = wait_until("slod's port", lambda: re.search(
            r"address=(\S+):(\d+)", log.read_text()), 60).groups()
        self.connection = http.client.HTTPConnection(host, int(port), timeout=60)

    def get(self, path, **parameters):
        self.connection.request("GET", f"{path}?{urllib.parse.urlencode(parameters)}")
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            sys.exit(f"panel: status {response.status} for {path}: {body[:200]}")
        return body

    def series(self):
        return json.loads(self.get("/api/v1/series", **{"match[]": METRIC}))["data"]

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def fill(state_file, series):
    """Budgets that wander, at every five minutes; gives the first and the last time."""
    chance = random.Random(1)
    end = int(time.time()) // history_file.STEP_SECONDS * history_file.STEP_SECONDS
    times = range(end - DAYS * history_file.DAY_SECONDS, end + 1, history_file.STEP_SECONDS)

    def points():
        spent = chance.random()
        for at in times:
            spent += chance.uniform(-0.001, 0.001)
            yield at, round(spent * 2**20) / 2**20  # as many bits as slod keeps

    history_file.write(state_file, [(labels, list(points())) for labels in series])
    return times[0], times[-1]


def measure(slod, begin, end, rounds):
    times = []
    cpu = slod.cpu_seconds()
    for _ in range(rounds):
        began = time.perf_counter()
        body = slod.get("/api/v1/query_range", query=METRIC, start=begin, end=end,
                        step=STEP_SECONDS)
        times.append((time.perf_counter() - began) * 1000)
    cpu = (slod.cpu_seconds() - cpu) / rounds * 1000
    result = json.loads(body)["data"]["result"]
    points = sum(len(series["values"]) for series in result)
    expected = SLOS * ((end - begin) // STEP_SECONDS + 1)
    if points != expected:
        sys.exit(f"panel: {points} points, expected {expected}")
    print(f"a panel of {DAYS} days of {len(result)} budgets over HTTP, {points} points: median "
          f"{statistics.median(times):.1f} ms, quickest {min(times):.1f} ms, slowest "
          f"{max(times):.1f} ms of {rounds} (target: under {TARGET_MILLISECONDS} ms); {cpu:.1f} ms "
          f"of slod's CPU time")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path, help="with daemon/slod")
    parser.add_argument("--rounds", type=int, default=30)
    arguments = parser.parse_args()
    program = arguments.build / "daemon/slod"
    target = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=target.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        config = pathlib.Path(name, "panel.yaml")
        config.write_text(configuration(target.server_address[1]))
        slod = Slod(program, config)
        try:
            series = wait_until("every budget", lambda: len(found := slod.series()) == SLOS and found,
                                60)
        finally:
            slod.end()
        begin, end = fill(config.parent / "state/slod.db", series)
        slod = Slod(program, config)
        try:
            measure(slod, begin, end, arguments.rounds)
        finally:
            slod.end()


if __name__ == "__main__":
    main()
