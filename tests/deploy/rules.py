"""What must hold of the pods of a workload and of the names of a document beyond what the models
of the API say: the rules of Kubernetes that the manifests here could break. The `validate` of
`make deploy-tools` knows all of them; these are there where it is not."""

import re

_LABEL = r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)"
_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_SUFFIXES = {"": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
             "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_ENUMERATIONS = {
    "accessModes": {"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"},
    "fsGroupChangePolicy": {"OnRootMismatch", "Always"},
    "imagePullPolicy": {"Always", "IfNotPresent", "Never"},
    "operator": {"In", "NotIn", "Exists", "DoesNotExist", "Equal", "Gt", "Lt"},
    "podManagementPolicy": {"OrderedReady", "Parallel"},
    "policyTypes": {"Ingress", "Egress"},
    "protocol": {"TCP", "UDP", "SCTP"},
    "restartPolicy": {"Always", "OnFailure", "Never"},
    "whenDeleted": {"Retain", "Delete"},
    "whenScaled": {"Retain", "Delete"}}


def findings_of(document):
    """What is wrong with a document of the right form, as lines."""
    kind, name = document["kind"], document["metadata"].get("name", "")
    findings = []
    if not re.fullmatch(_SUBDOMAIN, name) or len(name) > 253:
        findings.append(f"expected a DNS name, found {name!r}")
    findings += values(document)
    template = document.get("spec", {}).get("template")
    if template:
        findings += [*selection(document), *pod(template["spec"])]
        findings += volumes(document, template["spec"])
    return [f"{kind} {name}: {finding}" for finding in findings]


def labels(given):
    for key, value in given.items():
        prefix, _, label = key.rpartition("/")
        if not re.fullmatch(_LABEL, label) or (prefix and not re.fullmatch(_SUBDOMAIN, prefix)):
            yield f"labels: {key!r} is no name of a label"
        if value and not re.fullmatch(_LABEL, value):
            yield f"labels: {value!r} is no value of a label"


def values(value):
    """Labels that cannot be, and values that are none of those that their key may have, wherever
    they are."""
    if isinstance(value, list):
        for element in value:
            yield from values(element)
    elif isinstance(value, dict):
        for key, element in value.items():
            if key in ("labels", "matchLabels", "nodeSelector"):
                yield from labels(element)
            elif key in _ENUMERATIONS:
                for text in element if isinstance(element, list) else [element]:
                    if text not in _ENUMERATIONS[key]:
                        yield f"{key}: expected one of {sorted(_ENUMERATIONS[key])}, found {text!r}"
            yield from values(element)


def selection(document):
    """A workload's selector must select its own pods."""
    selector = document["spec"].get("selector", {}).get("matchLabels", {})
    own = document["spec"]["template"]["metadata"].get("labels", {})
    return [f"selector: {key}={value} does not match the template's labels"
            for key, value in selector.items() if own.get(key) != value]


def number(quantity):
    value, suffix = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(quantity)).groups()
    return float(value) * _SUFFIXES[suffix]


def pod(spec):
    """Findings on the containers of a pod, and what the restricted Pod Security Standard forbids."""
    for container in spec["containers"]:
        yield from (f"{container['name']}: {finding}" for finding in
                    [*resources(container), *ports(container), *security(spec, container)])
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield f"restricted Pod Security Standard: {key}"


def resources(container):
    given = container.get("resources", {})
    for name, limit in given.get("limits", {}).items():
        if number(given.get("requests", {}).get(name, limit)) > number(limit):
            yield f"requests.{name} must be less than or equal to {name} limit"


def ports(container):
    names = [port["name"] for port in container.get("ports", []) if "name" in port]
    for name in names:
        if not re.fullmatch(r"(?=.*[a-z])[a-z0-9](-?[a-z0-9]){0,14}", name) or len(name) > 15:
            yield f"ports: {name!r} must contain only alpha-numeric characters and be short"
        if names.count(name) > 1:
            yield f"ports: {name!r} is there twice"
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        port = container.get(probe, {}).get("httpGet", {}).get("port")
        if isinstance(port, str) and port not in names:
            yield f"{probe}: no port has the name {port!r}"


def security(spec, container):
    """What keeps a container from a namespace that enforces the restricted standard."""
    own, pods = container.get("securityContext", {}), spec.get("securityContext", {})
    effective = {**pods, **own}
    for right, found in [
            ("allowPrivilegeEscalation: false", own.get("allowPrivilegeEscalation") is False),
            ("capabilities: {drop: [ALL]}", own.get("capabilities", {}).get("drop") == ["ALL"]),
            ("no capabilities added", not own.get("capabilities", {}).get("add")),
            ("no privileged: true", not own.get("privileged")),
            ("runAsNonRoot: true", effective.get("runAsNonRoot") is True
             and pods.get("runAsNonRoot", True) and own.get("runAsNonRoot", True)),
            ("a user that is not root", effective.get("runAsUser") != 0),
            ("seccompProfile: {type: RuntimeDefault}",
             effective.get("seccompProfile", {}).get("type") == "RuntimeDefault")]:
        if not found:
            yield f"restricted Pod Security Standard: expected {right}"


def volumes(document, spec):
    names = [volume["name"] for volume in spec.get("volumes", [])]
    names += [claim["metadata"]["name"] for claim in
              document["spec"].get("volumeClaimTemplates", [])]
    for name in set(names):
        if names.count(name) > 1:
            yield f"volumes: {name!r} is there twice"
    for volume in spec.get("volumes", []):
        if len(volume) != 2:
            yield f"volumes: expected one source of {volume['name']!r}, found {len(volume) - 1}"
        if any(source in volume for source in ("hostPath", "nfs")):
            yield f"restricted Pod Security Standard: volume {volume['name']!r}"
    for container in spec["containers"]:
        paths = [mount["mountPath"] for mount in container.get("volumeMounts", [])]
        for mount in container.get("volumeMounts", []):
            if mount["name"] not in names:
                yield f"{container['name']}: volumeMounts: Not found: {mount['name']!r}"
            if not mount["mountPath"].startswith("/"):
                yield f"{container['name']}: volumeMounts: expected a path from the root"
            if paths.count(mount["mountPath"]) > 1:
                yield f"{container['name']}: volumeMounts: {mount['mountPath']} is there twice"
