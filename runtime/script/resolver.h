// Names to next hops in a worker: the cache, questions to the servers, and scripts that wait for the answers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/dns/cache.h"
#include "runtime/dns/channel.h"
#include "runtime/dns/select.h"
#include "runtime/script/forward.h"
#include "runtime/script/park.h"
#include "runtime/script/worker.h"

namespace strowger {

/// Behind the modules' slots of Process::module_state (a Dns) and Worker::module_state (a Resolver).
inline constexpr std::size_t kResolverSlot = 512;

/// What all workers share.
struct Dns {
  explicit Dns(const Process& process);
  dns::Rules rules;
  dns::Cache cache;
  dns::ServerOptions servers;
};

/// One worker's. Made with it; the shell sets `channel` before the first message.
class Resolver final : public dns::Lookup {
 public:
  static constexpr std::size_t kMaxQuestions = 131072;      ///< open at once; more fail
  static constexpr Millis kLongest = 120000;               ///< no server takes longer: the channel gives up before

  explicit Resolver(Worker& worker) : worker_(worker) {}

  /// The answer, from the cache or from the servers; the running script waits meanwhile. `name` in lower case.
  dns::SharedAnswer find(std::string_view name, dns::Type type) override;
  std::uint64_t random() override;
  const dns::Rules& rules() const;

  /// From the servers, whatever the cache has; what runs waits.
  dns::SharedAnswer ask(std::string_view name, dns::Type type);

  std::unique_ptr<dns::Channel> channel;
  std::uint64_t asked = 0, failed = 0;     ///< counted

 private:
  struct Question {
    std::string name;
    dns::Type type;
    std::vector<Ticket> waiting;
    dns::SharedAnswer answer;
  };
  void answered(const std::shared_ptr<Question>& question, dns::Answer answer);

  Worker& worker_;
  std::unordered_map<std::string, std::shared_ptr<Question>> open_;
};

inline Dns& dns_of(const Process& process) { return *static_cast<Dns*>(process.module_state[kResolverSlot]); }
inline Resolver& resolver_of(const Worker& worker) { return *static_cast<Resolver*>(worker.module_state[kResolverSlot]); }

/// resolve() that keeps what to try should the hop fail: `others` gets null where there is nothing, or use_dns_failover is off.
std::optional<NextHop> resolve(Worker& worker, const sip::Uri& uri, sip::Protocol force, Int& why, std::unique_ptr<dns::Targets>* others);
/// What resolve() left in `others`, one after the other; names of SRV records may have to be waited for.
std::optional<NextHop> next_target(Worker& worker, dns::Targets& others);
/// Is the answer of resolve() known without DNS: an address, or a name of the hosts file?
bool is_known_host(Worker& worker, Text host);
/// Where a host that is no address goes; the running script waits where the cache does not know it. `protocol` Any: not
/// said. `others`: see resolve().
std::optional<NextHop> resolve_name(Worker& worker, Text host, std::uint16_t port, sip::Protocol protocol, bool secure,
                                    std::unique_ptr<dns::Targets>* others);

}  // namespace strowger
