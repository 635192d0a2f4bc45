#include "daemon/store/open_gap_text.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <optional>

#include "lib/json/text.h"

namespace slod {
namespace {

namespace json = boost::json;

std::optional<Instant> instant_in(const json::object& object, std::string_view key) {
  const json::value* member = object.if_contains(key);
  if (!member || !member->is_string()) return std::nullopt;
  const auto parsed = parse_instant(std::string_view(member->get_string()));
  return parsed ? std::optional(*parsed) : std::nullopt;
}

std::optional<MissedTime> missed_time(const json::value& value) {
  const json::object* object = value.if_object();
  if (!object) return std::nullopt;
  const auto begin = instant_in(*object, "begin");
  const auto end = instant_in(*object, "end");
  const json::value* share = object->if_contains("share");
  if (!begin || !end || *end < *begin || !share || !share->is_number()) return std::nullopt;
  const auto ratio = share->to_number<double>();
  if (!(ratio > 0 && ratio <= 1)) return std::nullopt;
  return MissedTime{{*begin, *end}, ratio};
}

std::optional<OpenGap> open_gap(const json::value& value) {
  const json::object* object = value.if_object();
  const json::value* slo = object ? object->if_contains("slo") : nullptr;
  const json::value* missed = object ? object->if_contains("missed") : nullptr;
  if (!slo || !slo->is_string() || !missed || !missed->is_array()) return std::nullopt;
  OpenGap gap{.slo = std::string(slo->get_string()), .missed = {}};
  for (const json::value& element : missed->get_array()) {
    const auto time = missed_time(element);
    const bool follows =
        gap.missed.empty() || !time || time->when.begin == gap.missed.back().when.end;
    if (!time || !follows) return std::nullopt;
    gap.missed.push_back(*time);
  }
  return gap.missed.empty() ? std::nullopt : std::optional(std::move(gap));
}

}  // namespace

std::string to_json(std::span<const OpenGap> gaps) {
  json::array list;
  for (const OpenGap& gap : gaps) {
    json::array missed;
    for (const MissedTime& time : gap.missed) {
      missed.push_back(json::object{{"begin", format_instant(time.when.begin)},
                                    {"end", format_instant(time.when.end)},
                                    {"share", time.share}});
    }
    list.push_back(json::object{{"slo", gap.slo}, {"missed", std::move(missed)}});
  }
  return json_text(list);
}

std::optional<std::vector<OpenGap>> open_gaps_from_json(std::string_view text) {
  std::vector<OpenGap> gaps;
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_array()) return std::nullopt;
  for (const json::value& element : value.get_array()) {
    auto gap = open_gap(element);
    if (!gap) return std::nullopt;
    gaps.push_back(std::move(*gap));
  }
  return gaps;
}

}  // namespace slod
