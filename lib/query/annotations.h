#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/promql/expr.h"

namespace slod::query {

/// What a query's author should know of its result: each text once, ordered.
class Annotations {
 public:
  enum class Severity : std::uint8_t { info, warning };

  /// `message` in Prometheus's words, such as `PromQL warning: ...`, without the position.
  void add(Severity severity, std::string message, promql::Position position);
  void merge(const Annotations& other);

  /// With the position as Prometheus appends it, "(1:15)", from the query's text.
  std::vector<std::string> texts(Severity severity, std::string_view query) const;

 private:
  struct Entry {
    Severity severity;
    std::string message;
    std::size_t position;
    auto operator<=>(const Entry&) const = default;
  };
  std::set<Entry> entries_;
};

}  // namespace slod::query
