#include "daemon/store/committer.h"

#include <chrono>
#include <utility>

#include "daemon/log/log.h"

namespace slod {
namespace {

CommitQueue::Time now() {
  return std::chrono::steady_clock::now();
}

void log_verdicts(const Changes& changes) {
  for (const VerdictChange& change : changes.verdicts) {
    log::info("freeze level changed", {{"service", change.service},
                                       {"from", change.from},
                                       {"to", change.to},
                                       {"reason", change.reason}});
  }
}

void log_remark(const CommitQueue::Remark& remark) {
  if (!remark.is_error) {
    log::info(remark.text);
  } else if (remark.error.empty()) {
    log::error(remark.text);
  } else {
    log::error(remark.text, {{"error", remark.error}});
  }
}

}  // namespace

void Committer::tick() {
  if (queue_.wants(engine_.has_messages())) {
    Changes changes = engine_.take_changes();
    log_verdicts(changes);
    perform(queue_.offer(std::move(changes), now()));
  }
  perform(queue_.tick(now()));
  store_updates();
  check_place();
}

/// A commit looks for itself; but the files may be taken away while nothing changes.
void Committer::check_place() {
  if (is_checking_ || queue_.state() != CommitQueue::State::idle) return;
  is_checking_ = true;
  store_.check([this](const std::expected<void, std::string>& there) {
    is_checking_ = false;
    const bool was_there = place_problem_.empty();
    place_problem_ = there ? std::string() : there.error();
    if (was_there && !there) log::error("the state has lost its place", {{"error", there.error()}});
    if (!was_there && there) log::info("the state is in its place again");
  });
}

void Committer::update(OutboxUpdate update) {
  updates_.offer(std::move(update));
  store_updates();
}

void Committer::shut_down() {
  queue_.shut_down(now());
}

void Committer::perform(CommitQueue::Actions actions) {
  for (const CommitQueue::Remark& remark : actions.remarks) log_remark(remark);
  if (!actions.deliver.empty()) deliver_(std::move(actions.deliver));
  if (!actions.submit) return;
  store_.submit(std::move(*actions.submit), [this](const auto& result) { acknowledged(result); });
}

void Committer::acknowledged(const std::expected<void, std::string>& result) {
  measured_(result.has_value(), under_way());
  if (result) place_problem_.clear();
  perform(queue_.acknowledged(result, now()));
  store_updates();
}

void Committer::store_updates() {
  auto updates = updates_.take([this](const std::string& id) { return queue_.is_stored(id); });
  if (!updates) return;
  const std::size_t count = updates->size();
  store_.submit(std::move(*updates), [this, count](const std::expected<void, std::string>& done) {
    if (updates_.acknowledged(done.has_value())) {
      log::error("cannot store what became of messages; it is tried again",
                 {{"messages", count}, {"error", done.error()}});
    }
    if (done) store_updates();
  });
}

void Committer::store_last_updates() {
  std::vector<OutboxUpdate> updates = updates_.take_rest();
  if (!updates.empty()) store_.submit(std::move(updates), [](const auto&) {});
}

Duration Committer::under_way() const {
  return queue_.under_way(now());
}

std::string Committer::problem() const {
  const std::string problem = queue_.problem(now());
  return problem.empty() ? place_problem_ : problem;
}

}  // namespace slod
