"""A target of the benchmarks: a page of metrics over HTTP."""

import http.server


class MetricsPage(http.server.BaseHTTPRequestHandler):
    """Answers each GET with the bytes that `page()` of a subclass returns, and logs nothing."""

    def do_GET(self):
        body = self.page()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass
