"""The image that the Dockerfile makes: what is in it, how it runs, and that the sidecar's container
runs from it as it does from the program."""

import json
import pathlib
import re
import sys
import unittest

from image import Image
from kubernetes_test import SECRETS, Sidecar, overlay
from manifests import REPOSITORY, one, parse, run
from pod import ENTRYPOINT, HERE, Pod
from slod import eventually, temporary_folder


class ForAll(unittest.TestCase):
    """A test in the name of all tests of a class: what it cleans up, it does after the last."""

    def __init__(self, of):
        super().__init__("run")
        self.addCleanup = of.addClassCleanup


class Built(Sidecar):
    """Inherits the test that runs the sidecar; here its root is the image's."""

    image = None

    @classmethod
    def setUpClass(cls):
        cls.image = Image(ForAll(cls))

    def root(self):
        return self.image.root, []

    def test_says_what_it_is(self):
        settings = self.image.settings()
        self.assertEqual(settings["Entrypoint"], [ENTRYPOINT])
        self.assertEqual(settings["User"], "9750:9750")
        self.assertEqual(settings["Healthcheck"]["Test"], ["CMD", ENTRYPOINT, "status"])
        self.assertIn("/var/lib/slod", settings["Volumes"])
        version = re.search(r"project\(slod VERSION (\S+)",
                            (REPOSITORY / "CMakeLists.txt").read_text()).group(1)
        labels = {key.removeprefix("org.opencontainers.image."): value
                  for key, value in settings["Labels"].items()}
        self.assertEqual((labels["title"], labels["version"], labels["revision"],
                          labels["licenses"]), ("slod", version, "0123abc", "Apache-2.0"))
        size, base = self.image.size("localhost/slod:test"), self.image.base_bytes
        print(f"\nimage: {size / 1e6:.0f} MB unpacked, of which Debian's base {base / 1e6:.0f} MB "
              f"and slod with its libraries {(size - base) / 1e6:.0f} MB", file=sys.stderr)

    def test_has_what_it_needs_and_no_more(self):
        done = self.image.inside("/usr/bin/ldd", ENTRYPOINT)
        self.assertEqual((done.returncode, "not found" in done.stdout), (0, False), done.stdout)
        needed = set(re.findall(r"^\s+(\S+) =>", done.stdout, re.MULTILINE))
        installed = self.packages_of_dockerfile()
        root = pathlib.Path(self.image.root)
        for package in installed - {"tzdata", "ca-certificates"}:
            listed, = (root / "var/lib/dpkg/info").glob(f"{package}*.list")
            files = {file.rpartition("/")[2] for file in listed.read_text().split()}
            self.assertTrue(needed & files,
                            f"{package}: slod needs none of its files")
        self.assertIn("CLI11", (root / "usr/share/doc/slod/copyright").read_text())
        for absent in ("usr/bin/clang++-19", "usr/bin/cc", "usr/bin/make", "usr/bin/python3",
                       "src", "usr/bin/cmake"):
            self.assertFalse((root / absent).exists(), absent)
        self.assertEqual(list((root / "var/lib/apt/lists").glob("*")), [])
        self.assertNotIn(".symtab", self.sections(root / "usr/bin/slod"))

    def packages_of_dockerfile(self):
        text = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", " ")
        return set(re.search(r"apt-get install -q -y --no-install-recommends\s+(.*?)\s+&&",
                             text).group(1).split())

    def sections(self, program):
        return run("readelf", "--section-headers", program).stdout

    def test_runs_and_is_healthy(self):
        self.assertEqual(self.image.inside(ENTRYPOINT, "version").stdout.split()[0], "slod")
        self.assertEqual(self.image.inside("/usr/bin/id", "-u").stdout.strip(), "9750")

    def test_says_what_is_wrong_where_nothing_was_mounted(self):
        done = self.image.inside(ENTRYPOINT, *self.image.settings()["Cmd"])
        self.assertEqual(done.returncode, 1)
        self.assertIn("/etc/slod", done.stderr)

    def test_its_health_check_follows_the_daemon(self):
        documents = parse(self, overlay(self, "sidecar"))
        pod = Pod(self, one(documents, "Deployment"), documents, SECRETS)
        check = self.image.settings()["Healthcheck"]["Test"][1:]
        outside = temporary_folder(self) / "check.json"
        outside.write_text(json.dumps({"root": self.image.root, "mounts": [], "gid": 9750,
                                       "network": pod.network.pid, "uid": 9750, "groups": [],
                                       "command": check}))

        def health():
            return run(sys.executable, HERE / "container.py", outside).returncode

        self.assertEqual(health(), 3)
        slod = pod.run("slod", self.image.root)
        eventually("it is healthy", lambda: health() == 0)
        slod.terminate()
        slod.wait()
        self.assertEqual(health(), 3)


del Sidecar  # runs in its own module

if __name__ == "__main__":
    unittest.main()
