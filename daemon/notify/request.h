#pragma once

#include <expected>
#include <span>
#include <string>

#include "daemon/net/client.h"
#include "lib/alert/notice.h"
#include "lib/alert/receiver.h"
#include "lib/time/instant.h"

namespace slod {

/// How long Alertmanager takes a firing alert for firing without hearing of it again. It is told
/// every minute, so it forgets one only once slod has been dead for this long.
inline constexpr Duration alertmanager_validity = std::chrono::minutes(5);

/// The request that tells `receiver` about a notice. Secrets are read from their files, so that one
/// that was changed is used at once. The error says which file and why, and holds no secret.
std::expected<Fetch, std::string> request_for(const alert::Receiver& receiver,
                                              const alert::Notice& notice, Instant now);

/// The request that tells an Alertmanager of all that is firing now.
Fetch refresh_request(const alert::Alertmanager& receiver, std::span<const alert::Notice> firing,
                      Instant now);

}  // namespace slod
