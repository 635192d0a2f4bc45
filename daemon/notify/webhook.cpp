#include "lib/alert/webhook.h"

#include <string_view>

#include "daemon/notify/senders.h"

namespace slod {
namespace {

/// Where slod is reached: what is before the page in the link. Nothing that follows there holds a
/// slash of its own, as names and expressions are percent-encoded. Empty where there is no link.
std::string external_url(const alert::Notice& notice) {
  std::string_view url = notice.link;
  url = url.substr(0, url.find_first_of("?#"));
  if (url.ends_with("/graph")) return std::string(url.substr(0, url.rfind('/')));
  const std::size_t page = url.rfind("/api/v1/");  // npos: the link is where slod is reached
  url = url.substr(0, page);
  return std::string(url.ends_with('/') ? url.substr(0, url.size() - 1) : url);
}

}  // namespace

Written write_letter(const alert::Webhook& receiver, const std::string& name,
                     const alert::Notice& notice) {
  return Letter{
      .fetch = post_json(receiver.url, alert::webhook_payload(notice, name, external_url(notice)))};
}

}  // namespace slod
