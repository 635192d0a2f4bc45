#include "lib/engine/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <exception>
#include <iterator>
#include <utility>

#include "lib/engine/alert_samples.h"

namespace slod {

Engine::Engine(config::Config config, Restored restored, Instant now)
    : warnings_(std::move(restored.problems)) {
  notices_.restore(restored.remembered);
  configure(std::move(config), now);
  rules_.restore(restored.remembered.rule_marks);
  slos_.restore(std::move(restored.slos), std::move(restored.sources), restored.remembered, now);
  restore_episodes(restored.episodes, now);  // once rules and SLOs know what they follow
  snapshot_ = make_snapshot(now);
}

void Engine::configure(config::Config config, Instant now) {
  config_ = std::move(config);
  plan_ = make_plan(config_);
  notices_.reconfigure(config_);
  samples_.reconfigure(config_, plan_, now);
  rules_.reconfigure(config_, plan_, samples_.recent(), notices_, now);
  slos_.reconfigure(config_, plan_, notices_, now);
}

void Engine::reconfigure(config::Config config, Instant now) {
  configure(std::move(config), now);
  snapshot_ = make_snapshot(now);
}

void Engine::restore_episodes(const std::vector<EpisodeChange>& stored, Instant now) {
  for (const EpisodeChange& change : stored) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(change.episode, error);
    if (!error && rules::is_stored_alert(value)) {
      if (const auto alert = rules::stored_alert_from_json(value)) {
        rules_.restore_alert(*alert, notices_, now);
      } else {
        warnings_.push_back(
            fmt::format("the stored alert {} cannot be read: {}", change.key, alert.error()));
      }
      continue;
    }
    auto episode = alert::episode_from_json(value);
    if (error || !episode) {
      warnings_.push_back(fmt::format("the stored episode {} cannot be read: {}", change.key,
                                      error ? error.message() : episode.error()));
      continue;
    }
    slos_.restore_episode(std::move(*episode), notices_, now);
  }
  rules_.finish_restore();
}

const SourceChange* Engine::restored_source(const std::string& name) const {
  return slos_.feeds().restored_source(name);
}

void Engine::restore(const std::string& source, const SeriesBook& book) {
  slos_.restore_book(source, book);
}

void Engine::record_scrape(const std::string& source, const SeriesBook& book,
                           const BatchResult& result, const ScrapeAttempt& attempt,
                           SourceChange change) {
  const SourcePlan* plan = slos_.feeds().plan_of(source);
  if (!plan) return;
  samples_.record_scrape(*plan, book, result, attempt);
  rules_.source_tried(source);
  slos_.record_scrape(source, book, result, std::move(change));
}

void Engine::record_failure(const std::string& source, const std::string& why,
                            const ScrapeAttempt& attempt) {
  const SourcePlan* plan = slos_.feeds().plan_of(source);
  if (!plan) return;
  samples_.record_failure(*plan, attempt);
  rules_.source_tried(source);
  slos_.record_failure(source, why, attempt.at);
}

void Engine::step(Instant now) {
  samples_.forget_old(now);
  slos_.step(notices_, now);
  const std::shared_ptr<Snapshot> snapshot = make_snapshot(now);
  slos_.move_levels(*snapshot);
  snapshot_ = snapshot;
}

std::shared_ptr<Snapshot> Engine::make_snapshot(Instant now) const {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->at = now;
  snapshot->policy = config_.freeze;
  rules_.publish(*snapshot);
  slos_.publish(config_, *snapshot);
  return snapshot;
}

/// Runs `work`, and applies what it comes to, also where it throws: what it was about must not stay
/// out for ever.
template <typename Work>
Job Engine::job_of(Work work) {
  return {[work = std::move(work)]() mutable -> Job::Apply {
    const auto result = [&work] {
      try {
        return work.run();
      } catch (const std::exception& error) {
        return work.failed(error.what());
      }
    };
    return [done = result()](Engine& engine, Instant now) mutable {
      engine.apply(std::move(done), now);
    };
  }};
}

std::vector<Job> Engine::take_jobs(Instant now) {
  std::vector<Job> jobs;
  for (RuleJob& job : rules_.take_jobs(samples_.recent(), stop_.get_token(), memory_left_, now)) {
    jobs.push_back(job_of(std::move(job)));
  }
  for (DueSlices& due : slos_.take_due_slices(now)) {
    jobs.push_back(
        job_of(SliceJob(std::move(due), samples_.recent(), stop_.get_token(), memory_left_)));
  }
  return jobs;
}

void Engine::apply(EvaluatedGroup done, Instant now) {
  rules_.apply(std::move(done), samples_.recent(), notices_, now);
}

void Engine::apply(const JudgedSlices& judged, Instant) {
  slos_.judge(judged);
}

void Engine::record_own(std::vector<LabelledSample> own, Instant at) {
  const auto complete = samples_.record_own(std::move(own), alert_samples(*snapshot_), at);
  if (complete) slos_.record_own(*complete);
}

Changes Engine::take_changes() {
  Changes changes;
  notices_.take_into(changes);
  rules_.take_into(changes);
  slos_.take_into(changes);
  return changes;
}

std::vector<alert::ActiveNotice> Engine::active(Instant now) const {
  std::vector<alert::ActiveNotice> active;
  if (!notices_.resends()) return active;
  slos_.add_active(notices_, now, active);
  rules_.add_active(notices_, now, active);
  return active;
}

std::vector<std::string> Engine::take_warnings() {
  std::vector<std::string> warnings = std::exchange(warnings_, {});
  std::ranges::move(rules_.take_warnings(), std::back_inserter(warnings));
  std::ranges::move(slos_.take_warnings(), std::back_inserter(warnings));
  return warnings;
}

}  // namespace slod
