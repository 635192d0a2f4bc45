"""Real peers that the tests run: Debian's Prometheus, node exporter and Alertmanager, where
`scripts/setup.sh test` unpacked them, or where PATH has them."""

import os
import pathlib
import shutil

from slod import ask, eventually, free_port, start_program, temporary_folder

FOLDER = pathlib.Path(os.environ.get("SLOD_PEERS") or
                      pathlib.Path(__file__).resolve().parents[2] / "build/peers")


def program(test, name):
    """The path of a peer's program; skips the test where there is none."""
    unpacked = FOLDER / "usr/bin" / name
    found = str(unpacked) if unpacked.exists() else shutil.which(name)
    if not found:
        test.skipTest(f"expected {name} in {unpacked.parent} (scripts/setup.sh test puts it "
                      f"there) or on PATH, found neither")
    return found


class Peer:
    """A process of a peer on a port of its own, with a folder that outlives its restarts."""

    def __init__(self, test, name, configuration=""):
        self.test = test
        self.program = program(test, name)
        self.folder = temporary_folder(test)
        self.config_file = self.folder / "config.yml"
        self.config_file.write_text(configuration)
        self.log_file = self.folder / "log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def arguments(self):
        """What its command line has beside the program."""
        return []

    def start(self, ready="/-/ready"):
        self.process = start_program(self.test, [self.program, *self.arguments()], self.log_file,
                                     FOLDER if FOLDER.exists() else None)

        def is_ready():
            if self.process.poll() is not None:
                raise AssertionError(f"{self.program} ended:\n{self.log_file.read_text()}")
            try:
                return ask(self.url + ready)[0] == 200
            except OSError:
                return False

        eventually(f"{self.program} is ready", is_ready)
        return self

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Prometheus(Peer):
    """Reads the targets ({job: port})."""

    def __init__(self, test, targets, interval="1s", path="/metrics"):
        jobs = "".join(f"  - job_name: {job}\n    metrics_path: {path}\n    static_configs: "
                       f"[{{targets: ['127.0.0.1:{port}']}}]\n" for job, port in targets.items())
        super().__init__(test, "prometheus",
                         f"global: {{scrape_interval: {interval}, scrape_timeout: {interval}}}\n"
                         f"scrape_configs:\n{jobs}")

    def arguments(self):
        return [f"--config.file={self.config_file}", f"--storage.tsdb.path={self.folder}/data",
                f"--web.listen-address=127.0.0.1:{self.port}"]

    def value(self, expression):
        """The first value of an instant query; None where there is none."""
        _, answer = ask(f"{self.url}/api/v1/query?query={expression}")
        result = answer["data"]["result"]
        return float(result[0]["value"][1]) if result else None


class NodeExporter(Peer):
    def __init__(self, test):
        super().__init__(test, "prometheus-node-exporter")

    def arguments(self):
        return [f"--web.listen-address=127.0.0.1:{self.port}"]


class Alertmanager(Peer):
    """Sends what it is told on to a webhook at once."""

    def __init__(self, test, hook_url):
        super().__init__(test, "prometheus-alertmanager", f"""
route: {{receiver: hook, group_wait: 10ms, group_interval: 200ms, group_by: [alertname]}}
receivers:
  - name: hook
    webhook_configs: [{{url: '{hook_url}', send_resolved: true}}]
""")

    def arguments(self):
        return [f"--config.file={self.config_file}", f"--storage.path={self.folder}/data",
                f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="]
