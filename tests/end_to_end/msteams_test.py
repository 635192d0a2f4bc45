"""A workflow's webhook that posts cards to Microsoft Teams: a stand-in with what the real one asks
for."""

import json
import unittest
import urllib.parse

from receiver import Receiver
from receivers_test import ReceiverTest
from slod import eventually

WORKFLOW = "0123456789abcdef0123456789abcdef"
SIGNATURE = "s1gnature-s1gnature-s1gnature"
ACCEPTED = (202, {}, "")
FAILED = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error "


def is_card(message):
    try:
        attachment, = message["attachments"]
        return (message["type"] == "message" and attachment["contentUrl"] is None
                and attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
                and attachment["content"]["type"] == "AdaptiveCard"
                and len(json.dumps(json.dumps(message))) <= 28 * 1024)
    except (KeyError, ValueError):
        return False


class Teams(Receiver):
    PATH = (f"/workflows/{WORKFLOW}/triggers/manual/paths/invoke?api-version=2016-06-01"
            f"&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={SIGNATURE}")

    def __init__(self, test, answer=ACCEPTED):
        super().__init__(test, answer, self.PATH)

    def answer_to(self, message, path, headers):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
        if query.get("sig") != [SIGNATURE] or query.get("sp") != ["/triggers/manual/run"]:
            return (401, {}, '{"error":{"code":"DirectApiAuthorizationRequired"}}')
        if headers["Content-Type"] != "application/json" or not is_card(message):
            return (400, {}, '{"error":{"code":"TriggerInputSchemaMismatch"}}')
        return super().answer_to(message, path, headers)

    def titles(self):
        return [message["attachments"][0]["content"]["body"][0]["text"]
                for message in self.received()]

    def configuration(self, folder, name="teams", url=None):
        url_file = folder / f"{name}.url"
        url_file.write_text((url or self.url) + "\n")
        return {"name": name, "msteams": {"webhook_url_file": str(url_file)}}


class MsTeamsTest(ReceiverTest):
    def expect_no_secret(self):
        shown = self.slod.log() + json.dumps(self.slod.get("/api/v1/outbox")[1])
        for secret in (WORKFLOW, SIGNATURE):
            self.assertNotIn(secret, shown)

    def test_gets_a_card_for_both_ends_of_an_alert(self):
        teams = Teams(self)
        self.run_with(teams.configuration(self.folder))
        self.break_for_a_moment()
        eventually("delivers both", lambda: self.sent("teams", "delivered") == 2)
        firing, resolved = teams.titles()
        self.assertRegex(firing, r"\AFiring \(page\): api/availability is burning its 1h")
        self.assertRegex(resolved, r"\AResolved \(page\): api/availability burn rate is back")
        card = teams.received()[0]["attachments"][0]["content"]
        self.assertEqual([action["url"] for action in card["actions"]],
                         [self.slod.url + "/#/slo/api/availability", "https://example.org/runbook"])
        everything = "\n".join(block["text"] for block in card["body"])
        self.assertIn(r"\*bold\*", everything)

    def test_is_asked_again_when_teams_is_busy_whoever_says_so(self):
        answers = iter([(429, {"Retry-After": "2"}, ""), (200, {}, FAILED + "429 with ContextId")])
        teams = Teams(self, lambda message: next(answers, ACCEPTED))
        self.run_with(teams.configuration(self.folder))
        self.break_until("delivers", lambda: self.sent("teams", "delivered") == 1)
        eventually("delivers both", lambda: self.sent("teams", "delivered") == 2)
        first, second, *_ = teams.times()
        self.assertGreaterEqual(second - first, 1.9)
        self.assertEqual(self.sent("teams", "retried"), 2)
        self.assertEqual(len(set(teams.titles()[:3])), 1)
        self.expect_no_secret()

    def test_that_refuses_the_signature_is_asked_again_and_nothing_shows_it(self):
        teams = Teams(self)
        wrong = teams.url.replace(SIGNATURE, "wr0ng-signature-wr0ng")
        self.run_with(teams.configuration(self.folder, url=wrong))
        self.break_for_a_moment()
        eventually("is asked again", lambda: self.sent("teams", "rejected") >= 2)
        self.assertIn("msteams answered 401", self.slod.log())
        self.assertNotIn("wr0ng-signature", self.slod.log())
        self.expect_no_secret()

    def test_that_repeats_its_url_is_not_quoted(self):
        teams = Teams(self, (502, {}, f"no answer from {Teams.PATH}"))
        self.run_with(teams.configuration(self.folder))
        self.break_for_a_moment()
        eventually("tries", lambda: self.sent("teams", "retried") >= 1)
        self.assertIn("not shown", self.slod.log())
        self.expect_no_secret()


if __name__ == "__main__":
    unittest.main()
