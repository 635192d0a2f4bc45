#include "tests/lib/query/function_call.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "lib/sketch/native_histogram_notation.h"
#include "lib/text/number.h"

namespace slod::query {

HistogramPtr histogram(std::string_view notation) {
  const auto noted = from_notation(notation);
  EXPECT_TRUE(noted) << (noted ? "" : noted.error());
  return std::make_shared<const NativeHistogram>(noted ? noted->histogram : NativeHistogram{});
}

TestWindow samples(std::initializer_list<std::string_view> values, double interval, double first) {
  TestWindow window;
  bool any_histogram = false;
  for (const std::string_view value : values) {
    const bool is_histogram = value.starts_with("{{");
    any_histogram = any_histogram || is_histogram;
    window.times.push_back(at(first + interval * static_cast<double>(window.times.size())));
    window.numbers.push_back(is_histogram ? 0 : parse_number(value).value());
    window.histograms.push_back(is_histogram ? histogram(value) : nullptr);
  }
  if (!any_histogram) window.histograms.clear();
  window.begin = first - interval;
  window.end = unix_seconds(window.times.back());
  return window;
}

TestCall::TestCall(Steps evaluated)
    : steps(evaluated),
      limits(options),
      context{.steps = steps,
              .options = options,
              .query = evaluated,
              .call = call,
              .position = {},
              .argument_positions = {},
              .annotations = annotations,
              .limits = limits} {}

Point TestCall::window(std::string_view function, const TestWindow& samples,
                       std::vector<double> scalars) {
  const WindowFunctionEntry* entry = window_function(function);
  if (entry == nullptr) {
    ADD_FAILURE() << "no function " << function;
    return {};
  }
  return entry->function(samples.window(), scalars, context);
}

std::expected<Frame, Error> TestCall::frame(std::string_view function,
                                            std::vector<Argument> arguments) {
  const FrameFunction* found = frame_function(function);
  if (found == nullptr) return std::unexpected(Error{.message = "no such function"});
  return (*found)(arguments, context);
}

std::vector<std::string> TestCall::annotation_texts() const {
  std::vector<std::string> all;
  for (const auto severity : {Annotations::Severity::warning, Annotations::Severity::info}) {
    for (const std::string& text : annotations.texts(severity, " ")) {
      all.push_back(text.substr(0, text.rfind(" (")));
    }
  }
  return all;
}

Column column(Labels labels, const std::vector<double>& values) {
  Column result(std::move(labels), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) result.set(i, values[i]);
  return result;
}

ScalarFrame scalars(double value, std::size_t steps) {
  return ScalarFrame(steps, value);
}

std::string to_text(const Point& point) {
  switch (point.kind) {
    case Point::Kind::none:
      return "_";
    case Point::Kind::number:
      return std::isnan(point.number) ? "NaN" : fmt::format("{:.9g}", point.number);
    case Point::Kind::histogram:
      return slod::to_text(*point.histogram);
  }
  return "";
}

std::vector<std::string> to_texts(const Frame& frame) {
  std::vector<std::string> texts;
  for (const Column& column : frame) {
    std::string text = slod::to_text(column.labels);
    for (std::size_t step = 0; step < column.kinds.size(); ++step) {
      text += ' ' + to_text(column.at(step));
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace slod::query
