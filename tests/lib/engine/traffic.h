#pragma once

#include <string>
#include <utility>

#include "tests/lib/engine/world.h"

namespace slod {

/// A target with two counters of requests that is read every 15 seconds, with a step and a commit
/// after each read, as the daemon does it.
class Traffic {
 public:
  static constexpr double interval = 15;

  Traffic(World& world, std::string source, double begin)
      : world_(world), source_(std::move(source)), now_(begin) {}

  double now() const { return now_; }

  /// `reads` reads; between each and the one before there were `good` and `bad` requests.
  void serve(int reads, double good, double bad) {
    for (int i = 0; i < reads; ++i) {
      good_ += good;
      bad_ += bad;
      world_.page(source_, requests_page(good_, bad_), at(now_));
      judge();
    }
  }

  /// The target restarts: its counters begin at zero.
  void start_over() {
    good_ = 0;
    bad_ = 0;
  }

  /// Reads that fail, while the counters go on.
  void hide(int reads, double good, double bad) {
    for (int i = 0; i < reads; ++i) {
      good_ += good;
      bad_ += bad;
      world_.fail(source_, at(now_));
      judge();
    }
  }

 private:
  void judge() {
    world_.step(at(now_));
    world_.commit();
    now_ += interval;
  }

  World& world_;
  std::string source_;
  double now_;
  double good_ = 5000;
  double bad_ = 50;
};

}  // namespace slod
