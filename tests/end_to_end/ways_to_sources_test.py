"""Sources behind redirects and proxies, and servers that take only short requests."""

import base64
import json
import threading
import unittest
import urllib.request

from slod import SlodTest, availability, eventually, temporary_folder
from target import Target

CANARY = "canary-6f1d"


class Proxy(Target):
    """An http proxy that forwards what it is asked for in the absolute form."""

    def __init__(self, test):
        super().__init__(test)
        self.behave = self.forward
        self.credentials = []

    def forward(self, request):
        self.credentials.append(request.headers["Proxy-Authorization"])
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request.path) as page:
            request.respond(page.read())


class WaysToSources(SlodTest):
    def setUp(self):
        self.target = Target(self)
        self.target.counters.requests(ok=10, failed=1)

    def source(self, slod):
        return next(source for source in slod.get("/api/v1/status")[1]["sources"])

    def test_a_redirect_is_followed_unless_it_must_not_be(self):
        def redirect(request):
            if request.path == "/metrics":
                request.respond("", 301, headers={"Location": "/metrics/"})
            else:
                request.respond(self.target.counters.page())

        self.target.behave = redirect
        slod = self.run_slod_on(self.target)
        self.assertTrue(self.source(slod)["up"], self.source(slod))
        slod = self.run_slod_on(self.target, follow_redirects=False)
        self.assertFalse(self.source(slod)["up"])
        self.assertEqual(self.source(slod)["error"], "it answered with status 301, not 200")

    def test_credentials_stay_with_the_host_they_are_for(self):
        other = Target(self)
        first, second = set(), set()  # the credentials that the two were sent

        def redirect(request):
            first.add(request.headers["Authorization"])
            request.respond("", 302, headers={"Location": f"http://127.0.0.1:{other.port}/metrics"})

        def note(request):
            second.add(request.headers["Authorization"])
            request.respond(self.target.counters.page())

        self.target.behave, other.behave = redirect, note
        secret = temporary_folder(self) / "token"
        secret.write_text(CANARY)
        slod = self.run_slod_on(self.target, bearer_token_file=str(secret))
        self.assertTrue(self.source(slod)["up"])
        self.assertEqual((first, second), ({"Bearer " + CANARY}, {None}))

    def test_a_proxy_is_asked_and_its_password_shown_nowhere(self):
        proxy = Proxy(self)
        slod = self.run_slod_on(
            self.target, proxy_url=f"http://reader:{CANARY}@127.0.0.1:{proxy.port}")
        self.assertTrue(self.source(slod)["up"])
        expected = "Basic " + base64.b64encode(f"reader:{CANARY}".encode()).decode()
        self.assertEqual(set(proxy.credentials), {expected})
        self.assertTrue(all(path.startswith(f"http://127.0.0.1:{self.target.port}/")
                            for path in proxy.paths), proxy.paths)
        proxy.close()
        eventually("the proxy is named", lambda: "cannot connect to the proxy 127.0.0.1"
                   in (self.source(slod)["error"] or ""))
        shown = [slod.log()]
        for path in ("/api/v1/status", "/api/v1/status/config", "/api/v1/targets", "/metrics",
                     "/api/v1/slos", "/freeze"):
            shown.append(json.dumps(slod.get(path)[1]))
        slod.stop()
        shown += [file.read_bytes().decode("latin-1") for file in (slod.folder / "state").iterdir()]
        for text in shown:
            self.assertNotIn(CANARY, text)
            self.assertNotIn(expected.split()[1], text)

    def test_a_server_that_takes_short_requests_is_read_in_parts(self):
        lines = []
        lock = threading.Lock()

        def federate(request):
            with lock:
                lines.append(len(request.requestline))
            if len(request.requestline) > 2000:
                request.respond("", 414)
            else:
                request.respond(self.target.counters.page())

        self.target.behave = federate
        slod = self.run_slod({
            "prometheus": [{"name": "p", "url": f"http://127.0.0.1:{self.target.port}",
                            "interval": "300ms"}],
            "services": [{"name": "api", "slos": [availability(f"slo-{i}", f"job-{i}", f"m{i}_total")
                                                  for i in range(150)]}]})
        eventually("the server is read", lambda: self.source(slod)["up"])
        begin = len(lines)
        eventually("a few more reads", lambda: len(lines) > begin + 30)
        self.assertLessEqual(max(lines[begin:]), 2000)


if __name__ == "__main__":
    unittest.main()
