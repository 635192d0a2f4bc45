"""deploy/kubernetes as it is applied: rendered by kubectl, validated by the models of Kubernetes's
API and by Kubernetes's own code, and its sidecar run as the kubelet would run it."""

import json
import re
import shutil
import signal
import sys
import unittest

from manifests import (KUBERNETES, REPOSITORY, findings, kustomize, model_findings, one, parse,
                       run)
from network_policy import lets_in, selects
from pod import HERE, Pod, root_of_host
from slod import PATIENCE_SECONDS, PROGRAM, eventually, temporary_folder

OVERLAYS = ("cluster", "sidecar")
SECRETS = {"slod-secrets": {"slack": "http://127.0.0.1:9000/slack\n"}}

# (what stands in the overlay of the cluster, what stands there by mistake, what is said of it)
WRONG = [
    ("readOnly: true", "readOnyl: true", "unknown field"),
    ("runAsNonRoot: true", "runAsNonRoot: false", "restricted Pod Security Standard"),
    ("memory: 512Mi", "memory: 64Mi", "must be less than or equal to memory limit"),
    ("name: slod-state\n", "name: slod-stat\n", "Not found"),
    ("containerPort: 9750\n          name: slod", "containerPort: 9750\n          name: Slod_",
     "must contain only alpha-numeric"),
    ("kind: PodDisruptionBudget", "kind: PodDisruption", "no kind")]
WRONG_BY_THE_MODELS = [
    ("apiVersion: policy/v1", "apiVersion: apps/v1", "no kind"),
    ("replicas: 1", "replicas: '1'", "expected int"),
    ("publishNotReadyAddresses: true", "publishNotReadyAddresses: 1", "expected bool"),
    ("podManagementPolicy: Parallel", "podManagementPolicy: parallel", "expected one of"),
    ("  replicas: 1", "  replicas: 1\n  replicas: 2", "is there twice"),
    ("    - port: 53\n", "    - port: [53]\n", "expected a number or a text"),
    ("        name: slod\n", "        nmae: slod\n", "name: required value"),
    ("  serviceName: slod\n", "", "serviceName: required value"),
    ("whenScaled", "whenScale", "unknown field"),
    ("storage: 2Gi", "storage: 2 GB", "expected a quantity"),
    ("- ReadWriteOncePod", "- ReadWriteOnePod", "expected one of"),
    ("protocol: UDP", "protocol: udp", "expected one of"),
    ("runs-slod: \"true\"", "runs-slod: true", "expected str"),
    ("        runs-slod: \"true\"", "        runs-slod: \"a b\"", "is no value of a label"),
    ("matchLabels:\n      app.kubernetes.io/name: slod",
     "matchLabels:\n      app.kubernetes.io/name: slo", "does not match the template's labels"),
    ("port: slod\n          periodSeconds: 10", "port: slo\n          periodSeconds: 10",
     "no port has the name"),
    ("mountPath: /var/lib/slod", "mountPath: var/lib/slod", "a path from the root"),
    ("drop:\n            - ALL", "add:\n            - ALL", "restricted Pod Security Standard"),
    ("  endpoints:", "  endpoint:", "unknown field")]


def overlay(test, name):
    return kustomize(test, KUBERNETES / "overlays" / name)


def workload_of(documents):
    return next(d for d in documents if d["kind"] in ("Deployment", "StatefulSet"))


class Rendered(unittest.TestCase):
    def test_holds_before_the_models_of_kubernetes(self):
        self.hold(model_findings)

    def test_holds_before_the_validation_of_kubernetes(self):
        self.hold(findings)

    def hold(self, validation):
        for name in OVERLAYS:
            with self.subTest(overlay=name):
                self.assertEqual(validation(self, overlay(self, name)), [])
        hook = (REPOSITORY / "deploy/pipeline/argo-cd.yaml").read_text()
        self.assertEqual(validation(self, hook), [])

    def test_the_models_find_what_is_wrong(self):
        self.finds(model_findings, WRONG + WRONG_BY_THE_MODELS)

    def test_the_validation_finds_what_is_wrong(self):
        self.finds(findings, WRONG)

    def finds(self, validation, wrongs):
        text = overlay(self, "cluster")
        for right, wrong, finding in wrongs:
            with self.subTest(wrong=wrong):
                self.assertIn(right, text)
                self.assertIn(finding, "\n".join(validation(self, text.replace(right, wrong, 1))))

    def test_selectors_meet_the_pods(self):
        for name in OVERLAYS:
            documents = parse(self, overlay(self, name))
            pod = workload_of(documents)["spec"]["template"]["metadata"]["labels"]
            service = next(d for d in documents if d["kind"] == "Service"
                           and d["metadata"]["labels"]["app.kubernetes.io/name"] == "slod")
            self.assertTrue(selects({"matchLabels": service["spec"]["selector"]}, pod))
            for kind, path in (("NetworkPolicy", "podSelector"),
                               ("PodDisruptionBudget", "selector")):
                self.assertTrue(selects(one(documents, kind)["spec"][path], pod), kind)
            monitor = one(documents, "ServiceMonitor")["spec"]
            self.assertTrue(selects(monitor["selector"], service["metadata"]["labels"]))
            endpoint, = monitor["endpoints"]
            self.assertEqual(endpoint["port"], service["spec"]["ports"][0]["name"])
            self.assertTrue(endpoint["honorLabels"])

    def test_lets_in_whom_the_document_names_and_nobody_else(self):
        asks = {"asks-slod": "true"}
        hook, = parse(self, (REPOSITORY / "deploy/pipeline/argo-cd.yaml").read_text())
        for name in OVERLAYS:
            for text in (overlay(self, name), self.wrapped(name)):
                policy = one(parse(self, text), "NetworkPolicy")
                for who, namespace, pod, is_let_in in [
                        ("monitoring", {"kubernetes.io/metadata.name": "monitoring"}, {}, True),
                        ("a pipeline", asks, {**asks, "app": "runner"}, True),
                        ("the hook", asks, hook["spec"]["template"]["metadata"]["labels"], True),
                        ("a pod of another namespace", {}, asks, False),
                        ("another pod", asks, {}, False)]:
                    with self.subTest(overlay=name, who=who):
                        self.assertEqual(lets_in(policy, "slod", namespace, pod), is_let_in)
        self.assertTrue(lets_in(policy, "http", {}, {}), "the application was shut off")

    def wrapped(self, name):
        """An overlay as it looks below a user's own, which adds labels to selectors."""
        folder = temporary_folder(self)
        shutil.copytree(KUBERNETES, folder / "kubernetes")
        (folder / "kustomization.yaml").write_text(
            f"resources: [kubernetes/overlays/{name}]\n"
            "labels: [{pairs: {team: sre}, includeSelectors: true}]\n")
        return kustomize(self, folder)

    def test_leaves_names_and_selectors_of_the_application_alone(self):
        # A selector cannot be changed, and another name would be another Deployment.
        before = parse(self, (KUBERNETES / "overlays/sidecar/app.yaml").read_text())
        after = parse(self, overlay(self, "sidecar"))
        for was in before:
            now = one(after, was["kind"], was["metadata"]["name"])
            self.assertEqual(now["spec"]["selector"], was["spec"]["selector"])

    def test_a_broken_pod_is_replaced_by_a_mended_one(self):
        # A StatefulSet that starts its pods in order waits for the broken one to get ready.
        stateful = one(parse(self, overlay(self, "cluster")), "StatefulSet")
        self.assertEqual(stateful["spec"]["podManagementPolicy"], "Parallel")

    def test_a_budget_that_is_not_wanted_can_be_deleted_as_the_overlay_says(self):
        folder = temporary_folder(self)
        shutil.copytree(KUBERNETES, folder / "kubernetes")
        file = folder / "kubernetes/overlays/sidecar/kustomization.yaml"
        text, count = re.subn(r"(?m)^  # ((?:- target|  patch|    ).*)$", r"  \1", file.read_text())
        self.assertEqual(count, 6)
        file.write_text(text)
        kinds = [d["kind"] for d in parse(self, kustomize(self, file.parent))]
        self.assertNotIn("PodDisruptionBudget", kinds)
        self.assertIn("NetworkPolicy", kinds)

    def test_one_state_has_one_writer(self):
        stateful = one(parse(self, overlay(self, "cluster")), "StatefulSet")
        self.assertEqual(stateful["spec"]["replicas"], 1)
        claim = stateful["spec"]["volumeClaimTemplates"][0]["spec"]
        self.assertEqual(claim["accessModes"], ["ReadWriteOncePod"])
        deployment = one(parse(self, overlay(self, "sidecar")), "Deployment")
        self.assertEqual(deployment["spec"]["strategy"], {
            "type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}})
        state = next(v for v in deployment["spec"]["template"]["spec"]["volumes"]
                     if v["name"] == "slod-state")
        self.assertIn("emptyDir", state)


class Files(unittest.TestCase):
    """What can be said of the files as they are, where no kubectl renders them."""

    def test_each_file_holds_before_the_models_of_kubernetes(self):
        files = [file for file in KUBERNETES.rglob("*.yaml")
                 if file.name not in ("kustomization.yaml", "slod.yaml")]
        self.assertGreater(len(files), 10)
        for file in files:
            # A patch of every workload, so of each kind.
            text = file.read_text().replace("kind: any\n", "kind: Deployment\n")
            findings = [finding for finding in model_findings(self, text, by_rules=False)
                        if not finding.endswith("required value")]  # patches are parts
            self.assertEqual(findings, [], file)

    def test_each_kustomization_names_files_that_are_there(self):
        for file in KUBERNETES.rglob("kustomization.yaml"):
            kustomization, = parse(self, file.read_text())
            named = [*kustomization.get("resources", []), *kustomization.get("components", []),
                     *(patch["path"] for patch in kustomization.get("patches", [])),
                     *(name for generator in kustomization.get("configMapGenerator", [])
                       for name in generator["files"])]
            self.assertTrue(named, file)
            for name in named:
                self.assertTrue((file.parent / name).exists(), f"{file}: {name}")


class Versions(unittest.TestCase):
    def test_all_that_is_deployed_is_of_the_version_that_is_built(self):
        version = run(PROGRAM, "version").stdout.removeprefix("slod ").strip()
        for path, pattern in [
                ("Dockerfile", r"^ARG VERSION=(.*)$"),
                ("docs/openapi.yaml", r'^  version: "(.*)"$'),
                ("CHANGELOG.md", r"^## \[(.*?)\]"),
                ("deploy/kubernetes/components/container/kustomization.yaml", r"newTag: (.*)$"),
                ("deploy/pipeline/argo-cd.yaml", r"image: \S*:(\S+)"),
                ("deploy/helm/slod/Chart.yaml", r"^appVersion: (.*)$"),
                ("deploy/helm/slod-sidecar/Chart.yaml", r"^appVersion: (.*)$"),
                ("deploy/helm/slod-sidecar/values.yaml", r"^  tag: (.*)$")]:
            found = re.findall(pattern, (REPOSITORY / path).read_text(), re.MULTILINE)
            self.assertEqual(found, [version], path)


class Sidecar(unittest.TestCase):
    """The container of the manifest, from a root folder that has the program."""

    def root(self):
        """(folder, mounts) of the container's root."""
        return root_of_host(self)

    def test_runs_as_the_manifest_says(self):
        documents = parse(self, overlay(self, "sidecar"))
        pod = Pod(self, one(documents, "Deployment"), documents, SECRETS)
        pod.start([sys.executable, HERE / "app.py"], pod.folder / "app.log")
        root, mounts = self.root()
        slod = pod.run("slod", root, mounts)

        def alive():
            self.assertIsNone(slod.poll(), f"slod ended with {slod.returncode}:\n"
                              f"{pod.log() if slod.poll() is not None else ''}")
            return pod.probe("slod", "startupProbe") and pod.probe("slod", "livenessProbe")

        eventually("the probes succeed", alive)
        self.assertEqual(self.ask(pod, "freeze/app")[0], 200)
        eventually("the application was read", lambda: self.slo(pod)["good"] > 0)
        pod.inside("curl", "-sf", "-X", "POST", "http://127.0.0.1:8080/requests?code=500")
        eventually("its errors spend the budget",
                   lambda: (self.slo(pod)["budget"]["spent_ratio"] or 0) > 0)

        slod.send_signal(signal.SIGTERM)
        grace = pod.spec["terminationGracePeriodSeconds"]
        self.assertLessEqual(grace, PATIENCE_SECONDS)
        self.assertEqual(slod.wait(grace), 0, pod.log())
        events = [json.loads(line) for line in pod.log().splitlines()]
        self.assertEqual(events[-1]["msg"], "stopped", pod.log())
        self.assertTrue(events[-1]["state_stored"])
        self.assertNotIn("error", [event["level"] for event in events], pod.log())

    def ask(self, pod, path):
        """(status, answer)"""
        done = pod.inside("curl", "-s", "-w", "\n%{http_code}", f"http://127.0.0.1:9750/{path}")
        body, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(body) if body else None

    def slo(self, pod):
        return self.ask(pod, "api/v1/slos/app/availability")[1]


if __name__ == "__main__":
    unittest.main()
