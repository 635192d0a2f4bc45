#pragma once

#include <boost/json/object.hpp>

namespace slod {

class Daemon;

/// What /api/v1/status shows.
boost::json::object status_json(Daemon& daemon);

}  // namespace slod
