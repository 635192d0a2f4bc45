// Histories of a service in every way in which slod can read it, against what its processes counted
// and pages showed. SLOD_HISTORY_DAYS=30 makes each as long as a usual window; the table of them is
// printed.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/lib/engine/world.h"

namespace slod {
namespace {

constexpr double interval = 60;
constexpr double hour = 3600;

double days() {
  const char* asked = std::getenv("SLOD_HISTORY_DAYS");  // NOLINT(concurrency-mt-unsafe)
  return asked ? std::atof(asked) : 2;
}

/// How a service lives. Times in seconds.
struct Life {
  const char* name;
  int pods = 3;
  double per_second = 5;         ///< requests of a pod
  double error_share = 0.001;    ///< of them
  double incident_every = 0;     ///< an hour with a fifth of all bad
  double replaced_every = 0;     ///< all pods, one after the other
  double restarted_every = 0;    ///< one pod, in place
  bool follows_the_day = false;  ///< traffic falls to a tenth at night
  bool scales = false;           ///< one pod at night, all by day
  bool is_lazy = false;          ///< a counter of errors appears with the first one
};

enum class Way { targets, one_page, server_fixed, server_new, reloads };
constexpr std::pair<Way, const char*> ways[] = {{Way::targets, "targets"},
                                                {Way::one_page, "one page"},
                                                {Way::server_fixed, "server, fixed instances"},
                                                {Way::server_new, "server, new instances"},
                                                {Way::reloads, "targets by reload"}};

struct Pod {
  int id = 0;
  int slot = 0;
  double began = 0;
  double good = 0;
  double bad = 0;
  double shown_good = 0;
  double shown_bad = 0;
};

class Service {
 public:
  Service(const Life& life, std::uint64_t seed) : life_(life), random_(seed) {
    for (int slot = 0; slot < life.pods; ++slot) pods_[slot] = begun(slot, -50'000);
    for (auto& [slot, pod] : pods_) pod.good = 100'000;
  }

  const std::map<int, Pod>& pods() const { return pods_; }
  std::map<int, Pod>& pods() { return pods_; }

  /// What happens in the `interval` up to `now`.
  void live(double now) {
    const auto is_due = [&](double every, double offset = 0) {
      return every > 0 && std::fmod(now + offset, every) < interval;
    };
    for (int slot = 0; slot < life_.pods; ++slot) {
      const bool is_wanted = !life_.scales || slot == 0 || day_share(now) > 0.5;
      if (!is_wanted) {
        pods_.erase(slot);
      } else if (!pods_.contains(slot) || is_due(life_.replaced_every, 120.0 * slot) ||
                 (is_due(life_.restarted_every) && slot == 0)) {
        pods_[slot] = begun(slot, now - 1 - static_cast<double>(random_() % 50));
      }
    }
    const bool is_incident =
        life_.incident_every > 0 && std::fmod(now, life_.incident_every) < hour && now > hour;
    const double share = is_incident ? 0.2 : life_.error_share;
    for (auto& [slot, pod] : pods_) {
      const double lived = std::min(interval, now - pod.began);
      const double rate = life_.per_second * (life_.follows_the_day ? day_share(now) : 1);
      const double all = count_of(rate * lived);
      const double bad = std::min(all, count_of(all * share));
      pod.bad += bad;
      pod.good += all - bad;
    }
  }

  bool shows_errors(const Pod& pod) const { return !life_.is_lazy || pod.bad > 0; }

 private:
  Pod begun(int slot, double at) { return {.id = ++begun_, .slot = slot, .began = at}; }

  static double day_share(double now) {
    return 0.55 - 0.45 * std::cos(2 * 3.14159265 * now / (24 * hour));
  }

  double count_of(double mean) {
    return mean > 0 ? std::poisson_distribution<int>(mean)(random_) : 0;
  }

  Life life_;
  std::mt19937_64 random_;
  std::map<int, Pod> pods_;
  int begun_ = 0;
};

struct Outcome {
  double shown = 0;    ///< bad events on the pages
  double counted = 0;  ///< by slod
  double total_shown = 0;
  double total_counted = 0;
  Budget budget;
};

class Reading {
 public:
  Reading(const Life& life, Way way, std::uint64_t seed)
      : way_(way), service_(life, seed), world_(yaml(), at(0)) {}

  Outcome read() {
    Outcome outcome;
    const double end = days() * 24 * hour;
    for (double now = interval; now <= end; now += interval) {
      service_.live(now);
      if (way_ == Way::reloads && addresses() != known_) world_.reconfigure(yaml(), at(now - 1));
      show(now);
      for (auto& [slot, pod] : service_.pods()) {
        if (now > interval) {
          outcome.shown += pod.bad - pod.shown_bad;
          outcome.total_shown += pod.bad + pod.good - pod.shown_bad - pod.shown_good;
        }
        pod.shown_bad = pod.bad;
        pod.shown_good = pod.good;
      }
      world_.step(at(now));
    }
    const SloSnapshot& slo = world_.slo("api", "slo");
    outcome.counted = slo.reading.bad;
    outcome.total_counted = slo.reading.total;
    outcome.budget = slo.budget;
    return outcome;
  }

 private:
  std::string address(const Pod& pod) const {
    const bool is_fixed = way_ == Way::targets || way_ == Way::server_fixed;
    return is_fixed ? fmt::format("slot-{}:80", pod.slot) : fmt::format("pod-{}:80", pod.id);
  }

  std::string addresses() const {
    std::string all;
    for (const auto& [slot, pod] : service_.pods()) all += "'" + address(pod) + "',";
    return all;
  }

  std::string yaml() {
    std::string sources = "prometheus: [{name: p, url: 'http://127.0.0.1:9', interval: 1m}]";
    if (way_ == Way::one_page) {
      sources = "scrape: [{job: j, targets: ['page:80'], interval: 1m}]";
    } else if (way_ == Way::targets) {
      sources = "scrape: [{job: j, targets: [";
      for (const auto& [slot, pod] : service_.pods()) sources += "'" + address(pod) + "',";
      sources += "], interval: 1m}]";
    } else if (way_ == Way::reloads) {
      known_ = addresses();
      sources = "scrape: [{job: j, targets: [" + known_ + "], interval: 1m}]";
    }
    return sources + R"(
services:
  - name: api
    slos:
      - name: slo
        objective: 99%
        window: 31d
        cold_start: observed
        availability: {total: requests, bad: 'requests{code="500"}'}
)";
  }

  std::string lines(const Pod& pod, const std::string& labels, double sampled) const {
    const std::string stamp = is_server() ? fmt::format(" {}", ms(sampled)) : "";
    std::string text = fmt::format("requests{{code=\"200\"{}}} {}{}\n", labels, pod.good, stamp);
    if (service_.shows_errors(pod)) {
      text += fmt::format("requests{{code=\"500\"{}}} {}{}\n", labels, pod.bad, stamp);
    }
    if (way_ == Way::one_page) return text;
    const std::string all = labels.empty() ? "" : "{" + labels.substr(1) + "}";
    return text + fmt::format("process_start_time_seconds{} {}{}\n", all,
                              static_cast<double>(ms(pod.began)) / 1000, stamp);
  }

  void show(double now) {
    std::string page;
    for (const auto& [slot, pod] : service_.pods()) {
      if (is_server()) {
        page += lines(pod, fmt::format(",job=\"j\",instance=\"{}\"", address(pod)), now - 5);
      } else if (way_ == Way::one_page) {
        page += lines(pod, fmt::format(",pod=\"{}\"", pod.id), now);
      } else {
        world_.page("scrape/j/" + address(pod), lines(pod, "", now), at(now));
      }
    }
    if (is_server()) world_.page("prometheus/p", page, at(now));
    if (way_ == Way::one_page) world_.page("scrape/j/page:80", page, at(now));
  }

  bool is_server() const { return way_ == Way::server_fixed || way_ == Way::server_new; }
  static std::int64_t ms(double second) { return at(second).time_since_epoch().count(); }

  Way way_;
  std::string known_;
  Service service_;
  World world_;
};

const std::vector<Life> lives{
    {.name = "steady"},
    {.name = "by day", .follows_the_day = true},
    {.name = "incidents", .incident_every = 12 * hour},
    {.name = "rollouts", .incident_every = 12 * hour, .replaced_every = 4 * hour},
    {.name = "scaled by day", .pods = 6, .follows_the_day = true, .scales = true},
    {.name = "restarts", .incident_every = 12 * hour, .restarted_every = 0.5 * hour},
    {.name = "rare errors", .error_share = 0.00005, .replaced_every = 6 * hour, .is_lazy = true},
    {.name = "all",
     .pods = 5,
     .incident_every = 12 * hour,
     .replaced_every = 8 * hour,
     .restarted_every = 1 * hour,
     .follows_the_day = true,
     .scales = true,
     .is_lazy = true},
};

TEST(Histories, AreCountedAsPagesShowThem) {
  for (const Life& life : lives) {
    for (const auto& [way, name] : ways) {
      if (way == Way::targets && life.scales) continue;  // its addresses come and go
      const Outcome outcome = Reading(life, way, 1).read();
      fmt::print(
          "{:14} {:24} bad {:7.0f} on pages, {:9.1f} counted; total {:9.0f}, {:11.1f}; "
          "spent {:.4f}, {:.4f} to {:.4f}\n",
          life.name, name, outcome.shown, outcome.counted, outcome.total_shown,
          outcome.total_counted, outcome.budget.spent_ratio.value_or(-1),
          outcome.budget.spent_least_ratio.value_or(-1),
          outcome.budget.spent_worst_ratio.value_or(-1));
      EXPECT_NEAR(outcome.counted, outcome.shown, std::max(0.5, 0.001 * outcome.shown))
          << life.name << ", " << name;
      EXPECT_NEAR(outcome.total_counted, outcome.total_shown, 0.001 * outcome.total_shown)
          << life.name << ", " << name;
      const double truth = outcome.shown / (0.01 * outcome.total_shown);
      EXPECT_LE(*outcome.budget.spent_least_ratio, truth + 1e-9) << life.name << ", " << name;
      EXPECT_GE(*outcome.budget.spent_worst_ratio, truth - 1e-9) << life.name << ", " << name;
    }
  }
}

}  // namespace
}  // namespace slod
