#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <string>
#include <string_view>

#include "lib/alert/alertmanager.h"
#include "lib/alert/notice.h"

/// What receivers are sent, read back.
namespace slod::alert {

inline const Instant now = parse_instant("2026-11-24T10:05:00Z").value();

inline boost::json::object parsed(const std::string& body) {
  return boost::json::parse(body).as_object();
}

inline std::string text(const boost::json::value& value) {
  return std::string(std::string_view(value.as_string()));
}

/// The alert that Alertmanager is told.
inline boost::json::object alert_of(const Notice& notice) {
  const std::string body = alertmanager_alerts({&notice, 1}, now, std::chrono::minutes(4));
  return boost::json::parse(body).as_array().at(0).as_object();
}

}  // namespace slod::alert
