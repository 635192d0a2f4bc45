#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/time/instant.h"

namespace slod {

/// Where and why a page is not Prometheus's text format.
struct TextError {
  std::size_t line = 0;  ///< counts from 1
  std::string message;   ///< what was expected, what was found (at most 40 bytes, escaped)
};

/// One sample line. The views point into the page, so they live as long as it does.
struct TextSample {
  std::string_view series;  ///< metric name and label set, byte for byte as on the page
  std::string_view metric;  ///< as on the page: between its quotes, and still escaped, if quoted
  std::string_view labels;  ///< what follows the metric name inside the braces, still escaped
  double value = 0;         ///< NaN and infinities included
  std::optional<Instant> at;
  /// The series is the predicted one: its text was not looked at, `metric` and `labels` are empty.
  bool predicted = false;
};

/// The metric name with its escapes resolved. `sample` came from TextReader and is not predicted.
std::string metric_name(const TextSample& sample);

/// The labels as exposed, in the order written, with their escapes resolved; empty values are
/// kept, and no name comes twice. `sample` came from TextReader and is not predicted.
std::vector<std::pair<std::string, std::string>> exposed_labels(const TextSample& sample);

/// Reads a page in the Prometheus text format 0.0.4, with UTF-8 names in quotes, sample by sample
/// and without copying. Only samples of demanded metrics are yielded, and only they are checked in
/// full. Any other line is skipped as bytes after a look at its shape: it must begin as a comment
/// or as a metric name followed by a blank or a brace, and end as a number does. So a web page, a
/// JSON document or compressed bytes are an error, whatever is demanded.
///
/// More lenient than the format: lines may end in "\r\n", and the last one without a line feed.
/// Not thread-safe. Source of the format: Prometheus documentation, "Exposition formats".
class TextReader {
 public:
  using Wants = std::function<bool(std::string_view metric)>;

  /// `page` must outlive the reader. `wants` says whether a metric is demanded.
  TextReader(std::string_view page, Wants wants);

  /// Puts the next demanded sample into `sample`; false at the end of the page. After an error the
  /// reader is of no further use. `predicted`, where not empty, is the `series` of a sample that a
  /// reader with the same `wants` has yielded before: a line that begins with exactly these bytes
  /// needs no second check.
  std::expected<bool, TextError> next(std::string_view predicted, TextSample& sample);

  /// Sample lines passed so far, demanded or not.
  std::size_t samples() const { return samples_; }

 private:
  bool take_predicted(std::string_view predicted, TextSample& sample);
  std::expected<bool, TextError> read_line(TextSample& sample);
  std::expected<void, TextError> read_series(TextSample& sample, bool& demanded);
  std::expected<void, TextError> read_labels(TextSample& sample);
  std::expected<void, TextError> read_label();
  std::expected<std::string_view, TextError> read_quoted(std::string_view what);
  std::expected<void, TextError> read_value(TextSample& sample);
  std::expected<void, TextError> skip_undemanded(const char* from);
  bool demands(std::string_view metric);
  void skip_blanks();
  void skip_line();
  bool at_line_end() const;
  std::string_view token() const;
  std::unexpected<TextError> failure(std::string_view expected, const char* where) const;

  const char* at_;
  const char* end_;
  Wants wants_;
  std::size_t line_ = 1;
  std::size_t samples_ = 0;
  std::string_view last_metric_;  ///< the unquoted one that `wants_` was last asked about
  bool last_demanded_ = false;
  std::vector<std::string_view> names_;  ///< of the labels of the current line
};

}  // namespace slod
