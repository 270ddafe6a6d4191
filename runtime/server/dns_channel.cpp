// c-ares without its own waiting: Asio watches its sockets and its next timeout.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/dns_channel.h"

#include <ares.h>
#include <sys/time.h>

#include <boost/asio/post.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <sstream>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/dns/message.h"
#include "runtime/net/udp_socket.h"

namespace strowger::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Descriptor = asio::posix::stream_descriptor;

constexpr int kUsualTries = 2;                     // what the C library's resolver does; c-ares would try four times
constexpr std::size_t kInFlight = 16384;           // c-ares numbers questions with 16 bits; more wait here

/// Does the system's configuration say how often to ask?
bool says_attempts() {
  std::ifstream in("/etc/resolv.conf");
  std::stringstream text;
  text << in.rdbuf();
  return text.str().find("attempts:") != std::string::npos;
}

class CaresChannel final : public dns::Channel {
 public:
  CaresChannel(asio::io_context& io, const dns::ServerOptions& options, std::function<void()> before, std::function<void()> after)
      : io_(io), timer_(io), options_(options), before_(std::move(before)), after_(std::move(after)) {}
  ~CaresChannel() override {
    closing_ = true;
    if (channel_ != nullptr) ares_destroy(channel_);
    for (auto& [fd, watch] : watches_) watch->descriptor.release();
  }
  CaresChannel(const CaresChannel&) = delete;
  CaresChannel& operator=(const CaresChannel&) = delete;

  bool open(const std::string& servers, std::string& why) {
    ares_options settings{};
    int mask = ARES_OPT_SOCK_STATE_CB;
    settings.sock_state_cb = [](void* self, int fd, int readable, int writable) {
      static_cast<CaresChannel*>(self)->watch(fd, readable != 0, writable != 0);
    };
    settings.sock_state_cb_data = this;
    if (options_.retry_ms > 0) {
      settings.timeout = options_.retry_ms;
      mask |= ARES_OPT_TIMEOUTMS;
    }
    if (options_.tries > 0 || !says_attempts()) {
      settings.tries = options_.tries > 0 ? options_.tries : kUsualTries;
      mask |= ARES_OPT_TRIES;
    }
    int result = ares_init_options(&channel_, &settings, mask);
    if (result == ARES_SUCCESS && !servers.empty()) result = ares_set_servers_ports_csv(channel_, servers.c_str());
    else if (result == ARES_SUCCESS && options_.servers > 0) result = keep_first_servers();
    if (result == ARES_SUCCESS) {
      // A slow server answers many questions at once: what has no room is asked again only after the timeout.
      ares_set_socket_configure_callback(channel_, [](ares_socket_t fd, int, void*) { net::widen_buffers(fd); return int{ARES_SUCCESS}; }, nullptr);
      return true;
    }
    why = ares_strerror(result);
    return false;
  }

  void ask(const std::string& name, dns::Type type, std::function<void(dns::Answer)> done) override {
    waiting_.push_back(new Query{this, name, type, std::move(done), {}});
    start();
  }

 private:
  struct Query {
    CaresChannel* channel;
    std::string name;
    dns::Type type;
    std::function<void(dns::Answer)> done;
    dns::Answer answer;
  };
  struct Watch {
    Watch(asio::io_context& io, int fd) : descriptor(io, fd) {}
    Descriptor descriptor;
    bool readable = false, writable = false;       ///< wanted
    bool waits_read = false, waits_write = false;
  };

  int keep_first_servers() {
    ares_addr_port_node* all = nullptr;
    int result = ares_get_servers_ports(channel_, &all);
    if (result != ARES_SUCCESS) return result;
    ares_addr_port_node* last = all;
    for (int i = 1; last != nullptr && i < options_.servers; ++i) last = last->next;
    ares_addr_port_node* const rest = last != nullptr ? std::exchange(last->next, nullptr) : nullptr;
    result = ares_set_servers_ports(channel_, all);
    if (last != nullptr) last->next = rest;
    ares_free_data(all);
    return result;
  }

  void start() {
    while (!waiting_.empty() && in_flight_ < kInFlight && !closing_) {
      Query* const query = waiting_.front();
      waiting_.pop_front();
      ++in_flight_;
      constexpr int kInternet = 1;
      const auto ask = options_.search_list ? ares_search : ares_query;
      ask(channel_, query->name.c_str(), kInternet, static_cast<int>(query->type), on_answer, query);
    }
    deliver_later();
    arm();
  }

  static void on_answer(void* argument, int status, int, unsigned char* bytes, int length) {
    Query* const query = static_cast<Query*>(argument);
    CaresChannel& self = *query->channel;
    --self.in_flight_;
    switch (status) {
      case ARES_SUCCESS:
        query->answer = dns::parse_answer({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length)}, query->name,
                                          query->type, self.options_.search_list);
        break;
      case ARES_ENOTFOUND: query->answer.status = dns::Status::NoName; break;
      case ARES_ENODATA: query->answer.status = dns::Status::NoData; break;
      default: break;                              // no server answered, or none sensibly
    }
    if (self.closing_) {                           // nobody is left who could use it
      delete query;
      return;
    }
    self.answered_.push_back(query);
  }

  /// Answers are given out where no script runs and c-ares is not at work.
  void deliver() {
    if (answered_.empty()) return;
    before_();
    while (!answered_.empty()) {
      const std::vector<Query*> batch = std::exchange(answered_, {});
      for (Query* const query : batch) {
        query->done(std::move(query->answer));
        delete query;
      }
    }
    after_();
  }

  void deliver_later() {
    if (answered_.empty()) return;
    asio::post(io_, [this] { deliver(); });
  }

  void process(int read, int write) {
    ares_process_fd(channel_, read, write);
    deliver();
    start();
  }

  void watch(int fd, bool readable, bool writable) {
    if (closing_) return;
    const auto at = watches_.find(fd);
    if (!readable && !writable) {                  // it is about to be closed
      if (at == watches_.end()) return;
      at->second->descriptor.release();
      watches_.erase(at);
      return;
    }
    auto& watch = at != watches_.end() ? at->second : watches_[fd] = std::make_shared<Watch>(io_, fd);
    watch->readable = readable;
    watch->writable = writable;
    wait(fd, watch);
  }

  void wait(int fd, const std::shared_ptr<Watch>& watch) {
    if (watch->readable && !watch->waits_read) {
      watch->waits_read = true;
      watch->descriptor.async_wait(Descriptor::wait_read, [this, fd, watch](const error_code& error) {
        watch->waits_read = false;
        if (error || !is_current(fd, watch)) return;
        process(fd, ARES_SOCKET_BAD);
        if (is_current(fd, watch)) wait(fd, watch);
      });
    }
    if (watch->writable && !watch->waits_write) {
      watch->waits_write = true;
      watch->descriptor.async_wait(Descriptor::wait_write, [this, fd, watch](const error_code& error) {
        watch->waits_write = false;
        if (error || !is_current(fd, watch)) return;
        process(ARES_SOCKET_BAD, fd);
        if (is_current(fd, watch)) wait(fd, watch);
      });
    }
  }

  bool is_current(int fd, const std::shared_ptr<Watch>& watch) const {
    const auto at = watches_.find(fd);
    return at != watches_.end() && at->second == watch;
  }

  void arm() {
    timeval time{};
    if (ares_timeout(channel_, nullptr, &time) == nullptr) return;
    const auto due = std::chrono::steady_clock::now() + std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec + 1000);
    if (armed_ && timer_.expiry() <= due) return;
    armed_ = true;
    timer_.expires_at(due);
    timer_.async_wait([this](const error_code& error) {
      if (error) return;
      armed_ = false;
      process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    });
  }

  asio::io_context& io_;
  asio::steady_timer timer_;
  bool armed_ = false, closing_ = false;
  const dns::ServerOptions options_;
  const std::function<void()> before_, after_;
  ares_channel channel_ = nullptr;
  std::size_t in_flight_ = 0;
  std::deque<Query*> waiting_;                     ///< for a number
  std::vector<Query*> answered_;
  std::unordered_map<int, std::shared_ptr<Watch>> watches_;
};

}  // namespace

std::unique_ptr<dns::Channel> make_dns_channel(asio::io_context& io, const dns::ServerOptions& options, const std::string& servers,
                                               std::function<void()> before, std::function<void()> after, std::string& why) {
  auto channel = std::make_unique<CaresChannel>(io, options, std::move(before), std::move(after));
  if (!channel->open(servers, why)) return nullptr;
  return channel;
}

bool is_dns_server_list(const std::string& servers) {
  ares_channel channel = nullptr;
  ares_options options{};
  options.lookups = const_cast<char*>("");
  if (ares_init_options(&channel, &options, ARES_OPT_LOOKUPS) != ARES_SUCCESS) return false;
  const bool good = !servers.empty() && ares_set_servers_ports_csv(channel, servers.c_str()) == ARES_SUCCESS;
  ares_destroy(channel);
  return good;
}

}  // namespace strowger::server
