#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "daemon/net/client.h"
#include "lib/alert/notice.h"
#include "lib/alert/receiver.h"
#include "lib/time/instant.h"

namespace slod {

/// A request that tells somebody something.
struct Letter {
  Fetch fetch;
  std::vector<std::string> secrets = {};  ///< texts of the request that nobody may see
};

/// The letter, or why it could not be written: a secret cannot be read. Shows no secret.
using Written = std::expected<Letter, std::string>;

/// One for each kind of receiver, each in a file of its own.
Written write_letter(const alert::PagerDuty& receiver, const alert::Notice& notice);
Written write_letter(const alert::Slack& receiver, const alert::Notice& notice);
/// What is firing ends five minutes from `now`, unless it is sent again before.
Written write_letter(const alert::Alertmanager& receiver, std::span<const alert::Notice> notices,
                     Instant now);
/// `name` is the receiver's in the configuration.
Written write_letter(const alert::Webhook& receiver, const std::string& name,
                     const alert::Notice& notice);

/// For a receiver of any kind.
Written write_letter(const alert::Receiver& receiver, const alert::Notice& notice, Instant now);

/// How long a receiver is left alone after the beginning of an attempt, so that it does not refuse
/// the next one. Slack takes one message a second (api.slack.com/apis/rate-limits); PagerDuty about
/// 120 events a minute for one key; the others have no limit.
Duration pause_between(alert::ReceiverKind kind);

/// `text`, which came back for a letter, or a word in its place where it repeats a secret of it: a
/// proxy's error page, say, shows the path that it was asked for.
std::string without_secrets(std::string text, std::span<const std::string> secrets);

/// A POST of JSON.
Fetch post_json(std::string url, std::string body);

}  // namespace slod
