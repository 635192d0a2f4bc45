#pragma once

#include <atomic>
#include <string>

#include "tests/support/state/memory_database.h"

namespace slod {

/// A memory database that refuses to write while a test has it fail, from any thread.
class ScriptedDatabase final : public MemoryDatabase {
 public:
  void fail(bool fails) { fails_ = fails; }
  /// It is no longer where it was.
  void lose(bool is_lost) { is_lost_ = is_lost; }

  std::expected<void, std::string> check() override {
    if (is_lost_) return std::unexpected("it was removed");
    return MemoryDatabase::check();
  }

  std::expected<void, std::string> commit(const Changes& changes) override {
    if (fails_) return std::unexpected("disk full");
    return MemoryDatabase::commit(changes);
  }
  std::expected<void, std::string> update(std::span<const OutboxUpdate> updates) override {
    if (fails_) return std::unexpected("disk full");
    return MemoryDatabase::update(updates);
  }
  std::expected<void, std::string> append(std::span<const HistoryChange> history) override {
    if (fails_) return std::unexpected("disk full");
    return MemoryDatabase::append(history);
  }

 private:
  std::atomic<bool> fails_ = false;
  std::atomic<bool> is_lost_ = false;
};

}  // namespace slod
