// Destinations whose host is a name that only DNS knows: their addresses, for questions about where a request came from.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/resolver.h"
#include "stdlib/dispatcher/state.h"

namespace strowger::dispatcher {
namespace {

constexpr dns::Type kTypes[] = {dns::Type::A, dns::Type::Aaaa};

bool is_asked_for(const Destination& one) { return one.address.family == 0 && !(one.flags.load() & kNoDns); }

}  // namespace

bool has_address(Worker& worker, const Destination& one, const sip::Address& address) {
  if (one.address.family != 0) return one.address.same_ip(address);
  if (!is_asked_for(one)) return false;
  // What expired a moment ago is as good: look_up() is asking.
  const auto entry = dns_of(worker.process).cache.entry(dns::normal_name(one.host), address.family == 4 ? dns::Type::A : dns::Type::Aaaa);
  if (!entry) return false;
  for (const dns::Record& record : entry->answer->records)
    if (record.address.same_ip(address)) return true;
  return false;
}

void look_up(Worker& worker) {
  PerWorker& state = state_of(worker);
  if (state.looking_up) return;
  auto names = std::make_shared<std::vector<std::string>>();
  for (const auto& set : current(worker)->sets)
    for (const auto& one : set->all)
      if (is_asked_for(*one)) names->push_back(dns::normal_name(one->host));
  if (names->empty()) return;
  state.looking_up = true;
  worker.scripts.post_job([&worker, names] {
    for (const std::string& name : *names)
      for (const dns::Type type : kTypes) resolver_of(worker).find(name, type);
    state_of(worker).looking_up = false;
  });
}

}  // namespace strowger::dispatcher
