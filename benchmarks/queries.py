"""PromQL beside Prometheus 2.42, over the same samples, in one run.

A target with timestamps of its own replays the last hour of 1,000 counters and 100 histograms, every
15 s, in two minutes, to slod and to a Prometheus. Then both are asked the same
range queries over HTTP, in turns; printed are the medians and their ratio. Ends by itself.

    python3 benchmarks/queries.py build/release [--peers build/peers] [--rounds 15]
"""

import argparse
import http.client
import http.server
import json
import pathlib
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from metrics_page import MetricsPage
from waiting import wait_until

STEP_SECONDS = 15
STEPS = 236  # neither server takes samples that are more than an hour old when it reads them
COUNTERS = 1000
HISTOGRAMS = 100
BOUNDS = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0",
          "+Inf"]
READ_SECONDS = 0.5  # between two pages
TARGET_RATIO = 0.5

QUERIES = {
    "rate of 1,000 series": "rate(requests_total[5m])",
    "sum by of their rates": "sum by (zone) (rate(requests_total[5m]))",
    "sum by of 1,000 series": "sum by (zone) (requests_total)",
    "histogram_quantile of 100 histograms": "histogram_quantile(0.99, rate(took_seconds_bucket[5m]))",
}


class Pages:
    """The pages of all steps, made before anybody reads. Counters rise by chance; none starts at 0."""

    def __init__(self):
        chance = random.Random(1)
        self.begin = int(time.time()) // STEP_SECONDS * STEP_SECONDS - (STEPS - 1) * STEP_SECONDS
        self.end = self.begin + (STEPS - 1) * STEP_SECONDS
        counters = [chance.randrange(10**6) for _ in range(COUNTERS)]
        buckets = [[chance.randrange(10**4) for _ in BOUNDS] for _ in range(HISTOGRAMS)]
        self.pages = []
        for step in range(STEPS):
            at = (self.begin + step * STEP_SECONDS) * 1000 + 217
            lines = []
            for i in range(COUNTERS):
                counters[i] += chance.randrange(500)
                lines.append(f'requests_total{{pod="pod-{i}",zone="z{i % 10}"}} {counters[i]} {at}')
            for i in range(HISTOGRAMS):
                total = 0
                for place, le in enumerate(BOUNDS):
                    buckets[i][place] += chance.randrange(30)
                    total += buckets[i][place]
                    lines.append(f'took_seconds_bucket{{pod="pod-{i}",le="{le}"}} {total} {at}')
            self.pages.append(("\n".join(lines) + "\n").encode())


class Replay(http.server.ThreadingHTTPServer):
    """Gives each reader, known by its path, one page after the other."""

    daemon_threads = True

    def __init__(self, pages):
        super().__init__(("127.0.0.1", 0), Answer)
        self.pages = pages
        self.next = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answer(MetricsPage):
    protocol_version = "HTTP/1.1"

    def page(self):
        step = self.server.next.get(self.path, 0)
        self.server.next[self.path] = step + 1
        return self.server.pages[min(step, STEPS - 1)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A program that answers queries, over one connection that stays open."""

    def __init__(self, arguments, port, log):
        self.process = subprocess.Popen([str(a) for a in arguments], stdout=log, stderr=log)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def is_ready(self):
        try:
            return self.get("/-/ready")[0] == 200
        except OSError:
            self.connection.close()
            return False

    def get(self, path):
        self.connection.request("GET", path, headers={"Accept-Encoding": "identity"})
        response = self.connection.getresponse()
        return response.status, response.read()

    def timed(self, path):
        """Seconds until the last byte of the answer was there."""
        began = time.perf_counter()
        status, _ = self.get(path)
        took = time.perf_counter() - began
        if status != 200:
            sys.exit(f"queries: status {status} for {path}")
        return took

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def start_slod(program, folder, target):
    port = free_port()
    config = folder / "slod.yaml"
    config.write_text(json.dumps({
        "listen": f"127.0.0.1:{port}",
        "scrape": [{"job": "app", "targets": [f"127.0.0.1:{target}"], "path": "/slod",
                    "interval": f"{int(READ_SECONDS * 1000)}ms"}],
        "rules": [{"record": "kept:requests", "expr": "requests_total"},
                  {"record": "kept:took", "expr": "took_seconds_bucket"}]}))
    return Server([program, "run", "--config", config], port, (folder / "slod.log").open("w"))


def start_prometheus(program, folder, target):
    port = free_port()
    config = folder / "prometheus.yml"
    interval = f"{int(READ_SECONDS * 1000)}ms"
    config.write_text(f"""
global: {{scrape_interval: {interval}, scrape_timeout: {interval}}}
scrape_configs:
  - {{job_name: app, metrics_path: /prometheus, static_configs: [{{targets: ['127.0.0.1:{target}']}}]}}
""")
    return Server([program, f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
                   f"--web.listen-address=127.0.0.1:{port}"], port,
                  (folder / "prometheus.log").open("w"))


def shape(body):
    """How many series and samples an answer has."""
    result = json.loads(body)["data"]["result"]
    return len(result), sum(len(series["values"]) for series in result)


def held(server, pages):
    """How many samples of a series the server has: fewer than STEPS where a read was late."""
    path = "/api/v1/query?" + urllib.parse.urlencode(
        {"query": 'count_over_time(requests_total{pod="pod-0"}[2h])', "time": pages.end + 1})
    return int(json.loads(server.get(path)[1])["data"]["result"][0]["value"][1])


def compare(slod, prometheus, pages, rounds):
    samples = [held(server, pages) for server in (slod, prometheus)]
    if samples != [STEPS, STEPS]:
        sys.exit(f"queries: slod and Prometheus hold {samples} samples of a series, expected "
                 f"{STEPS} in both: this machine is too busy to read in time")
    for name, query in QUERIES.items():
        path = "/api/v1/query_range?" + urllib.parse.urlencode(
            {"query": query, "start": pages.end - 3600 + 1, "end": pages.end + 1, "step": "15"})
        shapes = [shape(server.get(path)[1]) for server in (slod, prometheus)]
        if shapes[0] != shapes[1]:
            sys.exit(f"queries: {name}: slod answers {shapes[0]} (series, samples), Prometheus "
                     f"{shapes[1]}")
        times = ([], [])
        for _ in range(rounds):
            for server, taken in zip((slod, prometheus), times):
                taken.append(server.timed(path))
        ours, theirs = map(statistics.median, times)
        print(f"{name}, 1 h at 15 s: slod {ours * 1000:.1f} ms, Prometheus {theirs * 1000:.1f} ms, "
              f"ratio {ours / theirs:.2f} (target: at most {TARGET_RATIO}); "
              f"{shapes[0][0]} series, {shapes[0][1]} samples", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path, help="with daemon/slod")
    parser.add_argument("--peers", type=pathlib.Path, default=pathlib.Path("build/peers"))
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    program = arguments.peers / "usr/bin/prometheus"
    if not program.exists():
        print(f"queries: skipped, for want of {program} (scripts/setup.sh test puts it there)")
        return
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    print("against", re.search(r"version \S+", version).group(0), flush=True)
    pages = Pages()
    replay = Replay(pages.pages)
    target = replay.server_address[1]
    servers = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        try:
            servers = [start_slod(arguments.build / "daemon/slod", folder, target),
                       start_prometheus(program, folder, target)]
            for server in servers:
                wait_until("a server", server.is_ready, 30)
            wait_until("the last page", lambda: len(replay.next) == 2 and all(
                step > STEPS + 2 for step in replay.next.values()), 300)
            for server in servers:
                server.connection.close()  # it was idle for longer than servers like
            compare(*servers, pages, arguments.rounds)
        finally:
            for server in servers:
                server.end()


if __name__ == "__main__":
    main()
