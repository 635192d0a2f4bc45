#pragma once

#include <vector>

#include "daemon/api/query_samples.h"
#include "daemon/store/store.h"
#include "lib/engine/engine.h"

namespace slod {

/// The samples that slod has recorded, for queries: those of the last hours from memory and, of
/// slod's own series, older ones from the disk. The references must outlive it and whatever it
/// opened.
class RecordedSamples : public QuerySamples {
 public:
  RecordedSamples(const Engine& engine, Store& store) : engine_(engine), store_(store) {}

  Open open(std::vector<std::vector<promql::Matcher>> selections, Interval range) override;

 private:
  const Engine& engine_;
  Store& store_;
};

}  // namespace slod
