#pragma once

#include <memory>

#include "lib/series/sample_source.h"

namespace slod {

/// Two sources as one: the samples of `newer`, and before the first one that it has of a series
/// those of `older`. Neither is null.
std::shared_ptr<const SampleSource> united(std::shared_ptr<const SampleSource> older,
                                           std::shared_ptr<const SampleSource> newer);

}  // namespace slod
