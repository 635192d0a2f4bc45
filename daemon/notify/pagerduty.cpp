#include "lib/alert/pagerduty.h"

#include "daemon/files/files.h"
#include "daemon/notify/senders.h"

namespace slod {

Written write_letter(const alert::PagerDuty& receiver, const alert::Notice& notice) {
  const auto routing_key = read_secret(receiver.routing_key_file);
  if (!routing_key) return std::unexpected(routing_key.error());
  return Letter{.fetch = post_json(receiver.url, alert::pagerduty_event(notice, *routing_key)),
                .secrets = {*routing_key}};
}

}  // namespace slod
