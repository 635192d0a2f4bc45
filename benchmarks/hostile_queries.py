"""What queries that mean harm cost: peak memory, what is held after them, how soon they end, and
what others notice meanwhile.

Starts a target and slod on loopback, asks one query after the other, and prints for each its status,
how long it took and the peak of slod's resident memory; then what many clients at once do to a
page of a rule and to each other. Ends by itself, and ends slod at 4 GiB.

    python3 benchmarks/hostile_queries.py build/release [--without label_join]
"""

import argparse
import concurrent.futures
import http.server
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from waiting import wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/end_to_end"))
from hostile_query import nested_label_join  # noqa: E402

SERIES = 10_000
LIMIT_MIB = 4096
HEAVY_CLIENTS = 25
CHEAP_CLIENTS = 40
WAIT_SECONDS = 30

CONFIGURATION = """
listen: 127.0.0.1:0
scrape:
  - {{job: j, targets: ["127.0.0.1:{target}"], interval: 500ms, timeout: 450ms}}
alerting:
  evaluation_interval: 500ms
  receivers:
    - {{name: hook, webhook: {{url: "http://127.0.0.1:{receiver}/"}}}}
  routes: {{page: [hook]}}
rules:
  - {{alert: Down, expr: 'down == 1', severity: page, summary: s}}
  - {{alert: Never, expr: '{{__name__=~"wide|up"}} == -1', severity: page, summary: s}}
"""


def nested_label_replace():
    query = "up"
    for level in range(8):
        source = "instance" if level == 0 else f"x{level - 1}"
        query = f'label_replace({query},"x{level}","{"$1" * 14}","{source}","(.*)")'
    return query


def instant(query, **more):
    return "/api/v1/query", {"query": query, **more}


def over_days(query, days=1.0, **more):
    """At 10,800 steps."""
    return "/api/v1/query_range", {"query": query, "start": 1_700_000_000,
                                   "end": 1_700_000_000 + 86_400 * days, "step": 8 * days, **more}


def queries():
    many = [("match[]", f'{{__name__="wide",i!="{i}"}}') for i in range(900)]
    timeout = {"timeout": "1s"}
    return {
        "label_join nested 8 times": instant(nested_label_join("up", "instance")),
        "label_replace nested 8 times": instant(nested_label_replace()),
        "series with 900 match[]": ("/api/v1/series", many),
        "a regular expression of 400 KB": instant(
            'label_replace(up,"a","","b","' + "(a|b)" * 80_000 + '")'),
        "a million characters of operators": instant("up" + " + 1" * 250_000),
        "all series over 10,800 steps": over_days('{__name__="wide"} offset -1d or vector(1)'),
        "one to 10,800 steps of 300 series": over_days(
            'label_join(vector(1),"a","b","c") or ' + " or ".join(
                f'label_replace(vector(time()),"a","{i}","","")' for i in range(300))),
        "1 s for a subquery": over_days(
            "quantile_over_time(0.5, (vector(1)+time())[10h:1s])", days=0.25, **timeout),
        "1 s for regular expressions": instant(" or ".join(
            f'label_replace(wide,"z","{i}","i",".*.*.*{i}.*x.*")' for i in range(200)), **timeout),
        "1 s for pairs": instant("count(wide * on (j) group_left wide)", **timeout),
        "1 s for sorting": instant("sort(" * 100 + "wide" + ")" * 100, **timeout),
        "1 s for aggregations": over_days(
            " + ".join(["quantile(0.5, topk(100, wide offset -1d) or vector(1))"] * 100), **timeout),
        "1 s for a long text": instant(
            "count_values(\"v\", " + " or ".join(
                f'label_replace(wide,"z","{i}","","")' for i in range(400)) + ")", **timeout),
    }


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, answer):
        class Request(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    pass  # who asked has left

            do_POST = do_GET

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Request)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Slod:
    def __init__(self, build, folder, target, receiver):
        config = pathlib.Path(folder) / "slod.yaml"
        config.write_text(CONFIGURATION.format(target=target, receiver=receiver))
        log = pathlib.Path(folder) / "log"
        with open(log, "w") as out:
            self.process = subprocess.Popen([f"{build}/daemon/slod", "run", "--config", config],
                                            stdout=out, stderr=out)
        line = wait_until("slod serves", lambda: next(
            (one for one in log.read_text().splitlines() if "serving" in one), None), 30)
        self.port = int(line.split("address=")[1].split()[0].rpartition(":")[2])
        self.peak = 0
        threading.Thread(target=self.watch, daemon=True).start()

    def resident_mib(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0

    def watch(self):
        while self.process.poll() is None:
            try:
                self.peak = max(self.peak, self.resident_mib())
            except OSError:
                return
            if self.peak > LIMIT_MIB:
                self.process.kill()
            time.sleep(0.01)

    def ask(self, path, parameters=(), source="127.0.0.1", patience=150):
        """(status, seconds, bytes) of a POST from the address `source`; status 0: none came."""
        body = urllib.parse.urlencode(parameters).encode()
        began = time.monotonic()
        try:
            with socket.create_connection(("127.0.0.1", self.port), patience,
                                          (source, 0)) as connection:
                connection.sendall(
                    f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: slod\r\n"
                    "Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
                head, size = b"", 0
                while chunk := connection.recv(1 << 20):
                    head = head or chunk[:2000]
                    size += len(chunk)
            return int(head.split()[1]), time.monotonic() - began, head
        except (OSError, IndexError):
            return 0, time.monotonic() - began, b""


def one_by_one(slod, without):
    print(f"{'query':38} {'status':>6} {'seconds':>8} {'peak MiB':>9} {'after MiB':>9}")
    for name, (path, parameters) in queries().items():
        if any(part in name for part in without):
            continue
        slod.peak = 0
        status, seconds, head = slod.ask(path, parameters)
        time.sleep(0.3)
        if slod.process.poll() is not None:
            print(f"{name:38} {'-':>6} {seconds:8.2f} {slod.peak:9.0f}   slod ended")
            return False
        error = head.partition(b'"error":"')[2][:70].decode(errors="replace")
        print(f"{name:38} {status:6} {seconds:8.2f} {slod.peak:9.0f} {slod.resident_mib():9.0f}"
              f"  {error}")
    return True


def many_at_once(slod, state, received):
    heavy = queries()["1 s for a subquery"][1] | {"timeout": f"{WAIT_SECONDS}s"}
    with concurrent.futures.ThreadPoolExecutor(HEAVY_CLIENTS + CHEAP_CLIENTS) as clients:
        asked = [clients.submit(slod.ask, "/api/v1/query_range", heavy) for _ in range(HEAVY_CLIENTS)]
        time.sleep(1)
        state["down"] = 1
        began = time.monotonic()
        other = slod.ask("/api/v1/query", {"query": "up"}, source="127.0.0.2")
        while not received and time.monotonic() < began + WAIT_SECONDS + 10:
            time.sleep(0.02)
        page = time.monotonic() - began if received else None
        statuses = [one.result()[0] for one in asked]
    print(f"while {HEAVY_CLIENTS} clients ask for {WAIT_SECONDS} s: a page of a rule after "
          f"{page if page is None else round(page, 2)} s, `up` from another address: "
          f"{other[0]} after {other[1]:.2f} s; statuses {sorted(set(statuses))}")
    with concurrent.futures.ThreadPoolExecutor(CHEAP_CLIENTS) as clients:
        cheap = [clients.submit(slod.ask, "/api/v1/query", {"query": "up"})
                 for _ in range(CHEAP_CLIENTS)]
        answers = [one.result() for one in cheap]
    refused = sum(status != 200 for status, _, _ in answers)
    print(f"{CHEAP_CLIENTS} cheap queries at once: {refused} refused, the last after "
          f"{max(seconds for _, seconds, _ in answers):.2f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--without", action="append", default=[], help="part of a query's name")
    arguments = parser.parse_args()
    state, received = {"down": 0}, []
    wide = "".join(f'wide{{i="{i}",j="{i % 10}",pod="pod-{i:060}"}} {i}\n' for i in range(SERIES))
    target = Server(lambda _: f"{wide}down {state['down']}\n".encode())
    receiver = Server(lambda body: received.append(json.loads(body)) or b"")
    with tempfile.TemporaryDirectory() as folder:
        slod = Slod(arguments.build, folder, target.port, receiver.port)
        try:
            wait_until("series are there", lambda: b'"value"' in slod.ask(
                "/api/v1/query", {"query": "count(wide)"})[2], 60)
            if one_by_one(slod, arguments.without):
                many_at_once(slod, state, received)
        finally:
            if slod.process.poll() is None:
                slod.process.terminate()
                slod.process.wait(60)
    return 0


if __name__ == "__main__":
    sys.exit(main())
