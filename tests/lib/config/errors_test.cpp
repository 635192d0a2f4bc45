// One row for each thing that a configuration may have wrong, with the place and the words.

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "tests/lib/config/fixture.h"

namespace slod::config {
namespace {

struct Case {
  const char* text;
  std::vector<std::string> findings;
};

void expect(std::span<const Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(findings(c.text), c.findings) << c.text;
}

/// A file with one service that is right, so that only the finding of the case is left.
std::string with(const std::string& keys) {
  return keys +
         "\nservices: [{name: s, slos: [{name: a, objective: 99%, availability: {total: t, good: "
         "g}}]}]";
}

/// The same, with a source for its series.
std::string with_source(const std::string& keys) {
  return with(keys + "\nscrape: [{job: a, targets: ['a:1']}]");
}

TEST(Errors, OfYaml) {
  const Case cases[] = {
      {"", {"1:1: error: expected a configuration with keys and values, found nothing"}},
      {"# only a comment\n",
       {"1:1: error: expected a configuration with keys and values, found nothing"}},
      {"services: []", {"1:1: warning: expected at least one service, found none"}},
      {"a list",
       {"1:1: error: expected a configuration with keys and values, found \"a "
        "list\""}},
      {"- 1", {"1:1: error: expected a configuration with keys and values, found a list"}},
      {"listen: [1",
       {
           "2:1: error: expected YAML, found: end of sequence flow not found",
       }},
      {"a: b: c", {"1:5: error: expected YAML, found: illegal map value"}},
      {"services: &x []", {"1:11: error: expected a value, found an anchor (&x)"}},
      {"rules: &x []\nscrape: *x",
       {"1:8: error: expected a value, found an anchor (&x)",
        "2:1: error: expected a list of scrape, found nothing",
        "2:9: error: expected a value, found an alias (*name)"}},
      {"scrape: !!seq []", {"1:9: error: expected a value without a tag, found !!seq"}},
      {"state: !x s", {"1:8: error: expected a value without a tag, found !x"}},
      {"state: s\n---\nstate: t", {"2:1: error: expected one YAML document, found a second one"}},
      {"state: s\nlisten: '1.2.3.4:1'\nstate: t",
       {"3:1: error: expected each key once, found state again; it is on line 1 already"}},
      {"[a]: b", {"1:1: error: expected a key that is a text, found a list"}},
      {"state: \"\xFF\"", {"1:9: error: expected text in UTF-8, found the byte 0xff"}},
      {"state: 'it''s\nlisten: 1\n",
       {"1:8: error: expected a closing ' for this text, found the end of the file"}},
      {"state: \"a\\\"\nlisten: 1",
       {"1:8: error: expected a closing \" for this text, found the end of the file"}},
      {"state: \"a\\\"\"\nlistens: 1",
       {"2:1: error: expected a key of a configuration, found listens; did you mean listen?"}},
      {"state: \x01", {"1:8: error: expected text in UTF-8, found the byte 0x01"}},
  };
  expect(cases);
}

TEST(Errors, OfSize) {
  EXPECT_EQ(findings(std::string((1 << 20) + 1, '#')),
            (std::vector<std::string>{
                "1:1: error: expected a file of at most 1048576 bytes, found 1048577"}));
  const auto ends_with = [](const std::string& text, const std::string& message) {
    return std::ranges::any_of(
        findings(text), [&message](const std::string& line) { return line.ends_with(message); });
  };
  EXPECT_TRUE(
      ends_with("state: " + std::string(40, '['), "error: expected at most 32 levels, found more"));
  EXPECT_TRUE(ends_with("state: " + std::string(100'000, '['),
                        "error: expected at most 32 levels, found more"));
  std::string steps = "state:\n";
  for (int i = 0; i < 40; ++i) steps += "- ";
  EXPECT_TRUE(ends_with(steps, "error: expected at most 32 levels, found more"));
  std::string many = "rule_files: [";
  for (int i = 0; i < 100'001; ++i) many += "a,";
  EXPECT_TRUE(ends_with(many, "error: expected at most 100000 values, found more"));
}

TEST(Errors, CountColumnsInCharactersAndLinesInAnyEnding) {
  const Case cases[] = {
      {"state: {é: 1, ü: 2}\r\nscrapes: []",
       {"1:8: error: expected a text, found a map",
        "2:1: error: expected a key of a configuration, found scrapes; did you mean scrape?"}},
      {"\xEF\xBB\xBF"
       "scrapes: []",
       {"1:1: error: expected a key of a configuration, found scrapes; did you mean scrape?"}},
      {"services: [{name: s, owner: \"éé\", ownr: x}]",
       {"1:19: warning: expected at least one SLO in this service, found none",
        "1:35: error: expected a key of a service, found ownr; did you mean owner?"}},
  };
  expect(cases);
}

TEST(Errors, AreOneLineWhateverTheyRepeat) {
  EXPECT_EQ(findings("external_url: \"http://a\\r\\nb\\e[2J\""),
            std::vector<std::string>{"1:15: error: expected a URL such as "
                                     "https://example.org:8443/path, found "
                                     "\"http://a\\x0d\\nb\\x1b[2J\""});
}

TEST(Errors, OfTheTopLevel) {
  const Case cases[] = {
      {"listen: 9750",
       {"1:9: error: expected host:port such as 127.0.0.1:8080 or "
        "[::1]:8080, found \"9750\""}},
      {"listen: http://a:1",
       {"1:9: error: expected host:port without a scheme, found \"http://a:1\""}},
      {"listen: example.org:80",
       {"1:9: error: expected an IP address or localhost, and a port, such as 127.0.0.1:9750, "
        "found "
        "\"example.org:80\""}},
      {"listen: '[::g]:80'",
       {"1:9: error: expected host:port such as 127.0.0.1:8080 or [::1]:8080, found \"[::g]:80\""}},
      {"listen: '[1:2:3]:80'",
       {"1:9: error: expected an IP address or localhost, and a port, such as 127.0.0.1:9750, "
        "found "
        "\"[1:2:3]:80\""}},
      {"listen: [a]", {"1:9: error: expected host:port, found a list"}},
      {"listen:", {"1:1: error: expected host:port, found nothing"}},
      {"external_url: slod.example.org",
       {"1:15: error: expected a URL such as https://example.org:8443/path, found "
        "\"slod.example.org\""}},
      {"external_url: ftp://slod",
       {"1:15: error: expected a URL that starts with http:// or https://, found "
        "\"ftp://slod\""}},
      {"external_url: http://slod/?a=b",
       {"1:15: error: expected a URL without a query, found \"http://slod/?a=b\""}},
      {"state: ''", {"1:8: error: expected a text, found \"\""}},
      {"scrape: {}", {"1:9: error: expected a list of scrape, found a map"}},
      {"scrap: []",
       {"1:1: error: expected a key of a configuration, found scrap; did you mean scrape?"}},
      {"scraping: []",
       {"1:1: error: expected a key of a configuration (listen, external_url, state, freeze, "
        "alerting, query, scrape, prometheus, services, rules, rule_files), found scraping"}},
      {"rule_files: [[]]", {"1:14: error: expected a text, found a list"}},
  };
  expect(cases);
}

TEST(Errors, OfScrapeJobs) {
  const Case cases[] = {
      {"scrape: [{}]",
       {"1:10: error: expected the key job in a scrape job, found none",
        "1:10: error: expected the key targets in a scrape job, found none"}},
      {"scrape: [x]", {"1:10: error: expected a scrape job with keys and values, found \"x\""}},
      {"scrape: [{job: a, targets: []}]",
       {"1:28: error: expected at least one target, found none"}},
      {"scrape: [{job: a, targets: ['http://a:1', a, 'a:0', 'a:70000', 'a/b:1', '::1:1', "
       "'[x]:1']}]",
       {"1:29: error: expected host:port without a scheme, found \"http://a:1\"",
        "1:43: error: expected host:port such as 127.0.0.1:8080 or [::1]:8080, found \"a\"",
        "1:46: error: expected host:port such as 127.0.0.1:8080 or [::1]:8080, found \"a:0\"",
        "1:53: error: expected host:port such as 127.0.0.1:8080 or [::1]:8080, found \"a:70000\"",
        "1:64: error: expected host:port such as 127.0.0.1:8080 or [::1]:8080, found \"a/b:1\"",
        "1:73: error: expected host:port such as 127.0.0.1:8080 or [::1]:8080, found \"::1:1\"",
        "1:82: error: expected host:port such as 127.0.0.1:8080 or [::1]:8080, found \"[x]:1\""}},
      {"scrape: [{job: a, targets: ['a:1', 'a:1']}]",
       {"1:36: error: expected each target once, found a:1 again"}},
      {"scrape: [{job: a, targets: ['a:1']}, {job: a, targets: ['a:1']}]",
       {"1:44: error: expected a scrape job a once, found it again; it is at "
        "slod.yaml:1:16 already"}},
      {"scrape: [{job: a, targets: ['a:1'], interval: 15}]",
       {"1:47: error: expected a duration such as 30s, 5m, 1h30m or 30d, found \"15\""}},
      {"scrape: [{job: a, targets: ['a:1'], interval: 50ms}]",
       {"1:47: error: expected a duration from 100ms to 1d, found \"50ms\""}},
      {"scrape: [{job: a, targets: ['a:1'], timeout: 20s}]",
       {"1:46: error: expected a timeout of at most the interval, 15s, found 20s"}},
      {"scrape: [{job: a, targets: ['a:1'], path: metrics}]",
       {"1:43: error: expected a path such as /metrics, found \"metrics\""}},
      {"scrape: [{job: a, targets: ['a:1'], scheme: ftp}]",
       {"1:45: error: expected http or https, found \"ftp\""}},
      {"scrape: [{job: a, targets: ['a:1'], tls: {}}]",
       {"1:42: error: expected https where there is tls, found http"}},
      {"scrape: [{job: a, targets: ['a:1'], scheme: https, tls: {key_file: tls/key.pem, ca: x}}]",
       {"1:57: error: expected cert_file and key_file together, found only key_file",
        "1:81: error: expected a key of tls, found ca; did you mean ca_file?"}},
      {"scrape: [{job: a, targets: ['a:1'], bearer_token_file: nowhere}]",
       {"1:56: error: expected a file that slod can read, found nowhere: no such file"}},
      {"scrape: [{job: a, targets: ['a:1'], bearer_token_file: empty}]",
       {"1:56: error: expected a file that holds something, found empty to be empty"}},
      {"scrape: [{job: a, targets: ['a:1'], basic_auth: {username: u, password: p}}]",
       {"1:63: error: expected a key of basic_auth, found password; did you mean password_file?"}},
      {"scrape: [{job: a, targets: ['a:1'], bearer_token: secret}]",
       {"1:37: error: expected a key of a scrape job, found bearer_token; did you mean "
        "bearer_token_file?"}},
      {"scrape: [{jobb: a, targets: ['a:1']}]",
       {"1:11: error: expected a key of a scrape job, found jobb; did you mean job?"}},
      {"scrape: [{job: a, targets: ['a:1'], basic_auth: {username: u, password_file: f}, "
       "bearer_token_file: f}]",
       {"1:101: error: expected basic_auth or bearer_token_file, found both"}},
      {"scrape: [{job: a, targets: ['a:1'], labels: {job: x, __a: b, a-b: c, d: [], e: ''}}]",
       {"1:46: error: expected a label that slod does not set itself, found job",
        "1:54: error: expected a label name that does not start with __, found \"__a\"",
        "1:62: error: expected a label name of letters, digits and _, found \"a-b\"",
        "1:73: error: expected a text, found a list", "1:80: error: expected a text, found \"\""}},
      {"scrape: [{job: a, targets: ['a:1'], sample_limit: 0, body_size_limit: 1MB}]",
       {"1:51: error: expected a whole number of at least 1, found \"0\"",
        "1:71: error: expected a size such as 67108864, 64MiB or 1GiB, found \"1MB\""}},
      {"scrape: [{job: a, targets: ['a:1'], intervall: 5s}]",
       {"1:37: error: expected a key of a scrape job, found intervall; did you mean interval?"}},
  };
  expect(cases);
}

TEST(Errors, OfPrometheusServers) {
  const Case cases[] = {
      {"prometheus: [{}]",
       {"1:14: error: expected one of url, urls in a Prometheus server, found none",
        "1:14: error: expected the key name in a Prometheus server, found none"}},
      {"prometheus: [{name: p, url: 'http://a', urls: ['http://a', 'http://b']}]",
       {"1:47: error: expected one of url, urls in a Prometheus server, found url and urls"}},
      {"prometheus: [{name: p, urls: ['http://a']}]",
       {"1:30: error: expected the two urls of a pair, found 1"}},
      {"prometheus: [{name: p, urls: 'http://a'}]",
       {"1:30: error: expected a list of urls, found \"http://a\""}},
      {"prometheus: [{name: p, urls: ['http://a', 'http://a/']}]",
       {"1:43: error: expected two servers, found http://a again"}},
      {"prometheus: [{name: p, urls: ['http://a', 'https://b']}]",
       {"1:43: error: expected http or https for both urls, found one of each"}},
      {"prometheus: [{name: p, url: 'http://u:p@a'}]",
       {"1:29: error: expected a URL without user and password, found one with them"}},
      {"prometheus: [{name: p, url: 'http://'}]",
       {"1:29: error: expected a URL such as https://example.org:8443/path, found "
        "\"http://\""}},
      {"prometheus: [{name: p, url: 'http://a:99999'}, {name: q, url: 'http://a:0'}]",
       {"1:29: error: expected a URL such as https://example.org:8443/path, found "
        "\"http://a:99999\"",
        "1:48: warning: expected one Prometheus server, found a second one beside p: every SLO is "
        "read from each, and what both hold would count twice",
        "1:63: error: expected a URL such as https://example.org:8443/path, found "
        "\"http://a:0\""}},
      {"prometheus: [{name: p, url: 'http://a#b'}]",
       {"1:29: error: expected a URL without #, found \"http://a#b\""}},
      {"prometheus: [{name: p, url: 'http://a', mode: remote}]",
       {"1:47: error: expected federate or query, found \"remote\""}},
      {"prometheus: [{name: p, url: 'http://a', mode: query, backfill: 1d}]",
       {"1:1: warning: expected at least one service, found none",
        "1:47: warning: mode: query is read and checked, but not acted on in this version",
        "1:64: warning: backfill is read and checked, but not acted on in this version"}},
      {"prometheus: [{name: p, url: 'http://a', tls: {}}]",
       {"1:46: error: expected https where there is tls, found http"}},
      {"prometheus: [{name: p, url: 'http://a'}, {name: p, url: 'http://b'}]",
       {"1:42: warning: expected one Prometheus server, found a second one beside p: every SLO is "
        "read from each, and what both hold would count twice",
        "1:49: error: expected a Prometheus server p once, found it again; it is at slod.yaml:1:21 "
        "already"}},
  };
  expect(cases);
}

TEST(Errors, OfThePolicy) {
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"ladder: []", {"1:18: error: expected at least one step in the ladder, found none"}},
      {"ladder: [{}]",
       {"1:19: error: expected the key deny in a step of the ladder, found none",
        "1:19: error: expected the key level in a step of the ladder, found none",
        "1:19: error: expected the key spent in a step of the ladder, found none"}},
      {"ladder: [{level: open, spent: 1%, deny: []}]",
       {"1:27: error: expected feature_freeze or hotfix_only, found \"open\""}},
      {"ladder: [{level: feature_freeze, spent: 50, deny: [feature]}]",
       {"1:50: error: expected a ratio such as 99.9% or 0.999, found 50 without a percent sign; "
        "did "
        "you mean 50%?"}},
      {"ladder: [{level: feature_freeze, spent: 50%, over: 30s, deny: [feature]}]",
       {"1:61: error: expected a duration from 1m to 1y, found \"30s\""}},
      {"ladder: [{level: feature_freeze, spent: 50%, deny: [feature]}, {level: hotfix_only, spent: "
       "50%, deny: [fix]}]",
       {"1:73: error: expected a threshold above the 50% of feature_freeze in this step, found "
        "50%"}},
      {"ladder: [{level: hotfix_only, spent: 50%, deny: [feature]}, {level: feature_freeze, spent: "
       "60%, deny: [fix]}]",
       {"1:70: error: expected a level above hotfix_only in this step, found feature_freeze"}},
      {"thaw_margin: 2",
       {"1:23: error: expected a ratio such as 99.9% or 0.999, found 2 without a "
        "percent sign; did you mean 2%?"}},
      {"thaw: 2%", {"1:10: error: expected a key of freeze (ladder, thaw_margin), found thaw"}},
  };
  for (const auto& [keys, expected] : cases) {
    EXPECT_EQ(findings(with_source("freeze: {" + std::string(keys) + "}")), expected) << keys;
  }
}

TEST(Errors, OfWhatIsKeptForQueries) {
  const Case cases[] = {
      {"retention: 4m", {"1:20: error: expected a duration from 5m to 30d, found \"4m\""}},
      {"retention: 31d", {"1:20: error: expected a duration from 5m to 30d, found \"31d\""}},
      {"memory: 1000KiB", {"1:17: error: expected at least 1MiB of memory, found 1024000 bytes"}},
      {"memory: lots",
       {"1:17: error: expected a size such as 67108864, 64MiB or 1GiB, found \"lots\""}},
      {"query_memory: 1KiB", {"1:23: error: expected at least 1MiB of memory, found 1024 bytes"}},
      {"query_memory: 129MiB",
       {"1:23: error: expected all_queries_memory of at least query_memory, found 134217728 and "
        "135266304 bytes"}},
      {"query_memory: 2MiB, all_queries_memory: 1MiB",
       {"1:49: error: expected all_queries_memory of at least query_memory, found 1048576 and "
        "2097152 bytes"}},
      {"timeout: 999ms", {"1:18: error: expected a duration from 1s to 1h, found \"999ms\""}},
      {"timeout: 2h", {"1:18: error: expected a duration from 1s to 1h, found \"2h\""}},
      {"concurrency: 0", {"1:22: error: expected a whole number of at least 1, found \"0\""}},
      {"concurrency: 101",
       {"1:22: error: expected at most 100 queries at the same time, found 101"}},
      {"keep: 6h",
       {"1:9: error: expected a key of query (retention, memory, query_memory, "
        "all_queries_memory, timeout, concurrency), found keep"}},
  };
  for (const auto& [keys, expected] : cases) {
    EXPECT_EQ(findings(with_source("query: {" + std::string(keys) + "}")), expected) << keys;
  }
}

TEST(Errors, OfThePolicyNameTheWordsThatAreAllowed) {
  const auto found =
      findings(with_source("freeze: {ladder: [{level: frozen, spent: 1%, deny: [features]}]}"));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(found[0].starts_with("1:27: error: expected ")) << found[0];
  EXPECT_TRUE(found[0].contains("hotfix_only")) << found[0];
  EXPECT_TRUE(found[1].starts_with("1:53: error: expected ")) << found[1];
  EXPECT_TRUE(found[1].contains("hotfix")) << found[1];
}

/// "pagerduty, slack" and so on.
std::string receiver_kinds() {
  std::string out;
  alert::for_each_kind([&out]<class Kind>(const Kind&) {
    if (!out.empty()) out += ", ";
    out += Kind::name;
  });
  return out;
}

TEST(Errors, OfAlerting) {
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"burn_rates: [{}]",
       {"1:25: error: expected the key factor in a burn rate, found none",
        "1:25: error: expected the key long in a burn rate, found none",
        "1:25: error: expected the key severity in a burn rate, found none",
        "1:25: error: expected the key short in a burn rate, found none"}},
      {"burn_rates: [{severity: page, long: 1h, short: 2h, factor: 1}]",
       {"1:59: error: expected a short window of at most the long one, 1h, found 2h"}},
      {"burn_rates: [{severity: page, long: 1h, short: 5m, factor: 0}]",
       {"1:71: error: expected a factor above zero, found 0"}},
      {"min_events: none", {"1:24: error: expected a whole number of at least 1, found \"none\""}},
      {"receivers: [{name: a}]",
       {"1:11: warning: expected a route for the severity page, found none: its alerts notify no "
        "one",
        "1:11: warning: expected a route for the severity ticket, found none: its alerts notify "
        "no one",
        "1:24: error: expected one of " + receiver_kinds() + " in a receiver, found none"}},
      {"routes: {page: [r], ticket: [r]}, receivers: [{name: r, slack: {webhook_url_file: "
       "secrets/slack}, webhook: {url: 'http://a'}}]",
       {"1:119: error: expected one of " + receiver_kinds() +
        " in a receiver, found slack and webhook"}},
      {"routes: {page: [r], ticket: [r]}, receivers: [{name: r, slack: {webhook_url_file: "
       "nowhere}}]",
       {"1:94: error: expected a file that slod can read, found nowhere: no such file"}},
      {"routes: {page: [r], ticket: [r]}, receivers: [{name: r, slack: {webhook_url: "
       "'https://a'}}]",
       {"1:76: error: expected a key of slack, found webhook_url; did you mean "
        "webhook_url_file?"}},
      {"routes: {page: [r], ticket: [r]}, receivers: [{name: r, slack: {webhook_url_file: f}}]",
       {"1:94: error: expected a file that holds a URL such as https://example.org/hook, found "
        "none in f"}},
      {"routes: {page: [r], ticket: [r]}, receivers: [{name: r, msteams: {webhook_url_file: "
       "two lines}}]",
       {"1:96: error: expected a file with one line, found two lines to have more"}},
      {"routes: {page: [r], ticket: [r]}, receivers: [{name: r, opsgenie: {api_key_file: two "
       "lines}}]",
       {"1:93: error: expected a file with one line, found two lines to have more"}},
      {"routes: {page: [r], ticket: [r]}, receivers: [{name: r, opsgenie: {api_key_file: f, url: "
       "'https://api.eu.opsgenie.com/v2/alerts'}}]",
       {"1:101: error: expected a URL without /v2/alerts, which slod appends, found "
        "\"https://api.eu.opsgenie.com/v2/alerts\"; did you mean https://api.eu.opsgenie.com?"}},
      {"routes: {page: [r], ticket: [r]}, receivers: [{name: r, alertmanager: {url: "
       "'http://a:9093/api/v2/alerts'}}]",
       {"1:88: error: expected a URL without /api/v2/alerts, which slod appends, found "
        "\"http://a:9093/api/v2/alerts\"; did you mean http://a:9093?"}},
      {"routes: {page: [r], ticket: [r]}, receivers: [{name: r, opsgeni: {api_key_file: f}}]",
       {"1:68: error: expected a key of a receiver, found opsgeni; did you mean opsgenie?"}},
      {"routes: {page: [r], ticket: [r]}, receivers: [{name: r, pagerduty: {routing_key_file: "
       "empty, "
       "url: x}}]",
       {"1:98: error: expected a file that holds something, found empty to be empty",
        "1:110: error: expected a URL such as https://example.org:8443/path, found \"x\""}},
      {"routes: {page: [r], ticket: [r]}, receivers: [{name: r, webhook: {url: 'http://a'}}, "
       "{name: r, "
       "webhook: {url: 'http://a'}}]",
       {"1:104: error: expected a receiver r once, found it again; it is at slod.yaml:1:65 "
        "already"}},
      {"routes: {page: [r, s, r], ticket: r, pager: [r]}, receivers: [{name: r, alertmanager: "
       "{url: "
       "'http://a'}}]",
       {"1:12: warning: expected a route for the severity ticket, found none: its alerts notify "
        "no one",
        "1:31: error: expected the name of a receiver, found s, which no receiver has",
        "1:34: error: expected each receiver once in a route, found r again",
        "1:46: error: expected a list of receivers, found \"r\"",
        "1:49: warning: expected a severity of one of the burn rates or rules, found pager: "
        "nothing takes this route"}},
  };
  for (const auto& [keys, expected] : cases) {
    EXPECT_EQ(findings(with_source("alerting: {" + std::string(keys) + "}")), expected) << keys;
  }
}

TEST(Errors, OfRules) {
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"{record: a, expr: e, labels: {x: y}}", {}},
      {"{expr: e}", {"1:9: error: expected one of alert, record in a rule, found none"}},
      {"{alert: a, record: b, expr: e}",
       {"1:28: error: expected one of alert, record in a rule, found alert and record"}},
      {"{alert: a}", {"1:9: error: expected the key expr in a rule, found none"}},
      {"{alert: a, expr: e, for: soon}",
       {"1:34: error: expected a duration such as 30s, 5m, 1h30m or 30d, found \"soon\""}},
      {"{record: a, expr: e, for: 1m}",
       {"1:30: error: expected for in a rule with alert only, found it in one with record"}},
      {"{record: a b, expr: e}",
       {"1:18: error: expected a metric name of letters, digits, _ and : for what is recorded, "
        "found \"a b\""}},
      {"{alert: a, expr: e, labels: {a-b: c}, annotations: [x]}",
       {"1:38: error: expected a label name of letters, digits and _, found \"a-b\"",
        "1:60: error: expected annotations and their texts, found a list"}},
      {"{alert: a, expr: e, labels: {__name__: c}}",
       {"1:38: error: expected a label name of letters, digits and _ other than __name__, found "
        "\"__name__\""}},
      {"{alert: a, expr: 'sum(rate(x[5m])'}",
       {"1:42: error: expected PromQL, found: unclosed left parenthesis"}},
      {"{alert: a, expr: 'x[5m]'}",
       {"1:26: error: expected an expression for an instant vector or a scalar, found one for a "
        "range vector"}},
      {"{alert: a, expr: e, severity: page, labels: {severity: page}}",
       {"1:29: error: expected severity once in a rule, found it again"}},
      {"{alert: a, expr: e, summary: '{{ $valu }}'}",
       {"1:42: error: expected $value, $labels, $labels.name, $externalLabels or $externalURL, "
        "found $valu"}},
      {"{alert: a, expr: e, annotations: {x: '{{ if true }}'}}",
       {"1:50: error: expected a value ($value, $labels.name, a text in quotes, a number) or a "
        "function (humanize, humanize1024, humanizeDuration, humanizePercentage, "
        "humanizeTimestamp, index, printf, title, toLower, toUpper), found if: slod expands no "
        "control structures"}},
      {"{alert: a, expr: e, runbook: x}",
       {"1:29: error: expected a key of a rule (alert, record, expr, for, keep_firing_for, labels, "
        "annotations, severity, summary), found runbook"}},
  };
  for (const auto& [rule, expected] : cases) {
    EXPECT_EQ(findings(with_source("rules: [" + std::string(rule) + "]")), expected) << rule;
  }
}

}  // namespace
}  // namespace slod::config
