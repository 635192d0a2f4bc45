"""What .dockerignore lets into the build of the image is enough to configure it."""

import shutil
import unittest

from manifests import REPOSITORY, run
from slod import temporary_folder


def copy_context(folder):
    """Copies what `docker build` sees of the repository."""
    everything, *wanted = [line for line in (REPOSITORY / ".dockerignore").read_text().splitlines()
                           if line and not line.startswith("#")]
    assert everything == "*" and all(line.startswith("!") for line in wanted)
    for path in (line[1:] for line in wanted):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        source = REPOSITORY / path
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, folder / path)


class Context(unittest.TestCase):
    def test_is_enough_to_configure_the_build(self):
        folder = temporary_folder(self)
        copy_context(folder)
        done = run("cmake", "--preset", "release", "-D", "SLOD_TESTS=OFF", "-D",
                   "SLOD_BENCHMARKS=OFF", cwd=folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
