#include "lib/slo/event_sum.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace slod {
namespace {

/// The selector's text with its conditions sorted, since their order changes nothing.
std::string canonical(promql::Selector selector) {
  std::ranges::sort(selector.matchers, {}, [](const promql::Matcher& matcher) {
    return std::tuple(matcher.label(), matcher.operation(), matcher.value());
  });
  return selector.text();
}

}  // namespace

std::string canonical(const EventSum& sum) {
  std::vector<std::string> added;
  std::vector<std::string> subtracted;
  for (const EventTerm& term : sum.terms) {
    (term.subtracted ? subtracted : added).push_back(canonical(term.selector));
  }
  std::ranges::sort(added);
  std::ranges::sort(subtracted);
  std::string text = fmt::format("{}", fmt::join(added, " + "));
  for (const std::string& term : subtracted) text += " - " + term;
  return text;
}

EventSum difference(const EventSum& from, const EventSum& taken) {
  struct Net {
    promql::Selector selector;
    int times = 0;
  };
  std::vector<Net> nets;
  std::map<std::string, std::size_t> by_text;
  const auto add = [&](const EventTerm& term, int times) {
    const auto [at, is_new] = by_text.emplace(canonical(term.selector), nets.size());
    if (is_new) nets.push_back({term.selector});
    nets[at->second].times += term.subtracted ? -times : times;
  };
  for (const EventTerm& term : from.terms) add(term, 1);
  for (const EventTerm& term : taken.terms) add(term, -1);
  EventSum left;
  for (const Net& net : nets) {
    for (int i = 0; i < std::abs(net.times); ++i) {
      left.terms.push_back({net.selector, net.times < 0});
    }
  }
  return left;
}

}  // namespace slod
