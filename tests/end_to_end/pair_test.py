"""slod behind two real Prometheus servers that scrape the same target, of which it reads one."""

import time
import unittest

from peers import Prometheus
from slod import SlodTest, availability, eventually, run_command
from target import Target

SLO = "api/availability"
SOURCE = "prometheus/pair"


class Pair(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.target.counters.requests(ok=1000, failed=10)
        self.servers = [self.server(replica) for replica in ("a", "b")]
        for server in self.servers:
            server.start()
        for server in self.servers:
            self.await_scrape(server)
        self.slod = self.run_slod({
            "prometheus": [{"name": "pair", "interval": "500ms",
                            "urls": [server.url for server in self.servers]}],
            "services": [{"name": "api", "slos": [availability()]}]})
        eventually("slod reads", lambda: self.source()["up"])

    def server(self, replica):
        server = Prometheus(self, {"api": self.target.port}, interval="500ms")
        settings = server.config_file.read_text()
        label = f"external_labels: {{prometheus_replica: {replica}}}"
        server.config_file.write_text(settings.replace("global: {", f"global: {{{label}, "))
        return server

    def await_scrape(self, server):
        """Until it shows all that the target has counted."""
        total = self.target.counters.total("http_requests_total")
        eventually("a server has scraped", lambda: server.value(
            "sum(http_requests_total)") == total)

    def source(self):
        sources = self.slod.get("/api/v1/status")[1]["sources"]
        return next(source for source in sources if source["source"] == SOURCE)

    def test_counts_every_event_once_while_its_servers_are_killed_in_turns(self):
        good = bad = 0
        for turn in range(4):
            read, other = self.servers[turn % 2], self.servers[1 - turn % 2]
            self.assertEqual(self.source()["url"], read.url)
            for _ in range(3):
                self.target.counters.requests(ok=90, failed=10)
                good, bad = good + 90, bad + 10
                self.await_counts(self.slod, SLO, good, bad)
            self.target.counters.requests(ok=5, failed=1)
            good, bad = good + 5, bad + 1
            read.process.kill()
            read.process.wait()
            self.await_counts(self.slod, SLO, good, bad)
            eventually("the other one is read", lambda: self.source()["url"] == other.url)
            read.start()
            self.await_scrape(read)
        self.assertGreater(self.slod.slo(SLO)["coverage_ratio"], 0.95)
        self.assertIn('msg="the other server of a pair is read from now on"', self.slod.log())
        self.assertNotIn("ignored samples", self.slod.log())

    def test_is_missing_only_while_both_are_gone(self):
        for server in self.servers:
            server.stop()
        eventually("slod sees it", lambda: self.source()["up"] is False)
        for server in self.servers:
            self.assertIn(server.url, self.source()["error"])
        self.target.counters.requests(ok=7, failed=3)
        self.servers[1].start()
        self.await_counts(self.slod, SLO, 7, 3)
        self.assertEqual(self.source()["url"], self.servers[1].url)

    def test_check_says_which_is_read(self):
        checked = run_command("check", self.slod.config_file)
        self.assertIn(f"note: {SOURCE} is read from {self.servers[0].url}\n", checked.stderr)
        self.servers[0].stop()
        checked = run_command("check", self.slod.config_file)
        self.assertIn(f"note: {SOURCE} is read from {self.servers[1].url}\n", checked.stderr)
        self.assertNotIn("no series match", checked.stdout)


class Frozen(SlodTest):
    """A pair of scripted servers."""

    def setUp(self):
        self.servers = [Target(self), Target(self)]
        self.frozen = {}
        self.requests = 1000

    def page(self, number, now):
        requests, at = self.frozen.get(number, (self.requests, now))
        return "".join(f'http_requests_total{{code="{code}",instance="i",job="api",replica="'
                       f'{number}"}} {value} {int(at * 1000)}\n'
                       for code, value in (("200", requests), ("500", 10)))

    def test_server_is_left_for_one_that_goes_on(self):
        for number, server in enumerate(self.servers):
            server.behave = lambda request, number=number: request.respond(
                self.page(number, time.time()))
        slod = self.run_slod({
            "prometheus": [{"name": "pair", "interval": "200ms",
                            "urls": [f"http://127.0.0.1:{s.port}" for s in self.servers]}],
            "services": [{"name": "api", "slos": [availability()]}]})
        self.requests += 50
        self.await_counts(slod, SLO, 50, 0)
        self.frozen[0] = (self.requests, time.time())
        self.requests += 25
        self.await_counts(slod, SLO, 75, 0)
        source = slod.get("/api/v1/status")[1]["sources"][0]
        self.assertEqual(source["url"], f"http://127.0.0.1:{self.servers[1].port}")
        self.assertTrue(source["up"])


if __name__ == "__main__":
    unittest.main()
