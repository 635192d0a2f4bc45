#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/exposition/metadata.h"
#include "lib/series/sample_source.h"
#include "lib/sketch/native_histogram.h"
#include "lib/time/instant.h"

namespace slod {

/// One sample of a batch.
struct BatchSample {
  std::uint32_t series = 0;    ///< SeriesBook::index_of
  bool has_timestamp = false;  ///< `at` is its own; else it is that of the batch
  Instant at;
  double value = 0;  ///< any; a stale_marker() says that the series has ended; 0 for a histogram
  Instant start = no_start;  ///< since when a counter has counted, where the sample says so
};

/// What a source says of one moment. Everything that brings samples makes this value: it differs in
/// the decoder that fills it and in the SourceKind of the book that it goes into, and in nothing
/// else. A book counts one sample of a series in a batch, so a request with several samples of a
/// series makes several batches, in the order of time.
struct SampleBatch {
  Instant at;               ///< when the source was read, or said it
  std::size_t exposed = 0;  ///< samples that it said, demanded or not
  std::vector<BatchSample> samples = {};
  /// Empty where all samples are floats; else beside `samples`, null for a float.
  std::vector<HistogramPtr> histograms = {};
  MetadataByMetric metadata = {};  ///< of demanded metrics; empty where the decoder read none

  bool is_histogram(std::size_t sample) const {
    return !histograms.empty() && histograms[sample] != nullptr;
  }
};

}  // namespace slod
