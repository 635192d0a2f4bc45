"""An application with counters on 127.0.0.1:8080: GET /metrics, and POST /requests?code=500 counts
requests, a hundred every 200 ms from then on, of this code."""

import http.server
import threading
import urllib.parse

counts = {"200": 0, "500": 0}
current = ["200"]


def serve_requests(stop):
    while not stop.wait(0.2):
        counts[current[0]] += 100


class Request(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = "".join(f'http_requests_total{{code="{c}"}} {n}\n' for c, n in counts.items())
        page += "".join(f'http_request_duration_seconds_{name} {sum(counts.values())}\n'
                        for name in ('bucket{le="0.3"}', 'bucket{le="+Inf"}', "count", "sum"))
        self.answer(page)

    def do_POST(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        current[0] = query["code"][0]
        self.answer("")

    def answer(self, text):
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    threading.Thread(target=serve_requests, args=[threading.Event()], daemon=True).start()
    http.server.ThreadingHTTPServer(("127.0.0.1", 8080), Request).serve_forever()
