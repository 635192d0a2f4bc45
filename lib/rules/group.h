#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "lib/promql/expr.h"
#include "lib/time/instant.h"

namespace slod::rules {

/// An alerting or recording rule with the fields of Prometheus's, checked: its expression is
/// parsed, and the templates of an alert can be expanded.
struct Rule {
  std::string alert;       ///< alertname; exactly one of alert and record is set
  std::string record;      ///< the metric that is recorded
  std::string expr;        ///< as written
  promql::ExprPtr parsed;  ///< of expr
  Duration hold{};         ///< the key `for`
  Duration keep_firing_for{};
  std::map<std::string, std::string> labels;       ///< of an alert: templates
  std::map<std::string, std::string> annotations;  ///< templates; of an alert only

  bool is_alert() const { return !alert.empty(); }
};

/// Rules that are evaluated one after the other, at the same time.
struct Group {
  std::string name;  ///< unique within its file
  std::string file;
  Duration interval = std::chrono::seconds(15);  ///< > 0
  Duration query_offset{};
  std::size_t limit = 0;  ///< most alerts or series of one rule; 0: no limit
  std::vector<Rule> rules;

  std::string id() const { return file + ";" + name; }
};

}  // namespace slod::rules
