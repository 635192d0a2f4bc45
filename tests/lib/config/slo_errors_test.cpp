// One row for each thing that services and SLOs may have wrong, with the place and the words.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/lib/config/fixture.h"

namespace slod::config {
namespace {

/// An SLO with these further keys, as line 4 of a file with one scrape job; the first key starts at
/// column 5.
std::string slo(const std::string& keys) {
  return "scrape: [{job: api, targets: ['a:1']}]\n"
         "services: [{name: s, slos: [{name: a, objective: 99%,\n"
         "    # the keys of the case\n"
         "    " +
         keys + "}]}]";
}

constexpr const char* availability = "availability: {total: t, good: g}";

TEST(SloErrors, OfServices) {
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"services: [{}]",
       {"1:12: warning: expected at least one SLO in this service, found none",
        "1:12: error: expected the key name in a service, found none"}},
      {"services: [{name: a/b}]",
       {"1:19: error: expected a name of letters, digits, _, - and . with at most 100 characters, "
        "found \"a/b\"",
        "1:19: warning: expected at least one SLO in this service, found none"}},
      {"services: [{name: a, runbook: wiki}]",
       {"1:19: warning: expected at least one SLO in this service, found none",
        "1:31: error: expected a URL such as https://example.org:8443/path, found \"wiki\""}},
      {"services: [{name: a, slos: [{}]}]",
       {"1:29: error: expected one of availability, latency, throughput, threshold in an SLO, "
        "found "
        "none",
        "1:29: error: expected the key name in an SLO, found none",
        "1:29: error: expected the key objective in an SLO, found none"}},
      {"scrape: [{job: a, targets: ['a:1']}]\n"
       "services:\n"
       "  - name: a\n"
       "    slos:\n"
       "      - {name: x, objective: 99%, availability: {total: t, good: g}}\n"
       "      - {name: x, objective: 99%, availability: {total: t, good: g}}\n"
       "  - name: a",
       {"6:16: error: expected an SLO of this service x once, found it again; it is at "
        "slod.yaml:5:16 already",
        "7:11: error: expected a service a once, found it again; it is at slod.yaml:3:11 already",
        "7:11: warning: expected at least one SLO in this service, found none"}},
      {"scrape: [{job: a, targets: ['a:1']}]\n"
       "services:\n"
       "  - name: a\n"
       "    slos:\n"
       "      - {name: x, objective: 9, availability: {total: t, good: g}}\n"
       "      - {name: x, objective: 99%, availability: {total: t, good: g}}",
       {"5:30: error: expected a ratio such as 99.9% or 0.999, found 9 without a percent sign; did "
        "you mean 9%?",
        "6:16: error: expected an SLO of this service x once, found it again; it is at "
        "slod.yaml:5:16 already"}},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(findings(text), expected) << text;
}

TEST(SloErrors, OfObjectives) {
  const std::string words = "error: expected a ratio ";
  const std::pair<const char*, std::string> cases[] = {
      {"99.9",
       words + "such as 99.9% or 0.999, found 99.9 without a percent sign; did you mean 99.9%?"},
      {"100%", words + "strictly between 0% and 100%, found \"100%\""},
      {"1", words + "strictly between 0% and 100%, found \"1\""},
      {"0", words + "strictly between 0% and 100%, found \"0\""},
      {"-5%", words + "strictly between 0% and 100%, found \"-5%\""},
      {"110%", words + "strictly between 0% and 100%, found \"110%\""},
      {"high", words + "such as 99.9% or 0.999, found \"high\""},
      {"1e2%", words + "such as 99.9% or 0.999, found \"1e2%\""},
      {"nan", words + "such as 99.9% or 0.999, found \"nan\""},
      {"'%'", words + "such as 99.9% or 0.999, found \"%\""},
      {"99.9 %", words + "such as 99.9% or 0.999, found \"99.9 %\""},
      {"{}", words + "such as 99.9% or 0.999, found a map"},
  };
  for (const auto& [objective, message] : cases) {
    EXPECT_EQ(findings("services: [{name: s, slos: [{name: a, objective: " +
                       std::string(objective) + ", availability: {total: t, good: g}}]}]"),
              std::vector<std::string>{"1:50: " + message});
  }
}

TEST(SloErrors, OfSlos) {
  const std::string available = availability;
  const std::pair<std::string, std::vector<std::string>> cases[] = {
      {available, {}},
      {"window: 30s, " + available,
       {"4:13: error: expected a duration from 1m to 1y, found \"30s\""}},
      {"window: 366d, " + available,
       {"4:13: error: expected a duration from 1m to 1y, found \"366d\""}},
      {"window: 30 days, " + available,
       {"4:13: error: expected a duration such as 30s, 5m, 1h30m or 30d, found \"30 days\""}},
      {"window: {calendar: fortnight}, " + available,
       {"4:24: error: expected day, week, month, quarter or year, found \"fortnight\""}},
      {"window: {calendar: month, time_zone: Europe/Atlantis}, " + available,
       {"4:42: error: expected a time zone that this machine knows, such as Europe/Madrid, found "
        "\"Europe/Atlantis\""}},
      {"window: {time_zone: UTC, zone: x}, " + available,
       {"4:13: error: expected the key calendar in a calendar window, found none",
        "4:30: error: expected a key of a calendar window (calendar, time_zone), found zone"}},
      {"on_missing: ignore, " + available,
       {"4:17: error: expected deny, allow or last_known, found \"ignore\""}},
      {"cold_start: warm, " + available,
       {"4:17: error: expected project or observed, found \"warm\""}},
      {"stale_after: 30s, " + available,
       {"4:18: error: expected stale_after of at least 1m (four intervals of 15s), found 30s"}},
      {"stale_after: 60s, " + available, {}},
      {"objectives: 1, " + available,
       {"4:5: error: expected a key of an SLO, found objectives; did you mean objective?"}},
      {"latency: {histogram: h, below: 1s}, " + available,
       {"4:14: error: expected one of availability, latency, throughput, threshold in an SLO, "
        "found "
        "availability and latency"}},
  };
  for (const auto& [keys, expected] : cases) EXPECT_EQ(findings(slo(keys)), expected) << keys;
}

TEST(SloErrors, OfSlis) {
  const std::pair<std::string, std::vector<std::string>> cases[] = {
      {"availability: {total: t}",
       {"4:19: error: expected one of good, bad in availability, found none"}},
      {"availability: {total: t, good: g, bad: b}",
       {"4:44: error: expected one of good, bad in availability, found good and bad"}},
      {"availability: {total: t, bad: t}",
       {"4:35: error: expected bad to be a part of total, found the same as total: every event "
        "would be bad"}},
      {"availability: {total: 'sum(rate(t[5m]))', good: 'sum(rate(t[5m]))'}",
       {"4:53: error: expected good to be a part of total, found the same as total: no event would "
        "be bad"}},
      {"availability: {total: max(t), bad: ' max( t )'}",
       {"4:40: error: expected bad to be a part of total, found the same as total: every event "
        "would be bad"}},
      {"availability: {good: g}",
       {"4:19: error: expected the key total in availability, found none"}},
      {"availability: [t, g]",
       {"4:19: error: expected availability with keys and values, found a list"}},
      {"latency: {histogram: h}", {"4:14: error: expected the key below in latency, found none"}},
      {"latency: {below: 1s}", {"4:14: error: expected the key histogram in latency, found none"}},
      {"latency: {histogram: h_bucket, below: 1s}",
       {"4:26: error: expected the name of the histogram without _bucket, found h_bucket"}},
      {"latency: {histogram: 'h{le=\"1\"}', below: 1s}",
       {"4:26: error: expected a histogram with all its buckets, found a condition on le; the "
        "threshold is the key below"}},
      {"latency: {histogram: h, below: 0s}",
       {"4:36: error: expected a duration above zero, found \"0s\""}},
      {"latency: {histogram: h, below: 0.5}",
       {"4:36: error: expected a duration such as 30s, 5m, 1h30m or 30d, found \"0.5\""}},
      {"latency: {histogram: h, below: 1s, slice: 1m}",
       {"4:47: error: expected a quantile beside slice, found none; without one every event is "
        "judged "
        "by itself"}},
      {"latency: {histogram: h, below: 1s, quantile: 1}",
       {"4:50: error: expected a ratio strictly between 0% and 100%, found \"1\""}},
      {"latency: {histogram: h, below: 1s, quantile: 99}",
       {"4:50: error: expected a ratio such as 99.9% or 0.999, found 99 without a percent sign; "
        "did "
        "you mean 99%?"}},
      {"latency: {histogram: h, below: 1s, quantile: 0.9, slice: 100ms}",
       {"4:62: error: expected a duration from 1s to 1d, found \"100ms\""}},
      {"window: 1h, latency: {histogram: h, below: 1s, quantile: 0.9, slice: 2h}",
       {"4:17: warning: 30", "4:26: error: expected a slice of at most the window, 1h, found 2h"}},
      {"throughput: {total: t}",
       {"4:17: error: expected one of at_least, at_most in throughput, found none"}},
      {"throughput: {total: t, at_least: 1/s, at_most: 2/s}",
       {"4:52: error: expected one of at_least, at_most in throughput, found at_least and "
        "at_most"}},
      {"throughput: {total: t, at_least: 10}",
       {"4:38: error: expected a rate such as 10/s, 600/m or 36000/h, found \"10\""}},
      {"throughput: {total: t, at_least: 10/d}",
       {"4:38: error: expected a rate such as 10/s, 600/m or 36000/h, found \"10/d\""}},
      {"throughput: {total: t, at_least: 0/s}",
       {"4:38: error: expected a rate above zero, found zero, which is always reached"}},
      {"threshold: {below: 1}", {"4:16: error: expected the key expr in threshold, found none"}},
      {"threshold: {expr: e, below: inf}", {"4:33: error: expected a number, found \"inf\""}},
  };
  for (const auto& [keys, expected] : cases) {
    std::vector<std::string> found = findings(slo(keys));
    // What burn-rate windows warn of has a test of its own.
    std::erase_if(found, [](const std::string& line) {
      return line.contains("the short window of a burn rate");
    });
    std::vector<std::string> rest = expected;
    std::erase_if(rest, [](const std::string& line) { return line.ends_with("warning: 30"); });
    EXPECT_EQ(found, rest) << keys;
  }
}

TEST(SloErrors, OfSelectorsPointIntoTheirText) {
  const std::string range =
      "error: expected a selector without a range, found [; slod keeps the windows itself";
  const auto at = [](const std::string& total) {
    return findings(
        "services:\n"
        "- name: s\n"
        "  slos:\n"
        "  - name: a\n"
        "    objective: 99%\n"
        "    availability:\n"
        "      good: g\n"
        "      total: " +
        total + "\n");
  };
  const std::pair<const char*, std::string> cases[] = {
      {"t[5m]", "8:15: " + range},
      {"t{a=\"b\"}[5m]", "8:22: " + range},
      {"t{a=\"éé\"}[5m]", "8:23: " + range},
      {"'t{a=\"b\"}[5m]'", "8:23: " + range},
      {"'t{a=''b''}[5m]'", "8:25: " + range},
      {"\"t{a='b'}[5m]\"", "8:23: " + range},
      {"\"t{a=\\\"b\\\"}[5m]\"", "8:25: " + range},
      {"\"t{a='\\u00e9\\x41\\L'}[5m]\"", "8:34: " + range},
      {"\n        t{a=\"b\"}[5m]", "9:17: " + range},
      {"|\n        t[5m]", "9:10: " + range},
      {"|\n\n        t\n\n        {a=\"b\"}[5m]", "12:16: " + range},
      {">-\n        t\n\n          {a=\"b\"}\n        [5m]", "12:9: " + range},
      {"|2\n        t[5m]", "8:14: error: at byte 1 of this text: " + range.substr(7)},
      {"t\n         [5m]", "9:10: " + range},
      {"\"t\\\n         [5m]\"", "8:14: error: at byte 1 of this text: " + range.substr(7)},
      {"t{a=~\"(\"}",
       "8:19: error: expected a regular expression in RE2's syntax, found \"(\" (missing ): ()"},
      {"''", "8:14: error: expected a text, found \"\""},
  };
  for (const auto& [total, expected] : cases) {
    EXPECT_EQ(at(total), std::vector<std::string>{expected}) << total;
  }
}

}  // namespace
}  // namespace slod::config
