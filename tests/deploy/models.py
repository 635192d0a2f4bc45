"""Validates Kubernetes manifests against the models of Debian's python3-kubernetes, which are made
from the OpenAPI schemas of the Kubernetes API (1.22): a key that is unknown or there twice, a value
of another type, and a missing required one are findings. What the models do not say (how names
look, what must fit together) is in rules.py.

  models.py FILE...    prints one line a finding; exit 0, 1 on a finding, 2 where nothing was read"""

import re
import sys

sys.path.append("/usr/lib/python3/dist-packages")  # for a Python that is not Debian's own

import yaml

# Fields that are newer than the models, and in which version of the API they came.
_NEWER = {
    "V1StatefulSetSpec": {  # 1.23
        "persistentVolumeClaimRetentionPolicy": "_V1RetentionPolicy"}}
_RETENTION = {"whenDeleted": "str", "whenScaled": "str"}

# Kinds of the Prometheus Operator are in no model; this is as much of them as is used here.
_OWN = {
    "_V1RetentionPolicy": _RETENTION,
    "_ServiceMonitor": {"apiVersion": "str", "kind": "str", "metadata": "V1ObjectMeta",
                        "spec": "_ServiceMonitorSpec"},
    "_ServiceMonitorSpec": {"selector": "V1LabelSelector", "endpoints": "list[_Endpoint]"},
    "_Endpoint": {"port": "str", "path": "str", "interval": "str", "honorLabels": "bool"},
    "_PrometheusRule": {"apiVersion": "str", "kind": "str", "metadata": "V1ObjectMeta",
                        "spec": "_PrometheusRuleSpec"},
    "_PrometheusRuleSpec": {"groups": "list[_RuleGroup]"},
    "_RuleGroup": {"name": "str", "interval": "str", "rules": "list[_Rule]"},
    "_Rule": {"alert": "str", "expr": "str", "for": "str", "labels": "dict(str, str)",
              "annotations": "dict(str, str)"}}
_OWN_KINDS = {("monitoring.coreos.com/v1", kind): f"_{kind}"
              for kind in ("ServiceMonitor", "PrometheusRule")}

# Texts that the API reads as quantities, which may be written as numbers as well.
_QUANTITIES = {("V1ResourceRequirements", "limits"), ("V1ResourceRequirements", "requests"),
               ("V1EmptyDirVolumeSource", "sizeLimit")}
_QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei)?")
_SCALARS = {"str": str, "bool": bool, "int": int}


def load():
    """The package `kubernetes.client`. Raises ImportError where there is none."""
    import kubernetes.client
    return kubernetes.client


class _Loader(yaml.SafeLoader):
    """Refuses a key that is there twice."""


def _mapping(loader, node):
    keys = [loader.construct_object(key) for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise yaml.YAMLError(f"key {key!r} is there twice, in line {node.start_mark.line + 1}")
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def documents_of(text):
    """(documents, findings) of a manifest."""
    try:
        return [d for d in yaml.load_all(text, _Loader) if d is not None], []
    except yaml.YAMLError as error:
        return [], [str(error)]


def findings_of(document):
    """What the models say against one document, as lines."""
    if not isinstance(document, dict):
        return [f"expected a mapping, found {type(document).__name__}"]
    api_version, kind = document.get("apiVersion"), document.get("kind")
    model = _model_of(api_version, kind)
    if model is None:
        return [f"no kind {kind!r} in {api_version!r}"]
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return [f"{kind} {name}: {finding}" for finding in _walk(model, document, "")]


def _snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _model_of(api_version, kind):
    """The name of the model of a kind; None where the API has no such kind in that group."""
    if (api_version, kind) in _OWN_KINDS:
        return _OWN_KINDS[api_version, kind]
    found = re.fullmatch(r"(?:([a-z]+)[a-z0-9.]*/)?(v[0-9]+)", str(api_version))
    if not found:
        return None
    client = load()
    api = getattr(client, f"{(found[1] or 'core').title()}{found[2].title()}Api", None)
    verbs = ("create", "create_namespaced")
    if not any(hasattr(api, f"{verb}_{_snake(str(kind))}") for verb in verbs):
        return None
    return f"{found[2].title()}{kind}"


def _fields_of(model):
    """({key: type}, required keys) of a model."""
    if model in _OWN:
        return _OWN[model], set()
    cls = getattr(load().models, model)
    fields = {cls.attribute_map[name]: kind for name, kind in cls.openapi_types.items()}
    required = {cls.attribute_map[name] for name in fields_required(cls)}
    return {**fields, **_NEWER.get(model, {})}, required


def fields_required(cls):
    """The attributes of a model that refuse to be None."""
    model = cls.__new__(cls)
    model.local_vars_configuration = load().Configuration()
    for name in cls.openapi_types:
        try:
            setattr(model, name, None)
        except ValueError:
            yield name


def _walk(kind, value, path):
    """What is wrong with a value that should be of the kind `kind`, as the models call it."""
    if container := re.fullmatch(r"list\[(.+)\]|dict\(str, (.+)\)", kind):
        yield from _walk_container(container[1], container[2], value, path)
    elif kind in _SCALARS:
        # A bool is an int in Python only.
        if not isinstance(value, _SCALARS[kind]) or (kind == "int" and isinstance(value, bool)):
            yield f"{path}: expected {kind}, found {value!r}"
    elif kind == "object":  # int-or-string: of ports, of shares
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            yield f"{path}: expected a number or a text, found {value!r}"
    elif kind == "quantity":
        if isinstance(value, bool) or not _QUANTITY.fullmatch(str(value)):
            yield f"{path}: expected a quantity such as 64Mi, found {value!r}"
    else:
        yield from _walk_model(kind, value, path)


def _walk_container(of_list, of_mapping, value, path):
    expected, kind = (list, of_list) if of_list else (dict, of_mapping)
    if not isinstance(value, expected):
        yield f"{path}: expected a {expected.__name__}, found {value!r}"
        return
    for key, element in enumerate(value) if of_list else value.items():
        if of_mapping and not isinstance(key, str):
            yield f"{path}: expected a text as key, found {key!r}"
        yield from _walk(kind, element, f"{path}.{key}")


def _walk_model(model, value, path):
    if not isinstance(value, dict):
        yield f"{path}: expected a mapping, found {value!r}"
        return
    fields, required = _fields_of(model)
    for key in sorted(required - {k for k, v in value.items() if v is not None}):
        yield f"{path}.{key}: required value"
    for key, element in value.items():
        kind = fields.get(key)
        if kind is None:
            yield f"{path}: unknown field {key!r}"
        elif element is not None:
            if (model, key) in _QUANTITIES:
                kind = kind.replace(", str", ", quantity") if "dict" in kind else "quantity"
            yield from _walk(kind, element, f"{path}.{key}")


def findings_of_text(text, by_rules=True):
    """(number of documents, findings) of a manifest, by the models and by rules.py."""
    import rules
    documents, findings = documents_of(text)
    for document in documents:
        wrong = findings_of(document)
        # Rules need documents of the right form.
        findings += wrong or (rules.findings_of(document) if by_rules else [])
    return len(documents), findings


def main(paths):
    count, findings = 0, []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            documents, found = findings_of_text(file.read())
        count += documents
        findings += [f"{path}: {finding}" for finding in found]
    print("\n".join([*findings, f"{count} documents, {len(findings)} findings"]))
    return 1 if findings or not count else 0


if __name__ == "__main__":
    try:
        load()
    except ImportError:
        sys.exit(2)
    sys.exit(main(sys.argv[1:]))
