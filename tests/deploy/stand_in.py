"""Stands in for kubectl, helm, docker and slod where there is no cluster:
  stand_in.py NAME ARGUMENT...
What would be applied is rendered by the real tool, validated by Kubernetes's own code where that is
at hand, and kept in the folder APPLIED; what would be executed in a pod runs in the network of POD.
An invocation that it does not know is an error, so that no command of a document goes unchecked."""

import argparse
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import chart

HERE = pathlib.Path(__file__).resolve().parent
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
    # Ends with 2 where there are no models.
    checked = subprocess.run([sys.executable, HERE / "models.py", file], stdout=subprocess.PIPE,
                             text=True, check=False)
    assert checked.returncode != 1, checked.stdout
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
    found = re.fullmatch(r"upgrade --install (\S+) (\S+) --namespace (\S+) "
                         r"--create-namespace --values (\S+)", " ".join(arguments))
    assert found, arguments
    release, folder, namespace, values = found.groups()
    done = chart.render(os.environ["RENDERER"], folder, release, namespace, values)
    assert done.returncode == 0, done.stderr
    apply(done.stdout)


def docker(arguments):
    command, *rest = arguments
    if command == "run":
        docker_run(rest)
    elif command == "exec":
        assert rest[:2] == ["slod", "slod"], rest
        slod(rest[2:])
    elif command == "stop":
        docker_stop(rest[0])
    else:
        assert re.fullmatch(r"build -t \S+ \.|push \S+", " ".join(arguments)), arguments


def docker_run(arguments):
    """Starts the image `slod` from the folder ROOT, at most for a minute; in the foreground for
    three seconds, which must not be its end."""
    parser = argparse.ArgumentParser()
    for flag in ("--detach", "--rm", "--read-only"):
        parser.add_argument(flag, action="store_true")
    for option in ("--name", "--publish", "-p", "--cap-drop", "--stop-timeout", "--security-opt"):
        parser.add_argument(option)
    parser.add_argument("--volume", action="append", default=[])
    parser.add_argument("image", choices=["slod"])
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    assert (options.publish or options.p) == "127.0.0.1:9750:9750"
    specification = APPLIED / "container.json"
    specification.write_text(json.dumps({
        "root": os.environ["ROOT"], "writable": not options.read_only,
        "uid": 9750, "gid": 9750, "groups": [],
        "network": int(os.environ["POD"]),
        "mounts": json.loads(os.environ["MOUNTS"]) + [volume(v) for v in options.volume],
        "command": ["/usr/bin/slod", *(options.command or default_command())]}))
    seconds = "60" if options.detach else "3"
    command = ["timeout", seconds, sys.executable, HERE / "container.py", specification]
    if not options.detach:
        raise SystemExit(0 if subprocess.run(command).returncode == 124 else "it ended too early")
    with open(APPLIED / f"{options.name}.log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    (APPLIED / f"{options.name}.pid").write_text(str(process.pid))


def volume(text):
    """A mount of a folder, or of a volume by its name, which belongs to the image's user."""
    source, target, *mode = text.split(":")
    if not source.startswith("/"):
        source = str(APPLIED / source)
        os.makedirs(source, exist_ok=True)
        os.chown(source, 9750, 9750)
    return [source, target, mode[0] if mode else "rw"]


def default_command():
    text = (HERE.parents[1] / "Dockerfile").read_text()
    return json.loads(re.search(r"^CMD (\[.*\])$", text, re.MULTILINE).group(1))


def docker_stop(name):
    pid = int((APPLIED / f"{name}.pid").read_text())
    os.kill(pid, signal.SIGTERM)
    for _ in range(400):
        if "stopped" in (APPLIED / f"{name}.log").read_text():
            return
        time.sleep(0.1)
    raise SystemExit(f"{name} did not stop:\n{(APPLIED / f'{name}.log').read_text()}")


if __name__ == "__main__":
    {"kubectl": kubectl, "helm": helm, "docker": docker, "slod": slod}[sys.argv[1]](sys.argv[2:])
