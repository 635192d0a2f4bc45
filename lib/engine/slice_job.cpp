#include "lib/engine/slice_job.h"

#include <fmt/format.h>

#include <expected>
#include <string>
#include <utility>

#include "lib/engine/expression_view.h"
#include "lib/query/evaluate.h"

namespace slod {
namespace {

std::expected<ElementValues, std::string> elements(const Expression& expression, Instant at,
                                                   const SampleSource& source,
                                                   const query::Options& options) {
  const auto result = query::instant(*expression.parsed, expression.text, at, source, options);
  if (!result) return std::unexpected(result.error().message);
  if (result->type == promql::ValueType::scalar) return ElementValues{result->scalar};
  ElementValues values;
  values.reserve(result->series.size());
  for (const SampleRun& run : result->series) {
    if (!run.histograms.empty() && run.histograms.back()) {
      return std::unexpected(
          fmt::format("expected numbers from {}, found a native histogram", expression.written));
    }
    values.push_back(run.values.back());
  }
  return values;
}

SliceValue value_of(const SloDefinition& definition, Instant at, const SampleSource& source,
                    const query::Options& options) {
  std::vector<ElementValues> values;
  for (const Expression* expression : expressions(definition.sli)) {
    if (expression->stands_in && !values.back().empty()) {
      values.emplace_back();
      continue;
    }
    auto read = elements(*expression, at, source, options);
    if (!read) return SliceValue::missing(std::move(read.error()));
    values.push_back(std::move(*read));
  }
  return judge(definition.sli, values);
}

}  // namespace

SliceJob::SliceJob(DueSlices due, const RecentSamples& samples, std::stop_token stop,
                   std::function<std::size_t()> memory_left)
    : due_(std::move(due)), stop_(std::move(stop)), memory_left_(std::move(memory_left)) {
  std::vector<const promql::Expr*> read;
  for (const Expression* expression : expressions(due_.definition->sli)) {
    read.push_back(expression->parsed.get());
  }
  source_ = view_for(read, due_.slices.front().end, due_.slices.back().end, samples);
}

JudgedSlices SliceJob::run() const {
  query::Options options;
  options.is_cancelled = [this] { return stop_.stop_requested(); };
  options.memory_left = memory_left_;
  JudgedSlices judged{.slo = due_.slo, .values = {}};
  for (const Interval& slice : due_.slices) {
    SliceValue value = value_of(*due_.definition, slice.end, *source_, options);
    if (stop_.stop_requested()) break;
    judged.values.emplace_back(slice, std::move(value));
  }
  return judged;
}

JudgedSlices SliceJob::failed(std::string error) const {
  JudgedSlices judged{.slo = due_.slo, .values = {}, .error = std::move(error)};
  for (const Interval& slice : due_.slices) {
    judged.values.emplace_back(slice, SliceValue::missing("its evaluation failed"));
  }
  return judged;
}

}  // namespace slod
