#include "daemon/api/prometheus/query_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/api/prometheus/ending.h"
#include "daemon/api/prometheus/parameters.h"
#include "daemon/memory/memory_meter.h"
#include "lib/promql/parser.h"
#include "lib/promql/walk.h"
#include "lib/query/evaluate.h"
#include "lib/query/json.h"

namespace slod::prometheus_api {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t annotations_max = 10;  ///< of each kind

double seconds_between(Steady::time_point from, Steady::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

std::expected<promql::ExprPtr, Failure> parsed(const QueryRequest& query,
                                               const std::stop_token& stop) {
  auto expr = promql::parse(query.text, {.is_unwanted = [&] { return has_to_end(stop); }});
  if (auto ended = ending(stop, "query preparation")) return std::unexpected(std::move(*ended));
  if (!expr) {
    return std::unexpected(invalid_parameter("query", expr.error().text(query.text)));
  }
  const promql::ValueType type = (*expr)->type();
  const bool has_steps = type == promql::ValueType::scalar || type == promql::ValueType::vector;
  if (query.is_range && !has_steps) {
    return std::unexpected(invalid_parameter(
        "query", fmt::format("invalid expression type \"{}\" for range query, must be Scalar or "
                             "instant Vector",
                             promql::documented_name(type))));
  }
  return *expr;
}

/// A query that was stopped takes too much memory, ran out of time, or no one is left to read its
/// result.
Failure stopped(const QueryRequest& query, Steady::time_point asked, std::string_view where) {
  if (MemoryMeter::left() == 0) return {ErrorType::execution, MemoryMeter::why()};
  if (Steady::now() - asked >= query.timeout) {
    return {ErrorType::timeout, fmt::format("query timed out in {}", where)};
  }
  return {ErrorType::canceled, fmt::format("query was canceled in {}", where)};
}

std::vector<std::string> shortened(std::vector<std::string> texts, std::string_view kind) {
  if (texts.size() <= annotations_max) return texts;
  const std::size_t omitted = texts.size() - annotations_max;
  texts.resize(annotations_max);
  texts.push_back(fmt::format("{} more {} annotations omitted", omitted, kind));
  return texts;
}

Remarks remarks_of(const query::Result& result, std::string_view text) {
  using enum query::Annotations::Severity;
  return {.warnings = shortened(result.annotations.texts(warning, text), "warning"),
          .infos = shortened(result.annotations.texts(info, text), "info")};
}

/// The times of one query, for the member `stats`.
struct Timing {
  Steady::time_point asked;
  Steady::time_point began = {};     ///< on the pool
  Steady::time_point prepared = {};  ///< its samples are there
  Steady::time_point evaluated = {};
};

void append_stats(std::string& out, const Timing& timing, std::size_t samples_read) {
  fmt::format_to(
      std::back_inserter(out),
      R"(,"stats":{{"timings":{{"evalTotalTime":{},"resultSortTime":0,)"
      R"("queryPreparationTime":{},"innerEvalTime":{},"execQueueTime":{},)"
      R"("execTotalTime":{}}},"samples":{{"totalQueryableSamples":{},"peakSamples":{}}}}})",
      seconds_between(timing.began, timing.evaluated),
      seconds_between(timing.began, timing.prepared),
      seconds_between(timing.prepared, timing.evaluated),
      seconds_between(timing.asked, timing.began), seconds_between(timing.asked, timing.evaluated),
      samples_read, samples_read);
}

std::vector<std::vector<promql::Matcher>> selections_of(const promql::Expr& expr) {
  std::vector<std::vector<promql::Matcher>> selections;
  for (const promql::VectorSelector* selector : promql::selectors(expr)) {
    selections.push_back(selector->matchers);
  }
  return selections;
}

Failure failure_of(const query::Error& error, const QueryRequest& query, Steady::time_point asked) {
  if (error.kind == query::Error::Kind::stopped) {
    return stopped(query, asked, "expression evaluation");
  }
  if (error.kind == query::Error::Kind::too_much_memory) {
    return {ErrorType::execution, MemoryMeter::why()};
  }
  return {ErrorType::execution, error.message};
}

/// The result as JSON, cut to the limit.
Response printed(query::Result result, const QueryRequest& query, const Timing& timing,
                 const std::stop_token& stop) {
  Remarks remarks = remarks_of(result, query.text);
  if (query.limit && result.series.size() > *query.limit) {
    result.series.erase(result.series.begin() + static_cast<std::ptrdiff_t>(*query.limit),
                        result.series.end());
    remarks.warnings.emplace_back("results truncated due to limit");
  }
  std::string body(success_begin);
  const auto is_unwanted = [&stop] { return has_to_end(stop); };
  if (!query::append_open(body, result, query.start, is_unwanted)) {
    return failed(stopped(query, timing.asked, "the writing of its result"));
  }
  if (query.with_stats) append_stats(body, timing, result.samples_read);
  body += '}';
  return success_from(std::move(body), remarks);
}

}  // namespace

std::shared_ptr<const SampleSource> SamplesOnLoop::open(
    std::vector<std::vector<promql::Matcher>> selections, Interval range,
    const std::stop_token& stop) const {
  auto opened =
      on_loop(post, stop, [to = samples, wanted = std::move(selections), range]() mutable {
        const AllocationCount count;
        auto noted = to->open(std::move(wanted), range);
        return std::pair(std::move(noted), count.bytes());
      });
  if (!opened) return nullptr;
  auto& [open, bytes] = *opened;
  MemoryMeter::adopt(bytes);
  return open(stop);
}

Response run_query(const QueryRequest& query, const SamplesOnLoop& samples,
                   Steady::time_point asked, const std::stop_token& stop) {
  Timing timing{.asked = asked, .began = Steady::now()};
  if (stop.stop_requested()) return failed(stopped(query, asked, "query queue"));
  const auto expr = parsed(query, stop);
  if (!expr) {
    return failed(stop.stop_requested() ? stopped(query, asked, "query preparation")
                                        : expr.error());
  }
  const auto source =
      samples.open(selections_of(**expr),
                   promql::looked_at(**expr, query.start, query.end, query.lookback), stop);
  if (!source || has_to_end(stop)) return failed(stopped(query, asked, "query preparation"));
  timing.prepared = Steady::now();
  const query::Options options{.lookback = query.lookback,
                               .is_cancelled = [stop] { return stop.stop_requested(); },
                               .memory_left = MemoryMeter::left};
  auto result = query.is_range ? query::range(**expr, query.text, query.start, query.end,
                                              query.step, *source, options)
                               : query::instant(**expr, query.text, query.start, *source, options);
  timing.evaluated = Steady::now();
  if (!result) return failed(failure_of(result.error(), query, asked));
  return printed(std::move(*result), query, timing, stop);
}

}  // namespace slod::prometheus_api
