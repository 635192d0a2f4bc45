#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/exposition/text.h"
#include "lib/series/demand.h"
#include "lib/series/line_table.h"
#include "lib/series/sample_batch.h"
#include "lib/series/series_book.h"
#include "lib/time/instant.h"

namespace slod {

struct PageError {
  enum class Reason : std::uint8_t { malformed, too_many_samples };
  Reason reason = Reason::malformed;
  std::size_t line = 0;  ///< counts from 1; 0 where the page as a whole is meant
  std::string message;   ///< what was expected, what was found
};

/// Decodes the pages of one source into batches. It remembers the lines of the page before and
/// their order, because exporters print the same lines page after page: a known line is one
/// comparison of bytes. All calls must be with the same book, or one that was moved from it.
///
/// Not thread-safe; may be moved between threads between calls.
class PageReader {
 public:
  /// Whether the comments of a page are read as well: SampleBatch::metadata.
  enum class Comments : std::uint8_t { skipped, read };

  /// The batch is to be recorded in `book` next. All or nothing: after an error everything is as it
  /// was before.
  std::expected<SampleBatch, PageError> read(std::string_view page, Instant at, SeriesBook& book,
                                             Comments comments = Comments::skipped);

 private:
  void follow(const SeriesBook& book);
  std::expected<void, PageError> parse(std::string_view page, std::size_t sample_limit,
                                       SampleBatch& batch);
  void find_series(SampleBatch& batch, SeriesBook& book);

  LineTable lines_;
  std::vector<std::uint32_t> page_lines_;  ///< of the page, beside the batch's samples; may be none
  std::vector<TextSample> new_lines_;      ///< of the page: those that are none, in their order
  std::shared_ptr<const Demand> demand_;   ///< what lines_ was made for
  std::uint64_t removals_ = 0;             ///< of the book when lines_ was made
};

}  // namespace slod
