"""The schema of the chart's values holds that of slod's configuration, so that helm refuses a
misspelt key of either. Without arguments, writes it there anew; helm_test.py says when to do so."""

import json
import pathlib

_REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
_VALUES = _REPOSITORY / "deploy/helm/slod/values.schema.json"
_CONFIGURATION = _REPOSITORY / "config/slod.schema.json"
_MARK = '  "$defs": '


def expected():
    """What the file of the chart should be."""
    own, _, _ = _VALUES.read_text().partition(_MARK)
    definitions = json.loads(_CONFIGURATION.read_text())["$defs"]
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(definition)}"
                       for name, definition in sorted(definitions.items()))
    return f"{own}{_MARK}{{\n{lines}\n  }}\n}}\n"


def found():
    return _VALUES.read_text()


if __name__ == "__main__":
    _VALUES.write_text(expected())
