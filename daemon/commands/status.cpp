#include "daemon/commands/status.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdio>
#include <expected>
#include <string_view>

#include "daemon/commands/add_command.h"
#include "daemon/commands/answer.h"
#include "daemon/commands/say.h"
#include "daemon/commands/slod_client.h"
#include "daemon/files/configuration.h"
#include "lib/json/text.h"

namespace slod {
namespace {

namespace json = boost::json;

constexpr int ready = 0;
constexpr int not_ready = 1;
constexpr std::chrono::seconds answer_timeout(5);
constexpr double on_time = 0.01;  ///< of a minute: what a busy machine does now and then

/// What is known of a running slod.
struct Status {
  std::string url;
  json::object own;                    ///< what /api/v1/status says
  std::vector<json::object> services;  ///< verdicts; empty where their answer did not come
};

std::expected<Status, std::string> ask(const std::string& url) {
  const SlodClient client(url, answer_timeout);
  const auto answers = client.get_all({"/api/v1/status", "/freeze"});
  if (!answers[0]) return std::unexpected(no_answer_because(answers[0].error()));
  Status status{.url = client.url(),
                .own = object_in(answers[0]->body).value_or(json::object()),
                .services = {}};
  if (const auto verdicts = object_of(answers[1])) {
    status.services = objects_of(*verdicts, "services");
  }
  if (answers[0]->status != 200 || !status.own.contains("ready")) {
    return std::unexpected(
        fmt::format("{}/api/v1/status answers with status {} and not as slod does: this is "
                    "probably not slod",
                    status.url, answers[0]->status));
  }
  return status;
}

/// The services that are frozen, each with its level.
std::vector<std::string> frozen_of(const Status& status) {
  std::vector<std::string> frozen;
  for (const json::object& service : status.services) {
    if (const std::string level = text_of(service, "level"); level != "open") {
      frozen.push_back(fmt::format("{} ({})", text_of(service, "service"), level));
    }
  }
  return frozen;
}

void print_sources(const std::vector<json::object>& sources) {
  std::vector<std::string> failing;
  for (const json::object& source : sources) {
    if (is_true(source, "up")) continue;
    const std::string error = text_of(source, "error");
    failing.push_back(fmt::format("{}: {}", text_of(source, "source"),
                                  error.empty() ? "has not been scraped yet" : error));
  }
  say("sources: {}, {} not scraped", sources.size(), failing.size());
  for (const std::string& source : failing) say("  {}", source);
}

/// The SLOs of which something is wrong with what they count, if there are any.
void print_findings(const std::vector<json::object>& findings) {
  if (findings.empty()) return;
  say("findings: {}", findings.size());
  for (const json::object& finding : findings) {
    say("  {}: {}", text_of(finding, "slo"), text_of(finding, "finding"));
  }
}

void print_notifications(const json::object& outbox) {
  std::vector<std::string> waiting;
  for (const auto& [receiver, unused] : part_of(outbox, "pending_by_receiver")) {
    const double count = number_of(part_of(outbox, "pending_by_receiver"), receiver).value_or(0);
    if (count > 0) waiting.push_back(fmt::format("{} for {}", count, std::string(receiver)));
  }
  say("notifications: {} pending{}{}", number_of(outbox, "pending").value_or(0),
      waiting.empty() ? "" : ": ", fmt::join(waiting, ", "));
}

/// The disk, the pace, the memory and the configuration.
void print_health(const json::object& own) {
  const std::string problem = text_of(part_of(own, "store"), "error");
  say("state: {}", problem.empty() ? "stored" : "not stored: " + problem);
  for (const std::string& sentence : texts_of(part_of(own, "store"), "problems")) {
    say("  {}", sentence);
  }
  const double late = number_of(part_of(own, "steps"), "late_ratio").value_or(0);
  if (late < on_time) {
    say("steps: on time");
  } else {
    say("steps: late by {:.0f} % of the last minute", 100 * late);
  }
  const json::object samples = part_of(own, "samples");
  const double refused = number_of(samples, "refused").value_or(0);
  constexpr double mebibyte = 1024 * 1024;
  say("samples: {:.1f} of {:.1f} MiB{}", number_of(samples, "memory_bytes").value_or(0) / mebibyte,
      number_of(samples, "memory_bytes_max").value_or(0) / mebibyte,
      refused > 0 ? fmt::format(", {} refused since the start", refused) : std::string());
  const json::object reload = part_of(own, "reload");
  const std::string at = text_of(reload, "at");
  if (is_true(reload, "succeeded")) {
    say("configuration: loaded at {}", at);
  } else {
    say("configuration: reload rejected at {}; the previous one stays in use", at);
  }
}

void print_lines(const Status& status) {
  const std::string reason = text_of(status.own, "not_ready_reason");
  say("slod {} at {} is {}", text_of(status.own, "version"), status.url,
      is_true(status.own, "ready") ? "ready" : "not ready: " + reason);
  const std::vector<std::string> frozen = frozen_of(status);
  say("services: {}, {} frozen{}{}", status.services.size(), frozen.size(),
      frozen.empty() ? "" : ": ", fmt::join(frozen, ", "));
  print_sources(objects_of(status.own, "sources"));
  print_findings(objects_of(status.own, "findings"));
  print_notifications(part_of(status.own, "outbox"));
  print_health(status.own);
}

/// What /api/v1/status says, the URL, and the level of each service.
void print_json(const Status& status) {
  json::array services;
  for (const json::object& service : status.services) {
    services.push_back(
        {{"service", text_of(service, "service")}, {"level", text_of(service, "level")}});
  }
  json::object shown{{"url", status.url}, {"services", std::move(services)}};
  for (const auto& [key, value] : status.own) shown[key] = value;
  say("{}", json_text(shown));
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

int show_status(const StatusArguments& arguments) {
  std::string url = url_of_own(config::Config().listen);
  if (!arguments.server.empty()) {
    url = arguments.server;
  } else if (!arguments.config_paths.empty()) {
    const config::LoadResult loaded = load_configuration(arguments.config_paths);
    if (!loaded.config) {
      return give_up("status", "the configuration has errors; `slod check` lists them");
    }
    url = url_of_own(loaded.config->listen);
  }
  const auto status = ask(url);
  if (!status) return give_up("status", status.error());
  arguments.as_json ? print_json(*status) : print_lines(*status);
  return is_true(status->own, "ready") ? ready : not_ready;
}

void add_status(CLI::App& slod, int& exit_code) {
  auto [command, arguments] =
      add_command(slod, exit_code, "status",
                  "Show the status of a running slod: exit 0 ready, 1 not ready", show_status);
  add_server_option(command, "--server,--url", arguments.server)
      ->excludes(command.add_option("--config", arguments.config_paths,
                                    "Configuration that says where it listens; may be repeated"));
  command.add_flag("--json", arguments.as_json, "Print it as JSON");
}

}  // namespace slod
