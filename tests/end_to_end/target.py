"""A scrape target that a test scripts: exact counters, and every way to misbehave."""

import gzip
import http.server
import ssl
import subprocess
import threading


class Counters:
    """Series and their values, as a page of Prometheus's text format. Thread-safe."""

    def __init__(self):
        self._lock = threading.Lock()
        self._values = {}

    def add(self, metric, amount=1, **labels):
        with self._lock:
            series = (metric, tuple(sorted(labels.items())))
            self._values[series] = self._values.get(series, 0) + amount

    def set(self, metric, value, **labels):
        with self._lock:
            self._values[metric, tuple(sorted(labels.items()))] = value

    def remove(self, metric, **labels):
        with self._lock:
            del self._values[metric, tuple(sorted(labels.items()))]

    def clear(self):
        with self._lock:
            self._values.clear()

    def total(self, metric, prefix=""):
        """The sum over the series whose code begins so."""
        with self._lock:
            return sum(value for (name, labels), value in self._values.items()
                       if name == metric and dict(labels).get("code", "").startswith(prefix))

    def lines(self):
        with self._lock:
            values = list(self._values.items())
        return ["{}{{{}}} {}".format(name, ",".join(f'{k}="{v}"' for k, v in labels), value)
                for (name, labels), value in values]

    def page(self):
        return "".join(line + "\n" for line in self.lines())

    def requests(self, ok=0, failed=0):
        """Requests that went well, and that failed. Both in one step, as one page shows them."""
        with self._lock:
            for code, amount in (("200", ok), ("500", failed)):
                series = ("http_requests_total", (("code", code),))
                self._values[series] = self._values.get(series, 0) + amount


class Target(http.server.ThreadingHTTPServer):
    """Serves its counters on /metrics. `behave` may be set to a function that answers a request
    in their place; it gets the request, with `target` and `respond`. Reads are counted in `asked`
    when they begin."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, test, port=0, certificate=None):
        super().__init__(("127.0.0.1", port), _Request)
        self.port = self.server_address[1]
        self.counters = Counters()
        self.behave = None
        self.asked = 0
        self.paths = []
        self.ended = threading.Event()  # what waits on purpose waits for this
        self._is_open = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.certificate, certificate.key)
            self.socket = context.wrap_socket(self.socket, server_side=True,
                                              do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        test.addCleanup(self.close)

    def close(self):
        """As if its process had ended."""
        if not self._is_open:
            return
        self._is_open = False
        self.ended.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request, client_address):
        """A reader that goes away, or does not trust the certificate, is part of the tests."""


class _Request(http.server.BaseHTTPRequestHandler):
    timeout = 20  # of any wait for the other side

    @property
    def target(self):
        return self.server

    def do_GET(self):
        self.target.asked += 1
        self.target.paths.append(self.path)
        behave = self.target.behave
        if behave:
            behave(self)
        else:
            self.respond(self.target.counters.page())

    def respond(self, body, status=200, content_type="text/plain; version=0.0.4", headers=None):
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Traffic:
    """Requests to a target at a steady pace, until the test ends: 10 at a time, of which `failing`
    fail. All take 100 ms, as the histogram `latency_metric` says."""

    def __init__(self, test, target, failing=0, latency_metric="request_seconds"):
        self.failing = failing
        self._counters = target.counters
        self._latency_metric = latency_metric
        self._ended = threading.Event()
        self._step()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        test.addCleanup(self.end)

    def _run(self):
        while not self._ended.wait(0.05):
            self._step()

    def _step(self):
        self._counters.requests(ok=10 - self.failing, failed=self.failing)
        for bound in ("0.1", "0.5", "+Inf"):
            self._counters.add(self._latency_metric + "_bucket", 10, le=bound)
        self._counters.add(self._latency_metric + "_count", 10)
        self._counters.add(self._latency_metric + "_sum", 1)

    def end(self):
        self._ended.set()
        self._thread.join()


class Certificate:
    """A certificate of 127.0.0.1 that signs itself, and so is its own authority."""

    def __init__(self, folder, name):
        self.certificate = folder / f"{name}.crt"
        self.key = folder / f"{name}.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
             "subjectAltName=IP:127.0.0.1", "-keyout", self.key, "-out", self.certificate],
            check=True, capture_output=True)


def gzipped(request):
    request.respond(gzip.compress(request.target.counters.page().encode()),
                    headers={"Content-Encoding": "gzip"})
