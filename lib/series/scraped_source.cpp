#include "lib/series/scraped_source.h"

#include <algorithm>

#include "lib/series/sample_times.h"

namespace slod {

std::expected<BatchResult, PageError> ScrapedSource::record_page(std::string_view page, Instant at,
                                                                 PageReader::Comments comments) {
  auto batch = pages_.read(page, at, book, comments);
  if (!batch) return std::unexpected(std::move(batch.error()));
  return book.record(std::move(*batch));
}

std::expected<SampleBatch, PageError> ScrapedSource::decode(std::string_view page,
                                                            const ReadTimes& times,
                                                            std::size_t replica,
                                                            PageReader::Comments comments) {
  auto batch = pages_.read(page, times.sent, book, comments);
  if (!batch) return batch;
  clocks_.resize(std::max(clocks_.size(), replica + 1));
  SourceClock& clock = clocks_[replica];
  const bool was_known = clock.skew().has_value();
  const Duration removed = clock.removed();
  clock.observe(times, stamped_times(*batch, times.received));
  // A better estimate moves what is remembered, which is by the clock of the replica that was
  // recorded last. Where the clock was set, the estimate was right until then.
  const bool is_better = was_known && clock.removed() != removed && !clock.was_set();
  if (is_better && replica == last_replica_) book.shift_times(removed - clock.removed());
  remove_skew(*batch, clock.removed(), times.received);
  return batch;
}

BatchResult ScrapedSource::record(SampleBatch batch, std::size_t replica) {
  if (replica != last_replica_) is_catching_up_ = true;
  last_replica_ = replica;
  BatchResult result = book.record(std::move(batch));
  if (replica < clocks_.size()) result.clock_skew = clocks_[replica].skew();
  is_catching_up_ = is_catching_up_ && result.out_of_order > 0;
  if (is_catching_up_) result.replicas += std::exchange(result.out_of_order, 0);
  return result;
}

}  // namespace slod
