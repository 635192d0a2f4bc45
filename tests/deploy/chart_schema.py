"""The schemas of the charts' values hold that of slod's configuration, so that helm refuses a
misspelt key of either. Run as a program, writes it there anew; helm_test.py says when to do so."""

import json
import pathlib

_REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
_CONFIGURATION = _REPOSITORY / "config/slod.schema.json"
_MARK = '  "$defs": '
FILES = sorted(_REPOSITORY.glob("deploy/helm/*/values.schema.json"))


def expected(file):
    """What the file of a chart should be."""
    own, _, _ = file.read_text().partition(_MARK)
    definitions = json.loads(_CONFIGURATION.read_text())["$defs"]
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(definition)}"
                       for name, definition in sorted(definitions.items()))
    return f"{own}{_MARK}{{\n{lines}\n  }}\n}}\n"


if __name__ == "__main__":
    for path in FILES:
        path.write_text(expected(path))
