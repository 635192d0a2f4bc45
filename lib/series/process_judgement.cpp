#include "lib/series/process_judgement.h"

#include <algorithm>

#include "lib/series/plausibility.h"

namespace slod {
namespace {

using Kind = IrregularSample::Kind;
using Start = ProcessFacts::Start;

/// A counter that keeps this share of its value fell slightly.
constexpr double slightly_kept = 0.9;
/// One that keeps no more than this fell sharply: it began again, if that is plausible.
constexpr double sharply_kept = 0.5;
/// A counter that came no further than this falls sharply with a few events.
constexpr double small_count = 10;
/// How long before its first sample a process that is new usually began: it was to be found, and
/// then scraped.
constexpr Duration discovery_usual = std::chrono::minutes(1);

double most_plausible(const ProcessFacts& facts, Duration time, double per_second) {
  return slod::most_plausible(facts.rate_per_second.value_or(0), per_second, time);
}

bool could_count_since_its_last_sample(const ProcessFacts& facts, const IrregularSample& sample) {
  return sample.value <=
         most_plausible(facts, sample.at - sample.before.sampled, restarted_per_second);
}

/// `begin` where it leaves any time until `at`.
Interval until(Instant at, Instant begin, Duration interval) {
  return {begin < at ? begin : at - interval, at};
}

bool has_fallen(const IrregularSample& sample) {
  return sample.before.has_sample() && sample.value < sample.last;
}

bool has_fallen_sharply(const IrregularSample& sample) {
  return has_fallen(sample) && sample.value <= sharply_kept * sample.last;
}

/// What the counters had counted that fell slightly is more than what those had that fell sharply:
/// as in a dip of the whole page, and not where they began again.
bool fell_mostly_slightly(std::span<const IrregularSample> samples) {
  double slightly = 0;
  double sharply = 0;
  for (const IrregularSample& sample : samples) {
    if (!has_fallen(sample)) continue;
    if (sample.value > slightly_kept * sample.last) slightly += sample.last;
    if (has_fallen_sharply(sample)) sharply += sample.last;
  }
  return slightly > sharply;
}

/// Whether the process itself went on though counters of it fell.
bool has_gone_on(const ProcessFacts& facts, std::span<const IrregularSample> samples) {
  if (facts.has_steady || fell_mostly_slightly(samples)) return true;
  return facts.start == Start::unchanged &&
         std::ranges::none_of(samples, [](const IrregularSample& sample) {
           return has_fallen_sharply(sample) && sample.last > small_count;
         });
}

/// Whether its counters went on although the process is another one: they are not its own, but,
/// say, the kernel's.
bool shows_counters_of_others(const ProcessFacts& facts) {
  constexpr double least = 100;
  constexpr double most_growth = 0.1;
  return facts.went_on_from >= least && facts.went_on_by <= most_growth * facts.went_on_from;
}

/// Decides whether the process began again.
class Restart {
 public:
  Restart(const ProcessFacts& facts, std::span<const IrregularSample> samples)
      : facts_(facts), samples_(samples) {}

  void find_into(ProcessJudgement& judgement) const {
    if (facts_.start == Start::since_last_batch && !facts_.is_new) {
      if (shows_others()) {
        judgement.may_have_begun = is_plausible_as_a_whole();
      } else {
        judgement.began = facts_.started;
        judgement.began_by = Rule::process_start;
      }
    } else if (facts_.start == Start::another && !facts_.is_new) {
      if (!is_plausible_as_a_whole()) return;
      judgement.may_have_begun = shows_others();
      if (!judgement.may_have_begun) judgement.began = facts_.previous;
      judgement.began_by = Rule::process_start;
    } else if (fell_sharply() && !fell_mostly_slightly(samples_)) {
      if (facts_.start == Start::unchanged) {
        judgement.may_have_begun = !facts_.has_steady;
      } else if (facts_.has_steady) {
        judgement.may_have_begun = is_plausible_as_a_whole();
      } else {
        judgement.is_doubtful = true;
        judgement.began = facts_.previous;
      }
    }
  }

 private:
  bool fell_sharply() const {
    return std::ranges::any_of(samples_, [this](const IrregularSample& sample) {
      return has_fallen_sharply(sample) && could_count_since_its_last_sample(facts_, sample);
    });
  }

  bool shows_others() const { return shows_counters_of_others(facts_) && !fell_sharply(); }

  /// Whether all that its counters show can have been counted since the batch before.
  bool is_plausible_as_a_whole() const {
    double shown = facts_.went_on_from + facts_.went_on_by;
    for (const IrregularSample& sample : samples_) shown += sample.value;
    return shown <= most_plausible(facts_, facts_.now - facts_.previous, restarted_per_second);
  }

  const ProcessFacts& facts_;
  std::span<const IrregularSample> samples_;
};

SampleMeaning meaning(Observation::Kind kind, double events, Interval when, Rule rule) {
  return {.observation = {.when = when, .events = events, .kind = kind}, .rule = rule};
}

void put_in_doubt(SampleMeaning& meaning, DoubtReason reason, double events, bool is_counted) {
  if (events <= 0) return;
  meaning.doubt = DoubtfulEvents{.when = meaning.observation.when,
                                 .events = events,
                                 .is_counted = is_counted,
                                 .reason = reason};
}

/// A counter that is lower than before, in a process that did not begin again.
SampleMeaning judge_fall(const IrregularSample& sample, bool has_process_gone_on,
                         bool is_plausible) {
  const double before = sample.before.value;
  SampleMeaning dip =
      meaning(Observation::Kind::dip, 0, {sample.before.sampled, sample.at}, Rule::dip);
  dip.maximum_stands = true;
  if (!has_fallen(sample)) return dip;  // earlier, and it is still low
  const double kept = has_process_gone_on ? sharply_kept : slightly_kept;
  if (sample.value > kept * before) {
    put_in_doubt(dip, DoubtReason::dip, before - sample.value, false);
    return dip;
  }
  if (has_process_gone_on && before <= small_count) {
    put_in_doubt(dip, DoubtReason::dip, before, false);
    return dip;
  }
  if (is_plausible) {
    SampleMeaning reset =
        meaning(Observation::Kind::reset, sample.value, dip.observation.when, Rule::plausible);
    // In a dip, what leads back to where it stood is no event either.
    const bool is_near = sample.value > sharply_kept * before;
    put_in_doubt(reset, DoubtReason::restart, is_near ? before : sample.value, true);
    return reset;
  }
  dip.rule = Rule::implausible;
  put_in_doubt(dip, DoubtReason::restart, sample.value, false);
  return dip;
}

/// A counter of before that is here again, or fell.
SampleMeaning judge_known(const ProcessFacts& facts, const IrregularSample& sample,
                          const ProcessJudgement& judgement, bool has_process_gone_on,
                          bool falls_are_plausible) {
  const bool can_have_begun = !judgement.is_doubtful || sample.value <= judgement.most_since;
  if (judgement.began && can_have_begun) {
    const Instant began = *judgement.began;
    const bool is_between = began > sample.before.sampled && began < sample.at;
    const Instant since = is_between && !judgement.is_doubtful ? began : sample.before.sampled;
    return meaning(Observation::Kind::reset, sample.value, {since, sample.at}, judgement.began_by);
  }
  if (sample.value < sample.before.value) {
    return judge_fall(sample, has_process_gone_on, falls_are_plausible && can_have_begun);
  }
  SampleMeaning went_on = meaning(Observation::Kind::continued, sample.value - sample.before.value,
                                  {sample.before.sampled, sample.at}, Rule::went_on);
  // An exporter that drops what stands for a while counts from zero when it is here again.
  const bool was_low = sample.last < sample.before.value;
  const bool was_gone_alone = sample.kind == Kind::returned && !was_low && !facts.is_new;
  if (was_gone_alone && could_count_since_its_last_sample(facts, sample)) {
    put_in_doubt(went_on, DoubtReason::restart, sample.before.value, false);
  }
  return went_on;
}

/// What a counter can have counted since the process began.
double most_since_start(const ProcessFacts& facts) {
  const bool is_since_start = facts.start == Start::since_last_batch;
  const Instant since = is_since_start ? facts.started : facts.previous;
  return most_plausible(facts, facts.now - std::min(since, facts.previous), restarted_per_second);
}

/// Whether the births of a process are of now: the likely reading, and whether it is certain.
struct BirthReading {
  bool is_of_now = false;
  bool is_certain = false;
  Rule rule = Rule::plausible;
};

BirthReading by_plausibility(bool is_plausible, bool is_certain) {
  return {is_plausible, is_certain, is_plausible ? Rule::plausible : Rule::implausible};
}

BirthReading reading_of_births(const ProcessFacts& facts, std::span<const IrregularSample> samples,
                               const ProcessJudgement& judgement) {
  double most = 0;
  for (const IrregularSample& sample : samples) {
    if (sample.kind == Kind::birth) most = std::max(most, sample.value);
  }
  if (judgement.began || facts.start == Start::since_last_batch) {
    if (most > most_since_start(facts)) return by_plausibility(false, false);
    const bool has_start = facts.start == Start::since_last_batch;
    return {true, true, has_start ? Rule::process_start : judgement.began_by};
  }
  const bool is_old = facts.start == Start::unchanged || facts.start == Start::another;
  if (facts.is_new && is_old) return {false, true, Rule::process_start};
  if (facts.is_new) {
    const Duration time = std::max(facts.now - facts.previous, discovery_usual);
    const bool is_plausible = facts.rate_per_second && most <= most_plausible(facts, time, 0);
    return by_plausibility(is_plausible, most == 0);
  }
  const Duration time = facts.now - facts.previous;
  return by_plausibility(most <= most_plausible(facts, time, born_per_second), most == 0);
}

SampleMeaning judge_birth(const ProcessFacts& facts, const IrregularSample& sample,
                          const BirthReading& reading, std::optional<Instant> began) {
  if (!reading.is_of_now) {
    SampleMeaning baseline =
        meaning(Observation::Kind::baseline, 0, {sample.at, sample.at}, reading.rule);
    if (!reading.is_certain) put_in_doubt(baseline, DoubtReason::birth, sample.value, false);
    return baseline;
  }
  Instant since = facts.previous;
  if (facts.start == Start::since_last_batch) since = facts.started;
  if (began) since = *began;
  SampleMeaning born = meaning(Observation::Kind::born, sample.value,
                               until(sample.at, since, facts.interval), reading.rule);
  if (!reading.is_certain) put_in_doubt(born, DoubtReason::birth, sample.value, true);
  return born;
}

}  // namespace

ProcessJudgement judge(const ProcessFacts& facts, std::span<const IrregularSample> samples) {
  ProcessJudgement judgement;
  Restart(facts, samples).find_into(judgement);
  judgement.most_since = most_since_start(facts);
  const BirthReading births = reading_of_births(facts, samples, judgement);
  // Where one counter cannot have begun again, the others that fell with it did not either.
  const bool falls_are_plausible =
      std::ranges::all_of(samples, [&facts](const IrregularSample& sample) {
        return !has_fallen(sample) || could_count_since_its_last_sample(facts, sample);
      });
  const bool gone_on = has_gone_on(facts, samples);
  judgement.meanings.reserve(samples.size());
  for (const IrregularSample& sample : samples) {
    judgement.meanings.push_back(
        sample.kind == Kind::birth
            ? judge_birth(facts, sample, births, judgement.began)
            : judge_known(facts, sample, judgement, gone_on, falls_are_plausible));
  }
  return judgement;
}

}  // namespace slod
