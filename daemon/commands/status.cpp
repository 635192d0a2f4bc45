#include "daemon/commands/status.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <expected>
#include <string_view>

#include "daemon/commands/answer.h"
#include "daemon/commands/configuration.h"
#include "daemon/commands/fetch.h"
#include "lib/json/text.h"

namespace slod {
namespace {

namespace json = boost::json;

constexpr int ready = 0;
constexpr int not_ready = 1;
constexpr std::chrono::seconds patience(5);

int give_up(std::string_view why) {
  fmt::print(stderr, "slod status: no answer: {}\n", why);
  return no_answer;
}

/// The elements of the list `key` that are objects.
std::vector<json::object> objects_of(const json::object& object, std::string_view key) {
  std::vector<json::object> found;
  const json::value* member = object.if_contains(key);
  if (!member || !member->is_array()) return found;
  for (const json::value& element : member->get_array()) {
    if (element.is_object()) found.push_back(element.get_object());
  }
  return found;
}

/// The member `data` of an answer of Prometheus's API.
json::object data_of(const Answer& answer) {
  const json::object whole = body_of(answer).value_or(json::object());
  const json::value* data = whole.if_contains("data");
  return data && data->is_object() ? data->get_object() : json::object();
}

/// What is known of a running slod. An answer that did not come leaves its part empty.
struct Status {
  std::string url;
  std::string version;    ///< "slod 0.1.0"
  std::string not_ready;  ///< why; empty: it is ready
  std::vector<json::object> services;
  std::vector<json::object> sources;
};

std::expected<Status, std::string> ask(const std::string& url) {
  std::vector<Fetch> requests;
  for (const std::string_view path :
       {"/healthz", "/readyz", "/api/v1/status/buildinfo", "/freeze", "/api/v1/targets"}) {
    requests.push_back({.url = fmt::format("{}{}", url, path), .timeout = patience});
  }
  const auto answers = fetch_all(std::move(requests));
  for (const auto& answer : {answers[0], answers[1]}) {
    if (!answer) return std::unexpected(answer.error().message);
  }
  if (answers[0]->status != 200 || body_of(answers[0]).value_or(json::object()).empty()) {
    return std::unexpected(
        fmt::format("expected slod's /healthz at {}, found status {}", url, answers[0]->status));
  }
  Status status{.url = url,
                .version = text_of(data_of(answers[2]), "revision"),
                .not_ready = {},
                .services = objects_of(body_of(answers[3]).value_or(json::object()), "services"),
                .sources = objects_of(data_of(answers[4]), "activeTargets")};
  if (answers[1]->status != 200) {
    status.not_ready = text_of(body_of(answers[1]).value_or(json::object()), "error");
    if (status.not_ready.empty()) {
      status.not_ready = fmt::format("/readyz answers with status {}", answers[1]->status);
    }
  }
  return status;
}

/// The services that are frozen, each with its level; the sources that cannot be read, each with
/// its error.
std::vector<std::string> frozen_of(const Status& status) {
  std::vector<std::string> frozen;
  for (const json::object& service : status.services) {
    if (const std::string level = text_of(service, "level"); level != "open") {
      frozen.push_back(fmt::format("{} ({})", text_of(service, "service"), level));
    }
  }
  return frozen;
}

std::vector<std::string> unread_of(const Status& status) {
  std::vector<std::string> unread;
  for (const json::object& source : status.sources) {
    if (text_of(source, "health") == "up") continue;
    const std::string error = text_of(source, "lastError");
    unread.push_back(fmt::format("{}: {}", text_of(source, "scrapeUrl"),
                                 error.empty() ? "has not been tried yet" : error));
  }
  return unread;
}

void print_lines(const Status& status) {
  fmt::print("{} at {} is {}\n", status.version.empty() ? "slod" : status.version, status.url,
             status.not_ready.empty() ? "ready" : "not ready: " + status.not_ready);
  const std::vector<std::string> frozen = frozen_of(status);
  fmt::print("services: {}, {} frozen{}{}\n", status.services.size(), frozen.size(),
             frozen.empty() ? "" : ": ", fmt::join(frozen, ", "));
  const std::vector<std::string> unread = unread_of(status);
  fmt::print("sources: {}, {} not read\n", status.sources.size(), unread.size());
  for (const std::string& source : unread) fmt::print("  {}\n", source);
}

void print_json(const Status& status) {
  json::array services;
  for (const json::object& service : status.services) {
    services.push_back(
        {{"service", text_of(service, "service")}, {"level", text_of(service, "level")}});
  }
  json::array sources;
  for (const json::object& source : status.sources) {
    const std::string error = text_of(source, "lastError");
    sources.push_back({{"url", text_of(source, "scrapeUrl")},
                       {"health", text_of(source, "health")},
                       {"error", error.empty() ? json::value() : json::value(error)}});
  }
  const bool is_ready = status.not_ready.empty();
  fmt::print("{}\n",
             json_text(json::object{
                 {"url", status.url},
                 {"version", status.version.empty() ? json::value() : json::value(status.version)},
                 {"ready", is_ready},
                 {"not_ready_reason", is_ready ? json::value() : json::value(status.not_ready)},
                 {"services", std::move(services)},
                 {"sources", std::move(sources)}}));
}

/// Where a slod that listens on `listen` is asked from the same machine: an address that stands for
/// all of them (0.0.0.0, ::) is asked as loopback.
std::string url_of_own(const config::HostPort& listen) {
  config::HostPort asked = listen;
  if (asked.host == "0.0.0.0") asked.host = "127.0.0.1";
  if (asked.host == "::") asked.host = "::1";
  return "http://" + asked.text();
}

}  // namespace

int ask_status(const StatusQuestion& question) {
  std::string url = url_of_own(config::Config().listen);
  if (question.server) {
    url = base_of(*question.server);
  } else if (!question.config_paths.empty()) {
    const config::LoadResult loaded = load_configuration(question.config_paths);
    if (!loaded.config) return give_up("the configuration has errors; `slod check` lists them");
    url = url_of_own(loaded.config->listen);
  }
  const auto status = ask(url);
  if (!status) return give_up(status.error());
  question.as_json ? print_json(*status) : print_lines(*status);
  return status->not_ready.empty() ? ready : not_ready;
}

}  // namespace slod
