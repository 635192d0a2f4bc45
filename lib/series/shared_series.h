#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/series/labels.h"

namespace slod {

/// What one source says at one time.
struct Delivery {
  struct Series {
    std::string metric;
    Labels labels;
  };

  std::string url;  ///< of a target; empty for a server
  Labels target_labels;
  std::vector<Series> series;
  std::map<std::string, double, std::less<>> starts;  ///< of processes, by `instance`
};

/// A series of `a` that `b` delivers too, under whatever `job`, so that its events would count
/// twice. It is the same series where it has the same metric, where the labels that are neither
/// `job` and `instance` nor of the target are those of the other or some of them, and where it is
/// of the same process. That is so
///
/// - where both began at the same time, to the fraction of a second;
/// - for two targets else where they have the same URL: one address may show several things;
/// - for a server else where both have the same `instance`, unless they began at other times.
std::optional<Delivery::Series> shared_series(const Delivery& a, const Delivery& b);

}  // namespace slod
