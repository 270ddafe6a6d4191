// What StreamTransport offers. Every connection is bounded: message size, write queue, idle time, and in number.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/stream_transport.h"

#include "runtime/net/stream_impl.h"

namespace strowger::net {
namespace {

/// A connection while somebody works on it.
class Control final : public StreamControl {
 public:
  Control(StreamTransport::Impl& transport, std::shared_ptr<StreamConnection> connection)
      : transport_(transport), connection_(std::move(connection)) {}
  StreamInfo info() const override { return transport_.info(*connection_); }
  bool put_layer(std::unique_ptr<StreamLayer> layer, const Socket& socket, Text first) override {
    return transport_.put_layer(connection_, std::move(layer), socket, first);
  }
  void write(Text bytes) override { transport_.write(connection_, bytes, 0, 0); }
  void hold(bool on) override { transport_.hold(connection_, on); }
  StreamLayer* top() override { return connection_->layers.empty() ? nullptr : connection_->layers.back().get(); }
  void send_below(Text bytes) override {
    if (!connection_->closed && !connection_->layers.empty())
      static_cast<void>(transport_.sink(connection_, connection_->layers.size() - 1, bytes));
  }
  void close() override { transport_.finish(connection_); }
  void set_lifetime(std::int64_t milliseconds) override { connection_->lifetime = StreamLimits::Time(milliseconds); }
  bool set_keepalive(bool on, int idle, int interval, int count) override {
    return net::set_keepalive(connection_->descriptor.native_handle(), on, idle, interval, count);
  }

 private:
  StreamTransport::Impl& transport_;
  const std::shared_ptr<StreamConnection> connection_;
};

}  // namespace

StreamTransport::StreamTransport(asio::io_context& io, StreamDirectory& directory, const StreamLimits& limits,
                                 std::uint32_t worker, Events events)
    : impl_(std::make_shared<Impl>(io, directory, limits, worker, events)) {}

StreamTransport::~StreamTransport() { shut(); }

void StreamTransport::add_listener(std::uint16_t socket, sip::Protocol protocol, Descriptor fd) {
  impl_->listeners.push_back(std::make_shared<Impl::Listener>(impl_->io, socket, protocol, fd.release()));
  impl_->wait_connection(impl_->listeners.back());
}

bool StreamTransport::send(const StreamDeparture& departure, Text bytes) { return impl_->send(departure, bytes); }

bool StreamTransport::with(std::uint32_t connection, const std::function<void(StreamControl&)>& work) {
  const auto found = impl_->connections.find(connection);
  if (found == impl_->connections.end()) return false;
  Control control(*impl_, found->second);
  work(control);
  return true;
}

std::vector<StreamInfo> StreamTransport::list() const {
  std::vector<StreamInfo> all;
  for (const auto& [id, connection] : impl_->connections) all.push_back(impl_->info(*connection));
  return all;
}

void StreamTransport::shut() {
  if (!impl_->shut) impl_->shut_down();
}
std::size_t StreamTransport::connections() const { return impl_->connections.size(); }

}  // namespace strowger::net
