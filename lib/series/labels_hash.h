#pragma once

#include <cstddef>

#include "lib/series/labels.h"

namespace slod {

/// For tables: labels come from outside, so it is keyed (see keyed_hash).
std::size_t hash_of(const Labels& labels);

struct LabelsHash {
  std::size_t operator()(const Labels& labels) const { return hash_of(labels); }
};

}  // namespace slod
