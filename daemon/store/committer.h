#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/store/store.h"
#include "lib/engine/engine.h"
#include "lib/state/commit_queue.h"
#include "lib/state/update_queue.h"

namespace slod {

/// Has stored what the engine changes and what becomes of messages, and logs how the disk does.
/// CommitQueue and UpdateQueue decide; this carries it out. To be used on the loop's thread; the
/// references must outlive it, and it must outlive the loop's run.
class Committer {
 public:
  /// Takes messages that are to be delivered now.
  using Deliver = std::function<void(std::vector<OutboxMessage>)>;
  /// A transaction ended: whether it was stored, and how long it took.
  using Measured = std::function<void(bool is_stored, Duration took)>;

  Committer(Engine& engine, Store& store, Deliver deliver, Measured measured)
      : engine_(engine),
        store_(store),
        deliver_(std::move(deliver)),
        measured_(std::move(measured)) {}

  /// Takes what the engine changed. To be called about once a second.
  void tick();
  /// What became of a message, to be stored.
  void update(OutboxUpdate update);

  /// slod ends, and the engine changes nothing more: tick() is to be called until is_closed().
  void shut_down();
  bool is_closed() const { return queue_.is_closed(); }
  bool is_stored() const { return queue_.is_stored(); }
  /// Submits what became of messages since; no one waits for the answer.
  void store_last_updates();

  /// As CommitQueue says; also that what is stored is no longer where the next start looks for it.
  bool is_hung() const { return queue_.is_hung(); }
  Duration under_way() const;
  std::string problem() const;

 private:
  void perform(CommitQueue::Actions actions);
  void acknowledged(const std::expected<void, std::string>& result);
  void check_place();
  void store_updates();

  Engine& engine_;
  Store& store_;
  Deliver deliver_;
  Measured measured_;
  CommitQueue queue_;
  UpdateQueue updates_;
  bool is_checking_ = false;
  std::string place_problem_;  ///< what the last check of the database found; empty: nothing
};

}  // namespace slod
