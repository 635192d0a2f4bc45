// The truth lies between the least and the worst, whatever processes do: simulated ones, of which
// it is known what they counted, on pages of their own and over a server.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/lib/engine/process_history.h"

namespace slod {
namespace {

struct Row {
  const char* name;
  Habits habits;
  double width_max;  ///< of least to worst at the end, as a part of the truth
  double off_max;    ///< of the point value
  CountedAs counted = CountedAs::bad;
};

void run_rows(const std::vector<Row>& rows, bool is_server) {
  for (const auto& [name, habits, width_max, off_max, counted] : rows) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      SCOPED_TRACE(fmt::format("{}, {}, seed {}", is_server ? "server" : "target", name, seed));
      ProcessHistory history(counted, habits, is_server, seed);
      ASSERT_NO_FATAL_FAILURE(history.run());
      EXPECT_LE(history.width(), width_max);
      EXPECT_LE(history.off(), off_max);
      testing::Test::RecordProperty(
          fmt::format("{}_{}_{}", is_server ? "server" : "target", name, seed),
          fmt::format("width {:.5f} off {:.6f}", history.width(), history.off()));
    }
  }
}

TEST(Certainty, HoldsTheTruthOnPagesOfProcesses) {
  run_rows({{"steady", {}, 1e-9, 1e-9},
            {"restarts with start", {.restarts = true, .shows_start = true}, 0.01, 1e-3},
            {"restarts", {.restarts = true}, 1, 0.05},
            {"lazy", {.restarts = true, .shows_start = true, .is_lazy = true}, 0.05, 1e-3},
            {"dips", {.dips = true}, 0.05, 1e-3},
            {"renames", {.renames = true}, 0.05, 1e-3},
            {"history", {.shows_start = true, .shows_history = true}, 2, 0.01},
            {"all",
             {.restarts = true,
              .shows_start = true,
              .is_lazy = true,
              .dips = true,
              .renames = true,
              .shows_history = true},
             2,
             0.05}},
           false);
}

TEST(Certainty, HoldsTheTruthOfSeriesThatComeAndGo) {
  run_rows(
      {{"expires", {.is_lazy = true, .expires = true}, 2, 0.05},
       {"expires with start", {.shows_start = true, .is_lazy = true, .expires = true}, 2, 0.05}},
      false);
}

TEST(Certainty, HoldsTheTruthAcrossGapsAndSources) {
  run_rows(
      {{"gaps", {.has_gaps = true}, 1e-9, 1e-9},
       {"gaps with restarts", {.restarts = true, .shows_start = true, .has_gaps = true}, 10, 0.05},
       {"two sources", {.has_two_sources = true}, 1e-9, 1e-9},
       {"two sources with all",
        {.restarts = true,
         .shows_start = true,
         .is_lazy = true,
         .dips = true,
         .renames = true,
         .has_gaps = true,
         .has_two_sources = true},
        0.5,
        1e-3}},
      false);
}

TEST(Certainty, HoldsTheTruthOfErrorsThatMoveToAnotherPath) {
  run_rows({{"moves", {.shows_start = true, .moves = true}, 2, 0.05}}, false);
}

TEST(Certainty, HoldsTheTruthOfEveryKindOfSli) {
  const Habits births{.shows_start = true, .is_lazy = true, .shows_history = true};
  const Habits many{.restarts = true, .shows_start = true, .is_lazy = true, .dips = true};
  run_rows({{"good", {}, 1e-9, 1e-9, CountedAs::good},
            {"good with births", births, 1.01, 1e-3, CountedAs::good},
            {"good with all", many, 0.05, 1e-3, CountedAs::good},
            {"throughput", {}, 1e-9, 1e-9, CountedAs::throughput},
            {"throughput with births", births, 0.02, 1e-3, CountedAs::throughput},
            {"throughput with all", many, 0.4, 1e-3, CountedAs::throughput},
            {"latency", {}, 1e-9, 1e-9, CountedAs::latency},
            {"latency with restarts", {.restarts = true}, 0.01, 1e-3, CountedAs::latency},
            {"latency with dips", {.dips = true}, 0.01, 1e-3, CountedAs::latency}},
           false);
}

TEST(Certainty, HoldsTheTruthOverAServer) {
  run_rows(
      {{"steady", {}, 1e-9, 1e-9},
       {"rollouts with start", {.shows_start = true, .rolls_out = true}, 0.01, 1e-3},
       {"rollouts", {.rolls_out = true}, 1, 0.02},
       {"lazy rollouts", {.shows_start = true, .is_lazy = true, .rolls_out = true}, 0.05, 1e-3},
       {"restarts", {.restarts = true, .shows_start = true}, 0.01, 1e-3},
       {"dips", {.dips = true}, 0.05, 1e-3},
       {"replica flips", {.shows_start = true, .flips = true}, 0.05, 1e-3},
       {"all",
        {.restarts = true,
         .shows_start = true,
         .is_lazy = true,
         .dips = true,
         .renames = true,
         .shows_history = true,
         .rolls_out = true},
        2,
        0.05}},
      true);
}

TEST(Certainty, HoldsTheTruthOverAServerWithAWrongClock) {
  run_rows({{"skew", {.shows_start = true, .is_skewed = true}, 1e-9, 1e-9},
            {"all",
             {.restarts = true,
              .shows_start = true,
              .is_lazy = true,
              .dips = true,
              .rolls_out = true,
              .flips = true,
              .has_gaps = true,
              .is_skewed = true},
             1,
             1e-3}},
           true);
}

TEST(Certainty, HoldsTheTruthWhenAServersClockIsSet) {
  run_rows({{"is set", {.shows_start = true, .is_skewed = true, .sets_clock = true}, 0.05, 0.05}},
           true);
}

}  // namespace
}  // namespace slod
