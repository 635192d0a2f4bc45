"""Queries that would take minutes: they end with their time, with their client, and do not keep
anybody else from an answer."""

import concurrent.futures
import pathlib
import socket
import unittest

from slod import SlodTest, ask, eventually
from target import Target

# 10,000 steps, of which each sorts 36,000 samples.
LONG = ("/api/v1/query_range?start=0&end=20000&step=2"
        "&query=quantile_over_time(0.5,(vector(1)%2Btime())[10h:1s])")
AT_ONCE = 20


class QueryLimits(SlodTest):
    def setUp(self):
        target = Target(self)
        target.counters.requests(ok=10)
        self.slod = self.run_slod_on(target)

    def cpu_ticks(self):
        stat = pathlib.Path(f"/proc/{self.slod.process.pid}/stat").read_text()
        fields = stat.rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def test_end_with_their_time(self):
        status, body = ask(self.slod.url + LONG + "&timeout=200ms")
        self.assertEqual(status, 503)
        self.assertEqual(body, {"status": "error", "errorType": "timeout",
                                "error": "query timed out in expression evaluation"})

    def test_hold_no_more_samples_than_they_may(self):
        status, body = ask(self.slod.url + "/api/v1/query?query="
                           "count_over_time((vector(1)%2Btime())[40000h:1s])")
        self.assertEqual(status, 422)
        self.assertEqual(body["errorType"], "execution")
        self.assertEqual(body["error"], "query processing would load too many samples into memory "
                                        "in query execution")

    def test_end_with_their_client(self):
        host, port = self.slod.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(f"GET {LONG} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            begin = self.cpu_ticks()
            eventually("the query is at work", lambda: self.cpu_ticks() > begin + 20)
        # Reading the target takes next to nothing, so a query that went on would be seen.
        seen = []

        def is_idle():
            seen.append(self.cpu_ticks())
            return len(seen) > 10 and seen[-1] - seen[-10] <= 1

        eventually("the query has ended", is_idle)

    def test_do_not_keep_others_from_an_answer(self):
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE + 5) as clients:
            asked = [clients.submit(ask, self.slod.url + LONG + "&timeout=3")
                     for _ in range(AT_ONCE + 5)]
            self.assertEqual(self.slod.get("/freeze")[0], 200)
            answers = [one.result() for one in asked]
        self.assertEqual({(status, body["errorType"]) for status, body in answers},
                         {(503, "timeout")})
        self.assertLessEqual({body["error"] for _, body in answers}, {
            *(f"query timed out in {where}" for where in (
                "query queue", "query preparation", "expression evaluation")),
            "the request waited for its turn for as long as it may"})


if __name__ == "__main__":
    unittest.main()
