// The streams of all workers, for modules: what one asks goes to the worker that has the connection.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>
#include <vector>

#include "runtime/net/stream_directory.h"
#include "runtime/script/streams.h"
#include "runtime/server/worker_loop.h"

namespace strowger::server {

class StreamHub final : public Streams {
 public:
  StreamHub(net::StreamDirectory& directory, const std::vector<std::unique_ptr<WorkerLoop>>& loops)
      : directory_(directory), loops_(loops) {}

  bool with(Worker& caller, std::uint32_t connection, std::function<void(Worker&, StreamControl&)> work) override;
  std::shared_ptr<const net::StreamFacts> facts(std::uint32_t connection) const override { return directory_.facts(connection); }
  std::uint32_t find(const sip::Address& peer, sip::Protocol protocol) const override { return directory_.find({peer, protocol}); }
  bool is_open(std::uint32_t connection) const override { return directory_.is_open(connection); }
  void add_alias(std::uint32_t connection, const sip::Address& alias, sip::Protocol protocol) override {
    if (directory_.is_open(connection)) directory_.add_alias(connection, {alias, protocol});
  }
  std::optional<sip::Address> behind_proxy(std::uint32_t connection) const override { return directory_.wire_of(connection); }
  void list(Worker& caller, std::function<void(std::vector<StreamInfo>)> done) override;
  void count(std::size_t& all, std::size_t& secure, std::size_t& queued) const override;

 private:
  net::StreamDirectory& directory_;
  const std::vector<std::unique_ptr<WorkerLoop>>& loops_;
};

}  // namespace strowger::server
