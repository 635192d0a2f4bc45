#include "tests/promqltest/memory.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "lib/sketch/native_histogram.h"
#include "lib/text/number.h"
#include "tests/promqltest/reset_hints.h"

namespace slod::promqltest {
namespace {

using query::Point;

bool accepted(const Labels& labels, std::span<const promql::Matcher> matchers) {
  return std::ranges::all_of(matchers, [&](const promql::Matcher& matcher) {
    return matcher.accepts(labels.get(matcher.label()));
  });
}

/// One classic histogram at one time.
struct Classic {
  std::map<double, double> buckets;  ///< by upper bound
  std::optional<double> count;
  double sum = 0;
};

std::optional<NativeHistogram> custom_buckets(const Classic& classic) {
  if (classic.buckets.empty() && !classic.count) return std::nullopt;
  NativeHistogram result{.schema = NativeHistogram::custom_buckets, .sum = classic.sum};
  double below = 0;
  std::int32_t index = 0;
  for (const auto& [bound, count] : classic.buckets) {
    if (std::isfinite(bound)) result.custom_bounds.push_back(bound);
    if (count != below) result.positive.push_back({index, count - below});
    below = count;
    ++index;
  }
  result.count = classic.count.value_or(below);
  const bool has_infinity = !classic.buckets.empty() && std::isinf(classic.buckets.rbegin()->first);
  if (!has_infinity && result.count != below) {
    result.positive.push_back({index, result.count - below});
  }
  return result;
}

bool take_suffix(std::string& name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return false;
  name.resize(name.size() - suffix.size());
  return true;
}

}  // namespace

void Memory::load(const Load& load) {
  Lines lines;
  for (const SeriesLine& line : load.series) lines[line.labels] = &line;
  for (const auto& [labels, line] : lines) add(*line, load);
  if (load.with_custom_buckets) add_custom_buckets(lines, load.step);
}

void Memory::add(const SeriesLine& line, const Load& load) {
  const auto& defaults = load.default_starts;
  Samples& samples = series_[line.labels];
  for (std::size_t i = 0; i < line.values.size(); ++i) {
    const Point& point = line.values[i].point;
    if (point.kind == Point::Kind::none) continue;
    const Instant at(load.step * static_cast<std::int64_t>(i));
    std::optional<Duration> start;
    if (!line.starts.empty()) {
      start = line.starts[i];
    } else if (!defaults.empty()) {
      start = defaults[i % defaults.size()];
    }
    Sample sample{.point = point};
    if (start) sample.start = at + *start;
    samples.insert_or_assign(at, std::move(sample));
  }
}

void Memory::add_custom_buckets(const Lines& lines, Duration step) {
  std::map<Labels, std::map<Instant, Classic>> histograms;
  for (const auto& [own, line] : lines) {
    Labels labels = own;
    std::string name(labels.get("__name__"));
    const bool is_bucket = take_suffix(name, "_bucket");
    const bool is_count = !is_bucket && take_suffix(name, "_count");
    const bool is_sum = !is_bucket && !is_count && take_suffix(name, "_sum");
    const auto bound = parse_number(labels.get("le"));
    if (!(is_bucket && bound) && !is_count && !is_sum) continue;
    labels.set("__name__", name);
    labels.set("le", "");
    for (std::size_t i = 0; i < line->values.size(); ++i) {
      const Point& point = line->values[i].point;
      if (point.kind != Point::Kind::number) continue;
      Classic& classic = histograms[labels][Instant(step * static_cast<std::int64_t>(i))];
      if (is_bucket) classic.buckets.emplace(*bound, point.number);
      if (is_count) classic.count = point.number;
      if (is_sum) classic.sum = point.number;
    }
  }
  for (const auto& [labels, times] : histograms) {
    for (const auto& [at, classic] : times) {
      auto native = custom_buckets(classic);
      if (!native) continue;
      compact(*native);
      series_[labels].insert_or_assign(
          at, Sample{.point = Point(std::make_shared<const NativeHistogram>(*std::move(native)))});
    }
  }
}

std::vector<SampleRun> Memory::select(std::span<const promql::Matcher> matchers, Interval range,
                                      const IsUnwanted& /*is_unwanted*/) const {
  std::vector<SampleRun> runs;
  for (const auto& [labels, samples] : series_) {
    if (!accepted(labels, matchers)) continue;
    SampleRun run{.labels = labels, .times = {}, .values = {}, .histograms = {}};
    ResetHints hints;
    for (const auto& [at, sample] : samples) {
      if (at > range.end) break;
      const Point& point = sample.point;
      HistogramPtr histogram;
      if (point.kind == Point::Kind::histogram) {
        histogram = hints.next(point.histogram);
      } else {
        hints.interrupt();
      }
      if (at <= range.begin) continue;
      if (sample.start || !run.starts.empty()) {
        run.starts.resize(run.times.size() + 1);
        run.starts.back() = sample.start.value_or(no_start);
      }
      run.times.push_back(at);
      run.values.push_back(point.number);
      if (histogram != nullptr || !run.histograms.empty()) {
        run.histograms.resize(run.times.size());
        run.histograms.back() = histogram;
      }
    }
    if (!run.times.empty()) runs.push_back(std::move(run));
  }
  return runs;
}

std::vector<Labels> Memory::series(std::span<const promql::Matcher> matchers, Interval,
                                   const IsUnwanted& /*is_unwanted*/) const {
  std::vector<Labels> found;
  for (const auto& [labels, samples] : series_) {
    if (accepted(labels, matchers)) found.push_back(labels);
  }
  return found;
}

}  // namespace slod::promqltest
