#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/series/labels.h"

namespace slod {

/// The labels of a series, from those its target exposes and those of the target itself. Where both
/// have a name, the target's label takes it and the exposed one becomes exported_<name> (with the
/// prefix repeated until the name is free); with `honor_labels` the exposed one stays, even with an
/// empty value. A bucket's bound `le` is written as bucket_bound_text() does.
/// Source: Prometheus, scrape/scrape.go, mutateSampleLabels and resolveConflictingExposedLabels.
Labels series_labels(std::vector<Labels::Pair> exposed, const Labels& target_labels,
                     bool honor_labels);

/// Drops the labels of these names.
void drop_labels(std::vector<Labels::Pair>& labels, std::span<const std::string> names);

}  // namespace slod
