#include "lib/engine/slice_work.h"

#include <fmt/format.h>

#include <expected>
#include <string>

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
    auto read = elements(*expression, at, source, options);
    if (!read) return SliceValue::missing(std::move(read.error()));
    values.push_back(std::move(*read));
  }
  return judge(definition.sli, values);
}

}  // namespace

SliceWork slice_work(const SloDefinition& definition, std::vector<Interval> slices,
                     const RecentSamples& samples) {
  std::vector<const promql::Expr*> read;
  for (const Expression* expression : expressions(definition.sli)) {
    read.push_back(expression->parsed.get());
  }
  auto source = view_for(read, slices.front().end, slices.back().end, samples);
  return {definition, std::move(slices), std::move(source)};
}

std::vector<std::pair<Interval, SliceValue>> evaluate(const SliceWork& work,
                                                      const std::stop_token& stop) {
  query::Options options;
  options.is_cancelled = [&stop] { return stop.stop_requested(); };
  std::vector<std::pair<Interval, SliceValue>> values;
  for (const Interval& slice : work.slices) {
    SliceValue value = value_of(work.definition, slice.end, *work.source, options);
    if (stop.stop_requested()) break;
    values.emplace_back(slice, std::move(value));
  }
  return values;
}

}  // namespace slod
