#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slod {

/// A series's labels without its metric name, sorted by name; no name twice, no empty value.
class Labels {
 public:
  using Pair = std::pair<std::string, std::string>;

  Labels() = default;
  Labels(std::initializer_list<Pair> pairs);
  /// Sorts; of a name that comes twice the first stays; empty values are dropped.
  explicit Labels(std::vector<Pair> pairs);

  /// The value of `name`, or the empty text where the series has no such label.
  std::string_view get(std::string_view name) const;
  /// Sets, replaces or (with an empty value) removes.
  void set(std::string_view name, std::string_view value);

  const std::vector<Pair>& pairs() const { return pairs_; }
  bool operator==(const Labels&) const = default;
  auto operator<=>(const Labels&) const = default;

 private:
  std::vector<Pair> pairs_;
};

/// `{code="200",job="api"}`, values escaped as PromQL and the text format do.
std::string to_text(const Labels& labels);

}  // namespace slod
