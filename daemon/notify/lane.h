#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/alert/receivers/receivers.h"
#include "lib/config/config.h"
#include "lib/delivery/backlog.h"
#include "lib/delivery/resend.h"

namespace slod {

/// A request on its way: a batch of messages, or what is sent again.
struct Flight {
  std::uint64_t number = 0;
  std::optional<Batch> batch;
  std::vector<alert::Notice> notices;
  bool is_resend = false;
  std::unique_ptr<boost::asio::cancellation_signal> cancel =
      std::make_unique<boost::asio::cancellation_signal>();
};

/// Everything about one address of one receiver. Lanes know nothing of each other.
struct Lane {
  Lane(boost::asio::io_context& loop, std::string receiver_name, std::size_t address_number)
      : name(std::move(receiver_name)), address(address_number), wakes(loop) {}

  std::string name;         ///< of the receiver
  std::size_t address = 0;  ///< which of its addresses
  config::Access access = {};
  std::optional<alert::Receiver> receiver = {};  ///< nullopt: the configuration has none such
  Backlog backlog = Backlog();
  std::optional<Resend> resend = {};  ///< where the receiver must be sent again what is firing
  std::list<Flight> flights = {};
  bool resend_fails = false;
  bool is_dropped = false;     ///< the receiver has no such address any longer
  bool is_known_lost = false;  ///< it was logged that there is no such receiver
  boost::asio::steady_timer wakes;

  bool is_unused() const { return !receiver && flights.empty() && (is_dropped || backlog.empty()); }
};

}  // namespace slod
