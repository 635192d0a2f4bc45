"""What clients of long answers cost the others: many SLOs, and 16 clients that ask for the same long
answer again and again. Prints how /freeze/{service} is answered meanwhile, for each such answer.

    python3 benchmarks/shared_answers.py build/release [--slos 10000] [--clients 16] [--seconds 10]
"""

import argparse
import http.client
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

from clients import Probe, shown
from fleet import cpu_seconds, is_ready, status_mib
from waiting import wait_until

SLOS_PER_SERVICE = 10
PATHS = ["/api/v1/slos", "/freeze", "/metrics", "/api/v1/rules", "/api/v1/metadata",
         "/api/v1/status", "/api/v1/targets"]


def configure(folder, slos, target):
    """A file for the target and one for each hundred services, since a file has at most 1 MiB."""
    folder.mkdir()
    (folder / "0.yaml").write_text("listen: 127.0.0.1:0\nscrape:\n"
                                   f'  - {{job: all, targets: ["127.0.0.1:{target}"]}}\n')
    for i in range(slos // SLOS_PER_SERVICE):
        with (folder / f"{1 + i // 100}.yaml").open("a") as file:
            file.write(("" if i % 100 else "services:\n") + service(i))


def service(i):
    text = [f"  - name: svc-{i}", "    slos:"]
    for slo in range(SLOS_PER_SERVICE):
        selector = f'requests_{i}_total{{slo="{slo}"'
        text.append(f"      - {{name: slo-{slo}, objective: 99.9%, window: 30d, availability: "
                    f"{{total: '{selector}}}', bad: '{selector},code=\"500\"}}'}}}}")
    return "\n".join(text) + "\n"


def page(slos):
    """Two counters for each SLO, which stand still."""
    return "".join(f'requests_{i // SLOS_PER_SERVICE}_total{{slo="{i % SLOS_PER_SERVICE}",'
                   f'code="{code}"}} 1000\n' for i in range(slos) for code in (200, 500))


SERVE = """
import http.server, sys
body = sys.stdin.buffer.read()
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Page)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


def start_target(slos):
    target = subprocess.Popen([sys.executable, "-c", SERVE], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
    target.stdin.write(page(slos).encode())
    target.stdin.close()
    return target, int(target.stdout.readline())


CLIENTS = """
import http.client, sys, threading, time
port, path, clients, end = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
counts = [0] * clients
def ask(i):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while time.monotonic() < end:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"} if i % 2 else {})
        connection.getresponse().read()
        counts[i] += 1
threads = [threading.Thread(target=ask, args=(i,)) for i in range(clients)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(sum(counts))
"""


def measure(pid, port, path, clients, seconds):
    asking = None
    if path:
        asking = subprocess.Popen([sys.executable, "-c", CLIENTS, str(port), path, str(clients),
                                   str(time.monotonic() + seconds + 2)],
                                  stdout=subprocess.PIPE, text=True)
        time.sleep(1)
    began = cpu_seconds(pid)
    result = Probe(port, "/freeze/svc-7", seconds).result()
    spent = (cpu_seconds(pid) - began) / seconds
    answers = f"{asking.communicate()[0].strip()} answers" if asking else "no answers"
    print(f"shared answers, {clients if path else 0} clients of {path or 'nothing'}, {answers}: "
          f"/freeze/svc-7 {shown(result)}; {spent * 100:.0f} % of a core, "
          f"{status_mib(pid, 'VmRSS'):.0f} MiB", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path, help="with daemon/slod")
    parser.add_argument("--slos", type=int, default=10000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--paths", nargs="*", default=PATHS)
    arguments = parser.parse_args()
    target, target_port = start_target(arguments.slos)
    with tempfile.TemporaryDirectory() as name:
        config = pathlib.Path(name, "config")
        configure(config, arguments.slos, target_port)
        log = config.parent / "log"
        daemon = subprocess.Popen([arguments.build / "daemon/slod", "run", "--config", config,
                                   "--state", config.parent / "state"], stderr=log.open("w"))
        try:
            port = int(wait_until("slod's port", lambda: re.search(
                r"address=\S+:(\d+)", log.read_text()), 120).group(1))
            wait_until("the first read", lambda: is_ready(f"http://127.0.0.1:{port}"), 300)
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            for path in arguments.paths:
                connection.request("GET", path)
                print(f"{path}: {len(connection.getresponse().read())} bytes", flush=True)
            for path in ["", *arguments.paths]:
                measure(daemon.pid, port, path, arguments.clients, arguments.seconds)
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(60)
            target.kill()
            target.wait()


if __name__ == "__main__":
    main()
