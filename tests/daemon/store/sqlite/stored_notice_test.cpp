// A message's notice is text in its table and a value everywhere else.
#include <gtest/gtest.h>

#include <string>

#include "daemon/store/sqlite/sqlite_database.h"
#include "tests/daemon/store/sqlite/raw_file.h"
#include "tests/lib/alert/sample_notice.h"
#include "tests/support/scratch.h"

namespace slod {
namespace {

const Instant then{std::chrono::days(20000)};

/// A state with one pending message for each of these texts, as another program could have left
/// it; m0 is the first.
void store(const ScratchDirectory& scratch, const std::vector<std::string>& notices) {
  Changes changes;
  for (std::size_t i = 0; i < notices.size(); ++i) {
    changes.outbox.push_back({.id = "m" + std::to_string(i),
                              .receiver = "oncall",
                              .notice = alert::sample_notice(),
                              .created = then});
  }
  ASSERT_TRUE(open_sqlite(scratch.state_file()).value()->commit(changes));
  for (std::size_t i = 0; i < notices.size(); ++i) {
    execute(scratch.state_file(), "UPDATE outbox SET notice = '" + notices[i] + "' WHERE id = 'm" +
                                      std::to_string(i) + "'");
  }
}

TEST(StoredNotice, ReadsBackAsItWas) {
  const ScratchDirectory scratch;
  const std::vector<alert::Notice> notices = {
      alert::sample_notice(), alert::resolved_notice(),
      alert::rule_notice_of(alert::sample_alert(), alert::Notice::Kind::resolved)};
  Changes changes;
  for (const alert::Notice& notice : notices) {
    changes.outbox.push_back({.id = std::to_string(changes.outbox.size()),
                              .receiver = "oncall",
                              .notice = notice,
                              .created = then});
  }
  const auto database = open_sqlite(scratch.state_file()).value();
  ASSERT_TRUE(database->commit(changes));
  const auto rows = database->pending_messages().value();
  ASSERT_EQ(rows.size(), notices.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].message.notice, notices[i]);
    EXPECT_EQ(rows[i].unreadable, "");
  }
}

TEST(StoredNotice, OfTheVersionBeforeIsReadWithItsLinkLeadingToThePage) {
  const ScratchDirectory scratch;
  store(scratch, {R"({"kind":"resolved","key":"slod-0123456789abcdef","service":"api",)"
                  R"("slo":"availability","severity":"page","owner":"team-api",)"
                  R"("runbook":"https://example.org/runbooks/api",)"
                  R"("link":"http://slod.example.org/api/v1/slos/api/availability",)"
                  R"("description":"share of requests answered without a server error",)"
                  R"("window":"30d","objective_ratio":0.999,"starts_at":"2026-11-24T10:00:00Z",)"
                  R"("ends_at":"2026-11-24T10:42:00Z","sent_at":"2026-11-24T10:00:02Z",)"
                  R"("facts":{"long_window_seconds":3600,"short_window_seconds":300,)"
                  R"("factor":14.4,"long_burn_rate":14.9,"short_burn_rate":15.2,)"
                  R"("long_bad":778,"long_total":52000,"long_spent_ratio":0.0207,)"
                  R"("spent_ratio":0.39,"remaining_ratio":0.61,"sli_ratio":0.99852}})"});
  const auto rows = open_sqlite(scratch.state_file()).value()->pending_messages().value();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].unreadable, "");
  EXPECT_EQ(rows[0].message.notice, alert::resolved_notice());
  EXPECT_EQ(rows[0].message.notice.link(), "http://slod.example.org/#/slo/api/availability");
}

TEST(StoredNotice, ThatCannotBeReadSaysWhyAndHidesNoOther) {
  const ScratchDirectory scratch;
  store(scratch, {"{", R"({"kind":7})", "null"});
  const auto database = open_sqlite(scratch.state_file()).value();
  const auto rows = database->pending_messages().value();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_TRUE(rows[0].unreadable.starts_with("the stored message cannot be read: it is not JSON"))
      << rows[0].unreadable;
  EXPECT_TRUE(rows[1].unreadable.contains("\"kind\"")) << rows[1].unreadable;
  EXPECT_NE(rows[2].unreadable, "");
  for (const OutboxRow& row : rows) {
    EXPECT_EQ(row.message.receiver, "oncall");
    EXPECT_EQ(row.message.notice, alert::Notice{});
  }
  EXPECT_EQ(database->recent_messages(5)->size(), 3U);
}

}  // namespace
}  // namespace slod
