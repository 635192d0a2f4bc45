#include "lib/query/histogram_groups.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "lib/query/annotate.h"
#include "lib/text/number.h"

namespace slod::query {
namespace {

bool has(const Column& column, Point::Kind kind) {
  return std::ranges::find(column.kinds, kind) != column.kinds.end();
}

/// The bound of a bucket; nullopt, and an annotation, for what is none.
std::optional<double> bound(const Column& column, Context& context, std::size_t argument) {
  const std::string_view le = column.labels.get("le");
  const auto value = parse_number(le);
  if (value && !std::isnan(*value)) return value;
  annotate::bad_bucket_label(context, column.labels.get("__name__"), le, argument);
  return std::nullopt;
}

/// Finds groups by their labels, and makes them.
class Grouping {
 public:
  HistogramGroup& group(const Labels& labels, bool drops_name) {
    const auto [entry, is_new] = index_.emplace(labels, groups_.size());
    if (is_new) groups_.emplace_back().labels = labels;
    HistogramGroup& group = groups_[entry->second];
    group.drops_name = group.drops_name || drops_name;
    return group;
  }

  std::vector<HistogramGroup> take() {
    for (HistogramGroup& group : groups_) {
      std::ranges::sort(group.buckets, {}, &HistogramGroup::BucketColumn::upper);
    }
    return std::move(groups_);
  }

 private:
  std::map<Labels, std::size_t> index_;
  std::vector<HistogramGroup> groups_;
};

}  // namespace

std::vector<ClassicBucket> HistogramGroup::classic_at(std::size_t step) const {
  std::vector<ClassicBucket> result;
  result.reserve(buckets.size());
  for (const auto& [upper, column] : buckets) {
    if (column->kinds[step] != Point::Kind::number) continue;
    result.push_back({.upper = upper, .count = column->numbers[step]});
  }
  return result;
}

HistogramPtr HistogramGroup::native_at(std::size_t step) const {
  for (const Column* column : natives) {
    if (column->kinds[step] == Point::Kind::histogram) return column->histograms[step];
  }
  return nullptr;
}

std::vector<HistogramGroup> histogram_groups(const Frame& frame, Context& context,
                                             std::size_t argument) {
  Grouping grouping;
  for (const Column& column : frame) {
    if (has(column, Point::Kind::number)) {
      if (const auto upper = bound(column, context, argument)) {
        Labels labels = column.labels;
        labels.set("le", "");
        grouping.group(labels, column.drops_name).buckets.push_back({*upper, &column});
      }
    }
    if (has(column, Point::Kind::histogram)) {
      grouping.group(column.labels, column.drops_name).natives.push_back(&column);
    }
  }
  return grouping.take();
}

}  // namespace slod::query
