"""Runs containers of a rendered manifest as the kubelet would: one network for the pod with nothing
but loopback, ConfigMaps and Secrets laid out as files behind symbolic links, a read-only root, the
manifest's user, its exact arguments, and its probes asked as they stand there."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from slod import PROGRAM, eventually, start_program, temporary_folder

HERE = pathlib.Path(__file__).resolve().parent
ENTRYPOINT = "/usr/bin/slod"  # the Dockerfile's

_PAUSE = """
import fcntl, signal, socket, struct
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 1))   # loopback up
print("up", flush=True)
signal.pause()
"""


def root_of_host(test):
    """A root folder with the tested program, and the libraries of this machine to mount into it."""
    root = temporary_folder(test) / "root"
    for folder in ("usr/bin", "usr/lib", "usr/share/zoneinfo", "etc/ssl", "etc/slod",
                   "var/lib/slod", "run/secrets/slod", "tmp"):
        (root / folder).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    root.parent.chmod(0o755)
    shutil.copy2(PROGRAM, root / "usr/bin/slod")
    for library in ("lib", "lib64"):
        if pathlib.Path("/", library).is_symlink():
            (root / library).symlink_to("usr/" + library)
            (root / "usr" / library).mkdir(exist_ok=True)
    mounts = [[folder, folder, "ro"] for folder in
              ("/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/etc/ssl")
              if os.path.isdir(folder) and (root / folder[1:]).is_dir()]
    return root, mounts


class Network:
    """A network with nothing but loopback, for as long as the test runs. Skips the test where there
    can be none."""

    def __init__(self, test):
        if os.geteuid() != 0 or subprocess.run(["unshare", "--net", "--mount", "true"],
                                               stderr=subprocess.DEVNULL).returncode != 0:
            test.skipTest("expected root with namespaces for networks and mounts, to run a "
                          "container as it stands; found none")
        log = temporary_folder(test) / "log"
        self.pid = start_program(test, ["unshare", "--net", sys.executable, "-c", _PAUSE], log).pid
        eventually("the network is there", lambda: "up" in log.read_text())


class Pod:
    """A pod of `workload`, a value of a rendered manifest, beside the other `documents` of it.
    `files` are the contents of Secrets: {secret: {file: text}}."""

    def __init__(self, test, workload, documents, files):
        self.test = test
        self.network = Network(test)
        self.spec = workload["spec"]["template"]["spec"]
        self.documents = documents
        self.files = files
        self.folder = temporary_folder(test)
        self.folder.chmod(0o755)
        self.volumes = {}

    def inside(self, *command, **options):
        """A finished command that runs in the pod's network."""
        return subprocess.run(["nsenter", f"--net=/proc/{self.network.pid}/ns/net",
                               *map(str, command)], capture_output=True, text=True, timeout=30,
                              stdin=subprocess.DEVNULL, **options)

    def start(self, command, log):
        """A process that runs in the pod's network, with this machine's files."""
        return start_program(self.test, ["nsenter", f"--net=/proc/{self.network.pid}/ns/net",
                                         *command], log)

    def container(self, name):
        return next(c for c in self.spec["containers"] if c["name"] == name)

    def run(self, name, root, mounts=()):
        """Starts a container with the folder `root` as its root and its manifest's mounts."""
        container = self.container(name)
        security = {**self.spec.get("securityContext", {}), **container["securityContext"]}
        self.test.assertTrue(security["readOnlyRootFilesystem"])
        mounts = [*mounts, *([self.volume(m["name"]), m["mountPath"],
                              "ro" if m.get("readOnly") else "rw"]
                             for m in container["volumeMounts"])]
        command = container.get("command", [ENTRYPOINT]) + container["args"]
        specification = self.folder / f"{name}.json"
        specification.write_text(json.dumps({
            "root": str(root), "mounts": mounts, "network": self.network.pid, "command": command,
            "uid": security["runAsUser"], "gid": security["runAsGroup"],
            "groups": [security["fsGroup"]] if "fsGroup" in security else []}))
        self.log_file = self.folder / f"{name}.log"
        return start_program(self.test, [sys.executable, HERE / "container.py", specification],
                             self.log_file)

    def log(self):
        return self.log_file.read_text()

    def volume(self, name):
        """The folder of a volume of the pod, made as the kubelet makes it."""
        if name not in self.volumes:
            folder = self.folder / name
            folder.mkdir()
            volume = next((v for v in self.spec["volumes"] if v["name"] == name), {})
            if "configMap" in volume:
                self.lay_out(folder, self.config_map(volume["configMap"]["name"]), 0o644)
            elif "secret" in volume:
                self.lay_out(folder, self.files[volume["secret"]["secretName"]],
                             volume["secret"]["defaultMode"])
            else:  # an emptyDir or a claim: writable by the group of the pod
                os.chown(folder, 0, self.group())
                folder.chmod(0o2777 if self.group() else 0o777)
            self.volumes[name] = str(folder)
        return self.volumes[name]

    def group(self):
        """The group of the pod's volumes."""
        return self.spec["securityContext"].get("fsGroup", 0)

    def config_map(self, name):
        return next(d["data"] for d in self.documents
                    if d["kind"] == "ConfigMap" and d["metadata"]["name"] == name)

    def lay_out(self, folder, files, mode):
        data = folder / "..2026_11_25_10_00_00.1"
        data.mkdir()
        (folder / "..data").symlink_to(data.name)
        for name, text in files.items():
            (data / name).write_text(text)
            os.chown(data / name, 0, self.group())
            (data / name).chmod(mode)
            (folder / name).symlink_to(f"..data/{name}")

    def probe(self, name, kind):
        """Whether an HTTP probe of a container succeeds: status 200 to 399 at its path and port."""
        container = self.container(name)
        get = container[kind]["httpGet"]
        port = next(p["containerPort"] for p in container["ports"] if p["name"] == get["port"])
        done = self.inside("curl", "-s", "-o", os.devnull, "-w", "%{http_code}", "-m",
                           container[kind].get("timeoutSeconds", 1),
                           f"http://127.0.0.1:{port}{get['path']}")
        return bool(re.fullmatch(r"[23]\d\d", done.stdout))
