"""The Helm charts: rendered, validated by the models of Kubernetes's API and by Kubernetes's own code,
its values refused where they are wrong, and its container run as the kubelet would run it."""

import json
import shutil
import signal
import sys
import unittest

import chart
import copies
from manifests import CHART, LIBRARY, REPOSITORY, findings, model_findings, one, parse, run
from network_policy import lets_in, selects
from pod import HERE, Pod, root_of_host
from slod import eventually, temporary_folder

# Every value that is not the default.
EVERYTHING = {
    "image": {"repository": "registry.example.org/slod", "digest": "sha256:" + "0" * 64},
    "imagePullSecrets": ["pull"],
    "config": {"services": [{"name": "api", "slos": []}]},
    "secretName": "slod-secrets", "logLevel": "debug", "logFormat": "logfmt",
    "persistence": {"size": "5Gi", "storageClassName": "fast", "accessMode": "ReadWriteOnce"},
    "resources": {"requests": {"cpu": 1}}, "listenAddress": "[::]", "service": {"port": 80},
    "networkPolicy": {"monitoringNamespace": "observability",
                      "from": [{"namespaceSelector": {"matchLabels": {"team": "ci"}}}],
                      "egress": [{"to": [{"podSelector": {}}]}]},
    "serviceMonitor": {"enabled": True, "interval": "1m", "labels": {"release": "prometheus"}},
    "prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}},
    "podLabels": {"team": "sre"}, "podAnnotations": {"note": "1"},
    "nodeSelector": {"disk": "ssd"}, "tolerations": [{"key": "x", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}}, "priorityClassName": "high"}


class _Rendering(unittest.TestCase):
    """What is asked of each chart: of `chart()`, with the values of `variants()`."""

    def template(self, values, release="slod", program=None):
        """A finished `helm template` with these values over the defaults."""
        file = temporary_folder(self) / "values.json"
        file.write_text(json.dumps(values))
        return chart.render(program or chart.renderer(self), self.chart(), release, "slod", file)

    def rendered(self, values, release="slod"):
        done = self.template(values, release)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_is_clean_for_helm_lint(self):
        if not chart.helm():
            self.skipTest("expected helm, found none: make deploy-tools builds it, with Go")
        done = run(chart.helm(), "lint", "--strict", self.chart(), "--kube-version",
                   chart.KUBERNETES_VERSION)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_renders_alike_where_there_is_no_helm(self):
        if not chart.helm():
            self.skipTest("expected helm, found none: make deploy-tools builds it, with Go")
        own = chart.stand_in(self)
        for name, values, release in self.variants():
            with self.subTest(values=name, release=release):
                def documents(program):
                    done = self.template(values, release, program)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    return sorted(parse(self, done.stdout), key=lambda d: d["kind"])

                self.assertEqual(documents(own), documents(chart.helm()))

    def test_holds_before_the_models_of_kubernetes(self):
        self.holds(model_findings)

    def test_holds_before_the_validation_of_kubernetes(self):
        self.holds(findings)

    def holds(self, validation):
        for name, values, release in self.variants():
            with self.subTest(values=name, release=release):
                self.assertEqual(validation(self, self.rendered(values, release)), [])


class Chart(_Rendering):
    def chart(self):
        return CHART

    def variants(self):
        """(what it is, values, release)"""
        for name, values in (("defaults", {}), ("everything", EVERYTHING), ("less", {
                "networkPolicy": {"enabled": False}, "podDisruptionBudget": {"enabled": False}})):
            for release in ("slod", "x" * 53):
                yield name, values, release
    def test_lets_pipelines_in_and_replaces_a_broken_pod(self):
        documents = parse(self, self.rendered(EVERYTHING))
        asks, policy = {"asks-slod": "true"}, one(documents, "NetworkPolicy")
        for namespace, pod, is_let_in in ((asks, asks, True), ({"team": "ci"}, {}, True),
                                          ({}, asks, False), (asks, {}, False)):
            self.assertEqual(lets_in(policy, "slod", namespace, pod), is_let_in)
        self.assertEqual(one(documents, "StatefulSet")["spec"]["podManagementPolicy"], "Parallel")

    def test_repeats_what_is_elsewhere(self):
        for file, text in copies.expected().items():
            self.assertEqual(file.read_text(), text,
                             f"{file} repeats what has changed: python3 tests/deploy/copies.py")

    def test_has_the_alerts_on_slod_itself(self):
        rules, = parse(self, (REPOSITORY / "config/rules/slod.yml").read_text())
        rule = one(parse(self, self.rendered(EVERYTHING)), "PrometheusRule")
        self.assertEqual(rule["spec"], rules)
        self.assertEqual(rule["metadata"]["labels"]["release"], "prometheus")

    def test_knows_every_key_of_a_configuration(self):
        for file in sorted((REPOSITORY / "config").glob("*.yaml")):
            config, = parse(self, file.read_text())
            config = {k: v for k, v in config.items() if k not in ("listen", "state")}
            with self.subTest(file=file.name):
                self.assertIn("services:", self.rendered({"config": {"services": [], **config}}))

    def test_takes_up_every_value(self):
        text = self.rendered(EVERYTHING)
        for value in ("@sha256:000", "name: pull", "name: api", "secretName: slod-secrets",
                      "- debug", "- logfmt", "storage: 5Gi", "storageClassName: fast",
                      "[ReadWriteOnce]", "cpu: 1", "port: 80,", "observability", "team: ci",
                      "podSelector: {}", '"[::]:9750"', "interval: 1m", "release: prometheus", "team: sre",
                      'note: "1"', "disk: ssd", "operator: Exists", "nodeAffinity",
                      "priorityClassName: high"):
            self.assertIn(value, text)

    def test_refuses_wrong_values(self):
        for values, word in [
                ({"replicas": 2}, "replicas"),
                ({"image": {"repository": ""}}, "repository"),
                ({"image": {"tag": "a b"}}, "tag"),
                ({"image": {"digest": "sha256:1"}}, "digest"),
                ({"config": {"services": {}}}, "services"),
                ({"config": {"listen": "0.0.0.0:1"}}, "config"),
                ({"config": {"state": "/tmp"}}, "config"),
                ({"logLevel": "loud"}, "logLevel"),
                ({"persistence": {"size": "2 GB"}}, "size"),
                ({"persistence": {"accessMode": "ReadWriteMany"}}, "accessMode"),
                ({"service": {"port": 0}}, "port"),
                ({"networkPolicy": {"enable": True}}, "enable"),
                ({"podLabels": {"a": 1}}, "podLabels"),
                ({"podLabels": {"app.kubernetes.io/name": "x"}}, "app.kubernetes.io/name"),
                ({"podAnnotations": {"checksum/config": "x"}}, "podAnnotations"),
                ({"resources": {"limits": {"memory": "64 MB"}}}, "memory"),
                ({"secretName": "Bad Name"}, "secretName"),
                ({"config": {"sevices": []}}, "sevices"),
                ({"config": {"services": [{"naem": "api"}]}}, "naem"),
                ({"listenAddress": "127.0.0.1"}, "listenAddress")]:
            with self.subTest(values=values):
                done = self.template(values)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(chart.REFUSED, done.stderr)
                self.assertIn(word, done.stderr)

    def test_a_change_of_the_configuration_starts_a_new_pod(self):
        def checksum(values):
            stateful = one(parse(self, self.rendered(values)), "StatefulSet")
            return stateful["spec"]["template"]["metadata"]["annotations"]["checksum/config"]

        self.assertEqual(checksum({}), checksum({"logLevel": "debug"}))
        self.assertNotEqual(checksum({}), checksum({"config": EVERYTHING["config"]}))

    def test_runs_as_the_chart_says(self):
        documents = parse(self, self.rendered({"config": EVERYTHING["config"]}))
        pod = Pod(self, one(documents, "StatefulSet"), documents, {})
        root, mounts = root_of_host(self)
        slod = pod.run("slod", root, mounts)
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            eventually(f"the {kind} succeeds", lambda kind=kind: (
                self.assertIsNone(slod.poll(), pod.log()), pod.probe("slod", kind))[1])
        slod.terminate()
        self.assertEqual(slod.wait(pod.spec["terminationGracePeriodSeconds"]), 0, pod.log())


class Sidecar(_Rendering):
    """shop-chart, a chart of an application that takes up the library."""

    def chart(self):
        folder = temporary_folder(self) / "shop"
        shutil.copytree(HERE / "shop-chart", folder)
        shutil.copytree(LIBRARY, folder / "charts" / LIBRARY.name)
        return folder

    def variants(self):
        for name, values in (("defaults", {}), ("everything", {
                "image": {"digest": "sha256:" + "0" * 64}, "listenAddress": "[::]", "secretName": "",
                "resources": {"limits": {"cpu": 1}}, "stateSize": "1Gi",
                "networkPolicy": {"applicationPorts": ["http", 9000]},
                "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}}}),
                ("less", {"networkPolicy": {"enabled": False}})):
            for release in ("shop", "x.y" + "x" * 50):
                yield name, {LIBRARY.name: values}, release

    def test_refuses_wrong_values(self):
        for values, word in (({"imgae": {}}, "imgae"), ({"config": {"sevices": []}}, "sevices"),
                             ({"config": {"services": [], "state": "/tmp"}}, "config"),
                             ({"stateSize": "big"}, "stateSize")):
            done = self.template({LIBRARY.name: values})
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(chart.REFUSED, done.stderr)
            self.assertIn(word, done.stderr)

    def test_lets_everybody_reach_the_application_and_few_slod(self):
        documents = parse(self, self.rendered({}))
        policy, asks = one(documents, "NetworkPolicy"), {"asks-slod": "true"}
        self.assertTrue(lets_in(policy, "http", {}, {}))
        self.assertTrue(lets_in(policy, "slod", asks, asks))
        self.assertFalse(lets_in(policy, "slod", {}, {}))
        pod = one(documents, "Deployment")["spec"]["template"]["metadata"]["labels"]
        self.assertTrue(selects(policy["spec"]["podSelector"], pod))
        selector = {"matchLabels": one(documents, "Service")["spec"]["selector"]}
        self.assertTrue(selects(selector, pod))

    def test_runs_as_the_chart_says(self):
        documents = parse(self, self.rendered({}))
        pod = Pod(self, one(documents, "Deployment"), documents, {"slod-secrets": {}})
        pod.start([sys.executable, HERE / "app.py"], pod.folder / "app.log")
        root, mounts = root_of_host(self)
        slod = pod.run("slod", root, mounts)
        eventually("it lives", lambda: (self.assertIsNone(slod.poll(), pod.log()),
                                        pod.probe("slod", "livenessProbe"))[1])
        eventually("the application was read", lambda: json.loads(pod.inside(
            "curl", "-s", "http://127.0.0.1:9750/api/v1/slos/app/availability").stdout)["total"])
        slod.send_signal(signal.SIGTERM)
        self.assertEqual(slod.wait(pod.spec["terminationGracePeriodSeconds"]), 0, pod.log())


def load_tests(loader, _tests, _pattern):
    """Without the class that only others are made of."""
    return unittest.TestSuite(map(loader.loadTestsFromTestCase, (Chart, Sidecar)))


if __name__ == "__main__":
    unittest.main()
