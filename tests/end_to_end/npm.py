"""Packages of npm that optional tests use, installed below build/."""

import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
INSTALL_SECONDS = 90


def install(test, name):
    """The folder in build/ with what HERE/name holds and the packages that its lock file names;
    skips the test where they cannot be had."""
    if not shutil.which("npm") or not shutil.which("node"):
        test.skipTest("expected node and npm on PATH, found not both")
    installed = HERE.parents[1] / "build" / name
    installed.mkdir(parents=True, exist_ok=True)
    lock = (HERE / name / "package-lock.json").read_bytes()
    done = installed / "node_modules/installed-from.json"
    for file in (HERE / name).iterdir():
        shutil.copy(file, installed)
    if done.exists() and done.read_bytes() == lock:
        return installed
    try:
        npm = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                             cwd=installed, capture_output=True, text=True, check=False,
                             timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        test.skipTest(f"npm could not install {name} within {INSTALL_SECONDS} s")
    if npm.returncode != 0:
        test.skipTest(f"npm could not install {name}: {npm.stderr[-300:]}")
    done.write_bytes(lock)
    return installed
