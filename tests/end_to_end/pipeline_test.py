"""Every file of deploy/pipeline against a slod that allows, one that is frozen, one that does not
know, and one that is down; and every command of docs/pipeline.md."""

import http.server
import json
import re
import shutil
import ssl
import subprocess
import threading
import unittest

import deployment
from deployment import CI_SERVER, FOLDER, REPOSITORY, Checkout, at
from slod import (Slod, SlodTest, availability, eventually, free_port, scrape_job,
                  temporary_folder)
from target import Target, Traffic

try:
    import yaml
except ImportError:
    yaml = None

DOCUMENT = REPOSITORY / "docs/pipeline.md"

# (how slod is, the change, whether it may be deployed)
CLOSED = [("allowed", "feature", True), ("frozen", "feature", False), ("frozen", "hotfix", True),
          ("inconclusive", "feature", False), ("down", "feature", False)]
OPEN = [("frozen", "feature", False), ("inconclusive", "feature", True), ("down", "feature", True)]
FAIL_OPEN = {"SLOD_WHEN_DOWN": "allow", "SLOD_WHEN_INCONCLUSIVE": "allow"}

ALLOWED = {"service": "api", "change": "feature", "verdict": "allow", "level": "open"}


def text_of(verdict):
    """As slod writes it."""
    return json.dumps(verdict, separators=(",", ":"))


class _Lifetime:
    """Ends what all tests of a class share with the last of them."""

    def __init__(self, test_class):
        self.addCleanup = test_class.addClassCleanup


def _service(metric="http_requests_total"):
    return {"name": "api", "slos": [
        availability(metric=metric),
        {"name": "latency", "objective": "90%", "window": "1h",
         "latency": {"histogram": "request_seconds", "below": "500ms"}}]}


class Tools(SlodTest):
    """The slods are at `urls`, by how each is."""

    @classmethod
    def setUpClass(cls):
        lifetime = _Lifetime(cls)
        good, bad = Target(lifetime), Target(lifetime)
        for target in (good, bad):
            target.counters.requests()
        cls.urls = {"down": f"http://127.0.0.1:{free_port()}"}
        cls.slods = {}
        for name, target, metric in (("allowed", good, "http_requests_total"),
                                     ("frozen", bad, "http_requests_total"),
                                     ("inconclusive", good, "grpc_requests_total")):
            cls.slods[name] = Slod(lifetime, {"scrape": [scrape_job(target, interval="500ms")],
                                              "services": [_service(metric)]})
            cls.slods[name].started_and_ready()
            cls.urls[name] = cls.slods[name].url
        # So many that the good requests of all tests do not thaw it.
        bad.counters.requests(failed=1_000_000)
        for target in (good, bad):
            Traffic(lifetime, target)
        cls.await_("frozen", "hotfix_only")
        # Let the watches, which are short, see none of what was before.
        for name in ("allowed", "frozen"):
            eventually("steady traffic", lambda slod=cls.slods[name]: cls.is_steady(slod))

    @classmethod
    def await_(cls, name, level):
        eventually(level, lambda: cls.slods[name].verdict("api")["level"] == level)

    @staticmethod
    def is_steady(slod):
        slo = slod.slo("api/availability?window=2s")
        return slo["bad"] == 0 and slo["total"] >= 20

    def each(self, cases, run):
        for state, change, may_deploy in cases:
            with self.subTest(state=state, change=change):
                run(state, change, may_deploy)


class Scripts(Tools):
    def ask(self, state, *arguments, **variables):
        return Checkout(self).execute(["sh", "ci/slod-freeze.sh", *arguments],
                                      {"SLOD_URL": self.urls[state], **variables})

    def test_shell_exits_as_slod_freeze_does(self):
        codes = {"allowed": 0, "frozen": 1, "inconclusive": 2, "down": 3}

        def closed(state, change, may_deploy):
            command = self.ask(state, "api", change)
            self.assertEqual(command.returncode, 0 if may_deploy else codes[state], command)
            verdict = '"verdict":"' if state != "down" else ""
            self.assertIn(verdict, command.stdout)

        def fails_open(state, change, may_deploy):
            command = self.ask(state, "api", change, **FAIL_OPEN)
            self.assertEqual(command.returncode, 0 if may_deploy else codes[state], command)
            self.assertEqual("deploying all the same" in command.stderr,
                             state in ("inconclusive", "down"))

        self.each(CLOSED, closed)
        self.each(OPEN, fails_open)
        self.assertEqual(self.ask("down", "api", SLOD_WHEN_INCONCLUSIVE="allow").returncode, 3)
        self.assertEqual(self.ask("inconclusive", "api", SLOD_WHEN_DOWN="allow").returncode, 2)

    def test_shell_never_passes_a_wrong_question(self):
        for arguments, variables, why in (
                ((), {}, "expected SERVICE"), (("api", "fix", "x"), {}, "expected SERVICE"),
                (("a/b",), {}, "the name of a service"), (("",), {}, "the name of a service"),
                ((".",), {}, "the name of a service"), (("..",), {}, "the name of a service"),
                (("api", "rollback"), {}, "expected feature, fix or hotfix"),
                (("apj",), {}, "slod refuses the question, with status 404"),
                (("api",), {"SLOD_WHEN_DOWN": "yes"}, "SLOD_WHEN_DOWN to be allow or deny"),
                (("api",), {"SLOD_URL": "slod.example.org:9750"}, "SLOD_URL to begin with")):
            command = self.ask("allowed", *arguments, **{**FAIL_OPEN, **variables})
            self.assertEqual(command.returncode, 3, command)
            self.assertIn(why, command.stderr)

    def test_shell_never_passes_without_curl(self):
        command = subprocess.run(["/bin/sh", FOLDER / "slod-freeze.sh", "api"], text=True,
                                 capture_output=True, env={"PATH": "/nonexistent", **FAIL_OPEN})
        self.assertEqual(command.returncode, 3, command)
        self.assertIn("expected curl, found none", command.stderr)

    def test_nobody_else_is_taken_for_slod(self):
        bodies = ["<p>Log in", "", "[]", f"<p>{text_of(ALLOWED)}", *(
            text_of({**ALLOWED, **other}) for other in (
                {"service": "apj"}, {"change": "hotfix"}, {"verdict": "perhaps"}))]
        for status, body in [*((status, bodies[0]) for status in (302, 423, 500, 502, 503)),
                             *((200, body) for body in bodies)]:
            url = self.impostor(status, body.encode())
            for command in (["sh", "ci/slod-freeze.sh", "api"],
                            ["slod", "freeze", "api", "--server", url],
                            ["slod", "freeze", "api", "--json", "--server", url],
                            ["slod", "gate", "api", "--for", "1s", "--server", url]):
                done = Checkout(self).execute(command, {"SLOD_URL": url})
                self.assertEqual(done.returncode, 3, (status, body, done))
                self.assertTrue(done.stderr)
                if command[0] == "slod":
                    self.assertEqual(done.stdout, "")
        url = self.impostor(200, text_of(ALLOWED).encode())
        for command in (["sh", "ci/slod-freeze.sh", "api"],
                        ["slod", "freeze", "api", "--server", url]):
            self.assertEqual(Checkout(self).execute(command, {"SLOD_URL": url}).returncode, 0)

    def test_nothing_that_a_server_writes_is_a_command(self):
        """To a terminal, or to a build server that reads what is printed."""
        evil = "\x1b[2J\n::error::x\r\n##vso[task.setvariable variable=a]b\u009b31m\x07\u2028##[command]c"
        denied = {**ALLOWED, "verdict": "deny", "level": evil, "earliest_thaw": evil,
                  "reasons": [{"kind": "budget", "message": evil}]}
        answers = ((200, text_of(denied)), (200, text_of({**denied, "verdict": "allow"})),
                   (400, text_of({"error": evil})), (200, evil), (502, evil),
                   (200, text_of({"ready": False, "not_ready_reason": evil, "version": evil,
                                  "sources": [{"source": "::x", "error": evil}]})))
        for status, body in answers:
            url = self.impostor(status, body.encode())
            for command in (["sh", "ci/slod-freeze.sh", "api"],
                            ["slod", "freeze", "api", "--server", url],
                            ["slod", "freeze", "api", "--json", "--server", url],
                            ["slod", "status", "--server", url],
                            ["slod", "status", "--json", "--server", url],
                            ["slod", "gate", "api", "--for", "1s", "--server", url]):
                done = Checkout(self).execute(command, {"SLOD_URL": url})
                for line in (done.stdout + done.stderr).split("\n"):
                    self.assertNotRegex(line, "[\x00-\x1f\x7f-\x9f\u2028]", (command, body))
                    self.assertNotRegex(line, r"\A\s*::|##\[|##vso\[", (command, body))

    def test_asks_over_tls_with_an_authority_of_ones_own(self):
        folder = temporary_folder(self)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-keyout", "key.pem", "-out", "authority.pem"], cwd=folder, check=True,
                       capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "authority.pem", folder / "key.pem")
        url = self.impostor(200, text_of(ALLOWED).encode(), context).replace(
            "http://127.0.0.1", "https://localhost")
        authority = str(folder / "authority.pem")
        for command, variable in ((["sh", "ci/slod-freeze.sh", "api"], "CURL_CA_BUNDLE"),
                                  (["slod", "freeze", "api", "--server", url], "SSL_CERT_FILE")):
            done = Checkout(self).execute(command, {"SLOD_URL": url})
            self.assertEqual(done.returncode, 3, done)
            done = Checkout(self).execute(command, {"SLOD_URL": url, variable: authority})
            self.assertEqual(done.returncode, 0, done)

    def test_only_curl_follows_the_proxy_of_the_environment(self):
        proxy = {"http_proxy": self.urls["down"], "no_proxy": "", "SLOD_URL": self.urls["allowed"]}
        script = ["sh", "ci/slod-freeze.sh", "api"]
        self.assertEqual(Checkout(self).execute(script, proxy).returncode, 3)
        direct = {**proxy, "no_proxy": "127.0.0.1"}
        self.assertEqual(Checkout(self).execute(script, direct).returncode, 0)
        command = ["slod", "freeze", "api", "--server", self.urls["allowed"]]
        self.assertEqual(Checkout(self).execute(command, proxy).returncode, 0)

    def impostor(self, status, body, context=None):
        class Request(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Request)
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_address[1]}"

    def test_shell_is_posix(self):
        if not shutil.which("shellcheck"):
            self.skipTest("expected shellcheck, found none: scripts/setup.sh test installs it")
        command = subprocess.run(["shellcheck", "--shell=sh", FOLDER / "slod-freeze.sh"],
                                 text=True, capture_output=True)
        self.assertEqual(command.returncode, 0, command.stdout)


@unittest.skipUnless(yaml, "expected the Python package yaml (python3-yaml), found none")
class Pipelines(Tools):
    def documents(self, file):
        return list(yaml.safe_load_all((FOLDER / file).read_text()))

    def expect(self, tool, source, watches=True):
        """The tool, by the table; where it fails open a watch still says that nothing is known."""
        def run(state, change, may_deploy, **choices):
            outcome = tool(source, Checkout(self), self.urls[state], change, **choices)
            self.assertEqual(outcome.is_deployed, may_deploy, outcome)
            self.assertFalse(outcome.is_rolled_back, outcome)
            is_known = state in ("allowed", "frozen")
            self.assertEqual(outcome.is_green, may_deploy and (is_known or not watches), outcome)

        self.each(CLOSED, run)
        self.each(OPEN, lambda *case: run(*case, **FAIL_OPEN))

    def expect_roll_back(self, tool, source):
        """A hotfix passes the gate, and fails while it is watched."""
        outcome = tool(source, Checkout(self), self.failing_slod().url, "hotfix")
        self.assertTrue(outcome.is_deployed and outcome.is_rolled_back, outcome)
        self.assertFalse(outcome.is_green, outcome)

    def failing_slod(self):
        """One that reads a service whose requests fail now."""
        target = Target(self)
        target.counters.requests()
        slod = self.run_slod({"scrape": [scrape_job(target, interval="500ms")],
                              "services": [_service()]})
        Traffic(self, target, failing=10)
        eventually("fails", lambda: slod.slo("api/availability")["bad"] >= 100)
        return slod

    def test_github_actions(self):
        workflow, = self.documents("github-actions.yml")
        self.expect(deployment.github_actions, workflow)
        self.expect_roll_back(deployment.github_actions, workflow)

    def test_gitlab_ci(self):
        pipeline, = self.documents("gitlab-ci.yml")
        self.expect(deployment.gitlab_ci, pipeline)
        self.expect_roll_back(deployment.gitlab_ci, pipeline)

    def test_jenkins(self):
        text = (FOLDER / "Jenkinsfile").read_text()
        for opening, closing in ("{}", "()", "[]"):
            self.assertEqual(text.count(opening), text.count(closing))
        self.expect(deployment.jenkins, text)
        self.expect_roll_back(deployment.jenkins, text)

    def test_argo_cd(self):
        job, = self.documents("argo-cd.yaml")
        self.assertEqual(job["metadata"]["annotations"]["argocd.argoproj.io/hook"], "PreSync")
        pod = job["spec"]["template"]
        self.assertEqual(pod["spec"]["restartPolicy"], "Never")
        policy = REPOSITORY / "deploy/kubernetes/base/networkpolicy.yaml"
        rule = yaml.safe_load(policy.read_text())["spec"]["ingress"][0]["from"][-1]
        wanted, = rule["podSelector"]["matchExpressions"]
        self.assertIn(pod["metadata"]["labels"][wanted["key"]], wanted["values"])
        image, = {c["image"] for c in pod["spec"]["containers"]}
        component = yaml.safe_load((policy.parents[1] /
                                    "components/container/kustomization.yaml").read_text())
        self.assertEqual(image, "{newName}:{newTag}".format(**component["images"][0]))
        self.expect(deployment.argo_cd, job, watches=False)

    def test_flagger(self):
        canary, = self.documents("flagger.yaml")
        hooks = canary["spec"]["analysis"]["webhooks"]
        self.assertEqual([hook["type"] for hook in hooks], ["confirm-rollout", "rollout"])
        words = {"allowed": "allow", "frozen": "deny", "inconclusive": "inconclusive"}

        def run(state, change, may_deploy):
            for hook in hooks:
                passes, body = deployment.flagger(hook, self.urls[state], change)
                self.assertEqual(passes, may_deploy, body)
                if state != "down":
                    word = "allow" if may_deploy else words[state]
                    self.assertIn(f'"verdict":"{word}"', body)

        self.each(CLOSED, run)

    def test_argo_rollouts_before_a_rollout(self):
        template, = (document for document in self.documents("argo-rollouts.yaml")
                     if document["metadata"]["name"] == "slod-freeze")
        phases = {"frozen": "Failed", "inconclusive": "Inconclusive", "down": "Error"}

        def run(state, change, may_deploy):
            arguments = {"service": "api", **({} if change == "feature" else {"change": change})}
            self.assertEqual(deployment.argo_rollouts(template, self.urls[state], arguments),
                             "Successful" if may_deploy else phases[state])

        self.each(CLOSED, run)
        self.assertEqual(deployment.argo_rollouts(template, self.urls["allowed"],
                                                  {"service": "apj"}), "Error")

    def test_argo_rollouts_during_a_rollout(self):
        template, = (document for document in self.documents("argo-rollouts.yaml")
                     if document["metadata"]["name"] == "slod-errors")
        metric, = template["spec"]["metrics"]
        # No measurement counts what was before the canary, or what another counted.
        window, = re.findall(r"window=(\w+)", metric["provider"]["web"]["url"])
        self.assertEqual((metric["initialDelay"], metric["interval"]), (window, window))
        failing = self.failing_slod().url
        for url, phase in ((self.urls["allowed"], "Successful"), (failing, "Failed"),
                           (self.urls["inconclusive"], "Inconclusive"),
                           (self.urls["down"], "Error")):
            with self.subTest(phase=phase):
                self.assertEqual(phase, deployment.argo_rollouts(
                    template, url, {"service": "api", "slo": "availability"}))

    def test_argo_rollouts_gives_each_template_its_arguments(self):
        *templates, rollout = self.documents("argo-rollouts.yaml")
        arguments = {template["metadata"]["name"]: template["spec"]["args"]
                     for template in templates}
        for step in rollout["spec"]["strategy"]["canary"]["steps"]:
            for use in step.get("analysis", {}).get("templates", []):
                known = arguments.pop(use["templateName"])
                given = {argument["name"] for argument in step["analysis"]["args"]}
                self.assertLessEqual({a["name"] for a in known if "value" not in a}, given)
                self.assertLessEqual(given, {a["name"] for a in known})
        self.assertEqual(arguments, {})


class Document(Tools):
    def blocks(self, language):
        return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT.read_text(),
                          re.MULTILINE | re.DOTALL)

    def test_each_command_does_what_the_document_says(self):
        blocks = self.blocks("sh")
        self.assertGreaterEqual(len(blocks), 6)
        for text in blocks:
            is_hotfix = "hotfix" in text
            for state in self.urls:
                with self.subTest(text=text, state=state):
                    may_deploy = state == "allowed" or (state == "frozen" and is_hotfix)
                    checkout = Checkout(self)
                    command = checkout.run(["sh", "-e"], at(self.urls[state], CI_SERVER, text))
                    self.assertEqual(command.returncode == 0, may_deploy, command)
                    self.assertEqual((checkout.folder / "deployed").exists(),
                                     may_deploy and "./deploy.sh" in text)
                    if "curl" in text:
                        code = {"allowed": 0, "down": 7}.get(state, 22)
                        self.assertEqual(command.returncode, code, command)

    def test_each_excerpt_stands_in_a_file(self):
        squeeze = re.compile(r"\s+").sub
        files = [squeeze(" ", file.read_text()) for file in FOLDER.iterdir()]
        excerpts = self.blocks("yaml") + re.findall(r"`(sh 'sh [^`]*)`", DOCUMENT.read_text())
        self.assertGreaterEqual(len(excerpts), 5)
        for excerpt in excerpts:
            self.assertTrue(any(squeeze(" ", excerpt).strip() in file for file in files), excerpt)

    def test_each_link_leads_somewhere(self):
        text = DOCUMENT.read_text()
        headings = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
                    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
        for link in re.findall(r"\]\(([^)]*)\)", text):
            with self.subTest(link=link):
                if link.startswith("#"):
                    self.assertIn(link[1:], headings)
                else:
                    self.assertTrue((DOCUMENT.parent / link.partition("#")[0]).exists())


if __name__ == "__main__":
    unittest.main()
