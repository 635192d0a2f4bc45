"""How long slod takes to answer /freeze while other clients are at it. A program of its own, so that
what the others cost in Python does not count.

    python3 benchmarks/clients.py PORT PATH SECONDS

prints the number of requests, how many were not answered with 200, and the latency's p50, p99 and
maximum in milliseconds, as JSON. Each request is a connection of its own, from 127.0.0.99."""

import json
import socket
import subprocess
import sys
import time

PAUSE_SECONDS = 0.005


def ask(port, path):
    with socket.create_connection(("127.0.0.1", port), 10, ("127.0.0.99", 0)) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer.startswith(b"HTTP/1.1 200 ")


def probe(port, path, seconds):
    took, refused = [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        try:
            refused += 0 if ask(port, path) else 1
        except OSError:
            refused += 1
        took.append((time.monotonic() - began) * 1000)
        time.sleep(PAUSE_SECONDS)
    took.sort()
    return {"requests": len(took), "refused": refused, "p50": took[len(took) // 2],
            "p99": took[len(took) * 99 // 100], "max": took[-1]}


class Probe:
    """A probe that runs beside the caller."""

    def __init__(self, port, path, seconds):
        self.process = subprocess.Popen([sys.executable, __file__, str(port), path, str(seconds)],
                                        stdout=subprocess.PIPE, text=True)

    def result(self):
        return json.loads(self.process.communicate()[0])


def shown(result):
    return (f"{result['requests']} requests, {result['refused']} refused, p50 {result['p50']:.1f} ms, "
            f"p99 {result['p99']:.1f} ms, at most {result['max']:.1f} ms")


if __name__ == "__main__":
    print(json.dumps(probe(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]))))
