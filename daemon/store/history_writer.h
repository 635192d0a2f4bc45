#pragma once

#include <string>
#include <vector>

#include "daemon/store/store.h"
#include "lib/engine/engine.h"
#include "lib/time/instant.h"

namespace slod {

/// Has the metric history that the engine gathers stored, apart from its other changes: what only
/// charts need must not keep anything else from being stored. What cannot be stored is tried again.
/// To be used on the loop's thread; the references must outlive it.
class HistoryWriter {
 public:
  HistoryWriter(Engine& engine, Store& store) : engine_(engine), store_(store) {}

  /// To be called often; it stores what is due every ten seconds, and removes what is too old.
  void tick(Instant now);
  /// Stores all that is new, since slod ends. To be repeated until is_done().
  void write_all();
  /// Nothing waits for the disk.
  bool is_done() const { return waiting_.empty(); }

 private:
  void submit();
  void prune(Instant now);

  Engine& engine_;
  Store& store_;
  std::vector<HistoryChange> waiting_;  ///< not acknowledged yet
  bool is_in_flight_ = false;
  Instant last_write_{};
  Instant last_prune_{};
  std::string problem_;  ///< of the last attempt; empty: none
};

}  // namespace slod
