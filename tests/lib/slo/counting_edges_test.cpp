// Sums that subtract, and histograms at the limit of their bounds.

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "lib/promql/parser.h"
#include "lib/slo/bucket_window.h"
#include "lib/slo/counted.h"
#include "lib/slo/definition.h"
#include "lib/slo/expression.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};
constexpr double infinity = std::numeric_limits<double>::infinity();

/// The terms that are counted; what keeps it from being counted.
std::string counted(const std::string& text) {
  const auto expression = parse_expression(text, 1min);
  if (!expression) return "ERROR " + expression.error().message;
  const auto sum = counted_sum(*expression->parsed);
  return sum ? canonical(sum->events) : sum.error().reason;
}

TEST(CountedSum, DropsZerosOfASumThatIsSubtracted) {
  EXPECT_EQ(counted("sum(a) - sum(sum(b) > 0)"), "a - b");
  EXPECT_EQ(counted("sum(a) - (sum(sum(b) - sum(c) > 0))"), "drops what is below zero");
  EXPECT_EQ(counted("sum(a) - sum(sum(b) + sum(c) > 0)"), "a - b - c");
  EXPECT_EQ(counted("sum(sum(a) - sum(b) != 0)"), "a - b") << "drops nothing but zero";
}

TEST(CountedSum, IsNoneWithASideThatIsFilledIn) {
  for (const char* filled : {"fill(0)", "fill_left(0)", "fill_right(0)"}) {
    const auto text = std::string("sum(a) + on () ") + filled + " sum(b)";
    const auto parsed = promql::parse(text, {.experimental_functions = true});
    ASSERT_TRUE(parsed) << text;
    EXPECT_FALSE(counted_sum(**parsed)) << text;
  }
}

TEST(CountedRatio, IsTheRestOfOneAndOfNothingElse) {
  const auto is_counted = [](const std::string& text) {
    return counted_ratio(*parse_expression(text, 1min).value().parsed).has_value();
  };
  EXPECT_TRUE(is_counted("1 - sum(a) / sum(b)"));
  EXPECT_FALSE(is_counted("1 + sum(a) / sum(b)"));
  EXPECT_FALSE(is_counted("1 * (sum(a) / sum(b))"));
}

TEST(CountedSum, IsNoneOfIncreasesOverOtherRanges) {
  EXPECT_EQ(counted("sum(increase(a[5m])) + sum(increase(b[5m]))"), "a + b");
  EXPECT_EQ(counted("sum(increase(a[5m])) + sum(increase(b[6m]))"),
            "has another range than the one before");
}

TEST(EventSums, CancelWhatBothAddAndSubtract) {
  const auto sum = [](const std::string& text) {
    return counted_sum(*parse_expression(text, 1min).value().parsed).value().events;
  };
  const auto less = [&](const char* from, const char* taken) {
    return canonical(difference(sum(from), sum(taken)));
  };
  EXPECT_EQ(less("sum(a) + sum(b)", "sum(b)"), "a");
  EXPECT_EQ(less("sum(a)", "sum(a) - sum(b)"), "b");
  EXPECT_EQ(less("sum(a)", "sum(b)"), "a - b");
  EXPECT_EQ(less("sum(a)", "sum(b) + sum(b)"), "a - b - b");
  EXPECT_EQ(less("sum(a) + sum(a)", "sum(a)"), "a");
  EXPECT_EQ(less("sum(a) - sum(b)", "sum(a) - sum(b)"), "");
}

TEST(Availability, CountsTheRestOnlyWhereItIsAPlainSum) {
  const auto sum = [](const std::string& text) {
    return counted_sum(*parse_expression(text, 1min).value().parsed).value().events;
  };
  const AvailabilitySli plain = availability(sum("sum(t)"), sum("sum(t) - sum(e)"), true);
  ASSERT_TRUE(plain.bad);
  EXPECT_FALSE(plain.good);
  EXPECT_EQ(canonical(*plain.bad), "e");
  const AvailabilitySli odd = availability(sum("sum(t)"), sum("sum(t) + sum(x) - sum(e)"), true);
  ASSERT_TRUE(odd.good) << "the rest, e - x, subtracts too";
  EXPECT_EQ(canonical(*odd.good), "t + x - e");
  const AvailabilitySli added = availability(sum("sum(t)"), sum("sum(g) + sum(h)"), true);
  ASSERT_TRUE(added.good);
  EXPECT_EQ(canonical(*added.good), "g + h");
}

/// So many bounds from `first` on, in steps of one, with one event in each, and +Inf.
BucketCounts layout(int first, std::size_t finite) {
  BucketCounts counts;
  for (std::size_t i = 0; i < finite; ++i) {
    counts.bounds.push_back(first + static_cast<double>(i));
    counts.counts.push_back(static_cast<double>(i + 1));
  }
  counts.bounds.push_back(infinity);
  counts.counts.push_back(static_cast<double>(finite));
  return counts;
}

TEST(BucketWindow, KeepsAsManyBoundsAsItsLimit) {
  constexpr std::size_t most = BucketWindow::bounds_max;
  for (const std::size_t extra : {std::size_t{0}, std::size_t{1}}) {
    BucketWindow window(15s, 1h);
    window.begin(day_one);
    window.record({day_one, day_one + 15s}, layout(1, 300));
    window.record({day_one + 15s, day_one + 30s}, layout(1000, most - 301 + extra));
    EXPECT_EQ(window.bounds().size(), extra == 0 ? most : 301) << "all of them fit, or none";
    EXPECT_EQ(window.over({day_one, day_one + 30s}).total(), static_cast<double>(most - 1 + extra));
  }
}

TEST(BucketWindow, CutsAFirstLayoutThatIsTooLong) {
  constexpr std::size_t most = BucketWindow::bounds_max;
  for (const std::size_t finite : {most - 1, most, most + 7}) {
    BucketWindow window(15s, 1h);
    window.begin(day_one);
    window.record({day_one, day_one + 15s}, layout(1, finite));
    ASSERT_EQ(window.bounds().size(), most);
    EXPECT_EQ(window.bounds().back(), infinity);
    EXPECT_EQ(window.bounds()[most - 2], static_cast<double>(most - 1));
    EXPECT_EQ(window.over({day_one, day_one + 15s}).total(), static_cast<double>(finite));
  }
}

TEST(BucketWindow, ReadsALayoutWithoutAnInfiniteBound) {
  BucketWindow window(15s, 1h);
  window.begin(day_one);
  window.record({day_one, day_one}, {});
  EXPECT_TRUE(window.bounds().empty());
  window.record({day_one, day_one + 15s}, {{0.1, 0.5}, {3, 7}});
  const BucketCounts counts = window.over({day_one, day_one + 15s});
  EXPECT_EQ(counts.bounds, (std::vector<double>{0.1, 0.5, infinity}));
  EXPECT_EQ(counts.counts, (std::vector<double>{3, 7, 7}));
  window.record({day_one + 15s, day_one + 30s}, {});
  EXPECT_EQ(window.over({day_one, day_one + 30s}).total(), 7);
}

TEST(BucketCounts, AddAPartOfALayoutOfOtherBounds) {
  BucketCounts counts{{1, infinity}, {10, 10}};
  counts.add({{1, 2, infinity}, {2, 4, 8}}, 0.5);
  EXPECT_EQ(counts.bounds, (std::vector<double>{1, 2, infinity}));
  EXPECT_EQ(counts.counts, (std::vector<double>{11, 12, 14}));
  counts.add({{1, infinity}, {4, 6}}, 0.5);
  EXPECT_EQ(counts.counts, (std::vector<double>{13, 14, 17}));
}

}  // namespace
}  // namespace slod
