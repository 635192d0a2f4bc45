"""Renders a Helm chart: by helm or, where there is none, by template/main.go, which Go builds from
Debian's packages, after the values were checked against the chart's schema."""

import json
import os
import pathlib
import shutil
import subprocess

from manifests import TOOLS, run

KUBERNETES_VERSION = "1.36.0"
_SOURCE = pathlib.Path(__file__).resolve().parent / "template/main.go"
_PACKAGES = pathlib.Path("/usr/share/gocode")
REFUSED = "values don't meet the specifications of the schema"


def renderer(test):
    """The path of helm or of the program that stands in for it; skips the test where neither is."""
    return helm() or stand_in(test)


def helm():
    built = TOOLS / "helm"
    return str(built) if built.exists() else shutil.which("helm")


def stand_in(test):
    """Builds the program, unless it was built already."""
    program = TOOLS / "template"
    if program.exists() and program.stat().st_mtime > _SOURCE.stat().st_mtime:
        return str(program)
    if not shutil.which("go") or not (_PACKAGES / "src/github.com/Masterminds/sprig").is_dir():
        test.skipTest("expected helm (make deploy-tools builds it), or Go and Debian's "
                      "golang-github-masterminds-sprig-dev and golang-k8s-sigs-yaml-dev, found "
                      "neither")
    TOOLS.mkdir(parents=True, exist_ok=True)
    fresh = TOOLS / f"template.{os.getpid()}"  # another test may build it at the same time
    done = run("go", "build", "-o", fresh, _SOURCE.name, cwd=_SOURCE.parent,
               env={**os.environ, "GO111MODULE": "off", "GOFLAGS": "", "GOPATH": str(_PACKAGES)})
    test.assertEqual(done.returncode, 0, done.stderr)
    fresh.replace(program)
    return str(program)


def render(program, chart, release, namespace, values_file):
    """The finished rendering of the chart in a folder, by helm or what stands in for it."""
    if pathlib.Path(program).name == "helm":
        return run(program, "template", release, chart, "--kube-version", KUBERNETES_VERSION,
                   "--namespace", namespace, "--values", values_file)
    given = yaml_of(values_file)
    refused = [why for folder, own in _charts(chart, given) for why in _refused(folder, own)]
    if refused:
        return subprocess.CompletedProcess(program, 1, "", f"{REFUSED}: {'; '.join(refused)}")
    return run(program, chart, release, namespace, values_file)


def yaml_of(file):
    import yaml
    return yaml.safe_load(pathlib.Path(file).read_text())


def _charts(chart, given):
    """(folder, values) of a chart and of the libraries in it."""
    values = _merged(yaml_of(pathlib.Path(chart) / "values.yaml"), given)
    yield chart, values
    for library in pathlib.Path(chart).glob("charts/*"):
        yield library, _merged(yaml_of(library / "values.yaml"), values.get(library.name, {}))


def _refused(chart, values):
    """What the schema of a chart says against its values, if it has one."""
    import jsonschema
    file = pathlib.Path(chart) / "values.schema.json"
    schema = json.loads(file.read_text()) if file.exists() else {}
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
            for error in jsonschema.Draft7Validator(schema).iter_errors(values)]


def _merged(defaults, given):
    merged = dict(defaults)
    for key, value in given.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return {key: value for key, value in merged.items() if value is not None}
