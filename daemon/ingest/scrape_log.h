#pragma once

#include <array>
#include <expected>
#include <optional>
#include <string>

#include "lib/series/series_book.h"

namespace slod {

/// Logs what becomes of the scrapes of one source where that changes: that it begins to fail, that
/// it succeeds again, that two processes answer in turns, and that a page has samples that are
/// ignored.
class ScrapeLog {
 public:
  void note(const std::string& source, const std::expected<BatchResult, std::string>& scraped);

 private:
  /// Which kinds of samples a page had that are ignored: without a value, out of order, too far
  /// ahead, too far behind, duplicates.
  using Ignored = std::array<bool, 5>;

  void note_shared(const std::string& source, const BatchResult& result);
  void note_ignored(const std::string& source, const BatchResult& result);
  void note_clock(const std::string& source, std::optional<Duration> skew);

  bool was_failing_ = false;
  bool was_shared_ = false;
  Duration clock_skew_{};  ///< as it was said last
  Ignored ignored_{};      ///< on the last page that could be read
};

}  // namespace slod
