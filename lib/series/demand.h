#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/promql/selector.h"
#include "lib/series/labels.h"

namespace slod {

/// Which series are wanted, and by whom. A demand's id is the index of its selector.
/// Immutable, so safe to share between threads.
///
/// A matcher that compares `le` with a number means the number, however it is written: le="1" also
/// selects what Prometheus 3 calls le="1.0". A regular expression on `le` sees number_text().
class Demand {
 public:
  explicit Demand(std::vector<promql::Selector> selectors);

  /// Whether any selector asks for series of this metric.
  bool wants(std::string_view metric) const;
  /// The ids of the selectors that this series satisfies, ascending.
  std::vector<std::uint32_t> matching(std::string_view metric, const Labels& labels) const;

  /// As given, in the order of their ids.
  const std::vector<promql::Selector>& selectors() const { return selectors_; }

 private:
  struct Candidate {
    std::uint32_t id;
    std::vector<promql::Matcher> matchers;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  std::vector<promql::Selector> selectors_;
  std::unordered_map<std::string, std::vector<Candidate>, Hash, std::equal_to<>> by_metric_;
};

}  // namespace slod
