#include "daemon/store/notice_text.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "lib/json/text.h"

namespace slod {

std::string text_of(const alert::Notice& notice) {
  return json_text(alert::to_json(notice));
}

std::expected<alert::Notice, std::string> notice_of(std::string_view text) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  if (error) return std::unexpected(fmt::format("it is not JSON: {}", error.message()));
  return alert::notice_from_json(value);
}

}  // namespace slod
