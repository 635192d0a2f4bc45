#include "daemon/api/route.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/api/api.h"
#include "daemon/net/target.h"
#include "daemon/store/store.h"
#include "tests/daemon/api/fake_daemon.h"
#include "tests/daemon/api/response_of.h"
#include "tests/support/state/memory_database.h"

namespace slod {
namespace {

TEST(Route, MatchesNamesInAPath) {
  const struct {
    const char* pattern;
    const char* path;
    std::optional<PathNames> names;
  } cases[] = {
      {"/", "/", PathNames{}},
      {"/", "/freeze", std::nullopt},
      {"/freeze", "/freeze", PathNames{}},
      {"/freeze", "/freeze/", std::nullopt},
      {"/freeze", "/freezer", std::nullopt},
      {"/freeze/{service}", "/freeze/api", PathNames{"api"}},
      {"/freeze/{service}", "/freeze/", std::nullopt},
      {"/freeze/{service}", "/freeze", std::nullopt},
      {"/freeze/{service}", "/freeze/api/v1/query", PathNames{"api/v1/query"}},
      {"/label/{name}/values", "/label/job/values", PathNames{"job"}},
      {"/label/{name}/values", "/label/a/b/values", std::nullopt},
      {"/label/{name}/values", "/label//values", std::nullopt},
      {"/label/{name}/values", "/label/values", std::nullopt},
      {"/label/{name}/values", "/label/job/value", std::nullopt},
      {"/label/{name}/values", "/label/job/values/", std::nullopt},
      {"/slos/{service}/{slo}", "/slos/a/b", PathNames{"a", "b"}},
      {"/slos/{service}/{slo}", "/slos/a", std::nullopt},
      {"/slos/{service}/{slo}", "/slos/a/", std::nullopt},
      {"/slos/{service}/{slo}", "/slos/a/b/c", PathNames{"a", "b/c"}},
      {"/slos/{service}/{slo}/history", "/slos/a/b/history", PathNames{"a", "b"}},
      {"/slos/{service}/{slo}/history", "/slos/a/b", std::nullopt},
      {"/slos/{service}/{slo}/history", "/slos/a/history", std::nullopt},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(match(c.pattern, c.path), c.names) << c.pattern << " on " << c.path;
  }
}

TEST(Route, MethodsAreMatchedAsAWhole) {
  EXPECT_TRUE(contains(Methods::get, "GET"));
  EXPECT_TRUE(contains(Methods::get_or_post, "GET"));
  EXPECT_TRUE(contains(Methods::get_or_post, "POST"));
  EXPECT_FALSE(contains(Methods::get, "POST"));
  EXPECT_FALSE(contains(Methods::post, "GET"));
  for (const char* method : {"", "G", "GE", "PO", "OST", ", ", "get", "GETT", "GET, POST", "PUT"}) {
    EXPECT_FALSE(contains(Methods::get_or_post, method)) << method;
  }
  EXPECT_EQ(to_text(Methods::get), "GET");
  EXPECT_EQ(to_text(Methods::post), "POST");
  EXPECT_EQ(to_text(Methods::get_or_post), "GET, POST");
}

/// A path that a pattern matches, with a name in the place of each of its names.
std::string example_of(std::string_view pattern) {
  std::string path(pattern);
  for (std::size_t brace = path.find('{'); brace != std::string::npos; brace = path.find('{')) {
    path.replace(brace, path.find('}') + 1 - brace, "name");
  }
  return path;
}

TEST(Route, EveryPathLeadsToItsOwnRoute) {
  std::set<std::string_view> patterns;
  for (const Route& route : routes()) {
    EXPECT_TRUE(patterns.insert(route.pattern).second) << "twice: " << route.pattern;
    EXPECT_EQ(find_route(example_of(route.pattern)).route, &route) << route.pattern;
  }
  EXPECT_EQ(patterns.size(), 37U);
}

/// The table of routes over a daemon without SLOs and samples.
class Table : public testing::Test {
 protected:
  class NoSamples final : public QuerySamples {
   public:
    Open open(std::vector<std::vector<promql::Matcher>> /*selections*/,
              Interval /*range*/) override {
      return [](const std::stop_token&) { return nullptr; };
    }
  };

  Table() {
    daemon.kept = &samples;
    daemon.past = &store;
  }

  /// The response at once, or status 202 where the pool makes it.
  Response ask(const std::string& path, const std::string& method) {
    Request request;
    request.method = method;
    request.path = path;
    request.target = path;
    RouteReply reply = api.answer(request);
    if (std::holds_alternative<PoolJob>(reply)) return {.status = 202};
    return response_of(std::move(reply));
  }

  Store store{std::make_unique<MemoryDatabase>(), [](auto) {}};
  NoSamples samples;
  FakeDaemon daemon;
  Api api{daemon};
};

TEST_F(Table, EveryRouteAnswersItsMethodsAndRefusesEveryOther) {
  const std::vector<std::string> methods{"GET",   "POST",    "PUT",     "PATCH", "DELETE",
                                         "TRACE", "OPTIONS", "CONNECT", "HEAD",  "get",
                                         "GE",    "PO",      "",        ", ",    "GET, POST"};
  for (const Route& route : routes()) {
    const std::string path = example_of(route.pattern);
    const std::string allowed =
        to_text(route.methods) + (contains(route.methods, "GET") ? ", HEAD" : "");
    for (const std::string& method : methods) {
      SCOPED_TRACE(fmt::format("\"{}\" of {}", method, path));
      const Response response = ask(path, method);
      if (contains(route.methods, method)) {
        EXPECT_NE(response.status, 405);
        continue;
      }
      EXPECT_EQ(response.status, 405);
      EXPECT_EQ(response.headers, (Fields{{"Allow", allowed}}));
      EXPECT_NE(response.body.find(to_text(route.methods)), std::string::npos) << response.body;
    }
  }
}

TEST_F(Table, AnswersOfADaemonWithoutAnything) {
  const struct {
    const char* path;
    int status;  ///< 202: it is done on the pool
  } cases[] = {
      {"/freeze", 200},
      {"/freeze/name", 404},
      {"/api/v1/slos", 200},
      {"/api/v1/slos/name", 404},
      {"/api/v1/slos/name/name", 404},
      {"/api/v1/slos/name/name/history", 404},
      {"/api/v1/episodes", 202},
      {"/api/v1/verdicts", 202},
      {"/api/v1/outbox", 202},
      {"/api/v1/status", 200},
      {"/openapi.yaml", 200},
      {"/metrics", 200},
      {"/healthz", 200},
      {"/readyz", 200},
      {"/-/healthy", 200},
      {"/-/ready", 200},
      {"/page/name", 404},
      {"/page/app.js", 200},
      {"/", 200},
      {"/api/v1/query", 202},
      {"/api/v1/query_range", 400},
      {"/api/v1/query_exemplars", 202},
      {"/api/v1/format_query", 202},
      {"/api/v1/parse_query", 202},
      {"/api/v1/series", 400},
      {"/api/v1/labels", 202},
      {"/api/v1/label/name/values", 202},
      {"/api/v1/metadata", 200},
      {"/api/v1/rules", 200},
      {"/api/v1/alerts", 200},
      {"/api/v1/alertmanagers", 200},
      {"/api/v1/targets", 202},
      {"/api/v1/scrape_pools", 200},
      {"/api/v1/status/buildinfo", 200},
      {"/api/v1/status/runtimeinfo", 200},
      {"/api/v1/status/flags", 200},
      {"/api/v1/status/config", 200},
      {"/api/v1/status/tsdb", 202},
      {"/nothing", 404},
  };
  for (const auto& c : cases) EXPECT_EQ(ask(c.path, "GET").status, c.status) << c.path;
}

TEST_F(Table, ShowsOnItsPathsWhatTheDaemonSays) {
  daemon.page = "# the page\n";
  EXPECT_EQ(ask("/metrics", "GET").body, "# the page\n");
  Request reload;
  reload.method = "POST";
  reload.path = "/-/reload";
  EXPECT_EQ(response_of(api.answer(reload)).body, "{\"status\":\"reloaded\"}\n");
  daemon.why_not_reloaded = "line 3 is wrong";
  EXPECT_EQ(response_of(api.answer(reload)).status, 400);
  EXPECT_EQ(response_of(api.answer(reload)).body, R"({"error":"line 3 is wrong"})");
  EXPECT_EQ(ask("/readyz", "GET").body, "{\"status\":\"ready\"}\n");
  daemon.why_not_ready = "the state cannot be stored";
  EXPECT_EQ(ask("/readyz", "GET").status, 503);
  EXPECT_EQ(ask("/readyz", "GET").body, R"({"error":"the state cannot be stored"})");
}

}  // namespace
}  // namespace slod
