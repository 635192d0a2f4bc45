"""Runs the files of deploy/pipeline as the tools that they are for would run them: only what these
files use of each tool, after its documentation."""

import json
import os
import pathlib
import re
import stat
import subprocess
import urllib.error
import urllib.request

from slod import PATIENCE_SECONDS, PROGRAM, temporary_folder

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "deploy/pipeline"
CI_SERVER = "http://slod.example.org:9750"
CLUSTER_SERVER = "http://slod.slod.svc:9750"

# Asks no proxy that the environment may name.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Checkout:
    """A working copy with what the files ask for: the script, slod on PATH, and a deploy and a
    roll-back that only leave a mark."""

    def __init__(self, test):
        self.folder = temporary_folder(test)
        self.step = self.folder / "step"
        (self.folder / "ci").mkdir()
        (self.folder / "bin").mkdir()
        (self.folder / "bin/slod").symlink_to(PROGRAM)
        self._program("ci/slod-freeze.sh", (FOLDER / "slod-freeze.sh").read_text())
        self._program("deploy.sh", "#!/bin/sh\n: > deployed\n")
        self._program("roll-back.sh", "#!/bin/sh\n: > rolled-back\n")

    def _program(self, name, text):
        file = self.folder / name
        file.write_text(text)
        file.chmod(file.stat().st_mode | stat.S_IXUSR)

    def run(self, shell, text, environment=None):
        """Runs a script as a step of a pipeline: `shell` is the command that its file is given to."""
        self.step.write_text(shorten_watch(text))
        return self.execute([*shell, str(self.step)], environment)

    def execute(self, command, environment=None):
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return subprocess.run(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, text=True, capture_output=True,
            timeout=PATIENCE_SECONDS,
            env={"PATH": path, "no_proxy": "*", "HOME": str(self.folder), **(environment or {})})

    def run_all(self, shell, texts, environment):
        """Runs steps until one fails, and says how it went."""
        for text in texts:
            step = self.run(shell, text, environment)
            if step.returncode:
                break
        return Outcome((self.folder / "deployed").exists(), (self.folder / "rolled-back").exists(),
                       step.returncode == 0, step.stdout + step.stderr)


class Outcome:
    def __init__(self, is_deployed, is_rolled_back, is_green, output):
        self.is_deployed = is_deployed
        self.is_rolled_back = is_rolled_back
        self.is_green = is_green
        self.output = output

    def __repr__(self):
        return (f"deployed {self.is_deployed}, rolled back {self.is_rolled_back}, "
                f"green {self.is_green}: {self.output}")


def shorten_watch(text):
    """Nobody waits for 5 minutes here."""
    return text.replace("--for 5m", "--for 2s")


def at(url, server, text):
    """`text` with the URL of a running slod in place of the one that it has."""
    if server not in text:
        raise AssertionError(f"expected {server} in {text!r}")
    return text.replace(server, url)


def environment(variables, url, change, **choices):
    """The variables of a file of a CI, with what a user of it changes."""
    unknown = choices.keys() - variables.keys()
    if unknown or variables["SLOD_WHEN_DOWN"] != "deny" or variables["CHANGE"] != "feature":
        raise AssertionError(f"expected a file that fails closed, found {variables}")
    return {**variables, "SLOD_URL": variables["SLOD_URL"].replace(CI_SERVER, url).replace(
        CLUSTER_SERVER, url), "CHANGE": change, **choices}


def github_actions(workflow, checkout, url, change, **choices):
    """https://docs.github.com/actions: steps by `bash -e`; the first that fails ends the job."""
    job, = workflow["jobs"].values()
    variables = {name: {"${{ inputs.change || 'feature' }}": "feature"}.get(value, value)
                 for name, value in job["env"].items()}
    assert "${{" not in json.dumps(variables) + json.dumps(job["steps"])
    return checkout.run_all(["bash", "-e"], [step["run"] for step in job["steps"] if "run" in step],
                            environment(variables, url, change, **choices))


def gitlab_ci(pipeline, checkout, url, change, **choices):
    """https://docs.gitlab.com/ci: jobs in the order of their stages; lines by a shell with `set -eo
    pipefail`; the first job that fails ends the pipeline."""
    variables = {name: value["value"] if isinstance(value, dict) else value
                 for name, value in pipeline["variables"].items()}
    jobs = [job for job in pipeline.values() if isinstance(job, dict) and "script" in job]
    jobs.sort(key=lambda job: pipeline["stages"].index(job["stage"]))
    return checkout.run_all(["bash", "-eo", "pipefail"], ["\n".join(job["script"]) for job in jobs],
                            environment(variables, url, change, **choices))


def jenkins(text, checkout, url, change, **choices):
    """https://www.jenkins.io/doc: stages in their order, each `sh` by `sh -xe`. A parameter is in the
    environment only where it is put there: of a job's first build, Jenkins puts none."""
    defaults = dict(re.findall(r"choice\(name: '(\w+)', choices: \['(\w+)'", text))
    assigned = re.findall(r"^ +([A-Z_]+) = (?:'([^']*)'|\"\${params\.(\w+)}\")$", text, re.MULTILINE)
    variables = {name: value or defaults[parameter] for name, value, parameter in assigned}
    steps = [long or short for long, short in
             re.findall(r"^ +sh (?:'''\n(.*?)'''|'([^']*)')$", text, re.MULTILINE | re.DOTALL)]
    return checkout.run_all(["sh", "-xe"], steps, environment(variables, url, change, **choices))


def argo_cd(job, checkout, url, change, **choices):
    """https://argo-cd.readthedocs.io: the sync goes on if the Job's container exits with 0."""
    container, = job["spec"]["template"]["spec"]["containers"]
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    command = checkout.execute(container["command"] + container["args"],
                               environment(variables, url, change, **choices))
    is_green = command.returncode == 0
    return Outcome(is_green, False, is_green, command.stdout + command.stderr)


def flagger(hook, url, change):
    """https://docs.flagger.app/usage/webhooks: (whether it passes, the body). A POST; a status above
    202 fails, and so does no answer."""
    payload = {"name": "api", "namespace": "test", "phase": "Progressing",
               "checksum": "5d4f8b7c9", "metadata": hook.get("metadata")}
    request = urllib.request.Request(
        at(url, CLUSTER_SERVER, hook["url"]).replace("change=feature", f"change={change}"),
        method="POST", data=json.dumps(payload).encode(),
        headers={"Content-Type": "application/json"})
    timeout = float(re.fullmatch(r"(\d+)s", hook["timeout"]).group(1))
    try:
        with _opener.open(request, timeout=timeout) as reply:
            return reply.status <= 202, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return False, error.read().decode()
    except OSError as error:
        return False, str(error)


def argo_rollouts(template, url, arguments):
    """https://argo-rollouts.readthedocs.io/en/stable/features/analysis: the phase of an AnalysisRun
    with one web metric, without its pauses."""
    metric, = template["spec"]["metrics"]
    values = {argument["name"]: argument.get("value") for argument in template["spec"]["args"]}
    assert set(arguments) <= set(values), (arguments, values)
    values.update(arguments)
    address = re.sub(r"\{\{\s*args\.([a-z-]+)\s*\}\}", lambda match: values[match.group(1)],
                     at(url, CLUSTER_SERVER, metric["provider"]["web"]["url"]))
    seen = {"Successful": 0, "Failed": 0, "Inconclusive": 0}
    errors = 0
    while True:
        phase = _measurement(metric, address)
        errors = errors + 1 if phase == "Error" else 0
        if phase in seen:
            seen[phase] += 1
        if seen["Failed"] > metric.get("failureLimit", 0):
            return "Failed"
        if seen["Inconclusive"] > metric.get("inconclusiveLimit", 0):
            return "Inconclusive"
        if errors > metric.get("consecutiveErrorLimit", 4):
            return "Error"
        if sum(seen.values()) >= metric.get("count", 1):
            return "Successful"


def _measurement(metric, address):
    """The phase of one measurement of the web provider."""
    web = metric["provider"]["web"]
    try:
        with _opener.open(address, timeout=web["timeoutSeconds"]) as reply:
            result = json.loads(reply.read())
    except (OSError, ValueError):  # also every status outside of 2xx
        return "Error"
    path = re.fullmatch(r"\{\$((?:\.\w+)*)\}", web["jsonPath"]).group(1)
    try:
        for key in path.split(".")[1:]:
            result = result[key]
        succeeds = _condition(metric["successCondition"], result)
        fails = _condition(metric["failureCondition"], result)
    except (KeyError, TypeError):
        return "Error"
    return "Failed" if fails else "Successful" if succeeds else "Inconclusive"


def _condition(text, result):
    """The expressions that our conditions are made of, which have the same meaning in Python."""
    tokens = r'result(\.\w+)?|"\w+"|\d+(\.\d+)?|==|>=|<=|>|&&|\*|\s+'
    assert re.fullmatch(f"({tokens})+", text), text
    expression = re.sub(r"result\.(\w+)", r'result["\1"]', text).replace("&&", "and")
    return eval(expression, {"__builtins__": {}}, {"result": result})
