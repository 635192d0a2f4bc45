#include "lib/engine/slo_book.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/series/scraped_source.h"
#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using std::chrono::seconds;

constexpr const char* source = "scrape/api/a:1";
constexpr const char* errors = "availability: {total: requests, bad: 'requests{code=\"500\"}'}";
constexpr const char* good = "availability: {total: requests, good: 'requests{code=\"200\"}'}";

std::string slo(const std::string& name, const std::string& sli = errors) {
  return fmt::format("      - {{name: {}, objective: 90%, window: 1h, {}}}\n", name, sli);
}

std::string with(const std::string& slos) {
  return R"(
scrape: [{job: api, targets: ['a:1'], interval: 15s}]
services:
  - name: api
    slos:
)" + slos +
         R"(
alerting:
  burn_rates: [{severity: page, long: 5m, short: 1m, factor: 5}]
  receivers: [{name: hook, webhook: {url: 'http://127.0.0.1:9/a'}}]
  routes: {page: [hook]}
)";
}

/// A book of SLOs alone, with the one target that feeds them.
class Shop {
 public:
  explicit Shop(const std::string& yaml) { reconfigure(yaml, 0); }

  void reconfigure(const std::string& yaml, double second) {
    config_ = configured(yaml);
    plan_ = make_plan(config_);
    notices_.reconfigure(config_);
    book.reconfigure(config_, plan_, notices_, at(second));
    for (const SourcePlan& planned : plan_.sources) {
      const auto known = sources_.find(planned.name);
      if (known == sources_.end()) {
        sources_.emplace(planned.name, ScrapedSource(planned.demand, planned.options));
      } else {
        known->second.book.set_demand(planned.demand);
      }
    }
  }

  /// A page every 15 seconds; between each and the one before there were 10 requests, `bad` of them
  /// bad.
  void serve(int pages, double bad = 0) {
    for (int i = 0; i < pages; ++i) {
      now += 15;
      good_ += 10 - bad;
      bad_ += bad;
      page(requests_page(good_, bad_));
      book.step(notices_, at(now));
    }
  }
  void page(const std::string& text) {
    ScrapedSource& target = sources_.at(source);
    const auto result = target.record_page(text, at(now));
    ASSERT_TRUE(result) << result.error().message;
    book.record_scrape(source, target.book, *result,
                       {.source = source, .series = {}, .values = target.book.values_bytes()});
  }

  SloHandle handle(const std::string& name) const {
    return book.slos().handle({"api", name}).value();
  }
  const Ledger& ledger(SloHandle slo) const { return book.slos()[slo].tracker().ledger(); }
  double total(SloHandle slo) const { return ledger(slo).lifetime().total; }
  Changes take_changes() {
    Changes changes;
    book.take_into(changes);
    notices_.take_into(changes);
    return changes;
  }
  void remove(SloHandle slo) { book.remove(slo, notices_, at(now)); }

  const SloDefinition& definition(std::size_t index) const { return plan_.slos[index]; }

  double now = 0;
  SloBook book;

 private:
  config::Config config_;
  Plan plan_;
  Notices notices_;
  std::map<std::string, ScrapedSource> sources_;
  double good_ = 1000;
  double bad_ = 10;
};

TEST(SloBook, LetsAnSloBeBornWhilePagesAreRead) {
  Shop shop(with(slo("a") + slo("b", good)));
  shop.serve(21);
  const SloHandle a = shop.handle("a");
  const SloHandle b = shop.handle("b");
  EXPECT_NEAR(shop.total(a), 200, 1e-9);

  SloDefinition group = shop.definition(0);
  group.labels = Labels{{"route", "/pay"}};
  const SloHandle born = shop.book.add(group, seconds(15), at(shop.now));
  shop.serve(20, 1);

  EXPECT_NEAR(shop.total(born), 200, 1e-9) << "it counts from its first page on";
  EXPECT_NEAR(shop.ledger(born).lifetime().bad, 20, 1e-9);
  for (const SloHandle other : {a, b}) {
    EXPECT_NEAR(shop.total(other), 400, 1e-9);
    EXPECT_NEAR(shop.ledger(other).lifetime().bad, 20, 1e-9);
  }
  EXPECT_EQ(shop.handle("a"), a);
  EXPECT_EQ(shop.book.slos().handle({"api", "a", Labels{{"route", "/pay"}}}), born);
  const Changes changes = shop.take_changes();
  EXPECT_TRUE(std::ranges::any_of(changes.slos, [](const SloChange& change) {
    return change.slo == R"(api/a{route="/pay"})" && !change.ledger.empty();
  }));
}

TEST(SloBook, LetsAnSloGoWhilePagesAreRead) {
  Shop shop(with(slo("a") + slo("b", good) + slo("c")));
  shop.serve(21);
  const SloHandle a = shop.handle("a");
  const SloHandle b = shop.handle("b");
  const SloHandle c = shop.handle("c");
  shop.remove(b);
  shop.serve(20);
  EXPECT_EQ(shop.book.slos().find(b), nullptr) << "its handle is stale";
  EXPECT_NEAR(shop.total(a), 400, 1e-9);
  EXPECT_NEAR(shop.total(c), 400, 1e-9);

  SloDefinition other = shop.definition(0);
  other.name = "d";
  const SloHandle d = shop.book.add(other, seconds(15), at(shop.now));
  EXPECT_EQ(d.slot, b.slot) << "its place is taken again";
  EXPECT_EQ(shop.book.slos().find(b), nullptr);
  shop.serve(10);
  EXPECT_NEAR(shop.total(d), 100, 1e-9);
  EXPECT_NEAR(shop.total(a), 500, 1e-9);
}

TEST(SloBook, GoesOnWithAnSloThatComesBack) {
  Shop shop(with(slo("a") + slo("b")));
  shop.serve(21);
  const SloHandle before = shop.handle("b");
  const double counted = shop.total(before);
  shop.remove(before);
  shop.serve(10);
  const SloHandle after = shop.book.add(shop.definition(1), seconds(15), at(shop.now));
  EXPECT_NE(after, before);
  EXPECT_NEAR(shop.total(after), counted, 1e-9);
  shop.serve(10);
  EXPECT_NEAR(shop.total(after), counted + 100, 1e-9);
  const Tally all = shop.ledger(after).over({at(15), at(shop.now)});
  EXPECT_NEAR(all.missing_seconds, 150, 15.1) << "the time in between is missing";
}

/// Against a plain sum for each SLO: ten requests with each page that was read while it was there.
TEST(SloBook, CountsEachSloForItselfOverRandomComingsAndGoings) {
  const unsigned seed = 20260103;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Shop shop(with(slo("a") + slo("b", good)));
  struct Expected {
    std::size_t sli = 0;  ///< whose definition it has
    double total = 0;
    std::optional<SloHandle> handle = {};
  };
  std::map<std::string, Expected> expected;
  shop.serve(1);
  for (int i = 0; i < 400; ++i) {
    const std::string name = "x" + std::to_string(random() % 12);
    Expected& slo = expected[name];
    if (slo.handle) {
      shop.remove(*slo.handle);
      slo.handle.reset();
    } else {
      const std::size_t sli = random() % 2;
      if (sli != slo.sli) slo = {.sli = sli};  // it counts other events than before
      SloDefinition definition = shop.definition(sli);
      definition.name = name;
      slo.handle = shop.book.add(definition, seconds(15), at(shop.now));
    }
    shop.serve(1, static_cast<double>(random() % 3));
    for (auto& [other, known] : expected) {
      if (!known.handle) continue;
      known.total += 10;
      ASSERT_NEAR(shop.total(*known.handle), known.total, 1e-6) << other << " after " << i;
    }
  }
}

TEST(SloBook, KeepsHandlesOverAReloadOfWhatCountsTheSame) {
  Shop shop(with(slo("a") + slo("b") + slo("c")));
  shop.serve(10);
  const SloHandle a = shop.handle("a");
  const SloHandle b = shop.handle("b");
  const SloHandle c = shop.handle("c");
  const std::string other = "availability: {total: requests, bad: 'requests{code=\"501\"}'}";
  shop.reconfigure(with(slo("new", other) + slo("c") + slo("a", good)), shop.now);
  EXPECT_EQ(shop.handle("c"), c);
  EXPECT_EQ(shop.book.slos().find(a), nullptr) << "it counts other events";
  EXPECT_EQ(shop.book.slos().find(b), nullptr) << "it was removed";
  std::vector<std::string> names;
  for (const SloHandle each : shop.book.slos().handles()) {
    names.push_back(shop.book.slos()[each].definition().name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"new", "c", "a"})) << "as configured";
  shop.serve(10);
  EXPECT_NEAR(shop.total(c), 190, 1e-9);
  EXPECT_NEAR(shop.ledger(c).over({at(15), at(shop.now)}).missing_seconds, 0, 1e-9);
}

TEST(SloBook, StoresARemovalAndForgetsItAfterAWeek) {
  Shop shop(with(slo("a") + slo("b")));
  shop.serve(10);
  shop.take_changes();
  shop.serve(1);
  shop.remove(shop.handle("b"));
  const Changes removed = shop.take_changes();
  EXPECT_TRUE(std::ranges::any_of(removed.slos, [](const SloChange& change) {
    return change.slo == "api/b" && !change.ledger.empty();
  })) << "its last rows";
  EXPECT_EQ(removed.remembered.removals, (std::vector<Keyed<Instant>>{{"api/b", at(shop.now)}}));
  EXPECT_TRUE(removed.slos_forgotten.empty());
  EXPECT_TRUE(shop.take_changes().remembered.removals.empty());

  Notices notices;
  shop.book.step(notices, at(shop.now) + SloBook::removed_kept - seconds(1));
  EXPECT_TRUE(shop.take_changes().slos_forgotten.empty());
  shop.book.step(notices, at(shop.now) + SloBook::removed_kept);
  const Changes forgotten = shop.take_changes();
  EXPECT_EQ(forgotten.slos_forgotten, (std::vector<std::string>{"api/b"}));
  EXPECT_EQ(forgotten.remembered.removals, (std::vector<Keyed<Instant>>{{"api/b", std::nullopt}}));
}

TEST(SloBook, ResolvesTheEpisodesOfAnSloThatIsRemoved) {
  Shop shop(with(slo("a") + slo("b")));
  shop.serve(40);
  shop.serve(12, 10);
  const SloHandle b = shop.handle("b");
  const auto& episodes = shop.book.slos()[b].episodes();
  ASSERT_EQ(episodes.at(0).state, alert::State::firing);
  const std::string key = episodes.at(0).key;
  shop.take_changes();
  shop.remove(b);
  const Changes changes = shop.take_changes();
  ASSERT_EQ(changes.outbox.size(), 1U);
  EXPECT_EQ(changes.outbox[0].id, key + "/resolved/hook");
  ASSERT_EQ(changes.episodes.size(), 1U);
  EXPECT_FALSE(changes.episodes[0].open);
}

TEST(SloBook, DropsWhatIsStoredUnderAnIdThatNoSloCanHave) {
  Shop shop(with(slo("a")));
  std::vector<SloChange> stored(3);
  stored[0].slo = "nonsense";
  stored[1].slo = "api/gone";
  stored[2].slo = "api/a{route=";
  shop.book.restore(std::move(stored), {}, {}, at(5));
  const Changes changes = shop.take_changes();
  EXPECT_EQ(changes.slos_forgotten, (std::vector<std::string>{"nonsense", "api/a{route="}));
  EXPECT_EQ(changes.remembered.removals, (std::vector<Keyed<Instant>>{{"api/gone", at(5)}}));
}

TEST(SloBook, ForgetsTheSourcesThatAReloadRemoved) {
  Shop shop(with(slo("a")));
  shop.serve(2);
  EXPECT_EQ(shop.take_changes().sources.size(), 1U);
  shop.serve(1);
  std::string other = with(slo("a"));
  other.replace(other.find("a:1"), 3, "b:1");
  shop.reconfigure(other, shop.now);
  const Changes changes = shop.take_changes();
  EXPECT_TRUE(changes.sources.empty());
  EXPECT_EQ(changes.sources_forgotten, (std::vector<std::string>{source}));
  EXPECT_EQ(shop.book.feeds().plan_of(source), nullptr);
  EXPECT_NE(shop.book.feeds().plan_of("scrape/api/b:1"), nullptr);
}

TEST(SloBook, HandsOutSlicesOnceAndIgnoresWhatAReloadOvertook) {
  const auto threshold = [](const std::string& expr) {
    return with(slo("t", "threshold: {expr: " + expr + ", below: 1}"));
  };
  Shop shop(threshold("max(requests)"));
  shop.serve(20);
  const std::vector<DueSlices> due = shop.book.take_due_slices(at(shop.now));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].slo, shop.handle("t"));
  EXPECT_EQ(due[0].definition->name, "t");
  EXPECT_TRUE(shop.book.take_due_slices(at(shop.now)).empty()) << "they are out";

  const JudgedSlices judged{.slo = due[0].slo,
                            .values = {{due[0].slices.front(), SliceValue::missing("nothing")}}};
  shop.reconfigure(threshold("min(requests)"), shop.now);
  const SloHandle now = shop.handle("t");
  EXPECT_NE(now, due[0].slo);
  shop.book.judge(judged);
  EXPECT_FALSE(shop.ledger(now).observed_since()) << "the judgement is of another SLO";
}

TEST(SloBook, HandsOutTheNextSlicesAfterAnEvaluationThatFailed) {
  Shop shop(with(slo("t", "threshold: {expr: max(requests), below: 1}")));
  shop.serve(20);
  const std::vector<DueSlices> due = shop.book.take_due_slices(at(shop.now));
  ASSERT_EQ(due.size(), 1U);
  const SliceJob job(due[0], RecentSamples{SampleLimits{}}, std::stop_token{}, {});
  shop.book.judge(job.failed("out of memory"));
  EXPECT_EQ(shop.book.take_warnings(),
            std::vector<std::string>{"the evaluation of api/t failed, and the time that it was "
                                     "about is missing: out of memory"});
  shop.serve(20);
  const std::vector<DueSlices> next = shop.book.take_due_slices(at(shop.now));
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next[0].slices.front().begin, due[0].slices.back().end);
}

}  // namespace
}  // namespace slod
