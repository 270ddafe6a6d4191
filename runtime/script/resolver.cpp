// Asking for names, and waiting for the answers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/resolver.h"

#include <algorithm>

#include "runtime/script/core_param.h"

namespace strowger {
namespace {

std::uint32_t seconds(Int value, std::uint32_t otherwise) {
  return value < 0 ? otherwise : static_cast<std::uint32_t>(std::min<Int>(value, UINT32_MAX));
}

dns::CacheLimits cache_limits(const ScriptImage& image) {
  dns::CacheLimits limits;
  limits.on = core_number(image, "use_dns_cache", 1) != 0 && core_number(image, "dns_cache_init", 1) != 0;
  limits.min_ttl = seconds(core_number(image, "dns_cache_min_ttl", 0), 0);
  const std::uint32_t most = seconds(core_number(image, "dns_cache_max_ttl", 0), 0);
  limits.max_ttl = most == 0 ? UINT32_MAX : most;
  limits.negative_ttl = seconds(core_number(image, "dns_cache_negative_ttl", 60), 60);
  limits.bytes = static_cast<std::size_t>(std::clamp<Int>(core_number(image, "dns_cache_mem", 500), 0, Int{1} << 30)) * 1024;
  limits.delete_nonexpired = core_number(image, "dns_cache_del_nonexp", 0) != 0;
  limits.sweep = std::clamp<Int>(core_number(image, "dns_cache_gc_interval", 120), 1, 1 << 30) * 1000;
  return limits;
}

}  // namespace

Dns::Dns(const Process& process) : cache(cache_limits(process.image)) {
  const ScriptImage& image = process.image;
  rules.try_naptr = core_number(image, "dns_try_naptr", 0) != 0;
  rules.try_ipv6 = core_number(image, "dns_try_ipv6", 1) != 0;
  const Int flags = core_number(image, "dns_cache_flags", 0);
  rules.ipv4_only = flags & 1;
  rules.ipv6_only = flags & 2;
  rules.prefer_ipv6 = flags & 4;
  rules.srv_weights = core_number(image, "dns_srv_lb", 0) != 0;
  rules.own_order = core_number(image, "dns_naptr_ignore_rfc", 1) != 0;
  rules.failover = core_number(image, "use_dns_failover", 0) != 0;
  const auto prefer = [&](sip::Protocol protocol, std::string_view name, int usual) {
    rules.preference[static_cast<std::size_t>(protocol)] = static_cast<int>(std::clamp<Int>(core_number(image, name, usual), -1, 1000000));
  };
  prefer(sip::Protocol::Udp, "dns_udp_pref", 30);
  prefer(sip::Protocol::Tcp, "dns_tcp_pref", 20);
  prefer(sip::Protocol::Tls, "dns_tls_pref", 10);
  prefer(sip::Protocol::Sctp, "dns_sctp_pref", 20);
  for (const auto& socket : process.sockets)
    (socket->address.family == 6 ? rules.has6 : rules.has4)[static_cast<std::size_t>(socket->protocol)] = true;
  servers.retry_ms = static_cast<int>(std::clamp<Int>(core_number(image, "dns_retr_time", 0), 0, 60)) * 1000;
  servers.tries = static_cast<int>(std::clamp<Int>(core_number(image, "dns_retr_no", 0), 0, 10));
  servers.servers = static_cast<int>(std::clamp<Int>(core_number(image, "dns_servers_no", 0), 0, 16));
  servers.search_list = core_number(image, "dns_use_search_list", 1) != 0;
}

std::uint64_t Resolver::random() { return worker_.random() >> 16; }

const dns::Rules& Resolver::rules() const { return dns_of(worker_.process).rules; }

dns::SharedAnswer Resolver::find(std::string_view name, dns::Type type) {
  if (auto known = dns_of(worker_.process).cache.find(name, type, worker_.now.mono)) return known;
  return ask(name, type);
}

dns::SharedAnswer Resolver::ask(std::string_view name, dns::Type type) {
  static const dns::SharedAnswer kFailed = std::make_shared<const dns::Answer>();
  std::string key = std::to_string(static_cast<int>(type)) + " ";
  key += name;
  auto& slot = open_[key];
  std::shared_ptr<Question> question = slot;
  if (!question) {
    if (!channel || open_.size() > kMaxQuestions || dns::normal_name(name).empty()) {
      open_.erase(key);
      return kFailed;
    }
    question = slot = std::make_shared<Question>();
    question->name = name;
    question->type = type;
    ++asked;
    channel->ask(question->name, type, [this, question](dns::Answer answer) { answered(question, std::move(answer)); });
  }
  const Ticket ticket = worker_.scripts.ticket();
  question->waiting.push_back(ticket);
  worker_.scripts.wait(ticket, kLongest);
  return question->answer ? question->answer : kFailed;
}

void Resolver::answered(const std::shared_ptr<Question>& question, dns::Answer answer) {
  open_.erase(std::to_string(static_cast<int>(question->type)) + " " + question->name);
  if (answer.status == dns::Status::Failed) ++failed;
  question->answer = dns_of(worker_.process).cache.put(question->name, question->type, std::move(answer), worker_.now.mono);
  const std::vector<Ticket> waiting = std::exchange(question->waiting, {});
  for (const Ticket ticket : waiting) worker_.scripts.answer(ticket);
}

// ---- next hops of names ----------------------------------------------------------------------------------------------

std::optional<NextHop> resolve_name(Worker& worker, Text host, std::uint16_t port, sip::Protocol protocol, bool secure,
                                    std::unique_ptr<dns::Targets>* others) {
  dns::Wanted wanted;
  wanted.host = dns::normal_name(host.view());
  if (wanted.host.empty()) return std::nullopt;
  wanted.port = port;
  wanted.protocol = protocol;
  wanted.secure = secure;
  Resolver& resolver = resolver_of(worker);
  auto targets = std::make_unique<dns::Targets>(resolver.rules(), resolver, wanted);
  std::optional<NextHop> hop = next_target(worker, *targets);
  if (others != nullptr && hop && resolver.rules().failover && targets->more()) *others = std::move(targets);
  return hop;
}

std::optional<NextHop> next_target(Worker& worker, dns::Targets& others) {
  Resolver& resolver = resolver_of(worker);
  const auto target = others.next(resolver.rules(), resolver);
  if (!target) return std::nullopt;
  return NextHop{target->address, target->protocol};
}

}  // namespace strowger
