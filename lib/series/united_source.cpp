#include "lib/series/united_source.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <iterator>
#include <utility>

namespace slod {
namespace {

template <class T>
void put_before(std::vector<T>& column, const std::vector<T>& older, std::size_t count) {
  column.insert(column.begin(), older.begin(), older.begin() + static_cast<std::ptrdiff_t>(count));
}

/// For a column that is empty where no sample has a value in it.
template <class T>
void put_before(std::vector<T>& column, std::size_t size, std::vector<T> older, std::size_t count) {
  if (column.empty() && older.empty()) return;
  column.resize(size);
  older.resize(std::max(older.size(), count));
  put_before(column, older, count);
}

/// Puts the samples of `older` that are before those of `run` in front.
void put_before(SampleRun& run, SampleRun older) {
  const auto end = std::ranges::lower_bound(older.times, run.times.front());
  const auto count = static_cast<std::size_t>(end - older.times.begin());
  put_before(run.histograms, run.times.size(), std::move(older.histograms), count);
  put_before(run.starts, run.times.size(), std::move(older.starts), count);
  put_before(run.times, older.times, count);
  put_before(run.values, older.values, count);
}

class United : public SampleSource {
 public:
  United(std::shared_ptr<const SampleSource> older, std::shared_ptr<const SampleSource> newer)
      : older_(std::move(older)), newer_(std::move(newer)) {}

  std::vector<SampleRun> select(std::span<const promql::Matcher> matchers, Interval range,
                                const IsUnwanted& is_unwanted) const override {
    std::vector<SampleRun> runs = newer_->select(matchers, range, is_unwanted);
    std::vector<SampleRun> before = older_->select(matchers, range, is_unwanted);
    if (before.empty()) return runs;
    std::ranges::sort(runs, {}, &SampleRun::labels);
    const auto known = static_cast<std::ptrdiff_t>(runs.size());
    for (SampleRun& older : before) {
      const auto end = runs.begin() + known;
      const auto same =
          std::ranges::lower_bound(runs.begin(), end, older.labels, {}, &SampleRun::labels);
      if (same != end && same->labels == older.labels) {
        put_before(*same, std::move(older));
      } else {
        runs.push_back(std::move(older));
      }
    }
    return runs;
  }

  std::vector<Labels> series(std::span<const promql::Matcher> matchers, Interval range,
                             const IsUnwanted& is_unwanted) const override {
    std::vector<Labels> all = newer_->series(matchers, range, is_unwanted);
    std::vector<Labels> before = older_->series(matchers, range, is_unwanted);
    all.insert(all.end(), std::make_move_iterator(before.begin()),
               std::make_move_iterator(before.end()));
    std::ranges::sort(all);
    const auto repeated = std::ranges::unique(all);
    all.erase(repeated.begin(), repeated.end());
    return all;
  }

 private:
  std::shared_ptr<const SampleSource> older_;
  std::shared_ptr<const SampleSource> newer_;
};

}  // namespace

std::shared_ptr<const SampleSource> united(std::shared_ptr<const SampleSource> older,
                                           std::shared_ptr<const SampleSource> newer) {
  assert(older != nullptr && newer != nullptr);
  return std::make_shared<const United>(std::move(older), std::move(newer));
}

}  // namespace slod
