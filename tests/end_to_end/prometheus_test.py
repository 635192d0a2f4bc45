"""slod behind a real Prometheus, which reads a scripted target and a real node exporter."""

import unittest
import urllib.parse

from peers import NodeExporter, Prometheus
from slod import SlodTest, availability, ask, eventually
from target import Target


class RecordingProxy(Target):
    """Passes requests on to Prometheus and keeps their paths."""

    def __init__(self, test, url):
        super().__init__(test)
        self._url = url
        self.behave = self._pass_on

    def _pass_on(self, request):
        try:
            status, body = ask(self._url + request.path)
        except OSError:
            status, body = 502, "Prometheus is gone"
        request.respond(body, status=status)


class RealPrometheus(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.target.counters.requests()
        self.target.counters.add("go_goroutines")  # nobody wants it
        exporter = NodeExporter(self)
        self.prometheus = Prometheus(self, {"api": self.target.port, "node": exporter.port})
        exporter.start("/metrics")
        self.prometheus.start()
        eventually("Prometheus reads both", lambda: self.prometheus.value("sum(up)") == 2)
        self.proxy = RecordingProxy(self, self.prometheus.url)
        node = availability(job="node", metric="promhttp_metric_handler_requests_total")
        self.slod = self.run_slod({
            "prometheus": [{"name": "local", "interval": "1s",
                            "url": f"http://127.0.0.1:{self.proxy.port}"}],
            "services": [{"name": "api", "slos": [availability()]},
                         {"name": "node", "slos": [node]}]})

    def test_is_asked_for_what_the_slos_demand_and_for_nothing_else(self):
        eventually("slod reads", lambda: self.proxy.paths)
        eventually("counts the exporter's requests",
                   lambda: self.slod.counts("node/availability")[0] >= 3)
        self.assertEqual(self.slod.counts("node/availability")[1], 0)
        for path in self.proxy.paths:
            address, _, query = path.partition("?")
            self.assertEqual(address, "/federate")
            fields = urllib.parse.parse_qsl(query)
            self.assertEqual({name for name, _ in fields}, {"match[]"})
            self.assertEqual(sorted(value for _, value in fields), [
                'http_requests_total{job="api",code=~"5.."}', 'http_requests_total{job="api"}',
                'process_start_time_seconds{job="api"}', 'process_start_time_seconds{job="node"}',
                'promhttp_metric_handler_requests_total{job="node",code=~"5.."}',
                'promhttp_metric_handler_requests_total{job="node"}',
                'up{job="api"}', 'up{job="node"}'])
        samples = self.slod.metric("slod_scrape_samples_scraped", source="prometheus/local")
        demanded = self.slod.metric("slod_scrape_samples_demanded", source="prometheus/local")
        self.assertEqual(samples, demanded)

    def test_agrees_with_what_happened_at_the_target(self):
        slo, counters = "api/availability", self.target.counters
        counters.requests(ok=940, failed=60)
        self.await_counts(self.slod, slo, 940, 60)
        counters.add("http_requests_total", 5, code="503")  # born on a target known before
        self.await_counts(self.slod, slo, 940, 65)
        counters.set("http_requests_total", 20, code="200")  # a reset
        self.await_counts(self.slod, slo, 960, 65)
        eventually("freezes", lambda: self.slod.verdict("api")["level"] == "feature_freeze")

        self.target.close()
        eventually("Prometheus sees it", lambda: self.prometheus.value('up{job="api"}') == 0)
        again = Target(self, port=self.target.port)
        again.counters.requests(ok=7, failed=1)
        self.await_counts(self.slod, slo, 967, 66)

        self.prometheus.stop()
        again.counters.requests(ok=3)
        eventually("slod sees it", lambda: self.slod.metric(
            "slod_scrape_up", source="prometheus/local") == 0)
        self.prometheus.start()
        self.await_counts(self.slod, slo, 970, 66)
        self.assertEqual(
            self.prometheus.value('sum(http_requests_total{job="api"})'), 11)
        self.assertGreater(self.slod.slo(slo)["coverage_ratio"], 0)

    def test_a_restarted_slod_goes_on_where_it_was(self):
        slo = "api/availability"
        self.target.counters.requests(ok=10, failed=2)
        self.await_counts(self.slod, slo, 10, 2)
        self.slod.kill()
        self.target.counters.requests(ok=5, failed=1)
        self.slod.start()
        self.await_counts(self.slod, slo, 15, 3)


if __name__ == "__main__":
    unittest.main()
