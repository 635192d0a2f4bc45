// What a SeriesBook makes of the samples of a batch that do not simply continue their counters.

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/series/plausibility.h"
#include "lib/series/series_book.h"

namespace slod {
namespace {

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
  result.rules = {};
  result.rules.add(Rule::shared_address, readings.size());
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

/// The batch before had no series of the process, which may have been there all the same.
bool SeriesBook::is_new_process(const ProcessBook::Process& process) const {
  const bool may_be_found = joined_ || options_.kind.birth == Birth::counts_where_target_is_known;
  return may_be_found && (process.batch_before == 0 || process.batch_before != batches_);
}

ProcessFacts::Start SeriesBook::start_of(std::uint32_t index) const {
  using Start = ProcessFacts::Start;
  const ProcessBook::Process& process = processes_.process(index);
  if (!process.start) return Start::unknown;
  if (!started_.contains(index) && !is_new_process(process)) return Start::unchanged;
  const bool is_recent = *process.start > *last_batch_ - discovery_max;
  return is_recent ? Start::since_last_batch : Start::another;
}

ProcessFacts SeriesBook::facts_of(std::uint32_t index, Instant now) const {
  const ProcessBook::Process& process = processes_.process(index);
  return {.start = start_of(index),
          .started = process.start.value_or(Instant()),
          .is_new = is_new_process(process),
          .rate_per_second = processes_.rate_of(index),
          .previous = *last_batch_,
          .now = now,
          .interval = options_.interval};
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
    result.rules.add(judgement.began_by);
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
  result.rules.add(meaning.rule);
  if (!meaning.doubt) return;
  meaning.doubt->series = sample.series;
  result.doubts.push_back(*meaning.doubt);
}

NamedCounter SeriesBook::named(std::uint32_t index, double value) const {
  Series known = series(index);
  return {.series = index,
          .metric = std::move(known.metric),
          .labels = std::move(known.labels),
          .value = value,
          .start = processes_.process_of(entries_[index].family).start};
}

/// The counters that the batch before had and this one has not; none where they are too many to be
/// looked at.
std::vector<NamedCounter> SeriesBook::gone_counters() const {
  std::vector<std::uint32_t> gone;
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const State& state = states_[i];
    if (!entries_[i].is_used() || state.last_batch != batches_) continue;
    if (state.counter.has_sample()) gone.push_back(i);
  }
  std::vector<NamedCounter> counters;
  if (gone.size() > renamed_series_most) return counters;
  counters.reserve(gone.size());
  for (const std::uint32_t i : gone) counters.push_back(named(i, states_[i].counter.value));
  return counters;
}

/// Those with a series that kept its name.
std::set<std::uint32_t> SeriesBook::families_that_went_on(const BatchResult& result) const {
  std::set<std::uint32_t> families;
  for (const Observation& observation : result.observations) {
    if (observation.kind != Observation::Kind::continued) continue;
    families.insert(entries_[observation.series].family);
  }
  for (const IrregularSample& sample : irregular_) {
    if (sample.before.has_sample()) families.insert(entries_[sample.series].family);
  }
  return families;
}

/// Births that continue a series that is gone: its counter goes on under the new name. What may be
/// chance is believed only where all series of the metric change, and counted much or are known to
/// be of the same process.
void SeriesBook::continue_renamed(BatchResult& result) {
  constexpr double much = 100;
  std::vector<IrregularSample*> births;  // in irregular_
  for (IrregularSample& sample : irregular_) {
    if (sample.kind != IrregularSample::Kind::birth) continue;
    const std::uint32_t process = processes_.family(entries_[sample.series].family).process;
    if (start_of(process) != ProcessFacts::Start::since_last_batch) births.push_back(&sample);
  }
  if (births.empty() || births.size() > renamed_series_most) return;
  const std::vector<NamedCounter> gone = gone_counters();
  if (gone.empty()) return;
  std::vector<NamedCounter> born;
  born.reserve(births.size());
  for (const IrregularSample* birth : births) born.push_back(named(birth->series, birth->value));
  std::vector<RenamedSeries> renamed =
      find_renamed(gone, born, most_plausible(0, born_per_second, result.batch.at - *last_batch_));
  if (renamed.empty()) return;

  const std::set<std::uint32_t> went_on = families_that_went_on(result);
  std::erase_if(renamed, [&](const RenamedSeries& pair) {
    return !pair.is_certain && (went_on.contains(entries_[gone[pair.gone].series].family) ||
                                went_on.contains(entries_[born[pair.born].series].family));
  });
  double counted = 0;
  for (const RenamedSeries& pair : renamed) counted += gone[pair.gone].value;
  std::set<std::uint32_t> settled;
  for (const RenamedSeries& pair : renamed) {
    if (!pair.is_certain && counted < much && !born[pair.born].start) continue;
    IrregularSample& birth = *births[pair.born];
    const Counter before = states_[gone[pair.gone].series].counter;
    continue_as(gone[pair.gone], birth, pair.is_certain, result);
    settled.insert(birth.series);
    if (birth.at <= before.sampled || birth.value >= before.value) continue;
    // It is to be judged with the falls of others.
    birth.kind = IrregularSample::Kind::fell;
    birth.before = before;
    birth.last = before.value;
  }
  std::erase_if(irregular_, [&](const IrregularSample& sample) {
    return sample.kind == IrregularSample::Kind::birth && settled.contains(sample.series);
  });
}

/// The other reading of a rename that is not certain: a new series, which counted all that it shows
/// now, or all of it long ago. What a fall means is left to the caller.
void SeriesBook::continue_as(const NamedCounter& gone, const IrregularSample& born, bool is_certain,
                             BatchResult& result) {
  Counter counter = std::exchange(states_[gone.series], State{.ended = result.batch.at}).counter;
  low_.erase(gone.series);
  result.ended.push_back(gone.series);
  if (born.at > counter.sampled && born.value < counter.value) {
    states_[born.series].counter = counter;
    return;
  }
  Observation observation{.when = {counter.sampled, counter.sampled},
                          .kind = Observation::Kind::continued};
  if (born.at > counter.sampled) observation = counter.advance(born.value, born.at);
  observation.series = born.series;
  states_[born.series].counter = counter;
  result.observations[born.observation] = observation;
  result.rules.add(Rule::rename);
  if (is_certain) return;
  DoubtfulEvents doubt{
      .series = born.series, .when = observation.when, .reason = DoubtReason::rename};
  doubt.events = gone.value;
  if (doubt.events > 0) result.doubts.push_back(doubt);
  doubt.events = observation.events;
  doubt.is_counted = true;
  if (doubt.events > 0) result.doubts.push_back(doubt);
}

}  // namespace slod
