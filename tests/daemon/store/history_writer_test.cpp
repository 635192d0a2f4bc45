#include "daemon/store/history_writer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "tests/support/state/hand_loop.h"
#include "tests/support/state/metric_points.h"
#include "tests/support/state/scripted_database.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

const Instant start = parse_instant("2026-01-01T00:00:00Z").value();

class HistoryWriting : public testing::Test {
 protected:
  HistoryWriting() {
    auto database = std::make_unique<ScriptedDatabase>();
    disk_ = database.get();
    store_ = std::make_unique<Store>(std::move(database),
                                     [this](auto call) { loop_.post(std::move(call)); });
    writer_ = std::make_unique<HistoryWriter>(engine_, *store_);
  }
  ~HistoryWriting() override { store_.reset(); }

  /// The engine records a sample of a series that has a history.
  void record(Instant at, double value) {
    engine_.step(at);
    engine_.record_own({{Labels{{"__name__", "slod_slo_spent"}, {"slo", "1"}}, value}}, at);
  }

  /// While no request waits for the disk.
  std::size_t points_stored() {
    std::size_t count = 0;
    for (const auto& [series, points] : stored(*disk_)) count += points.size();
    return count;
  }

  HandLoop loop_;
  ScriptedDatabase* disk_ = nullptr;  ///< of store_
  Engine engine_{config::Config{}, Restored{}, start};
  std::unique_ptr<Store> store_;
  std::unique_ptr<HistoryWriter> writer_;
};

TEST_F(HistoryWriting, StoresAllAtTheEnd) {
  record(start, 1);
  record(start + 5min, 2);
  writer_->write_all();
  EXPECT_FALSE(writer_->is_done()) << "the disk has not answered yet";
  loop_.run_one();
  EXPECT_TRUE(writer_->is_done());
  EXPECT_EQ(points_stored(), 2U);
}

TEST_F(HistoryWriting, TriesAgainWhatCouldNotBeStored) {
  record(start, 1);
  disk_->fail(true);
  writer_->write_all();
  loop_.run_one();
  EXPECT_FALSE(writer_->is_done());
  record(start + 5min, 2);
  writer_->write_all();
  loop_.run_one();
  EXPECT_FALSE(writer_->is_done());
  disk_->fail(false);
  writer_->write_all();
  loop_.run_one();
  EXPECT_TRUE(writer_->is_done());
  EXPECT_EQ(points_stored(), 2U);
}

TEST_F(HistoryWriting, KeepsWhatComesWhileTheDiskIsBusy) {
  record(start, 1);
  writer_->write_all();
  record(start + 5min, 2);
  writer_->write_all();
  loop_.run_one();
  EXPECT_FALSE(writer_->is_done()) << "the second was not submitted beside the first";
  writer_->write_all();
  loop_.run_one();
  EXPECT_TRUE(writer_->is_done());
  EXPECT_EQ(points_stored(), 2U);
}

TEST_F(HistoryWriting, WritesEveryTenSecondsWhatIsDue) {
  writer_->tick(start);  // the first tick removes what is too old
  loop_.run_one();
  record(start, 1);
  record(start + 5min, 2);
  // Each series has a time of its own to be written, within an hour.
  writer_->tick(start + 2h);
  EXPECT_FALSE(writer_->is_done());
  writer_->tick(start + 2h + 9s);
  loop_.run_one();
  EXPECT_TRUE(writer_->is_done());
}

}  // namespace
}  // namespace slod
