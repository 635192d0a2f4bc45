#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <ranges>
#include <set>
#include <utility>

#include "lib/promql/walk.h"
#include "lib/query/evaluator.h"
#include "lib/query/label_choice.h"

/// info(v, {...}): adds to each series the labels of info series of the same job and instance, such
/// as target_info. Experimental. Source: Prometheus 3, promql/info.go.
namespace slod::query {
namespace {

using promql::Matcher;

constexpr std::array<std::string_view, 2> identifying{"instance", "job"};

/// Which info series are looked for, and which of their labels are added.
struct InfoSelection {
  std::vector<Matcher> matchers;   ///< of the info series, on __name__ too
  std::vector<Matcher> of_name;    ///< as written; of target_info where no selector is written
  std::vector<Matcher> of_labels;  ///< as written; empty: all labels are added

  bool is_added(std::string_view label) const {
    return of_labels.empty() ||
           std::ranges::find(of_labels, label, &Matcher::label) != of_labels.end();
  }
  /// Whether a series without any info stays.
  bool takes_nothing() const {
    return std::ranges::all_of(of_labels, [](const Matcher& one) { return one.accepts(""); });
  }
  bool is_info(const Labels& labels) const {
    const std::string_view name = labels.get(metric_name_label);
    return !of_name.empty() &&
           std::ranges::all_of(of_name, [name](const Matcher& one) { return one.accepts(name); });
  }
};

InfoSelection selection_of(const promql::Call& call) {
  InfoSelection selection;
  const Matcher target =
      Matcher::make("__name__", Matcher::Operation::equal, "target_info").value();
  if (call.arguments.size() > 1) {
    const promql::Expr& labels = without_parentheses(*call.arguments[1]);
    for (const Matcher& matcher : std::get<promql::VectorSelector>(labels.node).matchers) {
      const bool is_name = matcher.label() == metric_name_label;
      (is_name ? selection.of_name : selection.of_labels).push_back(matcher);
    }
  } else {
    selection.of_name.push_back(target);
  }
  selection.matchers = selection.of_labels;
  const auto& names = selection.of_name;
  if (names.empty()) selection.matchers.push_back(target);
  selection.matchers.insert(selection.matchers.end(), names.begin(), names.end());
  return selection;
}

Labels identity_of(const Labels& labels) {
  std::vector<Labels::Pair> pairs;
  pairs.reserve(identifying.size());
  for (const std::string_view name : identifying) pairs.emplace_back(name, labels.get(name));
  return Labels(std::move(pairs));
}

/// Info series by the metric's name and what identifies the target. A column holds the times of
/// the samples.
using InfoByTarget = std::map<std::string, std::map<Labels, std::vector<Column>>>;

/// The series of a target with the newest sample at a step; null: there is none. Error: two are
/// equally new.
std::expected<const Column*, Error> newest(const std::vector<Column>& series, std::size_t step) {
  const Column* best = nullptr;
  for (const Column& one : series) {
    if (one.kinds[step] == Point::Kind::none) continue;
    if (best != nullptr && best->numbers[step] == one.numbers[step]) {
      const auto milliseconds = static_cast<std::int64_t>(one.numbers[step] * 1000);
      return std::unexpected(
          Error{Error::Kind::execution,
                fmt::format("found duplicate series for info metric: existing {} @ {}, new {} @ {}",
                            error_text(best->labels), milliseconds, error_text(one.labels),
                            milliseconds)});
    }
    if (best == nullptr || one.numbers[step] > best->numbers[step]) best = &one;
  }
  return best;
}

/// Joins a column with the info series of its target.
class InfoJoin {
 public:
  InfoJoin(const InfoSelection& selection, const InfoByTarget& info, QueryLimits& limits)
      : selection_(selection), info_(info), limits_(limits) {}

  /// Adds to `out` one column for each set of labels that the info gives over time.
  std::expected<void, Error> join(const Column& base, Frame& out) const {
    const Labels identity = identity_of(base.labels);
    std::map<Labels, std::size_t> places;
    for (std::size_t step = 0; step < base.kinds.size(); ++step) {
      if (base.kinds[step] == Point::Kind::none) continue;
      if (auto goes_on = limits_.advance(1 + info_.size()); !goes_on) return goes_on;
      auto labels = labels_at(base, identity, step);
      if (!labels) return std::unexpected(labels.error());
      if (!*labels) continue;
      const auto [place, is_new] = places.try_emplace(**labels, out.size());
      if (is_new) {
        if (auto held = limits_.hold(base.kinds.size()); !held) return held;
        out.emplace_back(**labels, base.kinds.size());
        out.back().drops_name = base.drops_name;
      }
      out[place->second].set(step, base.at(step));
    }
    return {};
  }

 private:
  /// Nothing: the series goes.
  std::expected<std::optional<Labels>, Error> labels_at(const Column& base, const Labels& identity,
                                                        std::size_t step) const {
    Labels added;
    bool is_found = false;
    for (const auto& [name, targets] : info_) {
      const auto target = targets.find(identity);
      if (target == targets.end()) continue;
      auto info = newest(target->second, step);
      if (!info) return std::unexpected(info.error());
      if (*info == nullptr) continue;
      is_found = true;
      for (const auto& [label, value] : (*info)->labels.pairs()) {
        if (label == metric_name_label || !selection_.is_added(label)) continue;
        const std::string_view before = added.get(label);
        if (!before.empty() && before != value) {
          return std::unexpected(
              Error{Error::Kind::execution, fmt::format("conflicting label: {}", label)});
        }
        if (base.labels.get(label).empty()) added.set(label, value);
      }
    }
    if (!is_found && !selection_.takes_nothing()) return std::nullopt;
    Labels labels = base.labels;
    for (const auto& [label, value] : added.pairs()) labels.set(label, value);
    return labels;
  }

  const InfoSelection& selection_;
  const InfoByTarget& info_;
  QueryLimits& limits_;
};

/// By how much the first selector within is shifted: info is read for that time.
promql::TimeShift first_shift(const promql::Expr& expr) {
  const auto selectors = promql::selectors(expr);
  return selectors.empty() ? promql::TimeShift{} : selectors.front()->shift;
}

}  // namespace

Evaluator::Value Evaluator::call_info(const promql::Call& call, const Steps& steps) {
  const promql::Expr& operand = without_parentheses(*call.arguments.front());
  auto base = evaluate_frame(operand, steps);
  if (!base) return std::unexpected(base.error());
  const InfoSelection selection = selection_of(call);
  std::map<std::string_view, std::set<std::string>> known;
  for (const Column& column : *base) {
    if (selection.is_info(column.labels)) continue;
    for (const std::string_view name : identifying) {
      const std::string_view value = column.labels.get(name);
      if (!value.empty()) known[name].emplace(value);
    }
  }
  InfoByTarget info;
  if (!known.empty()) {
    const Shift shift(first_shift(operand), query_.start, end_);
    auto runs = read(selection.matchers, {earlier(shift.apply(steps.start), options_.lookback),
                                          shift.apply(steps.at(steps.count - 1))});
    if (!runs) return std::unexpected(runs.error());
    for (SampleRun& run : *runs) {
      if (auto goes_on = limits_.next_series(1); !goes_on) return std::unexpected(goes_on.error());
      const bool is_known = std::ranges::all_of(known, [&run](const auto& label) {
        return label.second.contains(std::string(run.labels.get(label.first)));
      });
      if (!is_known) continue;
      if (!run.histograms.empty()) {
        return std::unexpected(Error{Error::Kind::execution, "info sample should be float"});
      }
      Column column = instant_column(std::move(run), steps, Shift({}, query_.start, end_),
                                     options_.lookback, Taken::time);
      const std::string name(column.labels.get(metric_name_label));
      info[name][identity_of(column.labels)].push_back(std::move(column));
    }
  }
  const InfoJoin join(selection, info, limits_);
  Frame out;
  for (Column& column : *base) {
    if (auto goes_on = limits_.next_series(steps.count); !goes_on) {
      return std::unexpected(goes_on.error());
    }
    if (selection.is_info(column.labels)) {
      out.push_back(std::move(column));
    } else if (auto joined = join.join(column, out); !joined) {
      return std::unexpected(joined.error());
    }
  }
  if (auto merged = merge_same_labels(out); !merged) return std::unexpected(merged.error());
  return out;
}

}  // namespace slod::query
