"""What clients that only take room cost the others: 1,000 that send a header a byte at a time and
500 that send nothing, all of which come back when they are closed; then 500 that send most of a body
of 1 MiB and stop. Prints how /freeze/{service} is answered meanwhile, and the memory.

    python3 benchmarks/crowd.py build/release [--seconds 20]
"""

import argparse
import asyncio
import pathlib
import re
import signal
import subprocess
import tempfile

from clients import Probe, shown
from fleet import status_mib
from waiting import wait_until

CONFIGURATION = """listen: 127.0.0.1:0
services:
  - name: api
    slos: []
"""
BODY_BYTES = 1 << 20


async def open_from(host, port):
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0))


async def slow(host, port):
    """One client that begins a request and never ends it."""
    while True:
        try:
            _, writer = await open_from(host, port)
            writer.write(b"GET /freeze HTTP/1.1\r\nHost: a\r\nX: ")
            while not writer.is_closing():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(1)
        except OSError:
            await asyncio.sleep(0.1)


async def silent(host, port):
    while True:
        try:
            reader, _ = await open_from(host, port)
            await reader.read()
        except OSError:
            pass
        await asyncio.sleep(0.1)


async def upload(host, port):
    """One client that sends a body but for its last bytes."""
    try:
        reader, writer = await open_from(host, port)
        writer.write(b"POST /api/v1/query HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
                     % BODY_BYTES + b"x" * (BODY_BYTES - 1000))
        await reader.read()
    except OSError:
        pass


async def crowd(tasks, seconds):
    running = [asyncio.create_task(task) for task in tasks]
    await asyncio.sleep(seconds)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def measure(pid, port, name, tasks, seconds):
    before = status_mib(pid, "VmRSS")
    ahead = 2
    probe = None

    async def run():
        nonlocal probe
        running = asyncio.create_task(crowd(tasks, seconds + ahead))
        await asyncio.sleep(ahead)
        probe = Probe(port, "/freeze/api", seconds - 1)
        await running

    asyncio.run(run())
    print(f"crowd, {name}: /freeze/api {shown(probe.result())}; {before:.0f} MiB resident before, "
          f"{status_mib(pid, 'VmHWM'):.0f} MiB at most, {status_mib(pid, 'VmRSS'):.0f} MiB after",
          flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path, help="with daemon/slod")
    parser.add_argument("--seconds", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        config = pathlib.Path(name, "crowd.yaml")
        config.write_text(CONFIGURATION)
        log = config.parent / "log"
        daemon = subprocess.Popen([arguments.build / "daemon/slod", "run", "--config", config],
                                  stderr=log.open("w"))
        try:
            port = int(wait_until("slod's port", lambda: re.search(
                r"address=\S+:(\d+)", log.read_text()), 20).group(1))
            measure(daemon.pid, port, "nobody else", [], 5)
            hosts = [f"127.0.0.{2 + i % 20}" for i in range(1000)]
            tasks = [slow(host, port) for host in hosts]
            measure(daemon.pid, port, "1,000 slow and 500 silent, of 20 addresses",
                    tasks + [silent(host, port) for host in hosts[:500]], arguments.seconds)
            tasks = [slow("127.0.0.2", port) for _ in range(1000)]
            measure(daemon.pid, port, "1,000 slow and 500 silent, of one address",
                    tasks + [silent("127.0.0.2", port) for _ in range(500)], arguments.seconds)
            measure(daemon.pid, port, "500 unfinished bodies of 1 MiB",
                    [upload(host, port) for host in hosts[:500]], arguments.seconds)
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(40)


if __name__ == "__main__":
    main()
