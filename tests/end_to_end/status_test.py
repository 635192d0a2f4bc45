"""`slod status`: what it says of a running slod, and its exit code, which a container's health check
uses."""

import json

from slod import Slod, SlodTest, availability, eventually, free_port, run_command, scrape_job
from target import Target


class Status(SlodTest):
    def status(self, *arguments):
        """(exit code, lines, stderr)"""
        done = run_command("status", *arguments)
        return done.returncode, done.stdout.splitlines(), done.stderr

    def test_says_who_is_ready_frozen_and_unread(self):
        target = Target(self)
        target.counters.requests(ok=90, failed=0)
        dead = free_port()
        job = scrape_job(target)
        job["targets"].append(f"127.0.0.1:{dead}")
        slod = self.run_slod({"scrape": [job], "services": [
            {"name": "api", "slos": [availability()]},
            {"name": "quiet", "slos": []}]})
        code, lines, _ = self.status("--url", slod.url + "/")
        self.assertEqual((code, lines[0], lines[1]), (
            0, f"slod 0.1.0 at {slod.url} is ready", "services: 2, 0 frozen"))
        self.assertEqual(lines[2], "sources: 2, 1 not scraped")
        self.assertRegex(lines[3], rf"\A  scrape/api/127\.0\.0\.1:{dead}: GET http://.*refused")
        self.assertEqual(lines[4:6], ["notifications: 0 pending", "state: stored"])
        self.assertRegex(lines[6], r"\Asteps: (on time|late by \d+ % of the last minute)\Z")
        self.assertRegex(lines[7], r"\Asamples: \d+\.\d of 32\.0 MiB\Z")
        self.assertRegex(lines[8], r"\Aconfiguration: loaded at 2\d{3}-.*Z\Z")
        self.assertEqual(len(lines), 9)

        target.counters.requests(ok=0, failed=90)
        eventually("api is frozen", lambda: slod.verdict("api")["level"] == "hotfix_only")
        code, lines, _ = self.status("--server", slod.url)
        self.assertEqual((code, lines[1]), (0, "services: 2, 1 frozen: api (hotfix_only)"))

        code, lines, _ = self.status("--server", slod.url, "--json")
        answer = json.loads("".join(lines))
        self.assertEqual((code, answer["ready"], answer["not_ready_reason"]), (0, True, None))
        self.assertEqual(answer["services"], [{"service": "api", "level": "hotfix_only"},
                                              {"service": "quiet", "level": "open"}])
        own = slod.get("/api/v1/status")[1]
        self.assertEqual(set(answer), set(own) | {"url", "services"})
        self.assertEqual([s["up"] for s in answer["sources"]], [True, False])

    def test_says_what_waits_and_what_was_refused(self):
        target = Target(self)
        config = {"scrape": [scrape_job(target)], "services": [],
                  "rules": [{"alert": "Always", "expr": "vector(1)", "severity": "page"}],
                  "alerting": {"routes": {"page": ["dead"], "ticket": ["dead"]}, "receivers": [
                      {"name": "dead", "webhook": {"url": f"http://127.0.0.1:{free_port()}/"}},
                      {"name": "idle", "webhook": {"url": f"http://127.0.0.1:{free_port()}/"}}]}}
        slod = self.run_slod(config)
        eventually("a message waits", lambda: slod.metric("slod_outbox_pending"))
        slod.configure("services: [")
        self.assertEqual(slod.get("/-/reload", "POST")[0], 400)
        code, lines, _ = self.status("--server", slod.url)
        self.assertEqual((code, lines[3]), (0, "notifications: 1 pending: 1 for dead"))
        self.assertRegex(lines[7], r"\Aconfiguration: reload rejected at 2\d{3}-.*Z; the previous "
                                   r"one stays in use\Z")

    def test_is_1_while_a_source_has_not_been_tried(self):
        target = Target(self)
        target.behave = lambda request: target.ended.wait(20)
        job = scrape_job(target, interval="30s", timeout="20s")
        slod = Slod(self, {"scrape": [job], "services": [
            {"name": "api", "slos": [availability()]}]}).start()
        code, lines, _ = self.status("--server", slod.url)
        self.assertEqual(code, 1, lines)
        self.assertIn("is not ready: ", lines[0])
        self.assertIn("has not been scraped yet", lines[3])

    def test_asks_where_the_configuration_listens(self):
        port = free_port()
        slod = Slod(self, {"listen": f"0.0.0.0:{port}", "services": []})
        slod.launch(f"127.0.0.1:{port}")
        eventually("it answers", lambda: self.status("--config", slod.config_file)[0] == 0)
        self.assertEqual(self.status("--config", slod.config_file)[1][0],
                         f"slod 0.1.0 at http://127.0.0.1:{port} is ready")

    def test_is_3_without_an_answer(self):
        nobody = f"http://127.0.0.1:{free_port()}"
        code, lines, error = self.status("--server", nobody)
        self.assertEqual((code, lines), (3, []))
        self.assertRegex(error, r"\Aslod status: no answer: .*refused")
        other = Target(self)
        other.behave = lambda request: request.respond("hello")
        code, _, error = self.status("--server", f"http://127.0.0.1:{other.port}")
        self.assertEqual(code, 3)
        self.assertRegex(error, r"\Aslod status: .* this is probably not slod")
        self.assertEqual(self.status("--server", nobody, "--config", "x.yaml")[0], 3)
        self.assertEqual(self.status("--config", "/nowhere.yaml")[0], 3)
