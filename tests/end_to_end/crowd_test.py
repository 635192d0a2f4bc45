"""Clients that only take room: they keep nobody from what decides about deploys."""

import socket
import unittest

from slod import Slod, SlodTest, ask, availability, eventually, scrape_job
from target import Target


class Crowd(SlodTest):
    def setUp(self):
        target = Target(self)
        target.counters.requests(ok=10)
        self.slod = Slod(self, {"scrape": [scrape_job(target)],
                                "services": [{"name": "api", "slos": [availability()]}]})
        # Half of the files that may be open are connections: 200.
        self.slod.under = ["prlimit", "--nofile=400:400"]
        self.slod.started_and_ready()
        self.port = int(self.slod.url.rpartition(":")[2])

    def connect(self, count, first_bytes=b""):
        for i in range(count):
            connection = socket.create_connection(("127.0.0.1", self.port), 10,
                                                  (f"127.0.0.{2 + i % 9}", 0))
            connection.sendall(first_bytes)
            self.addCleanup(connection.close)

    def check_answers(self):
        for path in ("/freeze/api", "/freeze", "/healthz", "/readyz", "/api/v1/slos") * 3:
            self.assertEqual(ask(self.slod.url + path)[0], 200, path)

    def test_silent_and_slow_clients_give_way(self):
        self.connect(250)
        self.check_answers()
        self.connect(250, b"GET /freeze HTTP/1.1\r\nHost: a\r\nX: ")
        self.check_answers()
        eventually("it is said", lambda: "are closed for others" in self.slod.log())

    def test_unfinished_bodies_give_way(self):
        body = b"x" * 900_000
        self.connect(40, b"POST /api/v1/query HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
                     + body)
        self.check_answers()

    def test_a_body_is_refused_where_none_is_taken(self):
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            connection.sendall(b"POST /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
            self.assertIn(b" 413 ", connection.recv(1000))
        self.assertEqual(ask(self.slod.url + "/-/reload", "POST")[0], 200)


if __name__ == "__main__":
    unittest.main()
