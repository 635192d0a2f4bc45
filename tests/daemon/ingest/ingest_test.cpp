#include "daemon/ingest/ingest.h"

#include <gtest/gtest.h>

#include "tests/daemon/ingest/scraping.h"
#include "tests/support/scratch.h"

namespace slod {
namespace {

TEST(Ingest, HandsOverWhatEachPageBrings) {
  PageServer target("a 10\n");
  Scraped scraped;
  scraped.add("api", target.port());
  Scraping scraping;
  scraping.configure(scraped);
  const Delivered first = scraping.next("scrape/api");
  EXPECT_EQ(first.error, "");
  EXPECT_EQ(first.events, "baseline 0");
  EXPECT_EQ(first.body_bytes, 5U);
  EXPECT_TRUE(first.change.series.has_value());
  target.set_page("a 12\n");
  scraping.run_until([&] { return scraping.of("scrape/api").back().events == "continued 2"; });
  EXPECT_FALSE(scraping.of("scrape/api").back().change.series.has_value())
      << "the series are those that were handed over";
}

TEST(Ingest, ScrapesWhenASourceIsDue) {
  PageServer target("a 10\n");
  Scraped scraped;
  scraped.add("api", target.port(), {"a"}, Duration(100));
  Scraping scraping;
  const Instant begin = Clock().now();
  scraping.configure(scraped);
  scraping.next("scrape/api", 3);
  const auto delivered = scraping.of("scrape/api");
  EXPECT_GE(delivered[0].at, next_due("scrape/api", Duration(100), begin) - Duration(1));
  for (std::size_t i = 1; i < delivered.size(); ++i) {
    EXPECT_GT(delivered[i].at, delivered[i - 1].at);
  }
}

/// While slod's clock is ahead of the wall clock, its seconds are two of the machine's.
TEST(Ingest, KeepsItsRhythmWhileItsClockIsAhead) {
  using namespace std::chrono_literals;
  PageServer target("a 1\n");
  Scraped scraped;
  scraped.add("api", target.port(), {"a"}, Duration(100));
  Scraping scraping(Clock(Clock::wall() + 1h, std::chrono::steady_clock::now()));
  const auto begin = std::chrono::steady_clock::now();
  scraping.configure(scraped);
  scraping.next("scrape/api", 15);
  const auto passed = std::chrono::steady_clock::now() - begin;
  const auto reads = static_cast<int>(scraping.of("scrape/api").size());
  EXPECT_LE(reads, passed / 100ms + 2) << "more often than once in 100 ms";
}

TEST(Ingest, GoesOnWithASourceWhoseTaskThrew) {
  PageServer target("a 1\n");
  Scraped scraped;
  scraped.add("api", target.port());
  Scraping scraping;
  scraping.configure(scraped);
  scraping.next("scrape/api");
  scraping.throw_next(1);
  const Delivered failed = scraping.next("scrape/api");
  EXPECT_EQ(failed.error, "slod failed while it read it: out of luck");
  EXPECT_EQ(scraping.failed(), std::vector<std::string>{"scrape/api: out of luck"});
  EXPECT_EQ(scraping.next("scrape/api").error, "") << "it is read again";
  EXPECT_EQ(scraping.next("scrape/api").error, "");
}

TEST(Ingest, SaysWhyASourceCouldNotBeScrapedAndGoesOn) {
  PageServer target("a 10\n");
  Scraped scraped;
  scraped.add("api", target.port());
  Scraping scraping;
  scraping.configure(scraped);
  scraping.next("scrape/api");

  target.set_status(503);
  scraping.run_until([&] { return !scraping.of("scrape/api").back().error.empty(); });
  EXPECT_EQ(scraping.of("scrape/api").back().error, "it answered with status 503, not 200");
  target.set_status(200);
  target.set_page("<html>");
  scraping.run_until(
      [&] { return scraping.of("scrape/api").back().error.contains("metric name"); });
  EXPECT_TRUE(scraping.of("scrape/api").back().change.values.empty());
  target.set_page("a 15\n");
  scraping.run_until([&] { return scraping.of("scrape/api").back().error.empty(); });
  EXPECT_EQ(scraping.of("scrape/api").back().events, "continued 5");
}

TEST(Ingest, DelaysNoSourceForOneThatHangsTricklesOverflowsOrIsDead) {
  PageServer good("a 10\n");
  const auto read_request = [](RawSocket& socket) { socket.read_until("\r\n\r\n"); };
  ScriptedServer hanging([&](RawSocket& socket, std::size_t) { socket.read_to_end(); });
  ScriptedServer trickling([&](RawSocket& socket, std::size_t) {
    read_request(socket);
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na 1");
    socket.read_to_end();
  });
  ScriptedServer endless([&](RawSocket& socket, std::size_t) {
    read_request(socket);
    socket.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    while (socket.send("a{x=\"a line that never ends the page\"} 1\n")) {
    }
  });
  std::uint16_t dead = 0;
  {
    const ScriptedServer closed(reply_with(""));
    dead = closed.port();
  }
  Scraped scraped;
  scraped.add("good", good.port());
  for (const auto& [job, port] :
       {std::pair("hanging", hanging.port()), std::pair("trickling", trickling.port())}) {
    scraped.add(job, port);
  }
  scraped.add("endless", endless.port());
  scraped.config.scrape.back().body_size_limit_bytes = 10'000;
  scraped.add("dead", dead);

  Scraping scraping;
  scraping.configure(scraped);
  scraping.next("scrape/good", 10);
  scraping.run_until([&] {
    return !scraping.of("scrape/endless").empty() && !scraping.of("scrape/dead").empty();
  });
  for (const Delivered& one : scraping.of("scrape/good")) EXPECT_EQ(one.error, "");
  EXPECT_TRUE(scraping.of("scrape/hanging").empty());
  EXPECT_TRUE(scraping.of("scrape/trickling").empty());
  EXPECT_TRUE(scraping.of("scrape/endless").front().error.contains("10000 bytes"))
      << scraping.of("scrape/endless").front().error;
  EXPECT_NE(scraping.of("scrape/dead").front().error, "");
}

TEST(Ingest, EndsAScrapeAtItsTimeout) {
  ScriptedServer hanging([](RawSocket& socket, std::size_t) { socket.read_to_end(); });
  Scraped scraped;
  scraped.add("api", hanging.port());
  scraped.config.scrape.back().timeout = Duration(50);
  Scraping scraping;
  scraping.configure(scraped);
  EXPECT_NE(scraping.next("scrape/api").error, "");
  EXPECT_NE(scraping.next("scrape/api").error, "") << "and it is scraped again";
}

TEST(Ingest, KeepsCountersAcrossAReload) {
  PageServer target("a 10\nb 20\n");
  Scraped scraped;
  scraped.add("api", target.port());
  Scraping scraping;
  scraping.configure(scraped);
  scraping.next("scrape/api");

  Scraped reloaded;
  reloaded.add("api", target.port(), {"a", "b"});
  scraping.configure(reloaded);
  scraping.run_until([&] { return scraping.of("scrape/api").back().events.contains(","); });
  EXPECT_EQ(scraping.of("scrape/api").back().events, "continued 0, baseline 0");

  reloaded.plan.sources.back().options.target_labels.set("zone", "eu");
  scraping.configure(reloaded);
  scraping.run_until(
      [&] { return scraping.of("scrape/api").back().events == "baseline 0, baseline 0"; });
}

TEST(Ingest, LetsGoASourceThatIsRemovedEvenInTheMiddleOfAScrape) {
  PageServer target("a 10\n");
  std::atomic<bool> is_cut = false;
  std::atomic<bool> is_asked = false;
  ScriptedServer hanging([&](RawSocket& socket, std::size_t) {
    socket.read_until("\r\n\r\n");
    is_asked = true;
    socket.read_to_end();
    is_cut = true;
  });
  Scraped both;
  both.add("api", target.port());
  both.add("hanging", hanging.port());
  Scraping scraping;
  scraping.configure(both);
  scraping.run_until([&] { return is_asked && !scraping.of("scrape/api").empty(); });

  Scraped none;
  scraping.configure(none);
  const std::size_t before = scraping.delivered().size();
  scraping.run_until([&] { return is_cut.load(); });
  scraping.stop();
  EXPECT_EQ(scraping.delivered().size(), before);
}

TEST(Ingest, StopsInTheMiddleOfScrapes) {
  std::atomic<int> asked = 0;
  ScriptedServer hanging([&](RawSocket& socket, std::size_t) {
    socket.read_until("\r\n\r\n");
    ++asked;
    socket.read_to_end();
  });
  Scraped scraped;
  for (int i = 0; i < 5; ++i) {
    scraped.add(fmt::format("job{}", i), hanging.port());
  }
  Scraping scraping;
  scraping.configure(scraped);
  scraping.run_until([&] { return asked == 5; });
  scraping.stop();
  EXPECT_TRUE(scraping.delivered().empty());
}

TEST(Ingest, ReadsSecretsForEachScrape) {
  const ScratchDirectory scratch;
  const std::string token_file = scratch.path() / "token";
  write_bytes(token_file, "first\n");
  PageServer target("a 10\n");
  Scraped scraped;
  scraped.add("api", target.port());
  scraped.config.scrape.back().access.bearer_token_file = token_file;
  Scraping scraping;
  scraping.configure(scraped);
  scraping.next("scrape/api");
  const auto last_head_has = [&](std::string_view text) {
    return !target.heads().empty() && target.heads().back().contains(text);
  };
  EXPECT_TRUE(last_head_has("Bearer first\r\n")) << target.heads().back();
  write_bytes(token_file, "second\n");
  scraping.run_until([&] { return last_head_has("Bearer second\r\n"); });

  std::filesystem::remove(token_file);
  scraping.run_until([&] { return !scraping.of("scrape/api").back().error.empty(); });
  EXPECT_TRUE(scraping.of("scrape/api").back().error.contains(token_file));
  EXPECT_FALSE(scraping.of("scrape/api").back().error.contains("second"));
}

TEST(Ingest, ContinuesTheCountersOfBeforeARestart) {
  PageServer target("a 10\n");
  Scraped scraped;
  const SourcePlan plan = scraped.add("api", target.port());
  SourceChange stored;
  {
    Scraping before;
    before.configure(scraped);
    stored = before.next("scrape/api").change;
  }
  target.set_page("a 17\n");
  Scraping after;
  ASSERT_TRUE(after.ingest().restore(plan, stored).has_value());
  ASSERT_NE(after.ingest().restored_book("scrape/api"), nullptr);
  EXPECT_TRUE(after.ingest().restored_book("scrape/api")->last_batch().has_value());
  EXPECT_EQ(after.ingest().restored_book("scrape/other"), nullptr);
  after.configure(scraped);
  EXPECT_EQ(after.ingest().restored_book("scrape/api"), nullptr) << "it is being scraped";
  const Delivered first = after.next("scrape/api");
  EXPECT_EQ(first.events, "continued 7");
  EXPECT_FALSE(first.change.series.has_value()) << "they are stored";
}

TEST(Ingest, StartsWithoutCountersThatAreDamaged) {
  PageServer target("a 10\n");
  Scraped scraped;
  const SourcePlan plan = scraped.add("api", target.port());
  Scraping scraping;
  const auto restored = scraping.ingest().restore(
      plan, {.source = "scrape/api", .series = "damaged", .values = "damaged"});
  ASSERT_FALSE(restored.has_value());
  EXPECT_EQ(restored.error(), "its stored series are not in format 1");
  EXPECT_EQ(scraping.ingest().restored_book("scrape/api"), nullptr);
  scraping.configure(scraped);
  EXPECT_EQ(scraping.next("scrape/api").events, "baseline 0");
}

TEST(Ingest, ReadsMetadataNowAndThen) {
  PageServer target("# HELP a Requests.\n# TYPE a counter\na 10\n");
  Scraped scraped;
  scraped.add("api", target.port());
  Scraping scraping;
  scraping.configure(scraped);
  EXPECT_EQ(scraping.next("scrape/api").metadata.at("a").help, "Requests.");
  EXPECT_TRUE(scraping.next("scrape/api").metadata.empty());
}

}  // namespace
}  // namespace slod
