"""The commands of docs/kubernetes.md and docs/container.md, run as they stand there. kubectl, helm,
docker and slod are stand-ins (stand_in.py): what would be applied is rendered and validated,
Secrets are made by kubectl itself, and what is executed in a pod or container runs in one."""

import json
import os
import pathlib
import re
import sys
import unittest

import chart
import peers
from manifests import REPOSITORY, TOOLS, one, parse, run, tool
from pod import HERE, Network, Pod, root_of_host
from slod import PROGRAM, eventually, temporary_folder

PAGE = (REPOSITORY / "docs/kubernetes.md").read_text()
CONTAINER = (REPOSITORY / "docs/container.md").read_text()
CLUSTER, SIDECAR, HELM = (PAGE.index(f"\n## {title}") for title in (
    "One slod for the cluster", "slod beside an application", "With Helm"))


def blocks(language, begin=0, end=None, page=PAGE):
    return re.findall(rf"^```{language}\n(.*?)^```$", page[begin:end], re.MULTILINE | re.DOTALL)


class Commands(unittest.TestCase):
    def setUp(self):
        """A folder like the repository's, with stand-ins first on PATH."""
        self.folder = temporary_folder(self)
        self.applied = self.folder / "applied"
        self.applied.mkdir()
        (self.folder / "deploy").symlink_to(REPOSITORY / "deploy")
        (self.folder / "slack-webhook.txt").write_text("http://127.0.0.1:9000/slack\n")
        programs = self.folder / "bin"
        programs.mkdir()
        for name in ("kubectl", "helm", "docker", "slod"):
            stand_in = programs / name
            stand_in.write_text(
                f'#!/bin/sh\nexec {sys.executable} {HERE}/stand_in.py {name} "$@"\n')
            stand_in.chmod(0o755)
        self.environment = {
            "PATH": f"{programs}:{os.environ['PATH']}", "APPLIED": str(self.applied),
            "KUBECTL": tool(self, "kubectl", "install kubectl"), "TOOLS": str(TOOLS),
            "SLOD": PROGRAM, "POD": "", "SLOD_BINARY": PROGRAM,
            "PYTHONPATH": os.environ["PYTHONPATH"]}

    def shell(self, text):
        done = run("bash", "-euo", "pipefail", "-c", text, cwd=self.folder, env=self.environment)
        self.assertEqual(done.returncode, 0, f"{text}\n{done.stdout}{done.stderr}")
        return done.stdout

    def documents(self):
        return parse(self, "\n---\n".join(file.read_text() for file in
                                          sorted(self.applied.glob("*.yaml"))))

    def secrets(self, documents):
        import base64
        return {secret["metadata"]["name"]: {name: base64.b64decode(text).decode()
                                             for name, text in secret["data"].items()}
                for secret in documents if secret["kind"] == "Secret"}

    def start_pod(self, kind):
        documents = self.documents()
        pod = Pod(self, one(documents, kind), documents, self.secrets(documents))
        self.environment["POD"] = str(pod.network.pid)
        return pod

    def start_slod(self, pod, hosts):
        root, mounts = root_of_host(self)
        (root / "etc/hosts").write_text("127.0.0.1 localhost " + " ".join(hosts) + "\n")
        self.slod = pod.run("slod", root, mounts)
        eventually("slod is ready", lambda: (self.assertIsNone(self.slod.poll(), pod.log()),
                                             pod.probe("slod", "livenessProbe"))[1])

    def split(self, begin, end):
        """The commands up to the rollout, and those after it."""
        text = "".join(blocks("sh", begin, end))
        return re.fullmatch(r"(.*rollout status[^\n]*\n)(.*)", text, re.DOTALL).groups()

    def test_of_the_image(self):
        self.shell("".join(blocks("sh", 0, CLUSTER)))

    def test_of_the_cluster(self):
        before, after = self.split(CLUSTER, SIDECAR)
        self.shell(before)
        pod = self.start_pod("StatefulSet")
        pod.start([sys.executable, HERE / "app.py"], pod.folder / "app.log")
        self.start_prometheus(pod)
        self.start_slod(pod, ["prometheus-operated.monitoring.svc"])
        eventually("Prometheus has series for the SLO", lambda: self.slo(pod, "api")[
            "evidence_age_seconds"] is not None)
        self.assertIn("is ready", self.shell(after))

    def start_prometheus(self, pod):
        """The cluster's Prometheus, which reads the application and says where it is from."""
        config = pod.folder / "prometheus.yml"
        config.write_text("global: {scrape_interval: 1s}\nscrape_configs:\n"
                          "  - job_name: app\n    static_configs: [{targets: ['127.0.0.1:8080'], "
                          "labels: {namespace: shop, service: api}}]\n")
        pod.start([peers.program(self, "prometheus"), f"--config.file={config}",
                   f"--storage.tsdb.path={pod.folder}/data", "--web.listen-address=127.0.0.1:9090"],
                  pod.folder / "prometheus.log")
        eventually("Prometheus has read the application", lambda: '"value"' in pod.inside(
            "curl", "-s", "http://127.0.0.1:9090/api/v1/query?query=http_requests_total").stdout)

    def slo(self, pod, service):
        return json.loads(pod.inside(
            "curl", "-s", f"http://127.0.0.1:9750/api/v1/slos/{service}/availability").stdout)

    def test_of_the_sidecar(self):
        before, after = self.split(SIDECAR, HELM)
        self.shell(before)
        pod = self.start_pod("Deployment")
        pod.start([sys.executable, HERE / "app.py"], pod.folder / "app.log")
        self.start_slod(pod, [])
        eventually("the application was read", lambda: self.slo(pod, "app")["total"])
        self.assertIn("is ready", self.shell(after))

    def test_of_the_container(self):
        show, detached, ask_and_stop = blocks("sh", page=CONTAINER)
        self.assertIn("A web shop", self.in_container(show))
        (self.folder / "slod").mkdir()
        (self.folder / "slod/slod.yaml").write_text("services: []\n")
        self.in_container(detached)
        eventually("it serves", lambda: "msg=serving" in (self.applied / "slod.log").read_text())
        self.assertIn("is ready", self.shell(ask_and_stop))
        self.assertIn("state_stored=true", (self.applied / "slod.log").read_text())

    def in_container(self, text):
        """What the commands print, with a network and a root folder for containers of their own."""
        network = Network(self)
        root, mounts = root_of_host(self)
        self.environment |= {"POD": str(network.pid), "ROOT": str(root),
                             "MOUNTS": json.dumps(mounts)}
        return self.shell(text)

    def test_of_helm(self):
        self.environment["RENDERER"] = chart.renderer(self)
        values, *excerpts = blocks("yaml", HELM)
        (self.folder / "my-values.yaml").write_text(values)
        files = [file.read_text() for file in (HERE / "shop-chart").rglob("*.yaml")]
        self.assertEqual([e for e in excerpts if not any(e in file for file in files)], [])
        self.assertEqual(len(excerpts), 3)
        self.shell("".join(blocks("sh", HELM)))
        self.assertEqual(one(self.documents(), "StatefulSet")["metadata"]["name"], "slod")


if __name__ == "__main__":
    unittest.main()
