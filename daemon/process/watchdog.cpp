#include "daemon/process/watchdog.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>

#include "daemon/process/last_words.h"

namespace slod {
namespace {

using Handler = void (*)(int);

/// What came of the signals that end slod. Everything here is read in a handler of signals.
std::atomic<bool> was_asked_to_end = false;
constexpr std::array ending_signals{SIGTERM, SIGINT};
std::array<std::atomic<Handler>, ending_signals.size()> handlers_before{};

/// Notes that slod was asked to end, and hands the signal on to the loop's handler.
void note_signal(int signal) {
  was_asked_to_end.store(true);
  for (std::size_t i = 0; i < ending_signals.size(); ++i) {
    const Handler before = handlers_before[i].load();
    if (ending_signals[i] == signal && before != nullptr) before(signal);
  }
}

void note_ending_signals() {
  was_asked_to_end.store(false);
  for (std::size_t i = 0; i < ending_signals.size(); ++i) {
    struct sigaction action{};
    if (sigaction(ending_signals[i], nullptr, &action) != 0) continue;
    const Handler before = action.sa_handler;
    if (before == note_signal || before == SIG_DFL || before == SIG_IGN) continue;
    handlers_before[i].store(before);
    action.sa_handler = note_signal;
    sigaction(ending_signals[i], &action, nullptr);
  }
}

std::string text_of(Duration limit) {
  return fmt::format("{} s", std::chrono::duration<double>(limit).count());
}

}  // namespace

Watchdog::Limits Watchdog::limits_for(const Systemd& systemd) {
  Limits limits;
  if (const auto watchdog = systemd.watchdog()) {
    const auto given = std::chrono::floor<Duration>(*watchdog);
    limits.hang = std::clamp<Duration>(given * 3 / 4, Duration(100), limits.hang);
    limits.look = std::min<Duration>(limits.look, limits.hang / 4);
  }
  return limits;
}

void Watchdog::end_process(Reason reason, const std::string& last_words) {
  say_last_words(last_words);
  if (reason == Reason::hang) std::abort();
  _exit(EXIT_FAILURE);
}

Watchdog::Watchdog(const Systemd& systemd, Limits limits, End end)
    : systemd_(systemd), limits_(limits), end_(std::move(end)) {}

Watchdog::~Watchdog() {
  {
    const std::scoped_lock lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::watch() {
  note_ending_signals();
  thread_ = std::thread([this] { run(); });
}

void Watchdog::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, limits_.look, [this] { return is_over_; })) look();
}

void Watchdog::look() {
  const bool is_ending = is_ending_.load() || was_asked_to_end.load();
  const bool has_beaten = beats_.exchange(0, std::memory_order_relaxed) > 0;
  missed_ = has_beaten || is_ending ? 0 : missed_ + 1;
  ending_ = is_ending ? ending_ + 1 : 0;
  if (has_beaten) systemd_.alive();
  if (missed_ * limits_.look >= limits_.hang) {
    missed_ = 0;
    end_(Reason::hang,
         fmt::format("its loop has done nothing for {}, so it ends, to be started again from its "
                     "state; please report this",
                     text_of(limits_.hang)));
  }
  if (ending_ * limits_.look >= limits_.shutdown) {
    ending_ = 0;
    end_(Reason::shutdown,
         fmt::format("it did not shut down within {}, so it ends now; what was not stored is lost",
                     text_of(limits_.shutdown)));
  }
}

}  // namespace slod
