#pragma once

#include <vector>

#include "daemon/api/query_samples.h"
#include "lib/engine/engine.h"

namespace slod {

/// The samples that slod has recorded, for queries. The engine must outlive it.
class RecordedSamples : public QuerySamples {
 public:
  explicit RecordedSamples(const Engine& engine) : engine_(engine) {}

  Open open(std::vector<std::vector<promql::Matcher>> selections, Interval range) override;

 private:
  const Engine& engine_;
};

}  // namespace slod
