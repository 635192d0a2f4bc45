#include "lib/delivery/resend.h"

#include <algorithm>
#include <set>
#include <utility>

namespace slod {
namespace {

using alert::Notice;

/// How much later than its evaluation the message of an alert may say it, and still counts as of
/// that evaluation.
constexpr Duration message_delay_max = std::chrono::seconds(5);

/// The evaluation of which a message tells.
Instant evaluation_of(const Notice& notice, Instant now) {
  if (!notice.rule) return now;
  const bool is_over = notice.kind == Notice::Kind::resolved;
  const Instant at = is_over ? notice.ends_at.value_or(now) : notice.starts_at;
  return at <= now && now - at <= message_delay_max ? at : now;
}

/// The first evaluation after `least` or more.
Duration whole_intervals(Duration least, const Notice& notice) {
  if (!notice.rule || notice.rule->interval <= Duration::zero()) return least;
  const Duration interval = notice.rule->interval;
  return (least + interval - Duration(1)) / interval * interval;
}

}  // namespace

void Resend::set(std::vector<alert::ActiveNotice> active, Instant now) {
  std::set<std::string, std::less<>> known;
  for (alert::ActiveNotice& each : active) {
    const std::string& identity = *known.insert(each.notice.identity()).first;
    if (each.is_pending) {
      alerts_.erase(identity);
      continue;
    }
    Alert& alert = alerts_[identity];
    const bool is_new = alert.notice.key != each.notice.key || !alert.is_firing();
    if (is_new) {
      alert = {.notice = {}, .evaluated = each.evaluated, .said = {}};
      alert.not_before = now + policy_.patience;
    }
    alert.notice = std::move(each.notice);
    alert.evaluated = each.evaluated;
  }
  std::erase_if(alerts_, [&](const auto& entry) {
    const Alert& alert = entry.second;
    if (alert.is_firing()) return !known.contains(entry.first);
    return now - alert.notice.ends_at.value_or(now) >= over_for;
  });
}

void Resend::sent(const Notice& notice, Instant now) {
  const std::string identity = notice.identity();
  const auto found = alerts_.find(identity);
  const bool is_over = notice.kind == Notice::Kind::resolved;
  const bool is_older = found != alerts_.end() && found->second.notice.key != notice.key &&
                        found->second.notice.starts_at > notice.starts_at;
  if (is_older) return;
  Alert& alert = alerts_[identity];
  if (is_over || alert.notice.key != notice.key) {
    alert = {.notice = notice, .evaluated = now, .said = {}};
  }
  alert.said = evaluation_of(notice, now);
  alert.evaluated = *alert.said;
  alert.not_before = Instant::min();
}

/// Nullopt: not before it was evaluated again.
std::optional<Instant> Resend::due_of(const Alert& alert) const {
  if (alert.is_on_its_way) return std::nullopt;
  if (!alert.said) return alert.not_before;
  if (!alert.is_firing()) {
    return std::max(*alert.said + whole_intervals(policy_.interval, alert.notice),
                    alert.not_before);
  }
  if (alert.failures == 0 && alert.evaluated - *alert.said < policy_.interval) return std::nullopt;
  return alert.not_before;
}

std::optional<Instant> Resend::due(Instant now) const {
  if (company_ > 0) return std::nullopt;
  std::optional<Instant> first;
  for (const auto& [identity, alert] : alerts_) {
    const auto due = due_of(alert);
    if (due && (!first || *due < *first)) first = due;
  }
  if (!first) return std::nullopt;
  return std::max({*first, held_until_, now});
}

std::vector<Notice> Resend::begin(Instant now) {
  std::vector<Notice> out;
  if (company_ > 0 || now < held_until_) return out;
  std::size_t most = policy_.batch_max;
  for (auto& [identity, alert] : alerts_) {
    const auto due = due_of(alert);
    if (!due || *due > now) continue;
    if (alert.company_max <= out.size()) continue;
    most = std::min(most, alert.company_max);
    alert.is_on_its_way = true;
    out.push_back(alert.notice);
    if (out.size() >= most) break;
  }
  company_ = out.size();
  return out;
}

void Resend::delivered(Alert& alert, Instant now) {
  if (alert.is_firing()) {
    alert.said = alert.notice.rule ? alert.evaluated : now;
  } else {
    *alert.said += whole_intervals(policy_.interval, alert.notice);
    if (*alert.said + policy_.interval <= now) alert.said = now;
  }
  alert.failures = 0;
  alert.company_max = std::size_t(-1);
  alert.not_before = Instant::min();
}

void Resend::failed(Alert& alert, const alert::DeliveryResult& result, Instant now) {
  alert.not_before = now;
  if (company_ > 1 && result.is_about_message) {
    alert.company_max = company_ / 2;
    alert.failures = std::max(alert.failures, 1);
    return;
  }
  alert.not_before = alert::next_attempt(++alert.failures, std::nullopt, now, 1);
  if (company_ > 1) alert.not_before = std::min(alert.not_before, now + policy_.interval);
}

void Resend::end(const alert::DeliveryResult& result, std::optional<Duration> retry_after,
                 Instant now) {
  if (retry_after) held_until_ = now + std::min(*retry_after, wait_max);
  for (auto& [identity, alert] : alerts_) {
    if (!std::exchange(alert.is_on_its_way, false)) continue;
    if (result.status == alert::DeliveryStatus::delivered) {
      delivered(alert, now);
    } else {
      failed(alert, result, now);
    }
  }
  company_ = 0;
}

}  // namespace slod
