"""Queries that mean harm, and many clients at once: memory stays bounded and is given back, rules
and other clients go on."""

import concurrent.futures
import http.client
import json
import pathlib
import unittest
import urllib.parse

from hostile_query import nested_label_join
from receiver import Receiver
from slod import SlodTest, ask, eventually, scrape_job
from target import Target

# 10,000 steps, of which each sorts 36,000 samples.
HEAVY = ("/api/v1/query_range?start=0&end=20000&step=2"
         "&query=quantile_over_time(0.5,(vector(1)%2Btime())[10h:1s])")
NESTED = nested_label_join("load", "pod")
HEAVY_CLIENTS = 25
CHEAP_CLIENTS = 40
# What slod takes beside queries, and some room for what the allocator keeps.
BESIDE_QUERIES_MIB = 112


class HostileQueries(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.target.counters.set("load", 1, pod="a-name-of-a-pod")
        self.receiver = Receiver(self, lambda _: (200, {}, b""))
        self.slod = self.run_slod({
            "scrape": [scrape_job(self.target)],
            "alerting": {"evaluation_interval": "1s", "routes": {"page": ["hook"]},
                         "receivers": [{"name": "hook", "webhook": {"url": self.receiver.url}}]},
            "rules": [{"alert": "Busy", "expr": "load > 5", "severity": "page", "summary": "s"}]})

    def post(self, path, parameters, source="127.0.0.1", patience=60):
        """(status, headers, body) of a form that is sent from the address `source`."""
        host, port = self.slod.url.removeprefix("http://").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=patience,
                                                source_address=(source, 0))
        connection.request("POST", path, urllib.parse.urlencode(parameters),
                           {"Content-Type": "application/x-www-form-urlencoded"})
        reply = connection.getresponse()
        body = reply.read()
        connection.close()
        return reply.status, reply.headers, json.loads(body)

    def memory_mib(self, figure):
        text = pathlib.Path(f"/proc/{self.slod.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in text.splitlines()
                    if line.startswith(figure)) / 1024

    def test_take_no_more_memory_than_they_may(self):
        before = self.memory_mib("VmRSS")
        status, _, body = self.post("/api/v1/query", {"query": NESTED})
        self.assertEqual((status, body["errorType"]), (422, "execution"), body)
        self.assertEqual(body["error"],
                         "the query takes more than 64MiB of memory (query.query_memory); ask for "
                         "fewer series, a shorter range or larger steps")
        peak = self.memory_mib("VmHWM")
        self.assertLess(peak, 64 + BESIDE_QUERIES_MIB)
        after = eventually("the memory is given back", lambda: (
            self.memory_mib("VmRSS") < before + 24 and self.memory_mib("VmRSS")))
        print(f"before {before:.0f}, peak {peak:.0f}, after {after:.0f} MiB")

    def test_take_no_more_memory_together_than_they_may(self):
        with concurrent.futures.ThreadPoolExecutor(HEAVY_CLIENTS) as clients:
            asked = [clients.submit(self.post, "/api/v1/query", {"query": NESTED})
                     for _ in range(HEAVY_CLIENTS)]
            statuses = {one.result()[0] for one in asked}
        # On a busy machine the series may be stale for a moment, and then there is nothing to join.
        self.assertLessEqual(statuses, {200, 422})
        self.assertIn(422, statuses)
        self.assertLess(self.memory_mib("VmHWM"), 128 + BESIDE_QUERIES_MIB)
        self.assertEqual(self.slod.get("/api/v1/query?query=load")[0], 200)

    def test_may_select_series_as_often_as_they_like(self):
        page = "".join(f'wide{{i="{i}",pod="pod-{i:080}"}} 1\n' for i in range(5000))
        rules = [{"alert": "A", "expr": "wide == 7", "severity": "page", "summary": "s"}]
        self.target.behave = lambda request: request.respond(page)
        config = json.loads(self.slod.config_file.read_text())
        self.slod.configure(config | {"rules": rules})
        self.slod.get("/-/reload", "POST")
        eventually("the series are there", lambda: self.slod.get(
            "/api/v1/query?query=count(wide)")[1]["data"]["result"])
        status, _, body = self.post("/api/v1/series", [
            ("match[]", f'{{__name__=~"wide|{i}"}}') for i in range(900)])
        self.assertEqual(status, 200, body)
        self.assertEqual(len([one for one in body["data"] if one["__name__"] == "wide"]), 5000)
        self.assertLess(self.memory_mib("VmHWM"), 64 + BESIDE_QUERIES_MIB)

    def test_may_not_make_a_long_regular_expression(self):
        for query in ('load{pod=~"' + "(a|b)" * 80_000 + '"}',
                      'label_replace(load,"a","","pod","' + "(a|b)" * 10_000 + '")'):
            status, _, body = self.post("/api/v1/query", {"query": query})
            self.assertIn(status, (400, 422))
            self.assertRegex(body["error"], "expected (a regular expression of )?at most "
                                            "(4096|65536) bytes, found")

    def test_do_not_keep_a_rule_from_its_page_nor_others_from_an_answer(self):
        with concurrent.futures.ThreadPoolExecutor(HEAVY_CLIENTS) as clients:
            asked = [clients.submit(ask, f"{self.slod.url}{HEAVY}&timeout=20s", patience=60)
                     for _ in range(HEAVY_CLIENTS)]
            self.target.counters.set("load", 9, pod="a-name-of-a-pod")
            eventually("the page comes", self.receiver.received, patience=19)
            status, _, _ = self.post("/api/v1/query", {"query": "load"}, source="127.0.0.2",
                                     patience=19)
            self.assertEqual(status, 200)
            self.assertFalse(any(one.done() for one in asked), "they ended before all that")
            answers = [one.result() for one in asked]
        self.assertEqual({status for status, _ in answers}, {503})
        self.assertEqual({body["errorType"] for _, body in answers}, {"timeout"})

    def test_are_not_refused_where_many_ask_at_once(self):
        with concurrent.futures.ThreadPoolExecutor(CHEAP_CLIENTS) as clients:
            asked = [clients.submit(ask, self.slod.url + "/api/v1/query?query=load", patience=40)
                     for _ in range(5 * CHEAP_CLIENTS)]
            self.assertEqual({one.result()[0] for one in asked}, {200})


if __name__ == "__main__":
    unittest.main()
