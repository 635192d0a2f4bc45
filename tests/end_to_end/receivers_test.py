"""What receivers are sent, and how slod goes on when they answer badly or not at all."""

import json
import unittest

from receiver import (ACCEPTED, PAGERDUTY_KEY, SLACK_OK, PagerDuty, Receiver, Slack, alerting)
from slod import SlodTest, availability, eventually, scrape_job, temporary_folder
from target import Target

DESCRIPTION = "<!channel> & <https://example.org|click> *bold*\nsecond line"
TRIGGER_AND_RESOLVE = ["trigger", "resolve"]
TRY_AGAIN = (500, {}, "internal error")


def texts(value):
    """Every string in a JSON value."""
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in parts for text in texts(part)]


class ReceiverTest(SlodTest):
    def setUp(self):
        self.folder = temporary_folder(self)
        self.target = Target(self)
        self.target.counters.requests()

    def run_with(self, *receivers, **slo):
        self.slod = self.run_slod(
            {"scrape": [scrape_job(self.target)],
             "services": [{"name": "api", "owner": "team-api",
                           "runbook": "https://example.org/runbook",
                           "slos": [availability(description=DESCRIPTION, **slo)]}],
             "alerting": alerting(*receivers)}, "--log-level", "debug")

    def break_for_a_moment(self):
        """A burst of failures: the alert fires, and resolves once it has left the windows."""
        self.target.counters.requests(ok=1000, failed=1000)

    def break_until(self, what, probe):
        """Failures that go on until something has happened."""
        eventually(what, lambda: self.break_for_a_moment() or probe())

    def await_resolved(self):
        eventually("fires", lambda: self.slod.slo("api/availability")["alerts"])
        eventually("resolves", lambda: not self.slod.slo("api/availability")["alerts"])

    def sent(self, receiver, result):
        return self.slod.metric("slod_notifications_total", receiver=receiver, result=result) or 0

    def expect_one_key(self, pagerduty):
        self.assertEqual(len({key for _, key in pagerduty.events()}), 1, pagerduty.events())


class Messages(ReceiverTest):
    def test_pagerduty_gets_a_trigger_and_its_resolve(self):
        pagerduty = PagerDuty(self)
        self.run_with(pagerduty.configuration(self.folder))
        self.break_for_a_moment()
        pagerduty.await_events(TRIGGER_AND_RESOLVE, self.slod)
        self.expect_one_key(pagerduty)
        trigger, resolve = pagerduty.received()
        self.assertEqual(trigger["routing_key"], PAGERDUTY_KEY)
        self.assertEqual(trigger["payload"]["severity"], "critical")
        self.assertEqual(trigger["payload"]["source"], "api/availability")
        self.assertIn("api/availability is burning its 1h error budget at 5.0x",
                      trigger["payload"]["summary"])
        details = trigger["payload"]["custom_details"]
        self.assertEqual(details["owner"], "team-api")
        self.assertIn("1000 of 2000 in 4s", details["text"])
        self.assertIn("https://example.org/runbook", [link["href"] for link in trigger["links"]])
        self.assertEqual(trigger["client_url"], self.slod.url + "/#/slo/api/availability")
        self.assertIn("Resolved: api/availability burn rate is back below the limit",
                      resolve["payload"]["summary"])
        eventually("counts them", lambda: self.sent("oncall", "delivered") == 2)
        self.assertEqual(self.slod.metric("slod_outbox_pending"), 0)

        self.break_for_a_moment()  # another episode, another key
        pagerduty.await_events(TRIGGER_AND_RESOLVE * 2, self.slod)
        self.assertEqual(len({key for _, key in pagerduty.events()}), 2)

    def test_slack_gets_text_that_mentions_no_one(self):
        slack = Slack(self)
        self.run_with(slack.configuration(self.folder))
        self.break_for_a_moment()
        eventually("Slack has both", lambda: len(slack.received()) == 2)
        firing, resolved = slack.received()
        self.assertRegex(firing["text"], r"\AFiring \(page\): api/availability is burning")
        self.assertRegex(resolved["text"], r"\AResolved \(page\): api/availability burn rate is back")
        everything = "\n".join(texts(firing))
        self.assertIn("&lt;!channel&gt; &amp; &lt;https://example.org|click&gt;", everything)
        self.assertNotRegex(everything, "[<>]")

    def test_a_webhook_gets_alertmanagers_payload(self):
        hook = Receiver(self, (200, {}, ""), "/hook")
        self.run_with({"name": "hook", "webhook": {"url": hook.url}})
        self.break_for_a_moment()
        eventually("the hook has both", lambda: len(hook.received()) == 2)
        firing, resolved = hook.received()
        self.assertEqual([firing["version"], firing["status"], resolved["status"]],
                         ["4", "firing", "resolved"])
        alert = firing["alerts"][0]
        self.assertEqual(alert["labels"], {"alertname": "SloBurnRate", "service": "api",
                                           "slo": "availability", "severity": "page"})
        self.assertEqual(alert["fingerprint"], resolved["alerts"][0]["fingerprint"])
        self.assertEqual(alert["startsAt"], resolved["alerts"][0]["startsAt"])
        self.assertGreater(resolved["alerts"][0]["endsAt"], alert["startsAt"])


class Troubles(ReceiverTest):
    def test_waits_as_long_as_pagerduty_asks(self):
        answers = iter([(429, {"Retry-After": "3"}, "slow down")])
        pagerduty = PagerDuty(self, lambda message: next(answers, ACCEPTED))
        self.run_with(pagerduty.configuration(self.folder))
        self.break_until("asks again", lambda: len(pagerduty.events()) == 2)
        pagerduty.await_events(["trigger"] + TRIGGER_AND_RESOLVE, self.slod)
        self.expect_one_key(pagerduty)
        first, second, _ = pagerduty.times()
        self.assertGreaterEqual(second - first, 2.9)
        self.assertEqual(self.sent("oncall", "retried"), 1)

    def test_tries_again_until_it_is_taken_and_keeps_the_order(self):
        answers = iter([TRY_AGAIN, Receiver.CLOSE, (200, {}, "<html>a proxy</html>"), TRY_AGAIN])
        pagerduty = PagerDuty(self, lambda message: next(answers, ACCEPTED))
        self.run_with(pagerduty.configuration(self.folder))
        self.break_until("takes the fifth", lambda: len(pagerduty.events()) == 5)
        pagerduty.await_events(["trigger"] * 4 + TRIGGER_AND_RESOLVE, self.slod)
        self.expect_one_key(pagerduty)
        triggers = [json.dumps(m, sort_keys=True) for m in pagerduty.received()[:5]]
        self.assertEqual(len(set(triggers)), 1, "a repeated message says the same")
        eventually("counts them", lambda: self.sent("oncall", "delivered") == 2)
        self.assertEqual(self.sent("oncall", "retried"), 4)

    def test_a_slow_receiver_delays_no_other(self):
        pagerduty = PagerDuty(self, Receiver.HANG)
        broken = PagerDuty(self, TRY_AGAIN)
        slack = Slack(self)
        self.run_with(pagerduty.configuration(self.folder), broken.configuration(
            self.folder, "broken"), slack.configuration(self.folder))
        self.break_for_a_moment()
        eventually("PagerDuty has one", pagerduty.received)
        eventually("Slack has both", lambda: len(slack.received()) == 2)
        self.assertEqual(len(pagerduty.received()), 1, "PagerDuty still holds the first")
        self.assertLess(slack.times()[0] - pagerduty.times()[0], 2)
        self.assertEqual(self.slod.get("/healthz")[0], 200)
        pagerduty.answer = broken.answer = ACCEPTED
        for receiver in (pagerduty, broken):
            eventually("the others get theirs", lambda: receiver.events() and
                       receiver.events()[-1][0] == "resolve")
            self.expect_one_key(receiver)

    def test_is_sent_only_the_end_of_what_was_over_before_it_was_taken(self):
        pagerduty = PagerDuty(self, TRY_AGAIN)
        self.run_with(pagerduty.configuration(self.folder))
        self.break_for_a_moment()
        self.await_resolved()
        eventually("is not sent", lambda: any(
            "the alert was over before" in message["error"]
            for message in self.slod.get("/api/v1/outbox")[1]["messages"]))
        before = len(pagerduty.events())
        pagerduty.answer = ACCEPTED
        eventually("nothing waits", lambda: self.slod.metric("slod_outbox_pending") == 0)
        self.assertEqual({action for action, _ in pagerduty.events()[before:]}, {"resolve"})

    def test_an_endless_answer_is_cut_and_counts_by_its_status(self):
        pagerduty = PagerDuty(self, (202, {}, "x" * 10_000_000))
        self.run_with(pagerduty.configuration(self.folder))
        self.break_for_a_moment()
        pagerduty.await_events(TRIGGER_AND_RESOLVE, self.slod)
        eventually("counts them", lambda: self.sent("oncall", "delivered") == 2)

    def test_tries_again_what_is_refused_beside_the_others(self):
        pagerduty = PagerDuty(self, lambda message: (
            (400, {}, '{"status":"invalid event"}') if message["event_action"] == "trigger"
            else ACCEPTED))
        slack = Slack(self, (200, {}, "no_service"))
        self.run_with(pagerduty.configuration(self.folder), slack.configuration(self.folder))
        self.break_until("tries again", lambda: self.sent("oncall", "rejected") >= 2
                         and self.sent("chat", "rejected") >= 2)
        self.assertIn("invalid event", self.slod.log())
        self.assertIn("no_service", self.slod.log())
        slack.answer = SLACK_OK
        eventually("PagerDuty has the end", lambda: pagerduty.events()[-1][0] == "resolve")
        eventually("nothing waits", lambda: self.slod.metric("slod_outbox_pending") == 0)


class Secrets(ReceiverTest):
    def expect_no_secret(self):
        everything = [self.slod.log(), self.slod.get("/metrics")[1]]
        for path in ("/freeze", "/api/v1/slos", "/readyz"):
            everything.append(json.dumps(self.slod.get(path)[1]))
        for secret in (PAGERDUTY_KEY, *Slack.PATH.split("/")[2:]):
            self.assertNotIn(secret, "\n".join(everything))

    def test_are_in_no_log_whatever_goes_wrong(self):
        slack_answers = iter([(500, {}, f"no route to {Slack.PATH}"), Receiver.CLOSE,
                              (429, {"Retry-After": "1"}, "rate_limited"),
                              (404, {}, f"{Slack.PATH} is gone")])
        pagerduty_answers = iter([(500, {}, f"{PAGERDUTY_KEY} failed"), Receiver.CLOSE,
                                  (400, {}, f'{{"errors":["key {PAGERDUTY_KEY} is bad"]}}')])
        slack = Slack(self, lambda message: next(slack_answers, SLACK_OK))
        pagerduty = PagerDuty(self, lambda message: next(pagerduty_answers, ACCEPTED))
        self.run_with(slack.configuration(self.folder), pagerduty.configuration(self.folder))
        self.break_for_a_moment()
        eventually("has notified both", lambda: self.sent("chat", "delivered") == 1
                   and self.sent("oncall", "delivered") == 1)
        self.expect_no_secret()

    def test_may_be_missing_or_exchanged_while_it_runs(self):
        pagerduty, slack = PagerDuty(self), Slack(self)
        self.run_with(pagerduty.configuration(self.folder), slack.configuration(self.folder))
        key_file, url_file = self.folder / "oncall.key", self.folder / "chat.url"
        url = url_file.read_text()
        key_file.unlink()
        url_file.write_text(url.replace("http://", "nonsense "))
        self.break_for_a_moment()
        eventually("tries", lambda: self.sent("oncall", "retried") >= 1)
        key_file.write_text("another key")
        url_file.write_text(url)
        pagerduty.await_events(TRIGGER_AND_RESOLVE, self.slod)
        self.assertEqual(pagerduty.received()[0]["routing_key"], "another key")
        eventually("Slack has what it can get", lambda: slack.received())
        self.expect_no_secret()


if __name__ == "__main__":
    unittest.main()
