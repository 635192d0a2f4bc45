#include "daemon/store/history_writer.h"

#include <chrono>
#include <expected>
#include <iterator>

#include "daemon/log/log.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

constexpr Duration write_every = 10s;
constexpr Duration prune_every = 1h;

}  // namespace

void HistoryWriter::tick(Instant now) {
  if (now - last_write_ < write_every) return;
  last_write_ = now;
  if (is_in_flight_) return;
  if (waiting_.empty()) waiting_ = engine_.take_history(now);
  submit();
  prune(now);
}

void HistoryWriter::write_all() {
  for (HistoryChange& change : engine_.take_history(Instant::max())) {
    waiting_.push_back(std::move(change));
  }
  if (!is_in_flight_) submit();
}

void HistoryWriter::submit() {
  if (waiting_.empty()) return;
  is_in_flight_ = true;
  const std::size_t count = waiting_.size();
  store_.append(waiting_, [this, count](const std::expected<void, std::string>& done) {
    is_in_flight_ = false;
    if (done) {
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
      problem_.clear();
    } else if (problem_.empty()) {
      log::error("cannot store the history of slod's own series; it is tried again",
                 {{"error", done.error()}});
    }
    if (!done) problem_ = done.error();
  });
}

void HistoryWriter::prune(Instant now) {
  if (now - last_prune_ < prune_every) return;
  last_prune_ = now;
  store_.prune_history(now, [](const std::expected<void, std::string>& done) {
    if (!done) log::error("cannot remove old history of samples", {{"error", done.error()}});
  });
}

}  // namespace slod
