#pragma once

#include <cstddef>
#include <expected>

#include "lib/query/evaluate.h"

namespace slod::query {

/// Keeps one query within its limits: samples in memory, and whether somebody still waits for it.
class Meter {
 public:
  explicit Meter(const Options& options) : options_(options) {}

  /// Counts samples that are about to be held in memory. Error: too many with these.
  std::expected<void, Error> hold(std::size_t samples);
  std::size_t held() const { return held_; }
  /// Counts what was held since `before`, but for `kept` samples, as freed.
  void release_to(std::size_t before, std::size_t kept) { held_ = before + kept; }

  /// To be called with the points worked on; asks for each 1,000 whether to go on. Error: the query
  /// was cancelled.
  std::expected<void, Error> work(std::size_t points) {
    points_ += points;
    if (points_ < points_between_questions) return {};
    return ask();
  }
  /// As work, but always asks.
  std::expected<void, Error> next_series(std::size_t points);

 private:
  static constexpr std::size_t points_between_questions = 1000;

  std::expected<void, Error> ask();

  const Options& options_;
  std::size_t held_ = 0;
  std::size_t points_ = 0;  ///< since it was asked last
};

}  // namespace slod::query
