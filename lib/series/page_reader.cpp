#include "lib/series/page_reader.h"

#include <fmt/format.h>

#include <utility>

#include "lib/exposition/metadata.h"

namespace slod {

std::expected<SampleBatch, PageError> PageReader::read(std::string_view page, Instant at,
                                                       SeriesBook& book, Comments comments) {
  follow(book);
  SampleBatch batch{.at = at};
  if (auto parsed = parse(page, book.options().sample_limit, batch); !parsed) {
    return std::unexpected(std::move(parsed.error()));
  }
  find_series(batch, book);
  if (comments == Comments::read) {
    batch.metadata =
        read_metadata(page, [this](std::string_view metric) { return demand_->wants(metric); });
  }
  return batch;
}

/// Forgets the lines whose series are no longer what they were.
void PageReader::follow(const SeriesBook& book) {
  if (demand_ != book.demand()) {
    lines_.clear();
    demand_ = book.demand();
  } else if (removals_ != book.removals()) {
    lines_.drop_old();
  }
  removals_ = book.removals();
}

/// Puts the samples of demanded metrics into the batch, each with its line and not yet its series.
std::expected<void, PageError> PageReader::parse(std::string_view page, std::size_t sample_limit,
                                                 SampleBatch& batch) {
  batch.samples.reserve(page_lines_.size());  // as many as the page before had
  page_lines_.clear();
  new_lines_.clear();
  TextReader reader(page, [this](std::string_view metric) { return demand_->wants(metric); });
  const auto too_many = [&] { return sample_limit > 0 && reader.samples() > sample_limit; };
  TextSample sample;
  std::uint32_t predicted = lines_.after(LineTable::none);
  while (!too_many()) {
    const bool predicts = predicted != LineTable::none;
    const auto more = reader.next(predicts ? lines_.text(predicted) : std::string_view(), sample);
    if (!more) {
      return std::unexpected(
          PageError{PageError::Reason::malformed, more.error().line, more.error().message});
    }
    if (!*more) break;
    const std::uint32_t line = sample.predicted ? predicted : lines_.find(sample.series);
    page_lines_.push_back(line);
    batch.samples.push_back({.has_timestamp = sample.at.has_value(),
                             .at = sample.at.value_or(batch.at),
                             .value = sample.value});
    if (line == LineTable::none) {
      new_lines_.push_back(sample);  // new between two others: keep the prediction
    } else {
      predicted = lines_.after(line);
    }
  }
  if (too_many()) {
    return std::unexpected(
        PageError{PageError::Reason::too_many_samples, 0,
                  fmt::format("expected at most {} samples on a page (sample_limit), found more",
                              sample_limit)});
  }
  batch.exposed = reader.samples();
  return {};
}

/// Gives each sample its series, now that the page is known to be whole, and drops those of which
/// the series is not demanded.
void PageReader::find_series(SampleBatch& batch, SeriesBook& book) {
  lines_.begin_page();
  std::size_t kept = 0;
  auto next_new = new_lines_.cbegin();
  for (std::size_t i = 0; i < page_lines_.size(); ++i) {
    std::uint32_t line = page_lines_[i];
    if (line == LineTable::none) {
      const TextSample& text = *next_new++;
      line = lines_.find(text.series);  // the page may have it twice
      if (line == LineTable::none) {
        line = lines_.add(text.series, book.index_of(metric_name(text), exposed_labels(text)));
      }
    }
    lines_.pass(line);
    const std::uint32_t series = lines_.series(line);
    if (series == SeriesBook::none) continue;
    batch.samples[kept] = batch.samples[i];
    batch.samples[kept].series = series;
    ++kept;
  }
  batch.samples.resize(kept);
  lines_.end_page();
  new_lines_ = {};  // the first page has many, and later ones hardly any
}

}  // namespace slod
