"""What a fleet costs: 1,000 SLOs, or --slos, ten to each target of 1,000 series, read every 15 s.

Starts the targets and slod on loopback, measures slod's CPU time and resident memory over a minute,
then the rate and latency of /freeze/{service} with wrk while it goes on reading. Once from nothing,
and once from a state with thirty days behind it, which fleet_state writes. Prints as well how long
`slod check` takes, how long after a start /healthz and /freeze/{service} answer, and for how long
/freeze/{service} waits at most while the configuration is reloaded. Ends by itself.

    python3 benchmarks/fleet.py build/release [--seconds 60] [--slos 10000]
"""

import argparse
import asyncio
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from waiting import wait_until

SLOS_PER_TARGET = 10
SERIES_PER_TARGET = 1000
SERVICES_PER_FILE = 100


def page(target, now):
    """1,000 counters of which each SLO needs a hundred; all rise with time."""
    lines = ["# HELP http_requests_total Requests.", "# TYPE http_requests_total counter"]
    for slo in range(SLOS_PER_TARGET):
        for series in range(SERIES_PER_TARGET // SLOS_PER_TARGET):
            code = 500 if series % 10 == 0 else 200
            value = int(now * (1 if code == 500 else 1000)) + series
            lines.append(f'http_requests_total{{route="/route/{slo}",pod="pod-{series}",'
                         f'code="{code}"}} {value}')
    return ("\n".join(lines) + "\n").encode()


class Targets:
    """HTTP servers in one thread. Pages are made ahead, so that they cost little."""

    def __init__(self, count):
        self.count = count
        self.ports = []
        self.pages = [page(0, 1000 + 15 * i) for i in range(20)]
        self.started = time.monotonic()
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.serve(ready)), daemon=True).start()
        ready.wait(30)

    async def serve(self, ready):
        servers = [await asyncio.start_server(self.answer, "127.0.0.1", 0) for _ in range(self.count)]
        self.ports = [server.sockets[0].getsockname()[1] for server in servers]
        ready.set()
        await asyncio.Event().wait()

    async def answer(self, reader, writer):
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                body = self.pages[int((time.monotonic() - self.started) / 15) % len(self.pages)]
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
                             b"Content-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()


def write_configuration(folder, ports):
    """A folder of files, since one may not be longer than a megabyte."""
    folder.mkdir()
    for begin in range(0, len(ports), SERVICES_PER_FILE):
        services = range(begin, min(begin + SERVICES_PER_FILE, len(ports)))
        text = ["listen: 127.0.0.1:0"] if begin == 0 else []
        text.append("scrape:")
        text += [f'  - {{job: svc-{i}, targets: ["127.0.0.1:{ports[i]}"]}}' for i in services]
        text.append("services:")
        for i in services:
            text += [f"  - name: svc-{i}", "    slos:"]
            for slo in range(SLOS_PER_TARGET):
                selector = f'http_requests_total{{job="svc-{i}",route="/route/{slo}"'
                text += [f"      - name: route-{slo}", "        objective: 99.9%",
                         "        window: 30d", "        availability:",
                         f"          total: {selector}}}",
                         f'          bad: {selector},code=~"5.."}}']
        (folder / f"{begin:05}.yaml").write_text("\n".join(text) + "\n")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_ready(url):
    try:
        return urllib.request.urlopen(url + "/readyz", timeout=5).status == 200
    except OSError:
        return False


def seconds_until(what, condition):
    """How long it takes until that holds."""
    began = time.monotonic()
    wait_until(what, condition, 120)
    return time.monotonic() - began


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=30).status == 200
    except OSError:
        return False


def longest_wait_in_reload(daemon, url, log):
    """For an answer of /freeze, asked again and again until the reload is over."""
    longest = 0
    daemon.send_signal(signal.SIGHUP)
    while "configuration reloaded" not in log.read_text():
        longest = max(longest, seconds_until("an answer", lambda: answers(url + "/freeze/svc-7")))
    return longest


def write_old_state(program, folder, config, targets):
    """What the same fleet has stored after thirty days."""
    pages = []
    for i, body in enumerate(targets.pages):
        pages.append(folder / f"page-{i}")
        pages[-1].write_bytes(body)
    subprocess.run([program, config, folder / "state", *pages], check=True)


def status_mib(pid, field):
    """VmRSS, what is resident now, or VmHWM, the most that ever was."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+)", status).group(1)) / 1024


def measure(slod, config, age, targets, seconds):
    """One life of the daemon, from the state that lies beside the configuration, if any does."""
    log = config.parent / "log"
    began = time.monotonic()
    daemon = subprocess.Popen([slod, "run", "--config", config, "--state", config.parent / "state"],
                              stderr=log.open("w"))
    try:
        address = wait_until("slod's port", lambda: re.search(
            r"address=(\S+)", log.read_text()), 60).group(1)
        url = "http://" + address
        wait_until("/healthz", lambda: answers(url + "/healthz"), 60)
        healthy = time.monotonic() - began
        wait_until("/freeze", lambda: answers(url + "/freeze/svc-7"), 60)
        print(f"start, {age}: /healthz after {healthy:.1f} s, /freeze after "
              f"{time.monotonic() - began:.1f} s", flush=True)
        wait_until("the first read of every target", lambda: is_ready(url), 40)
        time.sleep(16)
        began, cpu = time.monotonic(), cpu_seconds(daemon.pid)
        time.sleep(seconds)
        share = (cpu_seconds(daemon.pid) - cpu) / (time.monotonic() - began)
        print(f"fleet, {age}: {targets.count * SLOS_PER_TARGET} SLOs, {targets.count} targets of "
              f"{SERIES_PER_TARGET} series, 15 s: {share * 100:.1f} % of one core, "
              f"{status_mib(daemon.pid, 'VmRSS'):.0f} MiB resident, "
              f"{status_mib(daemon.pid, 'VmHWM'):.0f} MiB at most", flush=True)
        wrk = subprocess.run(["wrk", "-t1", "-c64", "-d10s", "--latency", url + "/freeze/svc-7"],
                             capture_output=True, text=True, timeout=60).stdout
        rate = re.search(r"Requests/sec:\s+([\d.]+)", wrk).group(1)
        p99 = re.search(r"99%\s+(\S+)", wrk).group(1)
        print(f"freeze, {age}: {rate} requests/s, p99 {p99}, wrk -t1 -c64, while reading the fleet",
              flush=True)
        failed = re.search(r"Non-2xx.*", wrk)
        if failed:
            sys.exit("fleet: " + failed.group(0))
        wait = longest_wait_in_reload(daemon, url, log)
        print(f"reload, {age}: /freeze waits {wait * 1000:.0f} ms at most", flush=True)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(30)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path, help="with daemon/slod and benchmarks/fleet_state")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--slos", type=int, default=1000, help="ten to a target")
    arguments = parser.parse_args()
    slod = arguments.build / "daemon/slod"
    targets = Targets(arguments.slos // SLOS_PER_TARGET)
    for age in ("new", "30 days old"):
        with tempfile.TemporaryDirectory() as name:
            config = pathlib.Path(name, "config")
            write_configuration(config, targets.ports)
            if age == "new":
                took = seconds_until("slod check", lambda: subprocess.run(
                    [slod, "check", "--offline", config], capture_output=True).returncode == 0)
                print(f"check: {took:.1f} s for {arguments.slos} SLOs", flush=True)
            else:
                write_old_state(arguments.build / "benchmarks/fleet_state", config.parent, config,
                                targets)
            measure(slod, config, age, targets, arguments.seconds)


if __name__ == "__main__":
    main()
