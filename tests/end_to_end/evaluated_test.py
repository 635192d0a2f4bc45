"""SLIs that are expressions, evaluated slice by slice: they spend budgets and freeze deploys, over
kills and reloads."""

import unittest

from slod import SlodTest, eventually, run_command, scrape_job
from target import Target


def slo(name, **sli):
    return {"name": name, "objective": "90%", "window": "1h", "cold_start": "observed", **sli}


SLOS = [
    slo("queue", threshold={"expr": "max(queue_length)", "below": 100, "slice": "1s"}),
    slo("probes", availability={"error_ratio": "1 - avg(probe_success)", "slice": "1s"}),
    slo("workers", availability={"total": "count(worker_busy)",
                                 "bad": "count(worker_busy == 0) or vector(0)", "slice": "1s"}),
    slo("up", threshold={"expr": "min(up)", "above": 0, "slice": "1s"}),
]


class EvaluatedSlis(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.show(queue=1, probes=(1, 1), busy=(1, 1, 1))
        self.configuration = {"scrape": [scrape_job(self.target)],
                              "services": [{"name": "api", "slos": SLOS}]}

    def show(self, queue, probes, busy):
        self.target.counters.set("queue_length", queue)
        for n, value in enumerate(probes):
            self.target.counters.set("probe_success", value, n=n)
        for n, value in enumerate(busy):
            self.target.counters.set("worker_busy", value, n=n)

    def names(self):
        return [each["name"] for each in SLOS]

    def test_spend_budgets_and_freeze(self):
        slod = self.run_slod(self.configuration)
        for name in self.names():
            answer = eventually(name, lambda: (found := slod.slo(f"api/{name}"))["total"] > 1
                                and found)
            self.assertEqual((answer["bad"], answer["sli_ratio"]), (0, 1), name)
        self.assertEqual(slod.verdict("api")["verdict"], "allow")
        self.show(queue=500, probes=(1, 0), busy=(1, 0, 0))
        for name in ("queue", "probes", "workers"):
            eventually(f"{name} has spent its budget",
                       lambda: slod.slo(f"api/{name}")["budget"]["spent_ratio"] > 1)
        self.assertEqual(slod.slo("api/up")["bad"], 0)
        denied = eventually("deploys are frozen", lambda: (
            found := slod.verdict("api"))["verdict"] == "deny" and found)
        self.assertEqual({reason["slo"] for reason in denied["reasons"]},
                         {"queue", "probes", "workers"})
        # A worker counts as one event in each slice, a probe as its share of the slice.
        workers = slod.slo("api/workers")
        self.assertAlmostEqual(workers["total"] % 3, 0)
        self.assertAlmostEqual(workers["bad"] % 2, 0)

    def test_go_on_over_kills_and_reloads(self):
        slod = self.run_slod(self.configuration)
        self.show(queue=500, probes=(0, 0), busy=(0, 0, 0))
        bad = {name: eventually(name, lambda: (found := slod.slo(f"api/{name}")["bad"]) > 2
                                and found) for name in ("queue", "probes", "workers")}
        self.assertEqual(slod.get("/-/reload", "POST")[0], 200)
        for name, before in bad.items():
            self.assertGreaterEqual(slod.slo(f"api/{name}")["bad"], before)
        last = {name: slod.slo(f"api/{name}")["bad"] for name in bad}
        for _ in range(2):
            eventually("it goes on", lambda: all(
                slod.slo(f"api/{name}")["bad"] > last[name] + 2 for name in last))
            last = {name: slod.slo(f"api/{name}")["bad"] for name in bad}
        slod.kill()
        slod.started_and_ready()
        for name, before in last.items():
            # What was not committed, at most about a second, is lost.
            self.assertGreaterEqual(slod.slo(f"api/{name}")["bad"], before - 2 * 3)
            eventually(name, lambda: slod.slo(f"api/{name}")["bad"] > before)

    def test_know_that_a_target_is_down(self):
        slod = self.run_slod(self.configuration)
        eventually("it is up", lambda: slod.slo("api/up")["good"] > 1)
        self.target.close()
        eventually("it is down", lambda: slod.slo("api/up")["bad"] > 2)
        self.assertEqual(slod.slo("api/queue")["bad"], 0)

    def test_are_explained_by_check(self):
        slod = self.run_slod(self.configuration)
        checked = run_command("check", slod.config_file)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertNotIn("no series match", checked.stdout + checked.stderr)
        self.assertEqual(checked.stderr.count("is evaluated at the end of each slice of 1s"), 2)
        self.configuration["services"][0]["slos"] = [
            slo("typo", threshold={"expr": "max(queue_lenght)", "below": 1})]
        slod.configure(self.configuration)
        checked = run_command("check", slod.config_file)
        self.assertIn("no series match its expressions: queue_lenght",
                      checked.stdout + checked.stderr)


if __name__ == "__main__":
    unittest.main()
