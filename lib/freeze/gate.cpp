#include "lib/freeze/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/slo/sli/sli.h"

namespace slod::freeze {
namespace {

constexpr double coverage_least = 0.5;
constexpr double p99 = 0.99;

bool counts_errors(const GateSlo& slo) {
  return rollout_limit_of(slo.kind) == RolloutLimit::errors;
}

/// Before the first request there is no quantile yet, so a latency SLO without one may be about the
/// 99th percentile.
bool knows_p99(const GateSlo& slo) {
  return rollout_limit_of(slo.kind) == RolloutLimit::latency && slo.quantile.value_or(p99) == p99;
}

std::string about_percent(double ratio) {
  return fmt::format("{:.4g} %", ratio * 100);
}

/// At most four digits, rounded up, so that it says no better than is true: 0.1063830 -> "10.64 %".
std::string percent_at_most(double ratio) {
  if (ratio <= 0) return "0 %";
  const double unit = std::pow(10, std::floor(std::log10(ratio * 100)) - 3);
  constexpr double noise = 1e-9;  // of a ratio that needs no rounding
  return fmt::format("{:.4g} %", std::ceil(ratio * 100 / unit - noise) * unit);
}

/// Whole, or with one decimal where a window's edge falls inside a slice.
std::string events_text(double events) {
  const double tenths = std::round(events * 10) / 10;
  return fmt::format("{:.{}f}", tenths, tenths == std::trunc(tenths) ? 0 : 1);
}

std::string milliseconds(double seconds) {
  return fmt::format("{:.0f} ms", seconds * 1000);
}

std::string errors_text(const GateSlo& slo) {
  const double total = slo.total.value_or(0);
  const double bad = slo.bad.value_or(0);
  return fmt::format("{} of {} requests failed{}", events_text(bad), events_text(total),
                     total > 0 ? fmt::format(" ({})", percent_at_most(bad / total)) : "");
}

bool was_read(const GateSlo& slo) {
  return slo.coverage.value_or(0) >= coverage_least;
}

/// Why an SLO that the terms are about proves nothing; nullopt if it does.
std::optional<std::string> unproven_by(const GateSlo& slo, bool has_evidence,
                                       const std::string& lack) {
  if (!was_read(slo)) {
    return fmt::format("{}: only {} of the watch could be read, less than {}", slo.name,
                       about_percent(slo.coverage.value_or(0)), about_percent(coverage_least));
  }
  if (!has_evidence) return fmt::format("{}: {}", slo.name, lack);
  return std::nullopt;
}

}  // namespace

std::expected<void, std::string> check(const GateTerms& terms, std::string_view service,
                                       const std::vector<GateSlo>& slos) {
  if (slos.empty()) {
    return std::unexpected(fmt::format("expected an SLO in {}, found none", service));
  }
  if (terms.errors_max && std::ranges::none_of(slos, counts_errors)) {
    return std::unexpected(fmt::format(
        "expected an SLO of the kind availability in {} for the error ratio, found none", service));
  }
  if (terms.p99_max && std::ranges::none_of(slos, knows_p99)) {
    return std::unexpected(
        fmt::format("expected a latency SLO with the 99th percentile in {}, found none", service));
  }
  return {};
}

Gate::Gate(GateTerms terms) : terms_(terms) {}

std::optional<std::string> Gate::new_page(const std::vector<GateSlo>& slos) {
  std::vector<std::string> paging;
  for (const GateSlo& slo : slos) {
    if (slo.pages) paging.push_back(slo.name);
  }
  std::optional<std::string> begun;
  if (paging_before_) {
    // One that ended meanwhile is new when it begins again.
    std::erase_if(*paging_before_, [&](const std::string& name) {
      return std::ranges::find(paging, name) == paging.end();
    });
    for (const std::string& name : paging) {
      if (std::ranges::find(*paging_before_, name) == paging_before_->end()) begun = name;
    }
  } else {
    paging_before_ = std::move(paging);
  }
  return begun;
}

std::optional<std::string> Gate::broken_limit(const GateSlo& slo, Duration elapsed) const {
  const bool is_over = elapsed >= terms_.length;
  const double total = slo.total.value_or(0);
  if (terms_.errors_max && counts_errors(slo) && total > 0 && total >= terms_.events_min) {
    const double share = is_over ? 1 : seconds(elapsed) / seconds(terms_.length);
    if (slo.bad.value_or(0) > *terms_.errors_max * total / share) {
      return fmt::format("{}: {}, above {}{}", slo.name, errors_text(slo),
                         about_percent(*terms_.errors_max),
                         is_over ? "" : " even if no more requests fail");
    }
  }
  if (is_over && terms_.p99_max && knows_p99(slo) &&
      slo.quantile_seconds.value_or(0) > seconds(*terms_.p99_max)) {
    return fmt::format("{}: the p99 is {}, above {}", slo.name, milliseconds(*slo.quantile_seconds),
                       milliseconds(seconds(*terms_.p99_max)));
  }
  return std::nullopt;
}

std::optional<std::string> Gate::unproven(const std::vector<GateSlo>& slos) const {
  if (!terms_.errors_max && !terms_.p99_max) {
    const bool any = std::ranges::any_of(
        slos, [](const GateSlo& slo) { return was_read(slo) && slo.total.value_or(0) > 0; });
    return any ? std::nullopt : std::optional<std::string>("no SLO had events during the watch");
  }
  for (const GateSlo& slo : slos) {
    std::optional<std::string> why;
    if (terms_.errors_max && counts_errors(slo)) {
      const double total = slo.total.value_or(0);
      why = unproven_by(
          slo, total > 0 && total >= terms_.events_min,
          fmt::format("{} requests are too few to judge (minimum {})", events_text(total),
                      events_text(std::max(terms_.events_min, 1.0))));
    }
    if (!why && terms_.p99_max && knows_p99(slo)) {
      why = unproven_by(slo, slo.quantile_seconds.has_value(), "no requests, so no p99");
    }
    if (why) return why;
  }
  return std::nullopt;
}

std::string Gate::progress(const std::vector<GateSlo>& slos) const {
  std::string out;
  for (const GateSlo& slo : slos) {
    std::string part;
    if (counts_errors(slo)) part = errors_text(slo);
    if (knows_p99(slo) && slo.quantile_seconds) {
      part = fmt::format("p99 {}", milliseconds(*slo.quantile_seconds));
    }
    if (!part.empty()) out += fmt::format("{}{}: {}", out.empty() ? "" : "; ", slo.name, part);
  }
  return out.empty() ? "nothing seen yet" : out;
}

GateDecision Gate::take(std::string_view service, const GateReading& reading, Duration elapsed) {
  const auto page = new_page(reading.slos);
  if (reading.verdict == Outcome::deny) return {Outcome::deny, reading.why};
  if (page) {
    return {Outcome::deny, fmt::format("a page for {}/{} began during the watch", service, *page)};
  }
  for (const GateSlo& slo : reading.slos) {
    if (auto broken = broken_limit(slo, elapsed)) return {Outcome::deny, std::move(*broken)};
  }
  if (elapsed < terms_.length) return {std::nullopt, progress(reading.slos)};
  if (reading.verdict == Outcome::inconclusive) return {Outcome::inconclusive, reading.why};
  if (auto why = unproven(reading.slos)) return {Outcome::inconclusive, std::move(*why)};
  return {Outcome::allow, progress(reading.slos)};
}

}  // namespace slod::freeze
