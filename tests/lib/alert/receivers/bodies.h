#pragma once

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/alert/notice.h"
#include "lib/alert/receivers/receivers.h"
#include "tests/lib/alert/sample_notice.h"

/// What receivers are sent, read back.
namespace slod::alert {

inline const Instant now = parse_instant("2026-11-24T10:05:00Z").value();

inline boost::json::object parsed(const std::string& body) {
  return boost::json::parse(body).as_object();
}

inline std::string text(const boost::json::value& value) {
  return std::string(std::string_view(value.as_string()));
}

/// The alert that Alertmanager is sent.
inline boost::json::object alert_of(const Notice& notice) {
  const std::string body = alertmanager_alerts({&notice, 1}, now, std::chrono::minutes(1));
  return boost::json::parse(body).as_array().at(0).as_object();
}

/// The headers of a plain POST of JSON.
inline const std::vector<std::pair<std::string, std::string>> json_headers = {
    {"Content-Type", "application/json"}};

inline constexpr DeliveryStatus delivered = DeliveryStatus::delivered;
inline constexpr DeliveryStatus retry = DeliveryStatus::retry;
inline constexpr DeliveryStatus rejected = DeliveryStatus::rejected;

struct Meaning {
  std::optional<int> status;  ///< nullopt: no answer came
  std::string text;
  DeliveryStatus meaning;
};

/// What the answers of a kind of receiver mean. That none is always tried again it need not say.
inline void expect_meanings(const Endpoint& kind, std::vector<Meaning> rows) {
  const Receiver receiver{"it", kind};
  rows.push_back({std::nullopt, "connection refused", retry});
  for (const Meaning& row : rows) {
    const DeliveryResult result = receiver.result({row.status, row.text});
    EXPECT_EQ(result.status, row.meaning)
        << receiver.kind() << " " << row.status.value_or(0) << " " << row.text;
    EXPECT_EQ(result.reason.empty(), row.meaning == delivered);
  }
}

/// The sample with an empty label and an empty annotation.
inline RuleAlert alert_with_blanks() {
  RuleAlert out = sample_alert();
  out.labels["zone"] = "";
  out.annotations["dashboard"] = "";
  return out;
}

inline const boost::json::value labels_sent = {{"alertname", "HighErrorRate"},
                                               {"instance", "a:80"},
                                               {"job", "api"},
                                               {"severity", "critical"},
                                               {"team", "team-api"}};
inline const boost::json::value annotations_sent = {
    {"description", "More than 5 % for a minute."},
    {"runbook_url", "https://example.org/runbooks/errors"},
    {"summary", "7 % of the requests of a:80 fail"}};

}  // namespace slod::alert
