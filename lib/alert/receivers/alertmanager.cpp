#include "lib/alert/receivers/alertmanager.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cassert>

#include "lib/alert/alert_labels.h"
#include "lib/alert/plain_text.h"
#include "lib/json/text.h"

namespace slod::alert {

DeliveryRequest Alertmanager::request(const Notice& notice, const RequestContext& context) const {
  return request(std::span(&notice, 1), context);
}

DeliveryRequest Alertmanager::request(std::span<const Notice> notices,
                                      const RequestContext& context) const {
  return json_post(fmt::format("{}{}", url, alerts_path),
                   alertmanager_alerts(notices, context.now, validity));
}

std::string alertmanager_alerts(std::span<const Notice> notices, Instant now, Duration validity) {
  assert(validity > Duration::zero());
  boost::json::array out;
  for (const Notice& notice : notices) {
    const Instant ends_at = notice.kind == Notice::Kind::firing
                                ? std::max(notice.starts_at, now) + validity
                                : alert_ends_at(notice);
    boost::json::object alert;
    alert["labels"] = alert_labels(notice);
    alert["annotations"] = alert_annotations(notice);
    alert["startsAt"] = format_instant(notice.starts_at);
    alert["endsAt"] = format_instant(ends_at);
    // Alertmanager refuses an alert whose generatorURL is no URI.
    if (is_web_address(notice.link())) alert["generatorURL"] = notice.link();
    out.push_back(std::move(alert));
  }
  return json_text(out);
}

}  // namespace slod::alert
