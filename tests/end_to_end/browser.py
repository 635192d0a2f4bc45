"""A headless Chromium that a test drives through WebDriver, the protocol that browsers publish for
it, over HTTP."""

import base64
import json
import os
import re
import shutil
import unittest
import urllib.error
import urllib.request

from slod import eventually, free_port, start_program, temporary_folder

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"

KEYS = {"tab": "\ue004", "enter": "\ue007", "shift": "\ue008", "escape": "\ue00c",
        "down": "\ue015", "space": " "}


def programs():
    """(chromium, chromedriver), or None where they are not installed."""
    browser = os.environ.get("SLOD_CHROMIUM") or shutil.which("chromium")
    driver = os.environ.get("SLOD_CHROMEDRIVER") or shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


def plain(value):
    """The same with spaces that break in place of those that do not."""
    if isinstance(value, str):
        return value.replace("\u00a0", " ")
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return value


class Browser:
    """One window. Ends with the test. `font`: the size that its user likes, in pixels."""

    def __init__(self, test, width=1280, height=800, dark=False, font=16):
        found = programs()
        if not found:
            raise unittest.SkipTest("chromium and chromedriver are not installed: no page is shown")
        self.test = test
        folder = temporary_folder(test)
        port = free_port()
        start_program(test, [found[1], f"--port={port}"], folder / "driver.log", folder)
        self._url = f"http://127.0.0.1:{port}"
        eventually("chromedriver serves", self._is_ready)
        # Its sandbox refuses root, and needs what neither a chroot nor most containers give; it
        # loads nothing but what the test serves.
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--no-first-run", "--disable-background-networking",
                     "--disable-component-update", "--hide-scrollbars",
                     f"--user-data-dir={folder}/profile"]
        session = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": found[0], "args": arguments,
                                   "prefs": {"webkit.webprefs.default_font_size": font}},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
        self._url += "/session/" + session["sessionId"]
        test.addCleanup(self._end)
        self.size(width, height)
        self.scheme("dark" if dark else "light")

    def _is_ready(self):
        try:
            return self._ask("GET", "/status")["ready"]
        except OSError:
            return False

    def _end(self):
        try:
            self._ask("DELETE", "")
        except (OSError, AssertionError):
            pass  # it is gone already

    def _ask(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self._url + path, data=data, method=method)
        try:
            with _opener.open(request, timeout=60) as reply:
                return json.loads(reply.read())["value"]
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{method} {path}: {error.read().decode()[:500]}") from None

    def chrome(self, command, **parameters):
        """A command of Chromium's own protocol."""
        return self._ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def size(self, width, height):
        self.chrome("Emulation.setDeviceMetricsOverride", width=width, height=height,
                    deviceScaleFactor=1, mobile=False)

    def scheme(self, name):
        self.chrome("Emulation.setEmulatedMedia",
                    features=[{"name": "prefers-color-scheme", "value": name}])

    def open(self, url):
        self._ask("POST", "/url", {"url": url})
        return self

    def run(self, script, *arguments):
        """What the body of a function returns in the page, with plain spaces."""
        return plain(self._ask("POST", "/execute/sync",
                               {"script": script, "args": list(arguments)}))

    def run_async(self, script, *arguments):
        """The same for one that ends by calling its last argument."""
        return self._ask("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def text(self, selector="body"):
        return self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def await_text(self, wanted, selector="body"):
        """Waits until the text matches a pattern."""
        return eventually(f"the page says {wanted!r}; it says {self.text(selector)!r}",
                          lambda: re.search(wanted, self.text(selector)))

    def press(self, *keys):
        actions = []
        for key in keys:
            value = KEYS.get(key, key)
            actions += [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard",
                                                    "actions": actions}]})

    def type(self, text):
        self.press(*text)

    def screenshot(self, file):
        with open(file, "wb") as image:
            image.write(base64.b64decode(self._ask("GET", "/screenshot")))

    def log(self, kind):
        """What was logged since the last call: "browser" or "performance"."""
        return self._ask("POST", "/se/log", {"type": kind})

    def requested(self):
        """URLs that were asked for since the last call."""
        urls = []
        for entry in self.log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        return urls

    def accessibility(self):
        """[(role, name, properties)] of what assistive technology sees."""
        self.chrome("Accessibility.enable")
        nodes = self.chrome("Accessibility.getFullAXTree")["nodes"]
        return [(node["role"]["value"], node.get("name", {}).get("value", ""),
                 {p["name"]: p["value"].get("value") for p in node.get("properties", [])})
                for node in nodes if not node.get("ignored")]
