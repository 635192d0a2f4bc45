#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "lib/alert/episode.h"
#include "lib/alert/rule_alert.h"
#include "lib/time/instant.h"

namespace slod::alert {

/// How bad something is in PagerDuty's words.
enum class Urgency { info, warning, error, critical };
std::string_view to_string(Urgency urgency);

/// What a receiver is sent about an episode of an SLO, or about a rule's alert. Holds no secret: it
/// is kept in the outbox.
struct Notice {
  enum class Kind { firing, resolved };

  Kind kind = Kind::firing;
  std::string key;      ///< the same while firing and when resolved, and never again after that
  std::string service;  ///< of a rule's alert: may be empty, as may its severity
  std::string slo;      ///< within its service
  std::string severity;
  std::string owner;               ///< may be empty, as may the next three
  std::string runbook;             ///< URL
  std::string external_url;        ///< where people reach slod, without a trailing slash
  std::string description;         ///< of the SLO
  std::string window;              ///< "30d", "calendar month"
  double objective = 0.999;        ///< in (0, 1)
  Instant starts_at;               ///< since when it fires
  std::optional<Instant> ends_at;  ///< set when resolved
  Instant sent_at;                 ///< when it was put into the outbox
  Facts facts;
  /// What is said of several alerts under one key, where a receiver has a key for each: the key of
  /// that incident. Empty: `key` is the alert's alone.
  std::string incident = {};
  bool incident_goes_on = false;  ///< when resolved: others of the incident are firing
  /// Set: about a rule's alert; slo, description, window, objective and facts say nothing then.
  std::optional<RuleAlert> rule = std::nullopt;

  bool operator==(const Notice&) const = default;

  /// "api/availability", "api/HighErrorRate": which SLO or rule it is about.
  std::string id() const;
  /// The same for every episode of an alert, firing or resolved: service, SLO and severity, or the
  /// labels of a rule's alert.
  std::string identity() const;
  /// Whether somebody is called for it: page and critical.
  bool is_page() const { return urgency() == Urgency::critical; }
  /// Where a person sees more: the SLO's view of slod's page, for a rule's alert the view of all
  /// alerts. Empty without an external_url.
  std::string link() const;
  /// What the severities in common use mean: page and critical, error, ticket and warning.
  /// Everything else informs.
  Urgency urgency() const;
  /// One line of valid UTF-8, with what matters in its first 80 characters: "api/availability is
  /// burning its 30d error budget at 14.9x: 2.1 % spent in 1h, 61 % left". What is not known is
  /// left out. Of a rule's alert: that alert's headline. Never empty.
  std::string headline() const;
  /// The headline, with "Resolved: " before it when it is.
  std::string summary() const;
  /// A few lines: the numbers, since when, the objective, whom it belongs to, runbook and link.
  std::string details() const;
  /// summary() and details().
  std::string text() const;
};

std::string_view to_string(Notice::Kind kind);

/// A notice of a rule's alert. What it is about and how bad it is its labels say: `service` (else
/// `job`), `severity`, `owner` (else `team`); what to do about it the annotation `runbook_url`
/// (else `runbook`). What they do not say stays empty. `key` is the same while firing and when
/// resolved; `ends_at` is set when resolved; `external_url` is where people reach slod.
Notice rule_notice(Notice::Kind kind, std::string key, RuleAlert alert, std::string external_url,
                   Instant starts_at, std::optional<Instant> ends_at, Instant sent_at);

/// What is pending or firing now, and the name of the receiver that is sent again what is firing.
struct ActiveNotice {
  std::string receiver;
  Notice notice;
  Instant evaluated;  ///< when it was last seen to be so
  bool is_pending = false;
};

/// For the outbox; texts become valid UTF-8. Reading back trusts nothing; an error says what was
/// expected and found. A notice that was stored when there was only a link, to an answer of the
/// API, has its external_url taken from there.
boost::json::object to_json(const Notice& notice);
std::expected<Notice, std::string> notice_from_json(const boost::json::value& value);

}  // namespace slod::alert
