"""Targets that are slow, endless, broken or hostile: each harms its own evidence only."""

import base64
import gzip
import random
import unittest

from slod import (SlodTest, availability, eventually, scrape_job, source_name, temporary_folder,
                  throughout)
from target import Certificate, Target, gzipped

BODY_LIMIT_BYTES = 100_000


def raw(request, *pieces):
    """Answers with bytes that need not be HTTP, and closes."""
    request.close_connection = True
    for piece in pieces:
        request.wfile.write(piece)


def head(request, **headers):
    fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    raw(request, f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n{fields}\r\n".encode())


def never_answers(request):
    request.target.ended.wait()


def stops_in_the_middle(request):
    head(request)
    raw(request, request.target.counters.page().encode())
    request.target.ended.wait()


def trickles(request):
    head(request)
    while not request.target.ended.wait(0.05):
        raw(request, b"#")


def never_ends(request):
    head(request)
    while not request.target.ended.is_set():
        raw(request, b"other_metric 1\n" * 1000)


def is_oversized(request):
    request.respond(request.target.counters.page() + "other_metric 1\n" * BODY_LIMIT_BYTES)


def is_a_gzip_bomb(request):
    request.respond(gzip.compress(b"\n" * 20_000_000), headers={"Content-Encoding": "gzip"})


def is_no_gzip(request):
    request.respond(request.target.counters.page(), headers={"Content-Encoding": "gzip"})


def is_half_a_gzip(request):
    whole = gzip.compress(request.target.counters.page().encode())
    request.respond(whole[:len(whole) // 2], headers={"Content-Encoding": "gzip"})


def closes_early(request):
    page = request.target.counters.page().encode()
    head(request, Content_Length=len(page) + 100)
    raw(request, page)


def closes_at_once(request):
    raw(request)


def is_html(request):
    request.respond("<!DOCTYPE html><html><body><h1>Log in</h1></body></html>",
                    content_type="text/html")


def is_garbage(request):
    request.respond(random.Random(1).randbytes(5000))


def has_a_broken_line(request):
    request.respond(request.target.counters.page() + 'http_requests_total{code="50\n')


def has_a_broken_value(request):
    request.respond(request.target.counters.page() + 'http_requests_total{code="503"} many\n')


def fails(request):
    request.respond(request.target.counters.page(), status=500)


def redirects(request):
    request.respond("", status=302, headers={"Location": "/metrics"})


def is_not_http(request):
    raw(request, b"SSH-2.0-OpenSSH_9.2\r\n" * 10)


def has_an_endless_header(request):
    raw(request, b"HTTP/1.1 200 OK\r\n", b"X-Padding: " + b"a" * 1_000_000)


def has_a_broken_chunk(request):
    head(request, Transfer_Encoding="chunked")
    raw(request, b"5\r\nother\r\nzz\r\n")


MISDEEDS = [never_answers, stops_in_the_middle, trickles, never_ends, is_oversized, is_a_gzip_bomb,
            is_no_gzip, is_half_a_gzip, closes_early, closes_at_once, is_html, is_garbage,
            has_a_broken_line, has_a_broken_value, fails, redirects, is_not_http,
            has_an_endless_header, has_a_broken_chunk]


class HostileTargets(SlodTest):
    def test_each_harms_its_own_evidence_and_nothing_else(self):
        good = Target(self)
        good.counters.requests()
        bad = {misdeed: Target(self) for misdeed in MISDEEDS}
        jobs = [scrape_job(good, interval="500ms")]
        services = [{"name": "api", "slos": [availability()]}]
        for misdeed, target in bad.items():
            job = misdeed.__name__
            target.counters.requests()
            jobs.append(scrape_job(target, job=job, interval="500ms",
                                   body_size_limit=BODY_LIMIT_BYTES))
            services.append({"name": job, "slos": [availability(job=job)]})
        slod = self.run_slod({"scrape": jobs, "services": services})
        for misdeed, target in bad.items():
            target.counters.requests(ok=8, failed=2)
        for misdeed in bad:
            self.await_counts(slod, f"{misdeed.__name__}/availability", 8, 2)

        for misdeed, target in bad.items():
            target.counters.requests(ok=80, failed=20)
            target.behave = misdeed
        for misdeed, target in bad.items():
            with self.subTest(misdeed=misdeed.__name__):
                name = misdeed.__name__
                source = source_name(target, name)
                eventually(f"{name} is not up",
                           lambda: slod.metric("slod_scrape_up", source=source) == 0)
                eventually(f"{name} has missing time",
                           lambda: slod.slo(f"{name}/availability")["coverage_ratio"] < 0.95)
                # A read that was on its way when the misdeed began may have had the whole page.
                self.assertIn(slod.counts(f"{name}/availability"), [(8, 2, 10), (88, 22, 110)])
                self.assertRegex(slod.log(), rf'level=warning .*source={source} error=".+"\n')

        good.counters.requests(ok=500, failed=5)
        self.await_counts(slod, "api/availability", 500, 5)
        self.assertLess(slod.slo("api/availability")["evidence_age_seconds"], 5)
        self.assertGreater(slod.slo("api/availability")["coverage_ratio"], 0.95)
        throughout(1, lambda: self.assertEqual(slod.metric(
            "slod_scrape_up", source=source_name(good)), 1))

        for target in bad.values():
            target.ended.set()
            target.behave = None
        for misdeed in bad:  # the events of the missing time are counted, its time stays known
            self.await_counts(slod, f"{misdeed.__name__}/availability", 88, 22)
        self.assertTrue(slod.is_running())
        self.assertEqual(slod.stop(), 0)

    def test_strange_values_and_orders_count_nothing_and_lose_nothing(self):
        target = Target(self)
        counters = target.counters
        counters.requests()
        slod = self.run_slod({"scrape": [scrape_job(target)],
                              "services": [{"name": "api", "slos": [availability()]}]})
        counters.requests(ok=10, failed=2)
        self.await_counts(slod, "api/availability", 10, 2)

        def reordered(request):
            lines = counters.lines()
            random.shuffle(lines)
            request.respond("\n".join(lines) + "\n")

        def duplicated(request):
            request.respond(counters.page() + counters.page())

        def not_numbers(request):
            request.respond("".join(f'http_requests_total{{code="{code}"}} {value}\n' for
                                    code, value in [(200, "NaN"), (500, "+Inf"), (404, "-1")]))

        def from_the_future(request):
            request.respond("".join(f"{line} 99999999999999\n" for line in counters.lines()))

        def empty(request):
            request.respond("")

        good, bad = 10, 2
        for strange, is_counted in [(reordered, True), (duplicated, True), (gzipped, True),
                                    (not_numbers, False), (from_the_future, False),
                                    (empty, False)]:
            with self.subTest(strange=strange.__name__):
                target.behave = strange
                counters.requests(ok=7, failed=3)
                seen = target.asked
                if is_counted:
                    good, bad = good + 7, bad + 3
                eventually("reads it", lambda: target.asked >= seen + 3)
                self.await_counts(slod, "api/availability", good, bad)
                self.assertEqual(slod.metric("slod_scrape_up", source=source_name(target)), 1)
                target.behave = None
                if not is_counted:
                    good, bad = good + 7, bad + 3
                self.await_counts(slod, "api/availability", good, bad)
        ignored = slod.metric("slod_scrape_samples_ignored_total", source=source_name(target))
        said = slod.log().count("ignored samples of a page")
        self.assertEqual(said, 3, f"of {ignored} samples, each kind is said when it begins")
        self.assertGreater(ignored, 9)


class GuardedTargets(SlodTest):
    def setUp(self):
        self.folder = temporary_folder(self)

    def secret(self, name, text):
        (self.folder / name).write_text(text + "\n")
        return str(self.folder / name)

    def run_jobs(self, jobs, *flags):
        return self.run_slod({"scrape": jobs, "services": [
            {"name": job["job"], "slos": [availability(job=job["job"])]} for job in jobs]}, *flags)

    def expect_up(self, slod, target, job, up):
        eventually(f"{job} is {'up' if up else 'refused'}", lambda: slod.metric(
            "slod_scrape_up", source=source_name(target, job)) == up)

    def test_shows_its_credentials_and_nobody_else_sees_them(self):
        target = Target(self)
        target.counters.requests()
        token, password = "token-ei7Shoov", "password-Quah4Thi"
        basic = base64.b64encode(f"slod:{password}".encode()).decode()

        def guarded(request):
            if request.headers["Authorization"] in (f"Bearer {token}", f"Basic {basic}"):
                request.respond(target.counters.page())
            else:
                request.respond("", status=401)

        target.behave = guarded
        password_file = self.secret("password", password)
        wrong_file = self.secret("wrong", "wrong")
        jobs = [
            scrape_job(target, job="bearer", bearer_token_file=self.secret("token", token)),
            scrape_job(target, job="basic",
                       basic_auth={"username": "slod", "password_file": password_file}),
            scrape_job(target, job="wrong-token", bearer_token_file=wrong_file),
            scrape_job(target, job="wrong-password",
                       basic_auth={"username": "slod", "password_file": wrong_file}),
            scrape_job(target, job="nothing"),
            scrape_job(target, job="fleeting", bearer_token_file=self.secret("fleeting", token))]
        slod = self.run_jobs(jobs, "--log-level", "debug")
        for job in jobs:
            self.expect_up(slod, target, job["job"], job["job"] in ("bearer", "basic", "fleeting"))
        target.counters.requests(ok=9, failed=1)
        self.await_counts(slod, "basic/availability", 9, 1)
        self.await_counts(slod, "bearer/availability", 9, 1)

        (self.folder / "wrong").write_text(token)  # a secret may be exchanged at any time
        self.expect_up(slod, target, "wrong-token", True)
        (self.folder / "fleeting").unlink()
        self.expect_up(slod, target, "fleeting", False)
        self.assertEqual(slod.stop(), 0)
        for secret in (token, password, basic):
            self.assertNotIn(secret, slod.log())

    def test_reads_over_tls_only_whom_it_can_verify(self):
        certificate = Certificate(self.folder, "target")
        stranger = Certificate(self.folder, "stranger")
        target = Target(self, certificate=certificate)
        target.counters.requests()
        ca_file = str(certificate.certificate)
        tls = {"trusted": {"ca_file": ca_file},
               "wrong-authority": {"ca_file": str(stranger.certificate)},
               "wrong-name": {"ca_file": ca_file, "server_name": "another.example"},
               "system-authorities": {}}
        jobs = [scrape_job(target, job=job, scheme="https", interval="1s", tls=tls[job])
                for job in tls]
        jobs.append(scrape_job(target, job="plain", interval="1s"))
        slod = self.run_jobs(jobs)
        for job in jobs:
            self.expect_up(slod, target, job["job"], job["job"] == "trusted")
        target.counters.requests(ok=9, failed=1)
        self.await_counts(slod, "trusted/availability", 9, 1)
        self.assertRegex(slod.log(), r"source=scrape/wrong-authority/.*certificate")
        self.assertRegex(slod.log(), r"source=scrape/wrong-name/.*(certificate|name)")
        self.assertEqual(slod.counts("wrong-authority/availability"), (0, 0, 0))


if __name__ == "__main__":
    unittest.main()
