"""How soon people know of a storm: 1,000 SLOs breach in one tick.

Starts a target, a chat that takes one message a second, a PagerDuty that takes two (both answer 429
beyond that) and slod, all on loopback. Two seconds into the storm an SLO of another service
breaches. Prints, for each receiver, when the first message came, when all SLOs had been named, when
the other service's page came, how many requests it took, and how many were too many. Then all
recover, and it prints when the last incident was resolved. Ends by itself.

    python3 benchmarks/storm.py build/release [--slos 1000] [--services 10]
"""

import argparse
import http.server
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

from waiting import wait_until


class Server:
    """An HTTP server of a handler class, on a port of its own."""

    def __init__(self, handler):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Receiver(Server):
    """Takes `rate` requests a second, with a little burst, and remembers what it took and when."""

    def __init__(self, rate, status, answer):
        self.taken, self.refused, self.tokens, self.at = [], 0, 1.5, time.monotonic()
        outer, lock = self, threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                with lock:
                    now = time.monotonic()
                    outer.tokens = min(1.5, outer.tokens + (now - outer.at) * rate)
                    outer.at = now
                    fits = outer.tokens >= 1
                    if fits:
                        outer.tokens -= 1
                        outer.taken.append((now, body))
                    else:
                        outer.refused += 1
                self.send_response(status if fits else 429)
                content = answer if fits else b"rate limited"
                self.send_header("Content-Length", str(len(content)))
                if not fits:
                    self.send_header("Retry-After", "30")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        super().__init__(Handler)

    def named(self, since):
        """When each SLO was named first, in seconds."""
        out = {}
        for at, body in list(self.taken):
            for name in re.findall(r"(?:svc\d+|other)/s\d+", body):
                out.setdefault(name, at - since)
        return out


class Target(Server):
    """Counters of which those of the services in `failing` fail."""

    def __init__(self, slos):
        self.slos, self.failing, self.bad, self.good = slos, set(), {}, 1000
        outer, lock = self, threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                with lock:
                    content = outer.page().encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        super().__init__(Handler)

    def page(self):
        self.good += 100
        lines = []
        for service, slo in self.slos:
            bad = self.bad.get((service, slo), 0)
            if service in self.failing:
                bad += 1000
            self.bad[(service, slo)] = bad
            labels = f'service="{service}",slo="{slo}"'
            lines.append(f'requests_total{{{labels},code="200"}} {self.good}')
            lines.append(f'requests_total{{{labels},code="500"}} {bad}')
        return "\n".join(lines) + "\n"


def configuration(slos, target, chat, pagerduty):
    services = {}
    for service, slo in slos:
        selector = f'requests_total{{service="{service}",slo="{slo}"'
        services.setdefault(service, []).append({
            "name": slo, "objective": "99%", "window": "1d", "cold_start": "observed",
            "availability": {"total": selector + "}", "bad": selector + ',code="500"}'}})
    return {
        "listen": "127.0.0.1:0", "state": "state",
        "scrape": [{"job": "j", "targets": [f"127.0.0.1:{target.port}"], "interval": "1s",
                    "timeout": "900ms"}],
        "services": [{"name": name, "slos": each} for name, each in services.items()],
        "alerting": {
            "burn_rates": [{"severity": "page", "long": "20s", "short": "5s", "factor": 5}],
            "receivers": [
                {"name": "chat", "slack": {"webhook_url_file": "chat"}},
                {"name": "oncall", "pagerduty": {
                    "routing_key_file": "key",
                    "url": f"http://127.0.0.1:{pagerduty.port}/v2/enqueue"}}],
            "routes": {"page": ["chat", "oncall"]}},
    }


def events(receiver, action):
    return {json.loads(body)["dedup_key"] for _, body in list(receiver.taken)
            if json.loads(body)["event_action"] == action}


def run(slod, folder, slos):
    chat, pagerduty = Receiver(1, 200, b"ok"), Receiver(2, 202, b"{}")
    target = Target(slos)
    (folder / "chat").write_text(f"http://127.0.0.1:{chat.port}/services/T0/B0/storm")
    (folder / "key").write_text("0123456789abcdef0123456789abcdef")
    (folder / "slod.yaml").write_text(json.dumps(configuration(slos, target, chat, pagerduty)))
    log = (folder / "log").open("w")
    process = subprocess.Popen([slod, "run", "--config", folder / "slod.yaml"], stderr=log)
    try:
        wait_until("slod reads", lambda: target.good > 1800 or None, 60)
        began = time.monotonic()
        target.failing = {service for service, _ in slos if service != "other"}
        time.sleep(2)
        other_began = time.monotonic()
        target.failing = target.failing | {"other"}
        for name, receiver in (("chat", chat), ("oncall", pagerduty)):
            wait_until(f"all named by {name}",
                       lambda r=receiver: len(r.named(began)) == len(slos) or None, 1800)
            named = receiver.named(began)
            storm = [at for slo, at in named.items() if not slo.startswith("other")]
            print(f"{name}: first {min(storm):.1f} s, all {len(storm)} SLOs named {max(storm):.1f} s, "
                  f"another service's page {named['other/s0'] - (other_began - began):.1f} s "
                  f"after its breach, {len(receiver.taken)} requests, {receiver.refused} too many")
        target.failing = set()
        recovered = time.monotonic()
        wait_until("all resolved", lambda: events(pagerduty, "trigger")
                   == events(pagerduty, "resolve") or None, 1800)
        print(f"oncall: all {len(events(pagerduty, 'trigger'))} incidents resolved "
              f"{pagerduty.taken[-1][0] - recovered:.1f} s after the recovery")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--slos", type=int, default=1000)
    parser.add_argument("--services", type=int, default=10)
    arguments = parser.parse_args()
    slos = [(f"svc{i % arguments.services}", f"s{i}") for i in range(arguments.slos)]
    slod = arguments.build / "daemon" / "slod"
    with tempfile.TemporaryDirectory() as folder:
        run(slod if slod.exists() else arguments.build, pathlib.Path(folder),
            slos + [("other", "s0")])


if __name__ == "__main__":
    sys.exit(main())
