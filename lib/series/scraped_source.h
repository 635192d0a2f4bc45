#pragma once

#include <expected>
#include <memory>
#include <string_view>
#include <utility>

#include "lib/series/page_reader.h"
#include "lib/series/series_book.h"

namespace slod {

/// A source whose samples come as pages: what decodes them, and the book that they go into.
struct ScrapedSource {
  ScrapedSource(std::shared_ptr<const Demand> demand, SourceOptions options)
      : book(std::move(demand), std::move(options)) {}

  /// All or nothing: after an error everything is as it was before.
  std::expected<BatchResult, PageError> record_page(
      std::string_view page, Instant at,
      PageReader::Comments comments = PageReader::Comments::skipped) {
    auto batch = pages.read(page, at, book, comments);
    if (!batch) return std::unexpected(std::move(batch.error()));
    return book.record(std::move(*batch));
  }

  PageReader pages;
  SeriesBook book;
};

}  // namespace slod
