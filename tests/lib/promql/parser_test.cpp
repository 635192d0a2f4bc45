#include "lib/promql/parser.h"

#include <gtest/gtest.h>

namespace slod::promql {
namespace {

TEST(Parse, Smoke) {
  for (const char* q :
       {"1+1", "rate(x[5m])", "sum by (job) (rate(x{a=\"b\"}[5m] offset 5m @ end()))"}) {
    const auto e = parse(q);
    ASSERT_TRUE(e) << q << ": " << e.error().text(q);
  }
}

}  // namespace
}  // namespace slod::promql
