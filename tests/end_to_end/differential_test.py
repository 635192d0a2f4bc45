"""Several hundred queries on slod and on a real Prometheus that hold the same samples.

Prometheus 2's ranges are closed on the left, slod's (as Prometheus 3's) are open. No sample stands
on the edge of a range here: samples are at a fraction of a second, queries at whole seconds."""

import itertools
import json
import math
import random
import time
import unittest
import urllib.parse
import urllib.request

from peers import NodeExporter, Prometheus
from replay import Replay
from slod import SlodTest, ask, scrape_job

STEPS = 100
STEP_SECONDS = 15
FRACTION_MILLISECONDS = 217
SEED = 20261124
TOLERANCE = 1e-9


class Page:
    """Counters with resets and gaps, gauges with every special value, a histogram; by step."""

    def __init__(self, begin):
        self._begin = begin
        self._random = random.Random(SEED)
        self._counters = {}

    def at(self, step):
        return (self._begin + step * STEP_SECONDS) * 1000 + FRACTION_MILLISECONDS

    def __call__(self, step):
        lines = [f"{series} {value} {self.at(step)}" for series, value in self._samples(step)]
        return "\n".join(lines) + "\n"

    def _count(self, series, by, begin=100_000):
        self._counters[series] = self._counters.get(series, begin) + by
        return series, self._counters[series]

    def _samples(self, step):
        rise = self._random.randrange
        for pod, code in itertools.product("abc", ("200", "404", "500")):
            series = f'requests_total{{pod="{pod}",code="{code}"}}'
            if pod == "c" and step in (30, 61):
                self._counters[series] = rise(5)  # restarted
            if pod != "b" or not 40 <= step < 55:  # away for a while, for longer than the lookback
                yield self._count(series, rise(50))
        if step >= 25:
            yield self._count('requests_total{pod="d",code="200"}', rise(9))
        yield from self._gauges(step)
        for pod in "ab":
            yield from self._histogram(pod, rise)

    def _gauges(self, step):
        special = {20: "NaN", 21: "+Inf", 22: "-Inf", 23: "-0", 24: "1e30", 25: "5e-324"}
        for pod in "abc":
            value = self._random.gauss(50, 20)
            yield f'load{{pod="{pod}",zone="z{ord(pod) % 2}"}}', repr(value)
            yield f'memory_bytes{{pod="{pod}"}}', self._random.randrange(2**33)
        yield 'special{pod="a"}', special.get(step, step % 7)
        yield 'weight{pod="a"}', 2
        yield 'weight{pod="b"}', 0
        yield 'zone_weight{zone="z0"}', 10
        yield 'zone_weight{zone="z1"}', 20

    def _histogram(self, pod, rise):
        total = 0
        for le in ("0.05", "0.1", "0.25", "0.5", "1.0", "+Inf"):
            name = f'took_seconds_bucket{{pod="{pod}",le="{le}"}}'
            total += rise(10)
            yield self._count(name, total, 1000 * (1 + len(self._counters) % 1000))
        yield self._count(f'took_seconds_count{{pod="{pod}"}}', total)
        yield self._count(f'took_seconds_sum{{pod="{pod}"}}', total * 0.125)


class ExporterPage:
    """What a real node exporter says at each step, with the step's time."""

    def __init__(self, url, page):
        self._url = url
        self._at = page.at

    def __call__(self, step):
        text = urllib.request.urlopen(self._url + "/metrics", timeout=10).read().decode()
        return "".join(line + "\n" if line.startswith("#") else f"{line} {self._at(step)}\n"
                       for line in text.splitlines())


GAUGES = ["load", 'load{pod=~"a|b"}', "memory_bytes", "special", "node_load1",
          "node_memory_MemAvailable_bytes"]
COUNTERS = ["requests_total", 'requests_total{code!="200",pod!~"d"}', "took_seconds_count",
            'node_cpu_seconds_total{mode="user"}', "node_context_switches_total"]
KEPT = ["load", "memory_bytes", "special", "weight", "zone_weight", "requests_total",
        "took_seconds_bucket", "took_seconds_count", "took_seconds_sum", "node_load1",
        "node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes", "node_cpu_seconds_total",
        "node_context_switches_total", "node_filesystem_avail_bytes", "node_filesystem_size_bytes"]

OVER_TIME = ["avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "count_over_time",
             "stddev_over_time", "stdvar_over_time", "last_over_time", "present_over_time",
             "changes", "resets", "delta", "idelta", "deriv"]
RATES = ["rate", "increase", "irate", "resets", "changes"]
MATH = ["abs", "ceil", "floor", "exp", "ln", "log2", "log10", "sqrt", "sgn", "sin", "cos", "tan",
        "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "deg", "rad",
        "timestamp", "round", "sort", "sort_desc", "scalar", "absent"]
DATES = ["day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month",
         "year"]
AGGREGATIONS = ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"]
GROUPINGS = ["", " by (pod)", " by (code, zone)", " without (pod, instance)", " by ()"]
OPERATORS = ["+", "-", "*", "/", "%", "^", "==", "!=", ">", "<", ">=", "<="]


def queries():
    """Templates over everything that both versions know."""
    yield from GAUGES
    for function, series, window in itertools.product(OVER_TIME, GAUGES, ("1m", "4m30s")):
        yield f"{function}({series}[{window}])"
    for function, series, window in itertools.product(RATES, COUNTERS, ("1m", "5m", "7m1s")):
        yield f"{function}({series}[{window}])"
    for function, series in itertools.product(MATH, ("load", "special", "rate(requests_total[2m])")):
        yield f"{function}({series})"
    for function, argument in itertools.product(DATES, ("", "load * 1e7", "requests_total")):
        yield f"{function}({argument})"
    for op, by, of in itertools.product(AGGREGATIONS, GROUPINGS, ("load", "requests_total",
                                                                  "rate(requests_total[3m])")):
        yield f"{op}{by} ({of})"
    for op, by in itertools.product(("topk", "bottomk"), GROUPINGS):
        yield f"{op}{by} (2, requests_total)"
    for q, by in itertools.product((-0.5, 0, 0.3, 0.99, 1, 2), GROUPINGS[:2]):
        yield f"quantile{by} ({q}, load)"
        yield f"quantile_over_time({q}, load[3m])"
        yield f"histogram_quantile({q}, sum{by or ' by ()'} (rate(took_seconds_bucket[4m])))"
        yield f"histogram_quantile({q}, sum by (le, pod) (rate(took_seconds_bucket[4m])))"
        yield f"histogram_quantile({q}, took_seconds_bucket)"
    yield from operator_queries()
    yield from shifted_queries()
    yield from other_queries()


def operator_queries():
    yield "sum by (pod) (load atan2 40)"  # Prometheus 2.42 keeps the name
    yield "sum by (pod) (load atan2 on (pod) weight)"
    for op in OPERATORS:
        yield f"load {op} 40"
        yield f"40 {op} load"
        yield f"special {op} on (pod) weight"
        yield f"load {op} ignoring (zone) memory_bytes"
        yield f"load {op} on (zone) group_left zone_weight"
        yield f"zone_weight {op} on (zone) group_right load"
        yield f"sum(load) {op} on () count(memory_bytes)"
        if op in ("==", "!=", ">", "<", ">=", "<="):
            yield f"load {op} bool 40"
            yield f"3 {op} bool 4"
            yield f"load {op} bool on (pod) weight"
        else:
            yield f"3 {op} 4"
    for op in ("and", "or", "unless"):
        yield f"load {op} memory_bytes"
        yield f"load {op} on (pod) weight"
        yield f"load > 50 {op} ignoring (zone) memory_bytes"
    yield "-load ^ 2 + 3 * 4 - 5 % 3"
    yield "load + on (zone) group_left (pod) zone_weight"
    yield "node_filesystem_avail_bytes / node_filesystem_size_bytes"
    yield "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes"
    yield '100 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[1m])) * 100'
    # Both refuse these.
    yield "load + on (zone) zone_weight"
    yield "load * on (pod) group_left requests_total"
    yield "requests_total + on (pod) load"


def shifted_queries():
    for shift in ("offset 3m", "offset -2m", "offset 7m13s", "@ start()", "@ end()", "@ {at}",
                  "@ {at} offset 1m"):
        yield f"load {shift}"
        yield f"rate(requests_total[2m] {shift})"
        yield f"max_over_time(load[4m:1m] {shift})"
    for inner, span in itertools.product(
            ("load", "rate(requests_total[1m])", "sum by (pod) (requests_total)", "special > 3"),
            ("5m:1m", "5m:30s", "3m:15s", "11m:2m")):
        yield f"avg_over_time(({inner})[{span}])"
        yield f"max_over_time(({inner})[{span}])"
        yield f"count_over_time(({inner})[{span}])"
    yield "max_over_time(min_over_time(load[2m1s:30s])[6m:1m])"
    yield "deriv(rate(requests_total[1m])[5m:30s])"


def other_queries():
    for seconds in (0, 60, 3600):
        yield f"predict_linear(load[5m], {seconds})"
    yield "clamp(load, 40, 60)"
    yield "clamp_min(load, 40)"
    yield "clamp_max(special, 3)"
    yield "clamp(load, 60, 40)"
    yield "vector(time())"
    yield "time() - timestamp(load)"
    yield "pi() * 2"
    yield 'label_replace(load, "dst", "$1-x", "pod", "(.*)")'
    yield 'label_replace(load, "pod", "", "pod", "a")'
    yield 'label_join(load, "both", "/", "pod", "zone")'
    yield 'count_values("value", special)'
    yield 'count_values by (pod) ("value", weight)'
    yield 'absent(nothing{pod="x",zone=~"y"})'
    yield 'absent_over_time(load{pod="b"}[2m])'
    yield 'absent_over_time(nothing{pod="b"}[2m])'
    yield "sum(load) or vector(7)"
    yield "round(load, 5)"
    yield "quantile_over_time(0.5, requests_total[4m])"
    yield "sum by (pod) (rate(requests_total{code=\"500\"}[5m])) / " \
          "sum by (pod) (rate(requests_total[5m]))"
    yield "histogram_quantile(0.9, sum by (le) (increase(took_seconds_bucket[5m])))"
    yield "rate(took_seconds_sum[2m]) / rate(took_seconds_count[2m])"
    yield "{__name__=~\"load|weight\",pod=\"a\"}"
    yield 'requests_total{pod=~"[ab]",code=~"4..|5..",zone=""}'


def close(one, other):
    a, b = float(one), float(other)
    if math.isnan(a) or math.isnan(b) or math.isinf(a) or math.isinf(b) or a == b:
        return a == b or (math.isnan(a) and math.isnan(b))
    return abs(a - b) <= TOLERANCE * max(abs(a), abs(b)) + 1e-300


def series_of(result):
    """{labels: [(time, value)]} of a vector or a matrix, {} of labels for a scalar."""
    if result["resultType"] in ("scalar", "string"):
        return {(): [tuple(result["result"])]}
    return {tuple(sorted(one["metric"].items())):
            [tuple(sample) for sample in one.get("values", [one.get("value")])]
            for one in result["result"]}


def difference(ours, theirs):
    """What differs between two answers; None where nothing does."""
    if (ours["status"], theirs["status"]) != ("success", "success"):
        if ours["status"] == theirs["status"]:
            return None
        return f"{ours.get('error', 'an answer')} | {theirs.get('error', 'an answer')}"
    if ours["data"]["resultType"] != theirs["data"]["resultType"]:
        return f"{ours['data']['resultType']} | {theirs['data']['resultType']}"
    a, b = series_of(ours["data"]), series_of(theirs["data"])
    if a.keys() != b.keys():
        return f"only slod: {sorted(a.keys() - b.keys())} | only Prometheus: " \
               f"{sorted(b.keys() - a.keys())}"
    for labels, samples in a.items():
        if [t for t, _ in samples] != [t for t, _ in b[labels]]:
            return f"{labels}: at {[t for t, _ in samples]} | {[t for t, _ in b[labels]]}"
        for (time, one), (_, other) in zip(samples, b[labels]):
            if not close(one, other):
                return f"{labels} at {time}: {one} | {other}"
    return None


def common_words(error):
    """Prometheus 3 begins some words small, and names the parameter of a range query, too."""
    return error.lower().removeprefix('invalid parameter "query": ')


class Differential(SlodTest):
    def setUp(self):
        exporter = NodeExporter(self)
        # Not before Prometheus begins, nor more than an hour before: it would refuse the samples.
        now = int(time.time())
        self.begin = (now - STEPS * STEP_SECONDS) // 60 * 60
        page = Page(self.begin)
        application = Replay(self, STEPS, page)
        exporter.start("/metrics")
        node = Replay(self, STEPS, ExporterPage(exporter.url, page))
        targets = {"app": application.port, "node": node.port}
        self.prometheus = Prometheus(self, targets, interval="100ms", path="/prometheus").start()
        self.slod = self.run_slod({
            "scrape": [scrape_job(target, job=job, interval="100ms", path="/slod")
                       for job, target in (("app", application), ("node", node))],
            "rules": [{"record": f"kept:{name}", "expr": name} for name in KEPT]})
        for target in (application, node):
            target.await_end("/slod", "/prometheus")

    def both(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        return [ask(f"{url}/api/v1/{path}?{query}")[1]
                for url in (self.slod.url, self.prometheus.url)]

    def test_agrees_with_prometheus(self):
        for check in (self.check_words, self.check_names, self.check_answers):
            with self.subTest(check.__name__):
                check()

    def check_answers(self):
        # Never on the grid of a subquery, which is closed on the left in Prometheus 2 as well.
        end = self.begin + (STEPS - 5) // 4 * 60 + 7
        found, count, with_samples = [], 0, 0
        for query in dict.fromkeys(queries()):
            query = query.replace("{at}", str(end - 600))
            for path, parameters in (
                    ("query", {"time": end}),
                    ("query", {"time": end - 780}),
                    ("query_range", {"start": end - 1320, "end": end, "step": 60}),
                    ("query_range", {"start": end - 330, "end": end, "step": 15})):
                ours, theirs = self.both(path, query=query, **parameters)
                count += 1
                with_samples += bool(theirs["status"] == "success" and theirs["data"]["result"])
                difference_found = difference(ours, theirs)
                if difference_found:
                    found.append(f"{path} {json.dumps(parameters)} {query}\n    "
                                 f"slod | Prometheus: {difference_found}")
        print(f"{count} answers compared, {with_samples} of them not empty", flush=True)
        self.assertGreater(with_samples, 1500)
        self.assertFalse(found, f"{len(found)} of {count} differ:\n" + "\n".join(found[:40]))

    def check_names(self):
        end = self.begin + STEPS * STEP_SECONDS
        match = "{__name__=~\"" + "|".join(KEPT) + "\"}"
        for path in ("labels", "label/__name__/values", "label/pod/values", "label/mode/values",
                     "series"):
            ours, theirs = self.both(path, **{"match[]": match, "start": self.begin, "end": end})
            key = (lambda one: sorted(one.items())) if path == "series" else None
            self.assertEqual(sorted(ours["data"], key=key), sorted(theirs["data"], key=key), path)
            self.assertTrue(ours["data"], path)

    def check_words(self):
        wrong = [("query", {"query": "sum("}), ("query", {"query": "rate(load)"}),
                 ("query", {"query": "up", "time": "noon"}),
                 ("query", {"query": "up", "timeout": "x"}),
                 ("query_range", {"query": "up", "start": 1, "end": 2}),
                 ("query_range", {"query": "up", "start": 2, "end": 1, "step": 1}),
                 ("query_range", {"query": "up", "start": 1, "end": 2, "step": 0}),
                 ("query_range", {"query": "up", "start": 1, "end": 20000, "step": 1}),
                 ("query_range", {"query": "up[1m]", "start": 1, "end": 2, "step": 1}),
                 ("query", {"query": "{}"}), ("query", {"query": "load[5m] + 1"}),
                 ("series", {}), ("series", {"match[]": "{}"}), ("series", {"match[]": "a b"}),
                 ("labels", {"start": "x"}), ("labels", {"match[]": "{"}),
                 ("format_query", {"query": "1 +"}), ("query_exemplars", {"query": "1 +"}),
                 ("query", {"query": "load + on (zone) zone_weight", "time": self.begin + 607})]
        for path, parameters in wrong:
            ours, theirs = self.both(path, **parameters)
            self.assertEqual(ours.get("errorType"), theirs["errorType"], (path, parameters))
            self.assertEqual(*map(common_words, (ours["error"], theirs["error"])),
                             (path, parameters))


if __name__ == "__main__":
    unittest.main()
