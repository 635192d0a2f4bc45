#include "daemon/ingest/federate_query.h"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <map>
#include <numeric>
#include <string_view>
#include <utility>

namespace slod {
namespace {

/// Groups of numbers that were found to belong together.
class Groups {
 public:
  explicit Groups(std::size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), std::size_t(0));
  }

  /// The smallest number of the group that `number` is in.
  std::size_t first_of(std::size_t number) {
    while (parent_[number] != number) {
      parent_[number] = parent_[parent_[number]];
      number = parent_[number];
    }
    return number;
  }

  void join(std::size_t a, std::size_t b) {
    const auto [less, more] = std::minmax(first_of(a), first_of(b));
    parent_[more] = less;
  }

 private:
  std::vector<std::size_t> parent_;
};

std::string match_of(const promql::Selector& selector) {
  return "match%5B%5D=" + boost::urls::encode(selector.text(), boost::urls::unreserved_chars);
}

std::size_t length_of(const MatchGroup& group) {
  return std::accumulate(
      group.begin(), group.end(), group.size() - 1,
      [](std::size_t sum, const std::string& match) { return sum + match.size(); });
}

/// Queries while they grow.
class Queries {
 public:
  explicit Queries(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  bool fits(std::size_t length) const {
    return !queries_.empty() && queries_.back().size() + 1 + length <= bytes_max_;
  }
  void begin() { queries_.emplace_back(); }
  void add(std::string_view match) {
    std::string& query = queries_.back();
    if (!query.empty()) query += '&';
    query += match;
  }
  std::vector<std::string> take() { return std::move(queries_); }

 private:
  std::size_t bytes_max_;
  std::vector<std::string> queries_;
};

}  // namespace

std::vector<MatchGroup> match_groups(const SourcePlan& source) {
  const auto& selectors = source.demand->selectors();
  Groups groups(selectors.size());
  std::map<SloId, std::size_t> demand_of_slo;
  const std::size_t consumed = source.consumers ? source.consumers->size() : 0;
  for (std::size_t i = 0; i < std::min(selectors.size(), consumed); ++i) {
    for (const Consumer& consumer : (*source.consumers)[i]) {
      groups.join(i, demand_of_slo.try_emplace(consumer.slo, i).first->second);
    }
  }
  std::map<std::size_t, MatchGroup> by_first;
  for (std::size_t i = 0; i < selectors.size(); ++i) {
    by_first[groups.first_of(i)].push_back(match_of(selectors[i]));
  }
  std::vector<MatchGroup> all;
  all.reserve(by_first.size());
  for (auto& [first, group] : by_first) all.push_back(std::move(group));
  return all;
}

std::vector<std::string> federate_queries(const std::vector<MatchGroup>& groups,
                                          std::size_t bytes_max) {
  Queries queries(bytes_max);
  for (const MatchGroup& group : groups) {
    if (!queries.fits(length_of(group))) queries.begin();
    bool is_first = true;
    for (const std::string& match : group) {
      if (!std::exchange(is_first, false) && !queries.fits(match.size())) queries.begin();
      queries.add(match);
    }
  }
  return queries.take();
}

void append_page(std::string& page, std::string part) {
  if (page.empty()) {
    page = std::move(part);
    return;
  }
  if (!page.ends_with('\n')) page += '\n';
  page += part;
}

}  // namespace slod
