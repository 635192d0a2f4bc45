#include "lib/alert/several.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <set>
#include <string_view>

#include "lib/alert/plain_text.h"

namespace slod::alert {
namespace {

constexpr std::size_t name_max = 60;

/// " of api", " of 3 services", or nothing where no service is known.
std::string of_whom(std::span<const Notice> notices) {
  std::set<std::string_view> services;
  std::set<std::string_view> rules;
  for (const Notice& notice : notices) {
    services.insert(notice.service);
    rules.insert(notice.rule ? std::string_view(notice.rule->name) : std::string_view());
  }
  std::string out;
  if (rules.size() == 1 && !rules.begin()->empty()) {
    out += " " + cut(one_line(*rules.begin()), name_max);
  }
  if (services.size() > 1) return out + fmt::format(" of {} services", services.size());
  if (services.begin()->empty()) return out;
  return out + " of " + cut(one_line(*services.begin()), name_max);
}

std::string brief(const Notice& notice) {
  if (notice.rule) return notice.headline();
  std::string out = one_line(notice.id());
  if (notice.kind == Notice::Kind::resolved) return out;
  if (notice.facts.long_burn) out += fmt::format(" at {:.1f}x", *notice.facts.long_burn);
  if (notice.facts.remaining) out += fmt::format(", {:.0f} % left", *notice.facts.remaining * 100);
  return out;
}

}  // namespace

std::string common_headline(std::span<const Notice> notices) {
  assert(!notices.empty());
  const auto is_of_rule = [](const Notice& notice) { return notice.rule.has_value(); };
  const bool are_slos = std::ranges::none_of(notices, is_of_rule);
  const bool are_firing = notices.front().kind == Notice::Kind::firing;
  const std::string_view noun = are_slos ? "SLO" : "alert";
  const std::string_view plural = notices.size() == 1 ? "" : "s";
  const std::string_view verb = notices.size() == 1 ? "is" : "are";
  std::string_view what = are_firing ? "firing" : "over";
  if (are_slos) {
    what = !are_firing           ? "back below the limit"
           : notices.size() == 1 ? "burning its error budget"
                                 : "burning their error budgets";
  }
  return fmt::format("{} {}{}{} {} {}", notices.size(), noun, plural, of_whom(notices), verb, what);
}

std::vector<std::string> brief_lines(std::span<const Notice> notices, std::size_t characters_max) {
  std::vector<std::string> out;
  out.reserve(notices.size());
  for (const Notice& notice : notices) out.push_back(cut(brief(notice), characters_max));
  return out;
}

const Notice& worst_of(std::span<const Notice> notices) {
  return *std::ranges::max_element(notices, {}, &Notice::urgency);
}

}  // namespace slod::alert
