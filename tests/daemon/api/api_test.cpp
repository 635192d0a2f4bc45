#include "daemon/api/api.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "daemon/net/target.h"
#include "tests/daemon/api/fake_daemon.h"
#include "tests/daemon/api/response_of.h"

namespace slod {
namespace {

/// Without samples, and reached by people at a URL with a path.
class Serving : public testing::Test {
 protected:
  static config::Config configured() {
    config::Config config;
    config.external_url = "http://example.org/tools/slod";
    return config;
  }

  Response ask(std::string_view path, std::string_view method = "GET") {
    Request request;
    request.method = method;
    auto target = parse_target(path).value();
    request.path = target.path;
    request.query = target.query;
    RouteReply reply = api.answer(request);
    if (std::holds_alternative<PoolJob>(reply)) return {.status = 202};
    return response_of(std::move(reply));
  }

  FakeDaemon daemon{configured()};
  Api api{daemon};
};

TEST_F(Serving, FindsItsPathsUnderAnyPrefixOfAProxy) {
  const struct {
    const char* path;
    const char* route;  ///< for metrics
    int status;
  } cases[] = {
      {"/api/v1/query?query=1", "/api/v1/query", 202},
      {"/api/v1/slos", "/api/v1/slos", 200},
      {"/api/v1/status", "/api/v1/status", 200},
      {"/openapi.yaml", "/openapi.yaml", 200},
      {"/api/v1/slos/a/b", "/api/v1/slos/{service}/{slo}", 404},
      {"/api/v1/slos/a/b/history", "/api/v1/slos/{service}/{slo}/history", 404},
      {"/api/v1/slos/a/history", "/api/v1/slos/{service}/{slo}", 404},
      {"/any/proxy/api/v1/slos/a/b/history", "/api/v1/slos/{service}/{slo}/history", 404},
      {"/api/v1/slos/a/b/history?slices=0", "/api/v1/slos/{service}/{slo}/history", 400},
      {"/api/v1/slos/a/b/history?last=0s", "/api/v1/slos/{service}/{slo}/history", 400},
      {"/api/v1/slos/a/b/history?last=long", "/api/v1/slos/{service}/{slo}/history", 400},
      {"/api/v1/slos/a/b/history?last=1h", "/api/v1/slos/{service}/{slo}/history", 404},
      {"/api/v1/label/job/values", "/api/v1/label/{name}/values", 202},
      {"/", "/", 200},
      {"/tools/slod", "/", 308},
      {"/tools/slod/", "/", 200},
      {"/page/app.js", "/page/{file}", 200},
      {"/tools/slod/page/app.js", "/page/{file}", 200},
      {"/page/other.js", "/page/{file}", 404},
      {"/tools/slod/freeze", "/freeze", 200},
      {"/tools/slod/api/v1/query", "/api/v1/query", 202},
      {"/tools/slod/-/healthy", "/-/healthy", 200},
      {"/tools/slod/metrics", "/metrics", 200},
      {"/tools/slodx/freeze", "other", 404},
      {"/any/proxy/api/v1/query", "/api/v1/query", 202},
      {"/any/proxy/api/v1/label/__name__/values", "/api/v1/label/{name}/values", 202},
      {"/any/proxy/api/v1/status/buildinfo", "/api/v1/status/buildinfo", 200},
      {"/any/proxy/freeze", "other", 404},
      {"/any/proxy/-/reload", "other", 404},
      {"/api/v1/write", "other", 404},
      {"/api/v1/status/walreplay", "other", 404},
      {"/freeze/api/v1/query", "/freeze/{service}", 404},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(ask(c.path).status, c.status) << c.path;
    EXPECT_EQ(api.route_of(parse_target(c.path).value().path), c.route) << c.path;
  }
}

TEST_F(Serving, SaysWhichMethodsThereAre) {
  EXPECT_EQ(ask("/api/v1/label/job/values", "POST").status, 202);
  const Response refused = ask("/api/v1/rules", "POST");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers, (Fields{{"Allow", "GET, HEAD"}}));
  EXPECT_EQ(ask("/api/v1/query", "DELETE").headers, (Fields{{"Allow", "GET, POST, HEAD"}}));
}

TEST_F(Serving, SaysHowItIsAsPrometheusDoes) {
  EXPECT_EQ(ask("/-/healthy").body, "slod is healthy.\n");
  EXPECT_EQ(ask("/-/ready").body, "slod is ready.\n");
  EXPECT_EQ(ask("/-/ready").content_type, "text/plain; charset=utf-8");
  daemon.why_not_ready = "expected more";
  EXPECT_EQ(ask("/-/ready").status, 503);
  EXPECT_EQ(ask("/-/ready").body, "expected more\n");
  EXPECT_EQ(ask("/-/healthy").status, 200);
}

}  // namespace
}  // namespace slod
