// Slices of time beside gaps in reading.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/lib/engine/traffic.h"
#include "tests/lib/engine/world.h"

namespace slod {
namespace {

constexpr const char* source = "scrape/api/a:1";

std::string yaml(std::string_view bound) {
  return fmt::format(R"(
scrape: [{{job: api, targets: ['a:1']}}]
services:
  - name: api
    slos: [{{name: rate, objective: 90%, window: 1h,
             throughput: {{total: requests, {}, slice: 1m}}}}]
)",
                     bound);
}

/// 150 requests between two reads, ten a second, all the time; now and then three reads fail. A
/// gap begins at another second of its minute each time.
const SloSnapshot& lived_through(World& world) {
  Traffic traffic(world, source, 0);
  traffic.serve(5, 150, 0);
  for (int gap = 0; gap < 12; ++gap) {
    traffic.hide(3, 150, 0);
    traffic.serve(6, 150, 0);
  }
  return world.slo("api", "rate");
}

TEST(Slices, BesideAGapHaveTheRateOfTheTimeThatTheirEventsAreFrom) {
  for (const char* bound : {"at_most: 10/s", "at_least: 10/s"}) {
    World world(yaml(bound), at(0));
    const Reading& reading = lived_through(world).reading;
    EXPECT_GT(reading.total, 15) << bound;
    EXPECT_EQ(reading.bad, 0) << bound;
  }
}

}  // namespace
}  // namespace slod
