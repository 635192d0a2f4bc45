#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/promql/expr.h"
#include "lib/query/annotations.h"
#include "lib/series/sample_source.h"
#include "lib/time/instant.h"

/// Evaluates PromQL with the semantics of Prometheus 3: ranges and lookback are open on the left.
namespace slod::query {

struct Options {
  Duration lookback = std::chrono::minutes(5);
  Duration subquery_step = std::chrono::minutes(1);  ///< where a subquery names none
  std::size_t samples_max = 50'000'000;              ///< in memory at the same time
  bool delayed_name_removal = false;                 ///< as Prometheus's feature flag of that name
  /// Asked now and then; true ends the query with Error::Kind::stopped.
  std::function<bool()> is_cancelled = {};
  /// Asked as often: how many bytes the query may still allocate; where there are none, it ends
  /// with Error::Kind::too_much_memory, as it does where an allocation is refused. None: no limit.
  std::function<std::size_t()> memory_left = {};
};

struct Error {
  enum class Kind : std::uint8_t { execution, too_many_samples, too_much_memory, stopped };
  Kind kind = Kind::execution;
  std::string message;  ///< Prometheus's words
};

inline Error execution_error(std::string message) {
  return {Error::Kind::execution, std::move(message)};
}

/// The value of a query. `series` of an instant vector have one sample each; string and scalar
/// results of an instant query have none.
struct Result {
  promql::ValueType type = promql::ValueType::vector;
  double scalar = 0;
  std::string string;
  std::vector<SampleRun> series;  ///< a matrix is sorted by labels; a vector as the query orders it
  Annotations annotations;
  std::size_t samples_read = 0;  ///< from the source
};

/// At one time. `text` is the query that `expr` was parsed from, for positions in annotations.
std::expected<Result, Error> instant(const promql::Expr& expr, std::string_view text, Instant at,
                                     const SampleSource& source, const Options& options);

/// At start, start + step, ... up to end, both included; step > 0, start <= end. `expr` is a scalar
/// or an instant vector. The result is a matrix.
std::expected<Result, Error> range(const promql::Expr& expr, std::string_view text, Instant start,
                                   Instant end, Duration step, const SampleSource& source,
                                   const Options& options);

}  // namespace slod::query
