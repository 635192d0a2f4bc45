#include "lib/alert/webhook.h"

#include "daemon/notify/senders.h"

namespace slod {

Written write_letter(const alert::Webhook& receiver, const std::string& name,
                     const alert::Notice& notice) {
  return Letter{.fetch = post_json(receiver.url, alert::webhook_payload(notice, name))};
}

}  // namespace slod
