#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/hash/keyed.h"
#include "lib/query/evaluate.h"
#include "lib/query/frame.h"
#include "lib/series/labels.h"

namespace slod::query {

inline constexpr std::string_view metric_name_label = "__name__";

/// Which labels decide what belongs together: those named (`by`, `on`), or all but those named and
/// the metric name (`without`, `ignoring`).
class LabelChoice {
 public:
  enum class Mode : bool { all_but, only };

  LabelChoice(std::vector<std::string> names, Mode mode) : names_(std::move(names)), mode_(mode) {}

  /// The chosen ones of a series's labels.
  Labels choose(const Labels& labels) const;
  /// Appends a text that two series have in common exactly if `choose` gives the same for both.
  void append_key(const Labels& labels, std::string& key) const;

 private:
  bool is_chosen(std::string_view name) const;

  std::vector<std::string> names_;
  Mode mode_;
};

/// Numbers groups of series in the order in which they are first seen.
class GroupTable {
 public:
  explicit GroupTable(LabelChoice choice) : choice_(std::move(choice)) {}

  std::size_t group_of(const Labels& labels);
  std::size_t size() const { return groups_.size(); }
  const LabelChoice& choice() const { return choice_; }

 private:
  LabelChoice choice_;
  std::unordered_map<std::string, std::size_t, KeyedHash> groups_;
  std::string key_;
};

/// Whether a series can have a label of this name: UTF-8 and not empty.
bool is_label_name(std::string_view name);

/// Makes one column of those with the same labels (a `drops_name` of one counts for all) and
/// removes columns without a value; the others keep their order. Error: two of them have a value at
/// the same step.
std::expected<void, Error> merge_same_labels(Frame& frame);

/// Labels in an error, as Go prints them: `{a="b", c="d"}`.
std::string error_text(const Labels& labels);

}  // namespace slod::query
