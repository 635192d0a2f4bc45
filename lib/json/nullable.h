#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>

namespace slod {

/// What is not known is null in JSON.
template <class Value>
boost::json::value nullable(const std::optional<Value>& known) {
  return known ? boost::json::value(*known) : boost::json::value(nullptr);
}

/// A sentence; null where it is empty.
inline boost::json::value sentence(const std::string& text) {
  return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

}  // namespace slod
