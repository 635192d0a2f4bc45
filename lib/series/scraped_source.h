#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/series/page_reader.h"
#include "lib/series/series_book.h"
#include "lib/series/source_clock.h"

namespace slod {

/// A source whose samples come as pages: what decodes them, and the book that they go into. A pair
/// of servers is one source with two replicas.
class ScrapedSource {
 public:
  ScrapedSource(std::shared_ptr<const Demand> demand, SourceOptions options)
      : book(std::move(demand), std::move(options)) {}

  /// All or nothing: after an error everything is as it was before. The source's clock is taken
  /// for slod's own.
  std::expected<BatchResult, PageError> record_page(
      std::string_view page, Instant at,
      PageReader::Comments comments = PageReader::Comments::skipped);

  /// What a page says that a replica sent, with the skew of its clock removed. All or nothing.
  std::expected<SampleBatch, PageError> decode(
      std::string_view page, const ReadTimes& times, std::size_t replica,
      PageReader::Comments comments = PageReader::Comments::skipped);
  /// Records what decode() returned for this replica.
  BatchResult record(SampleBatch batch, std::size_t replica);

  SeriesBook book;

 private:
  PageReader pages_;
  std::vector<SourceClock> clocks_;  ///< by replica, as far as they were read
  std::size_t last_replica_ = 0;     ///< that was recorded
  bool is_catching_up_ = false;      ///< it shows samples that the one before had shown already
};

}  // namespace slod
