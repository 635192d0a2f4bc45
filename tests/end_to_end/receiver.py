"""Servers that record what slod sends them, and answer as a test scripts."""

import http.server
import json
import threading
import time

from slod import eventually

PAGERDUTY_KEY = "R0UT1NGKEY0123456789abcdefABCDEF"


class Receiver(http.server.ThreadingHTTPServer):
    """Records each POST, then answers what `answer` says: a function of the message (a value)
    that gives (status, headers, body), HANG or CLOSE."""

    daemon_threads = True
    block_on_close = False

    HANG = "takes the message and never answers"
    CLOSE = "takes the message and closes without an answer"

    def __init__(self, test, answer, path="/"):
        super().__init__(("127.0.0.1", 0), _Post)
        self.url = f"http://127.0.0.1:{self.server_address[1]}{path}"
        self.answer = answer
        self._lock = threading.Lock()
        self._received = []
        self._requests = []
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        test.addCleanup(self.close)

    def close(self):
        if self.ended.is_set():
            return
        self.ended.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def record(self, message, path, headers):
        with self._lock:
            self._received.append((time.monotonic(), message))
            self._requests.append((path, headers))

    def received(self):
        """The messages, in the order in which they came."""
        with self._lock:
            return [message for _, message in self._received]

    def requests(self):
        """(path, headers) of each of them."""
        with self._lock:
            return list(self._requests)

    def times(self):
        """When they came, in seconds of the monotonic clock."""
        with self._lock:
            return [at for at, _ in self._received]

    def answer_to(self, message, path, headers):
        """What it answers; a receiver that looks at more than the message does so here."""
        return self.answer(message) if callable(self.answer) else self.answer

    def handle_error(self, request, client_address):
        """A slod that is killed while it speaks is part of the tests."""


class _Post(http.server.BaseHTTPRequestHandler):
    timeout = 20

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = json.loads(body)
        answer = self.server.answer_to(message, self.path, self.headers)
        self.server.record(message, self.path, self.headers)
        if answer == Receiver.HANG:
            self.server.ended.wait()
        if answer in (Receiver.HANG, Receiver.CLOSE):
            self.close_connection = True
            return
        status, headers, text = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments):
        pass


ACCEPTED = (202, {"Content-Type": "application/json"},
            '{"status":"success","message":"Event processed","dedup_key":"slod"}')
SLACK_OK = (200, {"Content-Type": "text/html"}, "ok")


class PagerDuty(Receiver):
    """PagerDuty's Events API v2, which takes what has the right routing key."""

    def __init__(self, test, answer=ACCEPTED):
        super().__init__(test, answer, "/v2/enqueue")

    def events(self):
        """(event_action, dedup_key) of each message."""
        return [(m["event_action"], m["dedup_key"]) for m in self.received()]

    def await_events(self, actions, slod):
        """Waits until exactly these have come, in this order."""

        def come():
            found = [action for action, _ in self.events()]
            if found == list(actions):
                return True
            if len(found) > len(actions):
                raise AssertionError(f"expected {actions}, found {self.events()}\n{slod.log()}")
            return False

        try:
            eventually(f"PagerDuty has {actions}", come)
        except AssertionError as error:
            raise AssertionError(f"{error}; it has {self.events()}\n{slod.log()}") from None

    def configuration(self, folder, name="oncall"):
        key_file = folder / f"{name}.key"
        key_file.write_text(PAGERDUTY_KEY + "\n")
        return {"name": name, "pagerduty": {"routing_key_file": str(key_file), "url": self.url}}


class Slack(Receiver):
    """An incoming webhook of Slack, whose URL is the secret."""

    PATH = "/services/T0SECRET0/B0SECRET00/xyzSECRETxyzSECRETxyz"

    def __init__(self, test, answer=SLACK_OK):
        super().__init__(test, answer, self.PATH)

    def configuration(self, folder, name="chat"):
        url_file = folder / f"{name}.url"
        url_file.write_text(self.url + "\n")
        return {"name": name, "slack": {"webhook_url_file": str(url_file)}}


def alerting(*receivers, long="4s", short="2s"):
    """Pages every one of the receivers once a tenth of the requests fails twice over."""
    return {"burn_rates": [{"severity": "page", "long": long, "short": short, "factor": 2}],
            "min_events": 5, "receivers": list(receivers),
            "routes": {"page": [receiver["name"] for receiver in receivers]}}
