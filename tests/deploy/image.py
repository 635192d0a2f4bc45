"""Builds the image from the Dockerfile with buildah, without a registry: on a base that debootstrap
makes."""

import json
import os
import pathlib
import shutil

from manifests import REPOSITORY, run
from slod import temporary_folder

WHY_SKIPPED = ("the image is not built by `make test`, since it takes minutes and downloads "
               "Debian's base; `make image-test` does it")
MINUTES = 60  # seconds


class Image:
    """A built image, and the folder that a container of it has as its root."""

    def __init__(self, test):
        if os.environ.get("SLOD_IMAGE_TEST") != "1":
            test.skipTest(WHY_SKIPPED)
        # Whoever asked for this test wants the image built, so from here on nothing is skipped.
        if os.geteuid() != 0:
            test.fail("debootstrap and buildah need root: sudo make image-test")
        self.test = test
        self.buildah = self.program("buildah")
        self.debootstrap = self.program("debootstrap")
        self.folder = temporary_folder(test)
        self.folder.chmod(0o755)
        test.addCleanup(self.remove_storage)
        self.base_bytes = self.import_base()
        self.build()
        self.container = self.ask("from", "localhost/slod:test").strip()
        self.root = self.ask("mount", self.container).strip()

    def program(self, name):
        path = shutil.which(name)
        if not path:
            self.test.fail(f"{name} is not installed: scripts/setup.sh image installs it")
        return path

    def ask(self, *arguments, patience=10 * MINUTES):
        done = run(self.buildah, "--root", self.folder / "storage", "--runroot",
                   self.folder / "run", "--storage-driver", "vfs", *arguments,
                   patience=patience)
        self.test.assertEqual(done.returncode, 0, f"buildah {arguments}: {done.stderr[-3000:]}")
        return done.stdout

    def remove_storage(self):
        run(self.buildah, "--root", self.folder / "storage", "--runroot", self.folder / "run",
            "--storage-driver", "vfs", "umount", "--all")

    def import_base(self):
        """Debian's smallest system as localhost/base, without what slim images lack; its size."""
        root = self.folder / "base"
        done = run(self.debootstrap, "--variant=minbase", "bookworm", root, patience=10 * MINUTES)
        if done.returncode != 0:
            said = done.stdout[-500:] + done.stderr[-500:]
            self.test.fail(f"debootstrap made no base: {said}")
        for folder in ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info",
                       "var/cache/apt", "var/lib/apt/lists"):
            shutil.rmtree(root / folder, ignore_errors=True)
        (root / "etc/dpkg/dpkg.cfg.d/slim").write_text("".join(
            f"path-exclude=/usr/share/{name}/*\n" for name in ("doc", "man", "locale", "info")))
        container = self.ask("from", "scratch").strip()
        self.ask("add", "--quiet", container, root, "/")
        self.ask("commit", "--quiet", "--rm", "--format", "docker", container, "localhost/base")
        shutil.rmtree(root)
        return self.size("localhost/base")

    def build(self):
        self.ask("bud", "--format", "docker", "--isolation", "chroot", "--network", "host",
                 "--build-arg", "BASE=localhost/base", "--build-arg", "REVISION=0123abc",
                 "--tag", "localhost/slod:test", REPOSITORY, patience=40 * MINUTES)

    def size(self, name):
        """In bytes, unpacked."""
        manifest = json.loads(json.loads(self.ask("inspect", "--type", "image", name))["Manifest"])
        return sum(layer["size"] for layer in manifest["layers"])

    def settings(self):
        """What the image says of itself: user, command, labels and so on."""
        inspected = self.ask("inspect", "--type", "image", "localhost/slod:test")
        return json.loads(inspected)["Docker"]["config"]

    def inside(self, *command):
        """A finished command in a container of the image, as its user."""
        return run(self.buildah, "--root", self.folder / "storage", "--runroot",
                   self.folder / "run", "--storage-driver", "vfs", "run", "--isolation", "chroot",
                   "--network", "host", self.container, "--", *command)
