#include "lib/alert/rule_notice.h"

#include <initializer_list>
#include <map>
#include <utility>

namespace slod::alert {
namespace {

/// The first of these that is there and not empty.
std::string first_of(const std::map<std::string, std::string>& texts,
                     std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto found = texts.find(name);
    if (found != texts.end() && !found->second.empty()) return found->second;
  }
  return "";
}

}  // namespace

Notice rule_notice(Notice::Kind kind, std::string key, RuleAlert alert, std::string external_url,
                   Instant starts_at, std::optional<Instant> ends_at, Instant sent_at) {
  Notice out;
  out.kind = kind;
  out.key = std::move(key);
  out.service = first_of(alert.labels, {"service", "job"});
  out.severity = first_of(alert.labels, {"severity"});
  out.owner = first_of(alert.labels, {"owner", "team"});
  out.runbook = first_of(alert.annotations, {"runbook_url", "runbook"});
  out.external_url = std::move(external_url);
  out.starts_at = starts_at;
  out.ends_at = ends_at;
  out.sent_at = sent_at;
  out.rule = std::move(alert);
  return out;
}

}  // namespace slod::alert
