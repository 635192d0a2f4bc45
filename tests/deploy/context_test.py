"""What .dockerignore lets into the build of the image is all that the build reads."""

import pathlib
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
    def test_has_every_file_that_the_build_names(self):
        folder = temporary_folder(self)
        copy_context(folder)
        done = run("cmake", "--preset", "release", "-D", "SLOD_TESTS=OFF", "-D",
                   "SLOD_BENCHMARKS=OFF", cwd=folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        named = run("ninja", "-C", folder / "build/release", "-t", "inputs", "slod")
        sources = [line for line in named.stdout.splitlines()
                   if line.startswith(str(folder)) and "/build/release/" not in line]
        self.assertGreater(len(sources), 100, named.stderr)
        self.assertEqual([path for path in sources if not pathlib.Path(path).exists()], [])


if __name__ == "__main__":
    unittest.main()
