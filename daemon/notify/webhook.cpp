#include "lib/alert/webhook.h"

#include "daemon/notify/senders.h"

namespace slod {
namespace {

/// Where slod is reached: what is before the SLO's page in its link. A service's name holds no
/// slash there. Empty where there is no link.
std::string external_url(const alert::Notice& notice) {
  const std::size_t page = notice.link.rfind("/api/v1/slos/");
  return page == std::string::npos ? std::string() : notice.link.substr(0, page);
}

}  // namespace

Written write_letter(const alert::Webhook& receiver, const std::string& name,
                     const alert::Notice& notice) {
  return Letter{
      .fetch = post_json(receiver.url, alert::webhook_payload(notice, name, external_url(notice)))};
}

}  // namespace slod
