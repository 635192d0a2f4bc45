#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lib/config/draft.h"

namespace slod::config {
namespace {

constexpr Duration interval_least = std::chrono::milliseconds(100);
constexpr Duration interval_most = std::chrono::days(1);

std::expected<bool, std::string> parse_scheme(std::string_view text) {
  if (text == "http") return false;
  if (text == "https") return true;
  return std::unexpected(fmt::format("expected http or https, found \"{}\"", text));
}

std::expected<bool, std::string> parse_bool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::unexpected(fmt::format("expected true or false, found \"{}\"", text));
}

std::expected<PrometheusServer::Mode, std::string> parse_mode(std::string_view text) {
  if (text == "federate") return PrometheusServer::Mode::federate;
  if (text == "query") return PrometheusServer::Mode::query;
  return std::unexpected(fmt::format("expected federate or query, found \"{}\"", text));
}

Tls read_tls(Section tls) {
  Tls out;
  tls.optional_file("ca_file", out.ca_file, FileContent::anything);
  tls.optional_file("cert_file", out.cert_file, FileContent::anything);
  tls.optional_file("key_file", out.key_file, FileContent::anything);
  tls.optional("server_name", out.server_name, text());
  tls.finish();
  if (out.cert_file.empty() != out.key_file.empty()) {
    tls.scope().error(tls.mark(),
                      fmt::format("expected cert_file and key_file together, found only {}",
                                  out.cert_file.empty() ? "key_file" : "cert_file"));
  }
  return out;
}

void read_targets(Section& section, ScrapeJob& job) {
  if (section.take_required("targets") == nullptr) return;
  const std::vector<YamlNode>& items = section.list("targets");
  if (items.empty() && section.node().kind == YamlNode::Kind::map) {
    section.scope().error(section.mark("targets"), "expected at least one target, found none");
  }
  std::set<std::string> known;
  for (const YamlNode& item : items) {
    HostPort target;
    if (!section.read(item, target, host_port(1))) continue;
    if (!known.insert(target.text()).second) {
      section.scope().error(
          item.mark, fmt::format("expected each target once, found {} again", target.text()));
      continue;
    }
    job.targets.push_back(std::move(target));
  }
}

void read_labels(Section& section, Labels& labels) {
  const YamlNode* node = section.take("labels");
  if (node == nullptr) return;
  for (const auto& [key, value] : free_entries(section.scope(), *node, "labels and their values")) {
    const auto label = label_name().parse(key.name);
    std::string written;
    if (!label) {
      section.scope().error(key.mark, label.error());
    } else if (key.name == "job" || key.name == "instance") {
      section.scope().error(key.mark, fmt::format("expected a label that slod does not set itself, "
                                                  "found {}",
                                                  key.name));
    } else if (section.read(*value, written, text())) {
      labels.set(key.name, written);
    }
  }
}

/// `url`, or the two `urls` of a pair.
void read_urls(Section& section, PrometheusServer& server) {
  const auto given = section.take_one_of({"url", "urls"});
  if (!given) return;
  const auto& [which, node] = *given;
  if (which == 0) {
    section.read(*node, server.url, base_url());
    return;
  }
  const std::vector<YamlNode>& urls = section.list("urls");
  if (urls.size() != 2) {
    if (node->kind != YamlNode::Kind::list) return;
    section.scope().error(node->mark,
                          fmt::format("expected the two urls of a pair, found {}", urls.size()));
    return;
  }
  const bool are_read = section.read(urls[0], server.url, base_url()) &&
                        section.read(urls[1], server.other_url, base_url());
  if (!are_read) return;
  if (server.url == server.other_url) {
    section.scope().error(urls[1].mark,
                          fmt::format("expected two servers, found {} again", server.url));
  } else if (server.url.starts_with("https:") != server.other_url.starts_with("https:")) {
    section.scope().error(urls[1].mark, "expected http or https for both urls, found one of each");
  }
}

void read_replica_labels(Section& section, std::vector<std::string>& labels) {
  const YamlNode* node = section.take("replica_labels");
  if (node == nullptr) return;
  labels.clear();
  for (const YamlNode& item : section.list("replica_labels")) {
    std::string label;
    if (section.read(item, label, replica_label())) labels.push_back(std::move(label));
  }
}

void read_redirects(Section& section, Access& access) {
  section.optional("follow_redirects", access.follow_redirects, word("true or false", parse_bool));
}

void read_job(Scope& scope, const YamlNode& node, Draft& draft) {
  Section section(scope, node, "a scrape job");
  ScrapeJob job;
  section.required("job", job.job, text());
  read_targets(section, job);
  read_pace(section, job.interval, job.timeout);
  section.optional("path", job.path, request_path());
  section.optional("scheme", job.https, word("http or https", parse_scheme));
  job.access = read_access(section, job.https);
  read_redirects(section, job.access);
  read_labels(section, job.labels);
  section.optional("sample_limit", job.sample_limit, whole_number(1));
  section.optional("body_size_limit", job.body_size_limit_bytes, bytes());
  section.optional("honor_timestamps", job.honor_timestamps, word("true or false", parse_bool));
  section.finish();
  if (!job.job.empty())
    note_once(draft.jobs, job.job, {&scope, section.mark("job")}, "a scrape job");
  draft.config.scrape.push_back(std::move(job));
}

void read_server(Scope& scope, const YamlNode& node, Draft& draft) {
  Section section(scope, node, "a Prometheus server");
  PrometheusServer server;
  section.required("name", server.name, name());
  read_urls(section, server);
  if (section.optional("mode", server.mode, word("federate or query", parse_mode)) &&
      server.mode == PrometheusServer::Mode::query) {
    scope.warn(section.mark("mode"),
               "mode: query is read and checked, but not acted on in this version");
  }
  read_pace(section, server.interval, server.timeout);
  server.access = read_access(section, server.url.starts_with("https:"));
  read_redirects(section, server.access);
  section.optional("honor_timestamps", server.honor_timestamps, word("true or false", parse_bool));
  read_replica_labels(section, server.replica_labels);
  if (section.optional("backfill", server.backfill,
                       duration(std::chrono::minutes(1), std::chrono::days(365)))) {
    scope.warn(section.mark("backfill"),
               "backfill is read and checked, but not acted on in this version");
  }
  section.finish();
  if (!server.name.empty()) {
    note_once(draft.servers, server.name, {&scope, section.mark("name")}, "a Prometheus server");
  }
  draft.server_places.push_back({&scope, node.mark});
  draft.config.prometheus.push_back(std::move(server));
}

}  // namespace

Access read_access(Section& section, bool https) {
  Access access;
  if (auto tls = section.section("tls", "tls")) {
    if (!https) section.scope().error(tls->mark(), "expected https where there is tls, found http");
    access.tls = read_tls(std::move(*tls));
  }
  if (auto basic = section.section("basic_auth", "basic_auth")) {
    access.basic_auth.emplace();
    basic->required("username", access.basic_auth->username, text());
    basic->required_file("password_file", access.basic_auth->password_file, FileContent::secret);
    basic->finish();
  }
  section.optional_file("bearer_token_file", access.bearer_token_file, FileContent::secret);
  if (access.basic_auth && !access.bearer_token_file.empty()) {
    section.scope().error(section.mark("bearer_token_file"),
                          "expected basic_auth or bearer_token_file, found both");
  }
  if (auto authorization = section.section("authorization", "authorization")) {
    if (access.basic_auth || !access.bearer_token_file.empty()) {
      section.scope().error(authorization->mark(),
                            fmt::format("expected only one of {} and authorization, found both",
                                        access.basic_auth ? "basic_auth" : "bearer_token_file"));
    }
    authorization->optional("type", access.authorization_type, name());
    authorization->required_file("credentials_file", access.bearer_token_file, FileContent::secret);
    authorization->finish();
  }
  section.optional("proxy_url", access.proxy_url, proxy_url());
  return access;
}

void read_pace(Section& section, Duration& interval, Duration& timeout) {
  section.optional("interval", interval, duration(interval_least, interval_most));
  if (!section.optional("timeout", timeout,
                        duration(std::chrono::milliseconds(10), interval_most))) {
    timeout = std::min(timeout, interval);
  } else if (timeout > interval) {
    section.scope().error(section.mark("timeout"),
                          fmt::format("expected a timeout of at most the interval, {}, found {}",
                                      format_duration(interval), format_duration(timeout)));
  }
}

void read_scrape(Section& top, Draft& draft) {
  const std::size_t errors_before = top.scope().errors();
  for (const YamlNode& node : top.list("scrape")) read_job(top.scope(), node, draft);
  draft.sources_are_read &= top.scope().errors() == errors_before;
}

void read_prometheus(Section& top, Draft& draft) {
  const std::size_t errors_before = top.scope().errors();
  for (const YamlNode& node : top.list("prometheus")) read_server(top.scope(), node, draft);
  draft.sources_are_read &= top.scope().errors() == errors_before;
}

}  // namespace slod::config
