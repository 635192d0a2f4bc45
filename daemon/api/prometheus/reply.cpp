#include "daemon/api/prometheus/reply.h"

#include <fmt/format.h>

#include "lib/json/text.h"

namespace slod::prometheus_api {
namespace {

std::string_view name_of(ErrorType type) {
  switch (type) {
    case ErrorType::bad_data:
      return "bad_data";
    case ErrorType::execution:
      return "execution";
    case ErrorType::canceled:
      return "canceled";
    case ErrorType::timeout:
      return "timeout";
    case ErrorType::not_found:
      return "not_found";
    case ErrorType::internal:
      return "internal";
  }
  return "internal";
}

int status_of(ErrorType type) {
  switch (type) {
    case ErrorType::bad_data:
      return 400;
    case ErrorType::execution:
      return 422;
    case ErrorType::canceled:
      return 499;
    case ErrorType::timeout:
      return 503;
    case ErrorType::not_found:
      return 404;
    case ErrorType::internal:
      return 500;
  }
  return 500;
}

void append_list(std::string& out, std::string_view name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out += fmt::format(",\"{}\":", name);
  char separator = '[';
  for (const std::string& text : texts) {
    out += separator;
    append_json_text(out, text);
    separator = ',';
  }
  out += ']';
}

}  // namespace

Response success(std::string_view data, const Remarks& remarks) {
  return success_from(fmt::format("{}{}", success_begin, data), remarks);
}

Response success_from(std::string begun, const Remarks& remarks) {
  std::string body = std::move(begun);
  append_list(body, "warnings", remarks.warnings);
  append_list(body, "infos", remarks.infos);
  body += '}';
  return {.body = std::move(body)};
}

Response failed(const Failure& failure) {
  std::string body =
      fmt::format(R"({{"status":"error","errorType":"{}","error":)", name_of(failure.type));
  append_json_text(body, failure.message);
  body += '}';
  return {.status = status_of(failure.type), .body = std::move(body)};
}

Response refused(int status, std::string_view sentence) {
  const ErrorType type = status == 503 ? ErrorType::timeout : ErrorType::internal;
  Response response = failed({type, std::string(sentence)});
  response.status = status;
  return response;
}

boost::json::object labels_json(const Labels& labels) {
  boost::json::object out;
  for (const auto& [name, value] : labels.pairs()) out[name] = value;
  return out;
}

}  // namespace slod::prometheus_api
