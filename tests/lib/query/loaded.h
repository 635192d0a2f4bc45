#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/query/evaluate.h"
#include "lib/series/sample_source.h"

namespace slod::query {

/// Series for queries, by hand.
class Loaded : public SampleSource {
 public:
  /// Times in seconds.
  void add(const Labels& labels, const std::vector<std::pair<double, double>>& samples);

  std::vector<SampleRun> select(std::span<const promql::Matcher> matchers, Interval range,
                                const IsUnwanted& is_unwanted) const override;
  std::vector<Labels> series(std::span<const promql::Matcher> matchers, Interval range,
                             const IsUnwanted& is_unwanted) const override;

  const std::map<Labels, std::map<Instant, double>>& all() const { return series_; }

 private:
  std::map<Labels, std::map<Instant, double>> series_;
};

/// The value of each series at one time.
using Vector = std::map<Labels, double>;
/// What a range query gives, by time.
using Matrix = std::map<Instant, Vector>;

/// Fails the test, and gives nothing, where the query fails. Times in seconds.
Result instant_result(const Loaded& source, std::string_view query, double at,
                      const Options& options = {});
Vector instant_vector(const Loaded& source, std::string_view query, double at,
                      const Options& options = {});
Matrix range_matrix(const Loaded& source, std::string_view query, double start, double end,
                    double step, const Options& options = {});

/// The message of a query that must fail.
Error failure(const Loaded& source, std::string_view query, double at, const Options& options = {});
Error range_failure(const Loaded& source, std::string_view query, double start, double end,
                    double step, const Options& options = {});

/// "{a="b"} 1 {c="d"} 2".
std::string text(const Vector& vector);

/// Whether two numbers are the same but for rounding; NaN is the same as NaN.
bool is_near(double one, double other);
void expect_near(const Vector& expected, const Vector& found, std::string_view what);

}  // namespace slod::query
