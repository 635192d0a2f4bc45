#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/promql/selector.h"
#include "lib/series/labels.h"

namespace slod {

/// Which series are wanted, and by whom. A demand's id is the index of its selector. Those with the
/// lower ids want the events of their series counted; the others want the samples alone.
/// Immutable, so safe to share between threads.
///
/// A matcher that compares `le` with a number means the number, however it is written: le="1" also
/// selects what Prometheus 3 calls le="1.0". A regular expression on `le` sees bucket_bound_text().
class Demand {
 public:
  explicit Demand(std::vector<promql::Selector> selectors)
      : Demand(std::move(selectors), std::numeric_limits<std::uint32_t>::max()) {}
  /// The first `counted` selectors want events.
  Demand(std::vector<promql::Selector> selectors, std::uint32_t counted);

  /// Whether any selector asks for series of this metric.
  bool wants(std::string_view metric) const;
  /// The ids of the selectors that this series satisfies, ascending.
  std::vector<std::uint32_t> matching(std::string_view metric, const Labels& labels) const;

  /// As given, in the order of their ids.
  const std::vector<promql::Selector>& selectors() const { return selectors_; }

  /// Whether any of `ids`, as matching() gives them, wants events.
  bool counts(const std::vector<std::uint32_t>& ids) const {
    return !ids.empty() && ids.front() < counted_;
  }
  bool counts(std::uint32_t id) const { return id < counted_; }

 private:
  struct Candidate {
    std::uint32_t id;
    std::vector<promql::Matcher> matchers;
  };
  /// Unkeyed: the keys of these tables are the configuration's, so that what a page looks up in
  /// them, which it does for each of its metrics, cannot make them slow.
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <class Value>
  using ByText = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

  /// Those of one metric. One that asks for the value of a label lies with those that ask for the
  /// same, so that a series is compared with few of very many.
  struct Candidates {
    std::vector<Candidate> all;  ///< that ask for no value
    std::map<std::string, ByText<std::vector<Candidate>>, std::less<>> by_value;  ///< by label
  };
  static Candidates arranged(std::vector<Candidate> candidates);

  std::vector<promql::Selector> selectors_;
  std::uint32_t counted_;
  ByText<Candidates> by_metric_;
  std::vector<Candidate> any_metric_;  ///< of selectors that name none
};

}  // namespace slod
