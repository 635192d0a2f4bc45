#include "daemon/store/named_rows.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "daemon/store/open_gap_text.h"
#include "lib/json/text.h"

namespace slod {
namespace {

namespace json = boost::json;

json::object object_of(const freeze::Standing& standing) {
  return {{"level", freeze::to_string(standing.level)}, {"since", format_instant(standing.since)}};
}

std::string text_of(const freeze::Standing& standing) {
  return json_text(object_of(standing));
}

std::string text_of(const SloStanding& slo) {
  json::object object = object_of(slo.standing);
  if (slo.exhausted_at) object["exhausted_at"] = format_instant(*slo.exhausted_at);
  return json_text(object);
}

std::string text_of(const std::vector<OpenGap>& gaps) {
  return to_json(gaps);
}

std::string text_of(Instant at) {
  return format_instant(at);
}

std::string text_of(std::string text) {
  return text;
}

/// A text member of an object; empty where there is none.
std::string_view member_text(const json::object& object, std::string_view key) {
  const json::value* member = object.if_contains(key);
  return member && member->is_string() ? std::string_view(member->get_string()) : "";
}

std::optional<json::object> parsed_object(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::optional<freeze::Standing> standing_of(const json::object& object) {
  const auto level = freeze::parse_level(member_text(object, "level"));
  const auto since = parse_instant(member_text(object, "since"));
  if (!level || !since) return std::nullopt;
  return freeze::Standing{*level, *since};
}

void read(std::string_view text, std::optional<freeze::Standing>& standing) {
  if (const auto object = parsed_object(text)) standing = standing_of(*object);
}

void read(std::string_view text, std::optional<SloStanding>& slo) {
  const auto object = parsed_object(text);
  const auto standing = object ? standing_of(*object) : std::nullopt;
  if (!standing) return;
  slo = {.standing = *standing, .exhausted_at = {}};
  if (const auto at = parse_instant(member_text(*object, "exhausted_at"))) slo->exhausted_at = *at;
}

void read(std::string_view text, std::optional<std::vector<OpenGap>>& gaps) {
  gaps = open_gaps_from_json(text);
}

void read(std::string_view text, std::optional<Instant>& at) {
  if (const auto parsed = parse_instant(text)) at = *parsed;
}

void read(std::string_view text, std::optional<std::string>& piece) {
  if (!text.empty()) piece = text;
}

/// How the name of a piece begins in the table, and where the pieces of its kind are.
template <typename Value>
struct Kind {
  std::string_view prefix;
  std::vector<Keyed<Value>> Remembered::* pieces;
};

constexpr std::tuple kinds{
    Kind{"standing/", &Remembered::standings}, Kind{"level/", &Remembered::levels},
    Kind{"gaps/", &Remembered::open_gaps},     Kind{"removed/", &Remembered::removals},
    Kind{"rules/", &Remembered::rule_marks},   Kind{"incident/", &Remembered::incidents},
    Kind{"forwarded/", &Remembered::forwarded}};

}  // namespace

std::vector<NamedRow> named_rows(const Remembered& remembered) {
  std::vector<NamedRow> rows;
  const auto add = [&](const auto& kind) {
    for (const auto& piece : remembered.*kind.pieces) {
      rows.push_back({std::string(kind.prefix) + piece.key,
                      piece.value ? text_of(*piece.value) : std::string()});
    }
  };
  std::apply([&](const auto&... each) { (add(each), ...); }, kinds);
  return rows;
}

std::expected<void, std::string> read_named_row(const NamedRow& row, Remembered& remembered) {
  bool is_read = false;
  const auto read_as = [&](const auto& kind) {
    if (!row.name.starts_with(kind.prefix)) return false;
    auto& piece = (remembered.*kind.pieces).emplace_back();
    piece.key = row.name.substr(kind.prefix.size());
    read(row.state, piece.value);
    is_read = piece.value.has_value();
    return true;
  };
  if (!std::apply([&](const auto&... each) { return (read_as(each) || ...); }, kinds)) {
    return std::unexpected(fmt::format(
        "the stored state has \"{}\", which this version of slod does not know; it is kept",
        row.name));
  }
  if (is_read) return {};
  return std::unexpected(
      fmt::format("the stored state \"{}\" cannot be read, so it is not used", row.name));
}

}  // namespace slod
