// What a SeriesBook makes of the samples of a batch that do not simply continue their counters.

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/series/plausibility.h"
#include "lib/series/series_book.h"

namespace slod {
namespace {

/// How far the start of a process may move without being another one: some work it out from how
/// long they have run.
constexpr Duration start_jitter = std::chrono::seconds(2);
/// A server finds a process this long after it began at the latest.
constexpr Duration discovery_max = std::chrono::minutes(5);
/// A counter that stayed low for this long will not rise to where it was.
constexpr Duration low_max = std::chrono::minutes(5);

}  // namespace

/// The counter of a series is where its samples are.
void SeriesBook::rise_to(std::uint32_t series, const Counter& counter) {
  State& state = states_[series];
  state.counter = counter;
  if (std::exchange(state.is_low, false)) low_.erase(series);
}

void SeriesBook::note_process_start(const Entry& entry, double start_seconds) {
  constexpr double last_second = 1e11;  // in the year 5138
  if (!(start_seconds > 0 && start_seconds < last_second)) return;
  ProcessBook::Process& process = processes_.process_of(entry.family);
  const Instant start = Instant(duration_from_seconds(start_seconds));
  const auto before = std::exchange(process.start, start);
  if (!last_batch_) return;
  const bool is_another =
      before ? std::chrono::abs(start - *before) > start_jitter : start > *last_batch_;
  if (is_another) started_.insert(processes_.family(entry.family).process);
}

/// Each counter of the batch, beside the sample before.
std::vector<SharedAddress::Reading> SeriesBook::readings_of(const BatchResult& result) const {
  std::vector<SharedAddress::Reading> readings;
  for (std::size_t i = 0; i < result.observations.size(); ++i) {
    const Observation& observation = result.observations[i];
    if (observation.kind != Observation::Kind::continued) continue;
    const double value = states_[observation.series].counter.value;
    readings.push_back({observation.series, i, value - observation.events, value});
  }
  for (const IrregularSample& sample : irregular_) {
    if (!sample.before.has_sample()) continue;
    const auto low = low_.find(sample.series);
    readings.push_back({sample.series, sample.observation,
                        low == low_.end() ? sample.before.value : low->second.last, sample.value});
  }
  return readings;
}

/// One process has one page. Where others answer at its address, what they count is not known.
void SeriesBook::watch_address(std::span<const SharedAddress::Reading> readings,
                               BatchResult& result) {
  double rate = 0;
  for (const SharedAddress::Reading& reading : readings) {
    rate = std::max(rate, processes_.family(entries_[reading.series].family).rate_per_second);
  }
  const double most = most_plausible(rate, restarted_per_second, result.batch.at - *last_batch_);
  const std::size_t pending_before = address_.pending().size();
  result.taken_back = address_.note(readings, result.observations, most, rate, result.batch.at);
  for (std::size_t i = pending_before; i < address_.pending().size(); ++i) {
    const auto& [series, when, events] = address_.pending()[i];
    result.doubts.push_back({.series = series,
                             .when = when,
                             .events = events,
                             .is_counted = true,
                             .reason = DoubtReason::restart});
  }
  result.is_shared_address = address_.is_shared();
  if (!result.is_shared_address) return;
  for (const SharedAddress::Reading& reading : readings) {
    rise_to(reading.series, {reading.value, states_[reading.series].counter.sampled});
  }
  result.observations.clear();
  result.doubts.clear();
}

void SeriesBook::judge_irregular(BatchResult& result) {
  if (irregular_.empty() && started_.empty() && !jumped_ && !address_.is_watching()) return;
  const bool is_one_process =
      options_.kind.birth == Birth::counts_from_zero && last_batch_ && !joined_;
  const auto readings =
      is_one_process ? readings_of(result) : std::vector<SharedAddress::Reading>();
  judge_processes(result);
  if (is_one_process) watch_address(readings, result);
}

void SeriesBook::judge_processes(BatchResult& result) {
  continue_renamed(result);
  std::map<std::uint32_t, std::vector<IrregularSample>> by_process;
  std::map<std::uint32_t, ProcessFacts> facts;
  for (const std::uint32_t process : started_) by_process.try_emplace(process);
  for (const IrregularSample& sample : irregular_) {
    const std::uint32_t family = entries_[sample.series].family;
    by_process[processes_.family(family).process].push_back(sample);
  }
  for (const auto& [process, samples] : by_process) {
    ProcessFacts& known = facts[process] = facts_of(process, result.batch.at);
    if (known.is_new && !samples.empty()) {
      known.rate_per_second = processes_.rate_of_job(entries_[samples.front().series].family);
    }
  }
  note_what_went_on(result, facts);
  for (const auto& [process, samples] : by_process) {
    const ProcessJudgement judgement = judge(facts[process], samples);
    if (judgement.is_doubtful || judgement.may_have_begun) {
      put_rises_in_doubt(process, judgement, result);
    }
    if (judgement.began) begin_again(process, judgement, result);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      apply(samples[i], judgement.meanings[i], result);
    }
  }
}

ProcessFacts SeriesBook::facts_of(std::uint32_t index, Instant now) {
  const ProcessBook::Process& process = processes_.process(index);
  ProcessFacts facts{.previous = *last_batch_, .now = now, .interval = options_.interval};
  const bool may_be_found = joined_ || options_.kind.birth == Birth::counts_where_target_is_known;
  const bool was_there = process.batch_before != 0 && process.batch_before == batches_;
  facts.is_new = may_be_found && !was_there;
  facts.rate_per_second = processes_.rate_of(index);
  if (!process.start) return facts;
  facts.started = *process.start;
  const bool is_recent = *process.start > *last_batch_ - discovery_max;
  if (started_.contains(index) || facts.is_new) {
    facts.start = is_recent ? ProcessFacts::Start::since_last_batch : ProcessFacts::Start::another;
  } else {
    facts.start = ProcessFacts::Start::unchanged;
  }
  return facts;
}

void SeriesBook::note_what_went_on(const BatchResult& result,
                                   std::map<std::uint32_t, ProcessFacts>& facts) {
  constexpr double steady_least = 20;
  constexpr double steady_growth = 0.1;
  constexpr double still_least = 5;
  const auto note = [&](std::uint32_t series, double from, double by) {
    const auto known = facts.find(processes_.family(entries_[series].family).process);
    if (known == facts.end()) return;
    known->second.went_on_from += from;
    known->second.went_on_by += by;
    const bool is_steady = from >= steady_least && by <= steady_growth * from;
    const bool stands_still = from >= still_least && by <= 0;
    if (is_steady || stands_still) known->second.has_steady = true;
  };
  for (const Observation& observation : result.observations) {
    if (observation.kind != Observation::Kind::continued) continue;
    const double value = states_[observation.series].counter.value;
    note(observation.series, value - observation.events, observation.events);
  }
  for (const IrregularSample& sample : irregular_) {
    if (!sample.before.has_sample() || sample.value < sample.before.value) continue;
    note(sample.series, sample.before.value, sample.value - sample.before.value);
  }
}

/// Of a process that perhaps began again, what its counters that rose had counted before, unless
/// they cannot have counted so much since then.
void SeriesBook::put_rises_in_doubt(std::uint32_t process, const ProcessJudgement& judgement,
                                    BatchResult& result) {
  for (const Observation& observation : result.observations) {
    if (observation.kind != Observation::Kind::continued) continue;
    const std::uint32_t family = entries_[observation.series].family;
    if (processes_.family(family).process != process) continue;
    const double value = states_[observation.series].counter.value;
    const double before = value - observation.events;
    if (before <= 0 || value > judgement.most_since) continue;
    // To stand still by chance is too unlikely, unless the process is another one.
    const bool is_chance = judgement.is_doubtful || started_.contains(process);
    if (observation.events <= 0 && !is_chance) continue;
    result.doubts.push_back({.series = observation.series,
                             .when = observation.when,
                             .events = before,
                             .is_counted = judgement.is_doubtful && observation.events > 0,
                             .reason = DoubtReason::restart});
  }
}

/// What the counters of a process stand at that rose although it began again is all events, but for
/// those that cannot have counted so much since then: they are not its own.
void SeriesBook::begin_again(std::uint32_t index, const ProcessJudgement& judgement,
                             BatchResult& result) {
  processes_.process(index).began_in = batches_ + 1;
  for (Observation& observation : result.observations) {
    if (observation.kind != Observation::Kind::continued) continue;
    const std::uint32_t family = entries_[observation.series].family;
    if (processes_.family(family).process != index) continue;
    const double value = states_[observation.series].counter.value;
    const bool stands_still = judgement.is_doubtful && observation.events <= 0;
    if (stands_still || value > judgement.most_since) continue;
    observation.kind = Observation::Kind::reset;
    observation.events = value;
    if (*judgement.began > observation.when.begin && *judgement.began < observation.when.end) {
      observation.when.begin = *judgement.began;
    }
  }
}

void SeriesBook::apply(const IrregularSample& sample, SampleMeaning meaning, BatchResult& result) {
  State& state = states_[sample.series];
  if (meaning.maximum_stands) {
    const auto [low, is_new] = low_.try_emplace(sample.series, Low{sample.value, sample.at});
    low->second.last = sample.value;
    state.is_low = true;
    state.counter.sampled = sample.at;
    if (!is_new) meaning.doubt.reset();
    if (sample.at - low->second.since > low_max) {
      // It has counted on from where it fell to.
      const auto [first, since, last] = low->second;
      rise_to(sample.series, {sample.value, sample.at});
      meaning.observation = {.when = {since, sample.at},
                             .events = std::max(0.0, sample.value - first),
                             .kind = Observation::Kind::continued};
    }
  } else {
    rise_to(sample.series, {sample.value, sample.at});
  }
  meaning.observation.series = sample.series;
  Interval& when = meaning.observation.when;
  if (state.stood_until < when.end) when.begin = std::max(when.begin, state.stood_until);
  if (meaning.observation.kind != Observation::Kind::baseline) {
    ProcessBook::Family& family = processes_.family(entries_[sample.series].family);
    family.events += meaning.observation.events;
  }
  result.observations[sample.observation] = meaning.observation;
  if (!meaning.doubt) return;
  meaning.doubt->series = sample.series;
  result.doubts.push_back(*meaning.doubt);
}

/// The counters that the batch before had and this one has not.
std::vector<NamedCounter> SeriesBook::gone_counters() const {
  std::vector<NamedCounter> gone;
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const State& state = states_[i];
    if (!entries_[i].is_used() || state.last_batch != batches_) continue;
    if (!state.counter.has_sample()) continue;
    Series named = series(i);
    gone.push_back({i, std::move(named.metric), std::move(named.labels), state.counter.value});
  }
  return gone;
}

/// Births that continue a series that is gone: its counter goes on under the new name.
void SeriesBook::continue_renamed(BatchResult& result) {
  std::vector<NamedCounter> born;
  std::vector<std::size_t> at;  // in irregular_
  for (std::size_t i = 0; i < irregular_.size(); ++i) {
    const IrregularSample& sample = irregular_[i];
    if (sample.kind != IrregularSample::Kind::birth) continue;
    const std::uint32_t process = processes_.family(entries_[sample.series].family).process;
    if (facts_of(process, result.batch.at).start == ProcessFacts::Start::since_last_batch) continue;
    Series named = series(sample.series);
    born.push_back({sample.series, std::move(named.metric), std::move(named.labels), sample.value});
    at.push_back(i);
  }
  if (born.empty()) return;
  const std::vector<NamedCounter> gone = gone_counters();
  if (gone.empty()) return;
  const auto renamed =
      find_renamed(gone, born, most_plausible(0, born_per_second, result.batch.at - *last_batch_));
  // That small counts go on may be chance, unless the process is known to be the same.
  constexpr double certain_from = 100;
  double counted = 0;
  for (const RenamedSeries& pair : renamed) counted += gone[pair.gone].value;
  std::set<std::size_t> settled;
  for (const RenamedSeries& pair : renamed) {
    const std::uint32_t before = gone[pair.gone].series;
    const auto start = processes_.process_of(entries_[born[pair.born].series].family).start;
    const auto start_before = processes_.process_of(entries_[before].family).start;
    if (counted < certain_from && !start) continue;
    if (start && start_before && *start != *start_before) continue;  // of two processes
    const IrregularSample& sample = irregular_[at[pair.born]];
    Counter counter = std::exchange(states_[before], State{.ended = result.batch.at}).counter;
    low_.erase(before);
    result.ended.push_back(before);
    settled.insert(at[pair.born]);
    if (sample.at <= counter.sampled) {
      states_[sample.series].counter = counter;
      continue;
    }
    Observation observation = counter.advance(sample.value, sample.at);
    observation.series = sample.series;
    states_[sample.series].counter = counter;
    result.observations[sample.observation] = observation;
  }
  std::size_t index = 0;
  std::erase_if(irregular_, [&](const IrregularSample&) { return settled.contains(index++); });
}

}  // namespace slod
