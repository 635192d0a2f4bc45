"""The Helm chart: rendered by helm, validated by Kubernetes's own code, its values refused where
they are wrong, and its container run as the kubelet would run it."""

import json
import unittest

from manifests import CHART, findings, helm, one, parse
from pod import Pod, root_of_host
from slod import eventually, temporary_folder

KUBERNETES_VERSION = "1.36.0"

# Every value that is not the default.
EVERYTHING = {
    "image": {"repository": "registry.example.org/slod", "digest": "sha256:" + "0" * 64},
    "imagePullSecrets": ["pull"],
    "config": {"services": [{"name": "api", "slos": []}]},
    "secretName": "slod-secrets", "logLevel": "debug", "logFormat": "logfmt",
    "persistence": {"size": "5Gi", "storageClassName": "fast", "accessMode": "ReadWriteOnce"},
    "resources": {"requests": {"cpu": 1}}, "service": {"port": 80},
    "networkPolicy": {"monitoringNamespace": "observability",
                      "from": [{"namespaceSelector": {"matchLabels": {"team": "ci"}}}],
                      "egress": [{"to": [{"podSelector": {}}]}]},
    "serviceMonitor": {"enabled": True, "interval": "1m", "labels": {"release": "prometheus"}},
    "podLabels": {"team": "sre"}, "podAnnotations": {"note": "1"},
    "nodeSelector": {"disk": "ssd"}, "tolerations": [{"key": "x", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}}, "priorityClassName": "high"}


class Chart(unittest.TestCase):
    def template(self, values, release="slod"):
        """A finished `helm template` with these values over the defaults."""
        file = temporary_folder(self) / "values.json"
        file.write_text(json.dumps(values))
        return helm(self, "template", release, CHART, "--kube-version", KUBERNETES_VERSION,
                    "--namespace", "slod", "--values", file)

    def rendered(self, values, release="slod"):
        done = self.template(values, release)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_is_clean_for_helm_lint(self):
        done = helm(self, "lint", "--strict", CHART, "--kube-version", KUBERNETES_VERSION)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_holds_before_the_validation_of_kubernetes(self):
        for values in ({}, EVERYTHING, {"networkPolicy": {"enabled": False},
                                        "podDisruptionBudget": {"enabled": False}}):
            for release in ("slod", "x" * 53):
                with self.subTest(values=values, release=release):
                    self.assertEqual(findings(self, self.rendered(values, release)), [])

    def test_takes_up_every_value(self):
        text = self.rendered(EVERYTHING)
        for value in ("@sha256:000", "name: pull", "name: api", "secretName: slod-secrets",
                      "- debug", "- logfmt", "storage: 5Gi", "storageClassName: fast",
                      "[ReadWriteOnce]", "cpu: 1", "port: 80,", "observability", "team: ci",
                      "podSelector: {}", "interval: 1m", "release: prometheus", "team: sre",
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
                ({"podLabels": {"a": 1}}, "podLabels")]:
            with self.subTest(values=values):
                done = self.template(values)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("values don't meet the specifications of the schema", done.stderr)
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


if __name__ == "__main__":
    unittest.main()
