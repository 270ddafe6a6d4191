// Questions to DNS servers, by c-ares on a worker's loop.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>

#include "runtime/dns/channel.h"

namespace strowger::server {

/// Reads /etc/resolv.conf once, when made. `servers` ("192.0.2.53", "127.0.0.1:5353", several with commas), when not empty,
/// are asked instead of those found there. `before` and `after` are called around each batch of answers: they move the
/// worker's clock and send what the answers caused. Null with `why` when it cannot be made.
std::unique_ptr<dns::Channel> make_dns_channel(boost::asio::io_context& io, const dns::ServerOptions& options,
                                               const std::string& servers, std::function<void()> before,
                                               std::function<void()> after, std::string& why);
/// Is it a list that make_dns_channel() takes?
bool is_dns_server_list(const std::string& servers);

}  // namespace strowger::server
