"""No secret of a receiver or a source is shown: not in the log, nor in any answer, nor in the state."""

import sqlite3
import unittest

from receiver import Receiver, alerting
from slod import SlodTest, availability, eventually, scrape_job, temporary_folder
from target import Target

PATHS = ["/metrics", "/api/v1/status", "/api/v1/status/config", "/api/v1/outbox", "/api/v1/targets",
         "/api/v1/episodes", "/api/v1/alerts", "/api/v1/rules", "/api/v1/slos", "/freeze",
         "/api/v1/alertmanagers", "/api/v1/scrape_pools", "/api/v1/status/flags"]


class Echo(Receiver):
    """Is down, and its error page repeats what it was asked."""

    def answer_to(self, message, path, headers):
        return 500, {}, f"cannot POST {path} {headers.get('Authorization')} {message}"


class Secrets(SlodTest):
    """Each field that may hold a secret has a canary of its own. Receivers repeat what they were
    sent, and are down at first, so that there are errors to be shown."""

    def setUp(self):
        self.folder = temporary_folder(self)
        self.canaries = []

    def canary(self, name):
        text = f"c4n4ry{len(self.canaries):02}{name}x9y8z7w6v5u4"
        self.canaries.append(text)
        return text

    def file(self, name, content=None):
        path = self.folder / name
        path.write_text((content or self.canary(name)) + "\n")
        return str(path)

    def receiver(self, path="/"):
        return Echo(self, None, path)

    def webhook(self, name):
        return self.receiver(f"/hooks/{self.canary(name)}?key={self.canary(name + 'query')}").url

    def receivers(self):
        base = self.receiver().url.rstrip("/")
        return [
            {"name": "pagerduty", "pagerduty": {"routing_key_file": self.file("pagerduty"),
                                                "url": base + "/v2/enqueue"}},
            {"name": "slack", "slack": {"webhook_url_file": self.file(
                "slack", self.webhook("slackurl"))}},
            {"name": "opsgenie", "opsgenie": {"api_key_file": self.file("opsgenie"),
                                              "url": base}},
            {"name": "msteams", "msteams": {"webhook_url_file": self.file(
                "msteams", self.webhook("msteamsurl"))}},
            {"name": "hook", "webhook": {"url": self.webhook("hookurl")}},
            {"name": "filehook", "webhook": {"url_file": self.file(
                "filehook", self.webhook("filehookurl"))}},
            {"name": "am", "alertmanager": {"url": base}},
        ]

    def shown(self):
        """Everything that slod shows or keeps, by where it is."""
        out = {"the log": self.slod.log()}
        for path in PATHS:
            out[path] = str(self.slod.get(path)[1])
        for name in ("slod.db", "slod.db-wal"):
            file = self.slod.state_file.with_name(name)
            if file.exists():
                out[name] = file.read_bytes().decode("latin-1")
        return out

    def expect_nothing_shown(self):
        for where, text in self.shown().items():
            for canary in self.canaries:
                self.assertNotIn(canary, text, where)

    def test_are_nowhere_but_in_their_files_and_requests(self):
        target = Target(self)
        target.counters.requests()
        job = scrape_job(target)
        job["path"] = f"/metrics?token={self.canary('path')}"
        job["basic_auth"] = {"username": "u", "password_file": self.file("password")}
        bearer = scrape_job(target)
        bearer.update(job="bearer", bearer_token_file=self.file("bearer"))
        self.slod = self.run_slod(
            {"scrape": [job, bearer],
             "prometheus": [{"name": "down", "url": "http://127.0.0.1:9", "interval": "1s",
                             "timeout": "500ms", "bearer_token_file": self.file("server")}],
             "services": [{"name": "api", "slos": [availability()]}],
             "alerting": alerting(*self.receivers())}, "--log-level", "debug")
        target.counters.requests(ok=1000, failed=1000)
        for receiver in ("pagerduty", "slack", "opsgenie", "msteams", "hook", "filehook", "am"):
            eventually(f"{receiver} was tried twice", lambda name=receiver: (self.slod.metric(
                "slod_notifications_total", receiver=name, result="retried") or 0) >= 2)
        self.expect_nothing_shown()
        outbox = self.slod.get("/api/v1/outbox")[1]["messages"]
        self.assertTrue(all(message["error"] for message in outbox), outbox)
        self.slod.stop()
        with sqlite3.connect(self.slod.state_file) as state:
            rows = str(state.execute("SELECT * FROM outbox").fetchall())
        for canary in self.canaries:
            self.assertNotIn(canary, rows)

    def test_are_not_in_the_errors_of_a_configuration(self):
        self.slod = self.run_slod({"services": [{"name": "api", "slos": []}]})
        self.slod.configure({"services": [{"name": "api", "slos": []}], "alerting": {"receivers": [
            {"name": "hook", "webhook": {"url": "htp://example.org/" + self.canary("wrong")}},
            {"name": "other", "webhook": {"url": "https://u:" + self.canary("p") + "@a/"}}]}})
        status, answer = self.slod.get("/-/reload", "POST")
        self.assertEqual(status, 400, answer)
        for canary in self.canaries:
            self.assertNotIn(canary, str(answer) + self.slod.log())


if __name__ == "__main__":
    unittest.main()
