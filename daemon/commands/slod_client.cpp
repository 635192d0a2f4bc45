#include "daemon/commands/slod_client.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <utility>

#include "daemon/commands/fetch_all.h"
#include "lib/config/scalars.h"

namespace slod {
namespace {

/// What CLI11 wants of a check: empty, or what is wrong.
std::string refused_url(const std::string& text) {
  const auto url = config::base_url().parse(text);
  return url ? std::string() : url.error();
}

}  // namespace

SlodClient::SlodClient(std::string url, Duration timeout)
    : url_(std::move(url)), timeout_(timeout) {
  while (url_.ends_with('/')) url_.pop_back();
}

std::vector<Answer> SlodClient::get_all(const std::vector<std::string>& paths) const {
  std::vector<Fetch> requests;
  requests.reserve(paths.size());
  for (const std::string& path : paths) {
    requests.push_back({.url = url_ + path, .timeout = timeout_});
  }
  return fetch_all(std::move(requests));
}

Answer SlodClient::get(const std::string& path) const {
  return std::move(get_all({path}).front());
}

std::string SlodClient::freeze_path(std::string_view service, std::string_view change) {
  return fmt::format("/freeze/{}?change={}", escaped(service), escaped(change));
}

CLI::Option* add_server_option(CLI::App& command, const std::string& names, std::string& url) {
  return command.add_option(names, url, "URL of a running slod")->check(refused_url);
}

void add_change_option(CLI::App& command, std::string& change) {
  command.add_option("--change", change, "feature, fix or hotfix")
      ->check(CLI::IsMember({"feature", "fix", "hotfix"}));
}

}  // namespace slod
