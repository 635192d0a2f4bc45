"""Stands in for kubectl, helm, docker and slod where there is no cluster:
  stand_in.py NAME ARGUMENT...
What would be applied is rendered by the real tool, validated by Kubernetes's own code where that is
at hand, and kept in the folder APPLIED; what would be executed in a pod runs in the network of POD.
An invocation that it does not know is an error, so that no command of a document goes unchecked."""

import os
import pathlib
import re
import subprocess
import sys

APPLIED = pathlib.Path(os.environ["APPLIED"])
TOOLS = pathlib.Path(os.environ["TOOLS"])
KUBECTL = os.environ["KUBECTL"]


def output_of(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def applied():
    return "\n---\n".join(file.read_text() for file in APPLIED.glob("*.yaml"))


def apply(manifest):
    file = APPLIED / f"{len(list(APPLIED.glob('*.yaml'))):03}.yaml"
    file.write_text(manifest)
    if (TOOLS / "validate").exists():
        subprocess.run([TOOLS / "validate", file], check=True)


def expect(name, kind, namespace):
    """A resource of this name must have been applied."""
    head = rf"kind: {kind}\nmetadata:\n(?:  .*\n)*?  name: {name}\n"
    assert re.search(head, applied(), re.IGNORECASE), f"no {kind} {name} was applied"
    assert namespace, f"{kind} {name}: no namespace was said"


def kubectl(arguments):
    text = " ".join(arguments)
    namespace = re.match(r"-n (\S+) ", text)
    text = text[namespace.end():] if namespace else text
    namespace = namespace.group(1) if namespace else None
    if found := re.fullmatch(r"apply -k (\S+)", text):
        apply(output_of(KUBECTL, "kustomize", found[1]))
    elif found := re.fullmatch(r"apply -f (\S+)", text):
        apply(pathlib.Path(found[1]).read_text())
    elif re.fullmatch(r"create (secret generic|namespace) .*", text):
        apply(output_of(KUBECTL, *arguments, "--dry-run=client", "-o", "yaml"))
    elif found := re.fullmatch(r"(?:rollout status|port-forward) (\w+)/(\S+)( \S+)?", text):
        expect(found[2], found[1], namespace)
    elif found := re.fullmatch(r"exec (?:(deployment)/)?(\S+?)(?:-0)?(?: -c slod)? -- (.*)", text):
        expect(found[2], found[1] or "statefulset", namespace)
        program, *arguments = found[3].split()
        assert program == "slod", found[3]
        slod(arguments)
    elif not re.fullmatch(r"label namespace \S+ asks-slod=true", text):
        raise SystemExit(f"stand_in: expected a known use of kubectl, found {text}")


def slod(arguments):
    """In a pod, or outside of it behind a forwarded port: both ask the pod's loopback."""
    network = f"--net=/proc/{os.environ['POD']}/ns/net"
    os.execvp("nsenter", ["nsenter", network, os.environ["SLOD"], *arguments])


def helm(arguments):
    assert arguments[:2] == ["upgrade", "--install"], arguments
    rest = [argument for argument in arguments[2:] if argument != "--create-namespace"]
    apply(output_of(TOOLS / "helm", "template", *rest, "--kube-version", "1.36.0"))


def docker(arguments):
    assert re.fullmatch(r"build -t \S+ \.|push \S+", " ".join(arguments)), arguments


if __name__ == "__main__":
    {"kubectl": kubectl, "helm": helm, "docker": docker, "slod": slod}[sys.argv[1]](sys.argv[2:])
