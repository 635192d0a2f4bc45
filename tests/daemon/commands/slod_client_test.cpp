#include "daemon/commands/slod_client.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/daemon/commands/command_run.h"

namespace slod {
namespace {

TEST(SlodClient, GetsPathsAtTheSameTimeAndAnswersInTheirOrder) {
  FakeSlod slod;
  slod.answer("/a", {.body = "first"});
  slod.answer("/b", {.status = 503, .body = "second"});
  const SlodClient client(slod.url() + "//");
  EXPECT_EQ(client.url(), slod.url());
  const auto answers = client.get_all({"/a", "/b", "/c"});
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0]->body, "first");
  EXPECT_EQ(answers[1]->status, 503);
  EXPECT_EQ(answers[2]->status, 404);
  EXPECT_EQ(client.get("/b")->body, "second");
}

TEST(SlodClient, DoesNotWaitForAServerThatHangs) {
  FakeSlod slod;
  slod.answer("/freeze", {.kind = Reaction::Kind::silence});
  const auto begin = std::chrono::steady_clock::now();
  const Answer answer = SlodClient(slod.url(), std::chrono::milliseconds(200)).get("/freeze");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, FetchError::Kind::timeout);
}

TEST(SlodClient, WritesNamesIntoAPathAsOneSegment) {
  EXPECT_EQ(SlodClient::freeze_path("api", "fix"), "/freeze/api?change=fix");
  EXPECT_EQ(SlodClient::freeze_path("a b/c?d", "a&b"), "/freeze/a%20b%2Fc%3Fd?change=a%26b");
}

}  // namespace
}  // namespace slod
