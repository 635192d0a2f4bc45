#include "lib/alert/alertmanager.h"

#include "daemon/notify/senders.h"

namespace slod {
namespace {

/// Long enough to miss four reminders, short enough for what a dead slod last said.
constexpr Duration validity = std::chrono::minutes(5);

}  // namespace

Written write_letter(const alert::Alertmanager& receiver, std::span<const alert::Notice> notices,
                     Instant now) {
  std::string url = receiver.url;
  while (url.ends_with('/')) url.pop_back();
  return Letter{.fetch = post_json(url + "/api/v2/alerts",
                                   alert::alertmanager_alerts(notices, now, validity))};
}

}  // namespace slod
