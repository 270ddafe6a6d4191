// The algorithms: which destination of a set is the first one.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "stdlib/dispatcher/core_hash.h"
#include "stdlib/dispatcher/state.h"

namespace strowger::dispatcher {
namespace {

enum Algorithm : Int {
  kCallId = 0,
  kFromUri = 1,
  kToUri = 2,
  kRequestUri = 3,
  kRoundRobin = 4,
  kAuthUser = 5,
  kRandom = 6,
  kVariable = 7,
  kFirst = 8,
  kWeight = 9,
  kLoad = 10,
  kRelativeWeight = 11,
  kParallel = 12,
  kLatency = 13,
};

/// User, then host, then the port where it is written and not the usual one.
bool hash_uri(const sip::Uri& uri, bool user_only, CoreHash& hash) {
  if (uri.host.empty() && uri.user.empty()) return false;   // "tel:" has a user only
  if (user_only && uri.user.empty()) return false;
  if (!uri.user.empty()) hash.add(uri.user);
  if (user_only || uri.host.empty()) return true;
  const std::uint16_t usual = uri.scheme == sip::Scheme::Sips ? 5061 : 5060;
  if (uri.port == 0 || uri.port == usual) {
    hash.add(uri.host);
    return true;
  }
  char text[300];
  if (uri.host.len + 1 + uri.port_text.len > sizeof text) return false;
  std::memcpy(text, uri.host.ptr, uri.host.len);
  text[uri.host.len] = ':';
  std::memcpy(text + uri.host.len + 1, uri.port_text.ptr, uri.port_text.len);
  hash.add(Text(text, uri.host.len + 1 + uri.port_text.len));
  return true;
}

bool hash_party(const sip::NameAddr* party, bool user_only, CoreHash& hash) {
  const auto uri = party ? sip::parse_uri(party->uri) : std::nullopt;
  return uri && hash_uri(*uri, user_only, hash);
}

/// The user of the credentials, without a domain; null without credentials.
Text auth_user(sip::Message& message) {
  for (const sip::HeaderId id : {sip::HeaderId::ProxyAuthorization, sip::HeaderId::Authorization}) {
    const Text value = message.value_of(id);
    if (value.is_null()) continue;
    const std::size_t blank = value.view().find(' ');
    if (blank == std::string_view::npos) return Text::null();
    Text rest(value.view().substr(blank + 1));
    for (sip::Param param; sip::next_param(rest, param, ',');)
      if (sip::equal_ignore_case(param.name, "username")) return param.value.view().substr(0, param.value.view().find('@'));
  }
  return Text::null();
}

/// The fewest calls; of equal ones the first. -1: all are full.
int least_loaded(const Set& set) {
  int best = -1, least = 0;
  for (std::size_t i = 0; i < set.all.size(); ++i) {
    const Destination& one = *set.all[i];
    const int load = one.load.load(std::memory_order_relaxed), most = one.attributes.max_load;
    if (!one.usable() || (most > 0 && load >= most) || (best >= 0 && load >= least)) continue;
    best = static_cast<int>(i);
    least = load;
  }
  return best;
}

/// A destination loses a point of priority for each time its latency (with cc: its congestion) is as high as its
/// priority.
int adjusted_priority(const Destination& one) {
  const double slow = one.attributes.congestion_control ? one.latency.congestion() : one.latency.estimate();
  return one.priority > 0 ? one.priority - static_cast<int>(slow / one.priority) : one.priority;
}

/// Round robin over the usable ones with the highest adjusted priority.
int by_latency(const Set& set, Cursor& cursor) {
  int best = INT32_MIN;
  std::uint32_t count = 0;
  for (const auto& one : set.all) {
    if (!one->usable()) continue;
    const int priority = adjusted_priority(*one);
    if (priority > best) best = priority, count = 0;
    count += priority == best;
  }
  if (count == 0) return -1;
  std::uint32_t skip = cursor.round++ % count;
  for (std::size_t i = 0; i < set.all.size(); ++i)
    if (set.all[i]->usable() && adjusted_priority(*set.all[i]) == best && skip-- == 0) return static_cast<int>(i);
  return -1;
}

int by_relative_weight(Call& call, const Set& set, Cursor& cursor) {
  const std::uint32_t generation = set.generation.load(std::memory_order_acquire);
  if (cursor.generation != generation) {
    cursor.slots = relative_slots(set, call.worker->random());
    cursor.generation = generation;
  }
  return cursor.slots[cursor.relative++ % kSlots];
}

}  // namespace

int choose(Call& call, const Set& set, Int algorithm, Cursor& cursor) {
  std::uint32_t count = static_cast<std::uint32_t>(set.all.size());
  if (settings_of(call).use_default && count > 1) --count;
  const bool user_only = settings_of(call).user_only;
  CoreHash hash;
  bool hashed = true;
  sip::Message& message = call.message();
  switch (algorithm) {
    case kCallId: {
      const Text id = message.call_id();
      if ((hashed = !id.is_null())) hash.add(id);
      break;
    }
    case kFromUri:
      hashed = hash_party(message.from(), user_only, hash);
      break;
    case kToUri:
      hashed = hash_party(message.to(), user_only, hash);
      break;
    case kRequestUri: {
      const sip::Uri* const uri = call.live->parsed_uri();
      hashed = uri && hash_uri(*uri, user_only, hash);
      break;
    }
    case kAuthUser: {
      const Text user = auth_user(message);
      if (user.empty()) return static_cast<int>(cursor.round++ % count);
      hash.add(user);
      break;
    }
    case kVariable:
      if (!Dispatcher::Param::hash_pvar) {
        call.log(LogLevel::Err, "dispatcher: algorithm 7 needs the parameter hash_pvar\n");
        return -1;
      }
      {
        const Text key = Operators::format_value(&call, Dispatcher::Param::hash_pvar->get(&call));
        if ((hashed = !key.empty())) hash.add(key);
      }
      break;
    case kRoundRobin:
      return static_cast<int>(cursor.round++ % count);
    case kRandom:
      return static_cast<int>(call.worker->random() % count);
    case kWeight:
      return set.by_weight[cursor.weight++ % kSlots];
    case kRelativeWeight:
      return by_relative_weight(call, set, cursor);
    case kLoad:
      return message.method_bit() == kInvite ? least_loaded(set) : 0;
    case kLatency:
      return by_latency(set, cursor);
    case kFirst:
    case kParallel:
      return 0;
    default:
      log_line(call, LogLevel::Warn, "dispatcher",
               {"there is no algorithm ", algorithm, ": the first destination is taken"});
      return 0;
  }
  if (!hashed) {
    log_line(call, LogLevel::Err, "dispatcher", {"algorithm ", algorithm, ": the message lacks what is hashed"});
    return -1;
  }
  return static_cast<int>(hash.result() % count);
}

}  // namespace strowger::dispatcher
