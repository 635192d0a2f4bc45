"""Whom a NetworkPolicy lets in, as the API reference of Kubernetes says."""


def selects(selector, labels):
    """Whether a label selector (matchLabels, matchExpressions) selects something with these labels.
    An empty selector selects everything."""
    unknown = set(selector) - {"matchLabels", "matchExpressions"}
    assert not unknown, f"expected a label selector, found {unknown}"
    return (all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
            and all(_holds(expression, labels) for expression in selector.get("matchExpressions", [])))


def _holds(expression, labels):
    key, operator = expression["key"], expression["operator"]
    return {"In": lambda: labels.get(key) in expression["values"],
            "NotIn": lambda: labels.get(key) not in expression["values"],
            "Exists": lambda: key in labels,
            "DoesNotExist": lambda: key not in labels}[operator]()


def lets_in(policy, port, namespace, pod):
    """Whether a pod with the labels `pod` in another namespace, which has the labels `namespace`,
    reaches the port of this name."""
    return any(_is_port(rule, port) and _is_from(rule, namespace, pod)
               for rule in policy["spec"]["ingress"])


def _is_port(rule, port):
    return "ports" not in rule or port in [p["port"] for p in rule["ports"]]


def _is_from(rule, namespace, pod):
    # Without a namespaceSelector a peer is of the policy's own namespace; an ipBlock is no pod.
    return "from" not in rule or any(
        selects(peer["namespaceSelector"], namespace) and selects(peer.get("podSelector", {}), pod)
        for peer in rule["from"] if "namespaceSelector" in peer)
