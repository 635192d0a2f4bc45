#pragma once

#include <algorithm>
#include <cstddef>
#include <expected>
#include <utility>

#include "lib/query/evaluate.h"

namespace slod::query {

/// Keeps one query within its limits: samples and bytes in memory, and whether its result is still
/// wanted. What goes once through all that a query holds takes a moment, since that is bounded;
/// what takes longer for each element, or makes new ones, asks as it advances.
class QueryLimits {
 public:
  explicit QueryLimits(const Options& options) : options_(options) {}

  /// Counts samples that are about to be held in memory. Error: too many with these, or no memory
  /// is left.
  std::expected<void, Error> hold(std::size_t samples);
  std::size_t held() const { return held_; }
  /// Counts what was held since `before` as freed, except for `kept` samples.
  void release_to(std::size_t before, std::size_t kept) { held_ = before + kept; }

  /// To be called before an allocation of that many bytes that a query can make as large as it
  /// likes. Error: they do not fit.
  std::expected<void, Error> make_room(std::size_t bytes) const;

  /// To be called as evaluation advances by `points`; every 1,000 of them asks whether to go on.
  /// Error: the query was cancelled, or takes too much memory.
  std::expected<void, Error> advance(std::size_t points) {
    points_ += points;
    if (points_ < points_between_questions) return {};
    return ask();
  }
  /// As advance, but always asks.
  std::expected<void, Error> next_series(std::size_t points);
  std::expected<void, Error> ask();

 private:
  static constexpr std::size_t points_between_questions = 1000;

  const Options& options_;
  std::size_t held_ = 0;
  std::size_t points_ = 0;  ///< since it was asked last
};

/// Sorts, unless the query has to end meanwhile.
template <typename Elements, typename Less>
std::expected<void, Error> sort_within(QueryLimits& limits, Elements& elements, Less less) {
  struct Ended {
    Error error;
  };
  try {
    std::ranges::sort(elements, [&](const auto& one, const auto& other) {
      // A comparison has no other way to end a sort.
      if (auto goes_on = limits.advance(1); !goes_on) throw Ended{std::move(goes_on.error())};
      return less(one, other);
    });
  } catch (Ended& ended) {
    return std::unexpected(std::move(ended.error));
  }
  return {};
}

/// The error of a query that takes more memory than it may.
Error too_much_memory();

}  // namespace slod::query
