#include "lib/series/process_book.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/hash/fnv.h"

namespace slod {
namespace {

/// An index that is not used, which is added where there is none.
template <class Element>
std::uint32_t take_unused(std::vector<Element>& all, std::vector<std::uint32_t>& unused) {
  if (unused.empty()) {
    unused.push_back(static_cast<std::uint32_t>(all.size()));
    all.emplace_back();
  }
  const std::uint32_t index = unused.back();
  unused.pop_back();
  return index;
}

void raise(std::optional<double>& highest, const ProcessBook::Family& family) {
  if (family.series == 0 || !family.went_on) return;
  highest = std::max(highest.value_or(0), family.rate_per_second);
}

}  // namespace

std::uint32_t ProcessBook::process_named(std::string_view job, std::string_view instance) {
  // No label value contains a byte 0xff, since all are UTF-8.
  std::string name = fmt::format("{}\xff{}", job, instance);
  const auto [at, is_new] = process_by_name_.try_emplace(std::move(name), 0);
  if (is_new) {
    at->second = take_unused(processes_, unused_processes_);
    processes_[at->second] = {.job_hash = fnv_hash(job), .name = at->first};
  }
  return at->second;
}

std::uint32_t ProcessBook::add_series(std::string_view metric, std::string_view job,
                                      std::string_view instance) {
  const std::uint32_t process = process_named(job, instance);
  ++processes_[process].series;
  const auto [at, is_new] =
      family_by_name_.try_emplace(fmt::format("{}\xff{}", process, metric), 0);
  if (is_new) {
    at->second = take_unused(families_, unused_families_);
    families_[at->second] = {
        .process = process, .metric_hash = fnv_hash(metric), .name = at->first};
  }
  ++families_[at->second].series;
  return at->second;
}

void ProcessBook::remove_series(std::uint32_t index) {
  Family& family = families_[index];
  Process& process = processes_[family.process];
  if (--process.series == 0) {
    process_by_name_.erase(process.name);
    unused_processes_.push_back(family.process);
    process = {};
  }
  if (--family.series > 0) return;
  family_by_name_.erase(family.name);
  unused_families_.push_back(index);
  family = {};
}

void ProcessBook::end_batch(Duration time) {
  constexpr double kept = 0.9;
  constexpr double growth = 10;
  constexpr double least_growth = 100;
  for (Family& family : families_) {
    if (family.series == 0) continue;
    double& rate = family.rate_per_second;
    rate = std::clamp(family.events / seconds(time), rate * kept, rate * growth + least_growth);
    family.events = 0;
  }
}

std::optional<double> ProcessBook::rate_of(std::uint32_t process) const {
  std::optional<double> highest;
  for (const Family& family : families_) {
    if (family.process == process) raise(highest, family);
  }
  return highest;
}

std::optional<double> ProcessBook::rate_of_job(std::uint32_t index) const {
  const Family& asked = families_[index];
  const std::uint64_t job = processes_[asked.process].job_hash;
  std::optional<double> highest;
  for (const Family& family : families_) {
    if (family.metric_hash == asked.metric_hash && processes_[family.process].job_hash == job) {
      raise(highest, family);
    }
  }
  return highest;
}

}  // namespace slod
