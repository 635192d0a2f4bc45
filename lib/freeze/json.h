#pragma once

#include <boost/json/object.hpp>

#include "lib/freeze/verdict.h"

namespace slod::freeze {

/// The answer of /freeze/{service}. Values that do not exist are null; `override` is always null.
boost::json::object to_json(const Verdict& verdict);

}  // namespace slod::freeze
