"""Renders deploy/kubernetes and deploy/helm, and gives what was rendered to the models of the
Kubernetes API and to the validation of Kubernetes itself. Tools that are no Debian packages are those that `make deploy-tools` built into
build/tools, or those on PATH; a test that misses one says so."""

import os
import pathlib
import shutil
import subprocess

from slod import temporary_folder

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
TOOLS = pathlib.Path(os.environ.get("SLOD_TOOLS") or REPOSITORY / "build/tools")
KUBERNETES = REPOSITORY / "deploy/kubernetes"
CHART = REPOSITORY / "deploy/helm/slod"
LIBRARY = REPOSITORY / "deploy/helm/slod-sidecar"


def tool(test, name, hint):
    """The path of a tool; skips the test where there is none."""
    built = TOOLS / name
    found = str(built) if built.exists() else shutil.which(name)
    if not found:
        test.skipTest(f"expected {name} in {TOOLS} or on PATH, found neither; {hint}")
    return found


def run(*command, patience=120, **options):
    """A finished command: returncode, stdout and stderr. `patience` is in seconds."""
    return subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          stdin=None if "input" in options else subprocess.DEVNULL,
                          timeout=patience, **options)


def kustomize(test, folder):
    """What `kubectl kustomize` makes of a folder, as text."""
    done = run(tool(test, "kubectl", "install kubectl"), "kustomize", folder)
    test.assertEqual(done.returncode, 0, done.stderr)
    return done.stdout


def parse(test, text):
    """The documents of a rendered manifest."""
    try:
        import yaml
    except ImportError:
        test.skipTest("expected Python's module yaml (Debian's python3-yaml), found none")
    return [document for document in yaml.safe_load_all(text) if document]


def one(documents, kind, name=None):
    """The one document of this kind (and name)."""
    found = [d for d in documents
             if d["kind"] == kind and (name is None or d["metadata"]["name"] == name)]
    assert len(found) == 1, f"expected one {kind} {name or ''}, found {len(found)}"
    return found[0]


def model_findings(test, text, by_rules=True):
    """What the models of the Kubernetes API say against a manifest, and rules.py."""
    parse(test, "")
    import models
    try:
        models.load()
    except ImportError:
        test.skipTest("expected Debian's python3-kubernetes, found none: scripts/setup.sh test "
                      "installs it")
    count, lines = models.findings_of_text(text, by_rules)
    test.assertGreater(count + len(lines), 0, "expected documents, found none")
    return lines


def findings(test, text):
    """What the validation of Kubernetes says against a manifest, as lines."""
    program = tool(test, "validate", "make deploy-tools builds it, with Go")
    file = temporary_folder(test) / "manifest.yaml"
    file.write_text(text)
    done = run(program, file)
    test.assertIn(done.returncode, (0, 1), done.stderr)
    *lines, summary = done.stdout.splitlines()
    test.assertEqual(done.returncode == 0, not lines, summary)
    return [line.removeprefix(f"{file}: ") for line in lines]
