#include "lib/alert/slack.h"

#include <string_view>

#include "daemon/files/files.h"
#include "daemon/notify/senders.h"

namespace slod {
namespace {

/// Shorter pieces of a URL ("services", "hooks") are words that every error page may hold.
constexpr std::size_t secret_bytes_min = 9;

/// The pieces between the slashes of a URL's path and in its query. Whoever shows a part of the
/// URL, in whatever writing, shows one of these.
std::vector<std::string> pieces(std::string_view url) {
  std::vector<std::string> found;
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  std::size_t begin = url.find('/', host);
  while (begin < url.size()) {
    const std::size_t end = std::min(url.find_first_of("/?&=#", begin + 1), url.size());
    const std::string_view piece = url.substr(begin + 1, end - begin - 1);
    if (piece.size() >= secret_bytes_min) found.emplace_back(piece);
    begin = end;
  }
  return found;
}

}  // namespace

Written write_letter(const alert::Slack& receiver, const alert::Notice& notice) {
  const auto url = read_secret(receiver.webhook_url_file);
  if (!url) return std::unexpected(url.error());
  Letter letter{.fetch = post_json(*url, alert::slack_message(notice)), .secrets = pieces(*url)};
  letter.fetch.secret_url = true;
  return letter;
}

}  // namespace slod
