#include "daemon/ingest/federate_query.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "tests/daemon/ingest/scraping.h"

namespace slod {
namespace {

using Queries = std::vector<std::string>;
using MatchGroups = std::vector<MatchGroup>;

TEST(FederateQueries, AreAsFewAsFit) {
  const MatchGroups groups = {{"aa", "bb"}, {"cc"}, {"dd", "ee"}};
  EXPECT_EQ(federate_queries(groups, std::string::npos), (Queries{"aa&bb&cc&dd&ee"}));
  EXPECT_EQ(federate_queries(groups, 14), (Queries{"aa&bb&cc&dd&ee"}));
  EXPECT_EQ(federate_queries(groups, 13), (Queries{"aa&bb&cc", "dd&ee"}));
  EXPECT_EQ(federate_queries(groups, 7), (Queries{"aa&bb", "cc", "dd&ee"}));
  EXPECT_EQ(federate_queries({}, 7), Queries{});
}

TEST(FederateQueries, SplitAGroupOnlyWhereItIsTooLongAlone) {
  EXPECT_EQ(federate_queries({{"aa"}, {"bb", "cc", "dd"}}, 5), (Queries{"aa", "bb&cc", "dd"}));
  EXPECT_EQ(federate_queries({{"aa", "bb"}, {"cc"}}, 0), (Queries{"aa", "bb", "cc"}));
}

TEST(MatchGroups, KeepTogetherWhatAnSloCounts) {
  std::vector<promql::Selector> selectors;
  for (const char* text : {"a", "b", "c", "d", "e"}) {
    selectors.push_back(promql::parse_selector(text).value());
  }
  const SloId one{"api", "one"};
  const SloId two{"api", "two"};
  const SloId three{"api", "three"};
  SourcePlan plan{.name = "prometheus/p",
                  .configured = ConfiguredServer{0},
                  .options = {},
                  .demand = std::make_shared<const Demand>(std::move(selectors)),
                  .consumers = std::make_shared<const std::vector<std::vector<Consumer>>>(
                      std::vector<std::vector<Consumer>>{
                          {{.slo = one}}, {{.slo = two}}, {{.slo = one}, {.slo = three}}, {}, {}})};
  EXPECT_EQ(match_groups(plan), (MatchGroups{{"match%5B%5D=a", "match%5B%5D=c"},
                                             {"match%5B%5D=b"},
                                             {"match%5B%5D=d"},
                                             {"match%5B%5D=e"}}));
}

/// A server that answers a selector of one metric with its counter, and takes request lines up to a
/// limit. Of some requests it makes an error.
class Federating {
 public:
  std::atomic<std::size_t> line_bytes_max = 8192;
  std::atomic<bool> fails_for_last = false;

  std::uint16_t port() const { return server_.port(); }
  std::size_t requests() const { return requests_; }

 private:
  void serve(RawSocket& socket) {
    for (;;) {
      const std::string line = socket.read_until("\r\n");
      socket.read_until("\r\n\r\n");
      if (line.empty()) return;
      ++requests_;
      std::string page;
      for (std::size_t at = line.find("=m"); at != std::string::npos;
           at = line.find("=m", at + 1)) {
        const std::string name = line.substr(at + 1, line.find_first_of("& ", at) - at - 1);
        page += fmt::format("{}{{instance=\"a\",job=\"j\"}} 5", name);
        page += line.find("=m", at + 1) == std::string::npos ? "" : "\n";  // none at the end
      }
      int status = line.size() - 2 > line_bytes_max ? 414 : 200;
      if (fails_for_last && line.find("m99x") != std::string::npos) status = 500;
      socket.send(
          fmt::format("HTTP/1.1 {} x\r\nContent-Length: {}\r\n\r\n{}", status, page.size(), page));
    }
  }

  std::atomic<std::size_t> requests_ = 0;
  ScriptedServer server_{[this](RawSocket& socket, std::size_t) { serve(socket); }};
};

/// A server of which a hundred long names are demanded.
Scraped federated(std::uint16_t port) {
  Scraped scraped;
  std::vector<std::string> demands;
  for (int i = 0; i < 100; ++i) demands.push_back(fmt::format("m{}{}", i, std::string(200, 'x')));
  SourcePlan& plan = scraped.add("p", port, demands);
  config::PrometheusServer server;
  server.name = "p";
  server.url = fmt::format("http://127.0.0.1:{}", port);
  server.interval = Duration(50);
  server.timeout = std::chrono::hours(1);
  scraped.config.prometheus.push_back(server);
  plan.name = "prometheus/p";
  plan.configured = ConfiguredServer{0};
  plan.options.kind = server_kind;
  return scraped;
}

std::size_t lines_of(const Delivered& read) {
  return static_cast<std::size_t>(std::ranges::count(read.events, ','));
}

TEST(Federate, ReadsAServerInPartsThatAreOnePage) {
  Federating server;
  Scraping scraping;
  scraping.configure(federated(server.port()));
  const Delivered read = scraping.next("prometheus/p");
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(lines_of(read), 99U) << read.events;
  EXPECT_GE(server.requests(), 3U);
}

TEST(Federate, AsksForLessWhereAServerTakesLess) {
  Federating server;
  server.line_bytes_max = 1000;
  Scraping scraping;
  scraping.configure(federated(server.port()));
  const Delivered read = scraping.next("prometheus/p");
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(lines_of(read), 99U) << read.events;
  server.line_bytes_max = 100;
  EXPECT_EQ(scraping.next("prometheus/p", 2).error, "it answered with status 414, not 200");
  server.line_bytes_max = 1000;
  EXPECT_EQ(scraping.next("prometheus/p", 2).error, "");
}

TEST(Federate, FailsAsAWholeWhereAPartFails) {
  Federating server;
  server.fails_for_last = true;
  Scraping scraping;
  scraping.configure(federated(server.port()));
  const Delivered read = scraping.next("prometheus/p");
  EXPECT_EQ(read.error, "it answered with status 500, not 200");
  EXPECT_EQ(read.body_bytes, 0U);
}

}  // namespace
}  // namespace slod
