"""Opsgenie's Alert API, as far as slod uses it: a stand-in that refuses what the real one does."""

import json
import re
import unittest

from receiver import Receiver
from receivers_test import ReceiverTest
from slod import eventually

API_KEY = "0a1b2c3d-0000-4444-8888-123456789abc"
LIMITS = {"message": 130, "alias": 512, "description": 15000, "entity": 512, "source": 100,
          "note": 25000}
ACCEPTED = (202, {"Content-Type": "application/json"},
            '{"result":"Request will be processed","took":0.1,"requestId":"r"}')
CLOSE = re.compile(r"/v2/alerts/([^/]+)/close\?identifierType=alias")


def is_fit(path, message):
    if any(len(message.get(key, "")) > limit for key, limit in LIMITS.items()):
        return False
    if CLOSE.fullmatch(path):
        return set(message) <= {"user", "source", "note"}
    texts = [*message.get("tags", []), *message.get("details", {}).values()]
    return (bool(message.get("message")) and all(isinstance(text, str) for text in texts)
            and message.get("priority", "P3") in ("P1", "P2", "P3", "P4", "P5"))


class Opsgenie(Receiver):
    """Alerts by alias: open, or closed; what is accepted is done at once."""

    def __init__(self, test, answer=ACCEPTED):
        super().__init__(test, answer, "")
        self.alerts = {}

    def answer_to(self, message, path, headers):
        closing = CLOSE.fullmatch(path)
        if path != "/v2/alerts" and not closing:
            return (404, {}, '{"message":"No handler found"}')
        if headers["Authorization"] != f"GenieKey {API_KEY}":
            return (401, {}, '{"message":"Could not authenticate"}')
        if not is_fit(path, message):
            return (422, {}, '{"message":"Request body is not processable."}')
        answer = super().answer_to(message, path, headers)
        if answer == ACCEPTED:
            alias = closing[1] if closing else message["alias"]
            self.alerts[alias] = "closed" if closing else "open"
        return answer

    def configuration(self, folder, name="ops", key=API_KEY):
        key_file = folder / f"{name}.key"
        key_file.write_text(key + "\n")
        return {"name": name, "opsgenie": {"api_key_file": str(key_file), "url": self.url}}


class OpsgenieTest(ReceiverTest):
    def await_alerts(self, opsgenie, states):
        eventually(f"Opsgenie has {states}", lambda: list(opsgenie.alerts.values()) == states)

    def test_gets_an_alert_and_closes_it_by_its_alias(self):
        opsgenie = Opsgenie(self)
        self.run_with(opsgenie.configuration(self.folder))
        self.break_for_a_moment()
        self.await_alerts(opsgenie, ["open"])
        self.await_alerts(opsgenie, ["closed"])
        created, closed = opsgenie.received()
        self.assertIn("api/availability is burning its 1h error budget", created["message"])
        self.assertEqual([created["priority"], created["source"], created["entity"]],
                         ["P1", "slod", "api/availability"])
        self.assertEqual(created["tags"], ["api", "page", "team-api"])
        self.assertEqual(created["details"]["link"], self.slod.url + "/#/slo/api/availability")
        self.assertIn("burn rate is back below the limit", closed["note"])
        for _, headers in opsgenie.requests():
            self.assertEqual(headers["Content-Type"], "application/json")
        eventually("counts them", lambda: self.sent("ops", "delivered") == 2)

        self.break_for_a_moment()  # another episode, another alias
        self.await_alerts(opsgenie, ["closed", "closed"])

    def test_is_asked_again_when_it_has_had_too_many_requests(self):
        answers = iter([(429, {"Retry-After": "3"}, '{"message":"too many requests"}'),
                        (503, {}, "")])
        opsgenie = Opsgenie(self, lambda message: next(answers, ACCEPTED))
        self.run_with(opsgenie.configuration(self.folder))
        self.break_until("takes the third", lambda: len(opsgenie.received()) == 3)
        self.await_alerts(opsgenie, ["closed"])
        first, second, *_ = opsgenie.times()
        self.assertGreaterEqual(second - first, 2.9)
        self.assertEqual(len({json.dumps(m, sort_keys=True) for m in opsgenie.received()[:3]}), 1)
        self.assertEqual(self.sent("ops", "retried"), 2)

    def test_that_refuses_the_key_is_asked_again_and_nothing_shows_it(self):
        opsgenie = Opsgenie(self)
        wrong_key = "ffffffff-1111-2222-3333-444444444444"
        self.run_with(opsgenie.configuration(self.folder, key=wrong_key))
        self.break_for_a_moment()
        eventually("is asked again", lambda: self.sent("ops", "rejected") >= 2)
        self.assertIn("opsgenie answered 401", self.slod.log())
        shown = self.slod.log() + json.dumps(self.slod.get("/api/v1/outbox")[1])
        self.assertNotIn(wrong_key, shown)

    def test_that_repeats_the_key_is_not_quoted(self):
        opsgenie = Opsgenie(self, (500, {}, f"GenieKey {API_KEY} failed"))
        self.run_with(opsgenie.configuration(self.folder))
        self.break_for_a_moment()
        eventually("tries", lambda: self.sent("ops", "retried") >= 1)
        shown = self.slod.log() + json.dumps(self.slod.get("/api/v1/outbox")[1])
        self.assertIn("not shown", shown)
        self.assertNotIn(API_KEY, shown)


if __name__ == "__main__":
    unittest.main()
