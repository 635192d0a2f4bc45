#pragma once

#include <boost/json/value.hpp>
#include <optional>

namespace slod {

/// What is not known is null in JSON.
template <class Value>
boost::json::value nullable(const std::optional<Value>& known) {
  return known ? boost::json::value(*known) : boost::json::value(nullptr);
}

}  // namespace slod
