"""docs/metrics.md: how a Prometheus reads slod."""

import pathlib
import re

import yaml

from peers import Prometheus
from slod import Slod, SlodTest, availability, eventually, scrape_job
from target import Target

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs/metrics.md").read_text()


class ReadByPrometheus(SlodTest):
    def test_service_is_that_of_the_slo(self):
        slod = Slod(self, {"scrape": [scrape_job(Target(self))],
                           "services": [{"name": "shop", "slos": [availability()]}]})
        slod.start()
        shown, = re.findall(r"^```yaml\n(scrape_configs:.*?)^```$", PAGE, re.M | re.S)
        job, = yaml.safe_load(shown)["scrape_configs"]
        # The labels that discovery in a cluster gives to what it finds.
        job["static_configs"] = [{"targets": [slod.url.removeprefix("http://")],
                                  "labels": {"service": "slod", "namespace": "slod"}}]
        prometheus = Prometheus(self, {})
        prometheus.config_file.write_text(yaml.safe_dump(
            {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": [job]}))
        prometheus.start()
        eventually("Prometheus has the level of the service", lambda: prometheus.value(
            'slod_freeze_level{service="shop",namespace="slod"}') is not None)
        self.assertIsNone(prometheus.value('slod_freeze_level{exported_service="shop"}'))
