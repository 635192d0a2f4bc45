"""What files in deploy/ repeat, since neither Kustomize nor helm reads files outside of their folders:
slod's rules, and in the schemas of the charts' values that of slod's configuration, so that helm
refuses a misspelt key of either. Run as a program, writes them there anew; a test says when to do so."""

import json
import pathlib
import textwrap

_REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
_SCHEMA = _REPOSITORY / "config/slod.schema.json"
_RULES = _REPOSITORY / "config/rules/slod.yml"
_MARK = '  "$defs": '
_PROMETHEUS_RULE = """\
# The rules of config/rules/slod.yml: slod watched by the cluster's Prometheus. Needs the Prometheus
# Operator, and where Prometheus selects rules by a label (kube-prometheus-stack: release), that too.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: slod
  labels: {app.kubernetes.io/name: slod}
spec:
"""


def _values_schema(file):
    own, _, _ = file.read_text().partition(_MARK)
    definitions = json.loads(_SCHEMA.read_text())["$defs"]
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(definition)}"
                       for name, definition in sorted(definitions.items()))
    return f"{own}{_MARK}{{\n{lines}\n  }}\n}}\n"


def _prometheus_rule():
    _, groups, rules = _RULES.read_text().partition("groups:\n")
    return _PROMETHEUS_RULE + textwrap.indent(groups + rules, "  ")


def expected():
    """{file: what it should be}"""
    schemas = sorted(_REPOSITORY.glob("deploy/helm/*/values.schema.json"))
    return {**{file: _values_schema(file) for file in schemas},
            _REPOSITORY / "deploy/helm/slod/rules.yml": _RULES.read_text(),
            _REPOSITORY / "deploy/kubernetes/components/alerts/prometheusrule.yaml":
                _prometheus_rule()}


if __name__ == "__main__":
    for path, text in expected().items():
        path.write_text(text)
