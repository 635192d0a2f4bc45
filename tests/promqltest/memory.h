#pragma once

#include <map>
#include <optional>
#include <vector>

#include "lib/series/sample_source.h"
#include "tests/promqltest/script.h"

namespace slod::promqltest {

/// The samples that a script has loaded.
class Memory : public SampleSource {
 public:
  void load(const Load& load);
  void clear() { series_.clear(); }

  std::vector<SampleRun> select(std::span<const promql::Matcher> matchers, Interval range,
                                const IsUnwanted& is_unwanted) const override;
  std::vector<Labels> series(std::span<const promql::Matcher> matchers, Interval range,
                             const IsUnwanted& is_unwanted) const override;

 private:
  struct Sample {
    query::Point point;
    std::optional<Instant> start = std::nullopt;  ///< when it began to count
  };
  using Samples = std::map<Instant, Sample>;
  using Lines = std::map<Labels, const SeriesLine*>;

  void add(const SeriesLine& line, const Load& load);
  void add_custom_buckets(const Lines& lines, Duration step);

  std::map<Labels, Samples> series_;
};

}  // namespace slod::promqltest
