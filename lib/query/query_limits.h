#pragma once

#include <cstddef>
#include <expected>

#include "lib/query/evaluate.h"

namespace slod::query {

/// Keeps one query within its limits: samples in memory, and whether its result is still wanted.
class QueryLimits {
 public:
  explicit QueryLimits(const Options& options) : options_(options) {}

  /// Counts samples that are about to be held in memory. Error: too many with these.
  std::expected<void, Error> hold(std::size_t samples);
  std::size_t held() const { return held_; }
  /// Counts what was held since `before` as freed, except for `kept` samples.
  void release_to(std::size_t before, std::size_t kept) { held_ = before + kept; }

  /// To be called as evaluation advances by `points`; every 1,000 of them asks whether to go on.
  /// Error: the query was cancelled.
  std::expected<void, Error> advance(std::size_t points) {
    points_ += points;
    if (points_ < points_between_questions) return {};
    return ask();
  }
  /// As advance, but always asks.
  std::expected<void, Error> next_series(std::size_t points);

 private:
  static constexpr std::size_t points_between_questions = 1000;

  std::expected<void, Error> ask();

  const Options& options_;
  std::size_t held_ = 0;
  std::size_t points_ = 0;  ///< since it was asked last
};

}  // namespace slod::query
