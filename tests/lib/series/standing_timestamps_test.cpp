// Timestamps that stand while reads go on, and timestamps that are ignored.

#include <gtest/gtest.h>

#include "tests/lib/series/source_pages.h"

namespace slod {
namespace {

using Texts = std::vector<std::string>;

std::string line(double value, double at) {
  return fmt::format("a {} {}\n", value, second(at).time_since_epoch().count());
}

struct Read {
  double at;
  double value;
  double stamp;
};

/// What the last of the reads means.
Texts last_of(SourceOptions options, const std::vector<Read>& reads) {
  ScrapedSource source(demand_of({"a"}), std::move(options));
  Texts last;
  for (const auto& [at, value, stamp] : reads) {
    last = texts_of(source.book, source.record_page(line(value, stamp), second(at)).value());
  }
  return last;
}

TEST(StandingTimestamps, BoundOnATargetWhatHappensNextByTheReads) {
  struct Row {
    std::string_view what;
    std::vector<Read> reads;
    Texts expected;
  };
  for (const auto& [what, reads, expected] :
       {Row{"each read has a new one",
            {{15, 10, 14}, {30, 12, 29}, {45, 15, 44}},
            {"a continued 3 (29,44]"}},
        Row{"it stood at one read",
            {{15, 10, 14}, {30, 10, 14}, {45, 15, 44}},
            {"a continued 5 (30,44]"}},
        Row{"it stood for long",
            {{15, 10, 1}, {30, 10, 1}, {45, 10, 1}, {60, 10, 1}, {75, 15, 61}},
            {"a continued 5 (60,61]"}},
        Row{"what comes late is of before the last read",
            {{15, 10, 1}, {30, 10, 1}, {45, 15, 20}},
            {"a continued 5 (1,20]"}},
        Row{"it was old at the first read",
            {{1900, 10, 100}, {1915, 15, 1910}},
            {"a continued 5 (1900,1910]"}},
        Row{"it was old at the first read, which is the beginning",
            {{1900, 10, 100}},
            {"a baseline 0 (1900,1900]"}},
        Row{"the last change was hours ago",
            {{9000, 10, 100}, {9015, 10, 100}, {9030, 15, 9025}},
            {"a continued 5 (9015,9025]"}},
        Row{"a counter that began anew",
            {{15, 10, 1}, {30, 10, 1}, {45, 3, 40}},
            {"a reset 3 (30,40]"}}}) {
    SCOPED_TRACE(what);
    EXPECT_EQ(last_of({}, reads), expected);
  }
}

TEST(StandingTimestamps, OfAServerAreThoseOfItsScrapes) {
  EXPECT_EQ(last_of({.kind = server_kind}, {{15, 10, 1}, {30, 10, 1}, {45, 10, 1}, {60, 15, 59}}),
            Texts{"a continued 5 (1,59]"});
}

/// Some timestamps lag or lie, as cAdvisor's may, and then there is no way but to ignore them.
TEST(StandingTimestamps, ThatAreNotHonouredGiveWayToTheTimeOfTheRead) {
  EXPECT_EQ(last_of({.honor_timestamps = false}, {{15, 10, 1}, {30, 12, 1}}),
            Texts{"a continued 2 (15,30]"});
  EXPECT_EQ(
      last_of({.kind = server_kind, .honor_timestamps = false}, {{15, 10, 5000}, {30, 12, 3}}),
      Texts{"a continued 2 (15,30]"})
      << "neither too far ahead nor out of order";
}

}  // namespace
}  // namespace slod
