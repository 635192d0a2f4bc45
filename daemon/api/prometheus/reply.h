#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/net/message.h"
#include "lib/series/labels.h"

/// Prometheus's HTTP API over what slod knows, as Grafana and promtool speak it.
namespace slod::prometheus_api {

/// Prometheus's kinds of error, each with a status of its own.
enum class ErrorType : std::uint8_t {
  bad_data,
  execution,
  canceled,
  timeout,
  not_found,
  internal,
};

/// Why there is no result: in Prometheus's words.
struct Failure {
  ErrorType type = ErrorType::bad_data;
  std::string message;
};

/// What a client should know beside the result.
struct Remarks {
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
};

/// {"status":"success","data":...}. `data` is JSON text.
Response success(std::string_view data, const Remarks& remarks = {});

/// The same for data of megabytes, which become the body where they are: what stands before them,
/// and all of it, from both together.
inline constexpr std::string_view success_begin = R"({"status":"success","data":)";
Response success_from(std::string begun, const Remarks& remarks);

/// {"status":"error","errorType":"bad_data","error":"..."}, with the status of the type.
Response failed(const Failure& failure);

/// As `failed`, for what the server itself refuses (PoolJob::error).
Response refused(int status, std::string_view sentence);

/// {"name":"value",...}.
boost::json::object labels_json(const Labels& labels);

}  // namespace slod::prometheus_api
