#include "tests/lib/slo/lived_histories.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

namespace slod {
namespace {

class Life {
 public:
  explicit Life(std::uint32_t seed) : random_(seed) {}

  int between(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }

  void traffic(double per_read) {
    for (Events& read : reads_) read.total += drawn(per_read);
  }

  void daily_traffic(double mean_per_read) {
    for (int i = 0; i < reads_lived; ++i) {
      const double hour = 2 * std::numbers::pi * (i % reads_a_day) / reads_a_day;
      at(i).total += drawn(mean_per_read * (1 - 0.8 * std::cos(hour)));
    }
  }

  void errors(double share) {
    for (Events& read : reads_)
      read.bad = std::min(read.total, read.bad + drawn(read.total * share));
  }

  /// That many reads fail as a whole, or by a share.
  void outage(int begin, int reads, double share) {
    for (int i = begin; i < std::min(begin + reads, reads_lived); ++i) {
      at(i).bad = std::min(at(i).total, at(i).bad + std::round(at(i).total * share));
    }
  }

  /// `a_day` times a day, anywhere.
  void bursts(double a_day, int reads_least, int reads_most, double share) {
    const int count = static_cast<int>(std::lround(a_day * 30));
    for (int i = 0; i < count; ++i) {
      outage(between(0, reads_lived - 1), between(reads_least, reads_most), share);
    }
  }

  void silence(int begin, int reads) {
    for (int i = begin; i < std::min(begin + reads, reads_lived); ++i) at(i) = {};
  }

  LivedHistory named(std::string name) && { return {std::move(name), std::move(reads_)}; }

 private:
  Events& at(int read) { return reads_[static_cast<std::size_t>(read)]; }
  double drawn(double mean) {
    if (!(mean > 0)) return 0;
    return std::poisson_distribution<int>(mean)(random_);
  }

  std::mt19937 random_;
  std::vector<Events> reads_ = std::vector<Events>(reads_lived);
};

LivedHistory rare_bursts(std::uint32_t seed) {
  Life life(seed);
  life.traffic(150);
  for (int i = 0; i < 12; ++i) {
    // Of one read to half an hour, each a part of the budget of 99.9 % in 7 days: 6,000 events.
    const int reads = i % 3 == 0 ? 1 : life.between(2, 120);
    life.outage(life.between(0, reads_lived - 1), reads, std::min(1.0, 20.0 / reads));
  }
  return std::move(life).named("rare bursts");
}

LivedHistory daily_curve(std::uint32_t seed) {
  Life life(seed);
  life.daily_traffic(150);
  life.errors(0.0008);
  return std::move(life).named("a daily curve");
}

LivedHistory incidents(std::uint32_t seed) {
  Life life(seed);
  life.daily_traffic(150);
  for (int i = 0; i < 5; ++i) {
    life.outage(life.between(0, reads_lived - 1), life.between(240, 1440), 0.02);
  }
  return std::move(life).named("incidents of hours");
}

LivedHistory small_bursts(std::uint32_t seed) {
  Life life(seed);
  life.traffic(150);
  life.bursts(40, 1, 4, 0.05);
  return std::move(life).named("many small bursts");
}

LivedHistory long_silence(std::uint32_t seed) {
  Life life(seed);
  life.traffic(150);
  life.errors(0.0005);
  life.bursts(0.5, 1, 40, 0.3);
  life.silence(4 * reads_a_day + 1234, 5 * reads_a_day);
  life.silence(12 * reads_a_day + 77, 3 * reads_a_day);
  for (int day = 18; day < 30; ++day) life.silence(day * reads_a_day + 501, 5000);
  return std::move(life).named("long silence");
}

LivedHistory little_traffic(std::uint32_t seed) {
  Life life(seed);
  life.traffic(0.2);
  life.errors(0.002);
  return std::move(life).named("little traffic");
}

LivedHistory mix(std::uint32_t seed) {
  Life life(seed);
  life.daily_traffic(150);
  life.errors(0.0002);
  life.bursts(10, 1, 4, 0.05);
  life.bursts(0.3, 1, 120, 0.2);
  life.outage(life.between(0, reads_lived - 1), 900, 0.01);
  life.silence(20 * reads_a_day + 333, 2 * reads_a_day);
  return std::move(life).named("a mix");
}

}  // namespace

std::vector<LivedHistory> lived_histories(std::uint32_t seed) {
  return {rare_bursts(seed),  daily_curve(seed),    incidents(seed), small_bursts(seed),
          long_silence(seed), little_traffic(seed), mix(seed)};
}

ExactSums::ExactSums(const std::vector<Events>& reads) {
  sums_.reserve(reads.size() + 1);
  Events sum;
  sums_.push_back(sum);
  for (const Events& read : reads) {
    sum.total += read.total;
    sum.bad += read.bad;
    sums_.push_back(sum);
  }
}

Events ExactSums::until(int count) const {
  return sums_[static_cast<std::size_t>(std::max(count, 0))];
}

Events ExactSums::between(int from, int to) const {
  const Events before = until(from);
  const Events after = until(to);
  return {after.total - before.total, after.bad - before.bad};
}

}  // namespace slod
