#include "lib/series/shared_series.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace slod {
namespace {

const std::string metric = "requests_total";

Delivery target(const std::string& address, const std::string& job, std::optional<double> start,
                Labels own = {{"code", "200"}}, const std::string& path = "/metrics") {
  const Labels target_labels{{"job", job}, {"instance", address}, {"env", job}};
  for (const auto& [name, value] : target_labels.pairs()) own.set(name, value);
  Delivery delivery{"http://" + address + path, target_labels, {{metric, own}}, {}};
  if (start) delivery.starts[address] = *start;
  return delivery;
}

Delivery server(const std::string& instance, std::optional<double> start,
                Labels own = {{"code", "200"}}) {
  own.set("job", "any");
  own.set("instance", instance);
  Delivery delivery{"", {}, {{metric, own}}, {}};
  if (start) delivery.starts[instance] = *start;
  return delivery;
}

TEST(SharedSeries, AreThoseOfOneProcess) {
  const auto none = std::nullopt;
  const struct {
    const char* what;
    Delivery a;
    Delivery b;
    bool is_shared;
  } rows[] = {
      {"a target in two jobs", target("a:1", "x", none), target("a:1", "y", none), true},
      {"two targets", target("a:1", "x", none), target("b:1", "x", none), false},
      {"two pages at one address", target("a:1", "x", none, {{"code", "200"}}, "/probe?target=1"),
       target("a:1", "y", none, {{"code", "200"}}, "/probe?target=2"), false},
      {"one process under two names", target("a:1", "x", 17.25), target("localhost:1", "y", 17.25),
       true},
      {"two of a rollout", target("a:1", "x", 17.25), target("b:1", "x", 17.26), false},
      {"two of the same second, as far as is known", target("a:1", "x", 17), target("b:1", "x", 17),
       false},
      {"a target and a server", target("a:1", "x", none), server("a:1", none), true},
      {"with external labels", target("a:1", "x", 17),
       server("a:1", 17, {{"code", "200"}, {"cluster", "eu"}}), true},
      {"another target of the server", target("a:1", "x", none), server("b:1", none), false},
      {"another localhost", target("localhost:1", "x", 17), server("localhost:1", 18), false},
      {"another name of the process", target("localhost:1", "x", 17.5), server("10.0.0.1:1", 17.5),
       true},
      {"another series of the process", target("a:1", "x", none),
       server("a:1", none, {{"code", "500"}}), false},
      {"two servers", server("a:1", none), server("a:1", none), true},
      {"two servers of two clusters", server("a:1", none, {{"cluster", "eu"}}),
       server("a:1", none, {{"cluster", "us"}}), false},
      {"aggregates", server("", none), server("", none), false},
  };
  for (const auto& [what, a, b, is_shared] : rows) {
    EXPECT_EQ(shared_series(a, b).has_value(), is_shared) << what;
    EXPECT_EQ(shared_series(b, a).has_value(), is_shared) << what;
  }
  EXPECT_EQ(shared_series(target("a:1", "x", none), target("a:1", "y", none))->metric, metric);
}

TEST(SharedSeries, AreNoneOfAnotherMetric) {
  Delivery other = target("a:1", "y", std::nullopt);
  other.series[0].metric = "errors_total";
  EXPECT_FALSE(shared_series(target("a:1", "x", std::nullopt), other));
}

}  // namespace
}  // namespace slod
