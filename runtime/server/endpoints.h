// Serves Process::endpoints on worker 0's thread: unix datagrams and streams, FIFOs, UDP and TCP for control protocols.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace strowger {
struct Endpoint;
struct Worker;
}

namespace strowger::server {

class Endpoints {
 public:
  /// `before` and `after` are called around everything that may run worker code.
  Endpoints(boost::asio::io_context& io, Worker& worker, std::function<void()> before, std::function<void()> after);
  ~Endpoints();                          ///< closes all, unlinks paths that it made
  Endpoints(const Endpoints&) = delete;
  Endpoints& operator=(const Endpoints&) = delete;

  /// Before the thread runs. `endpoint` must stay. False with `why` when it cannot be opened.
  bool open(const Endpoint& endpoint, std::string& why);
  /// In the thread, once.
  void start();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strowger::server
