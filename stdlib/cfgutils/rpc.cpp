// cfgutils.*: the global flags, by masks, and the probability of rand_event().
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"

#include <cstdio>
#include <optional>
#include <string>

#include "cfgutils.interface.h"
#include "stdlib/cfgutils/locks.h"

namespace strowger {
namespace {

cfgutils::Knobs& knobs_of(RpcCall& call) { return cfgutils::knobs_of(call.process()); }

std::optional<std::uint32_t> mask_in(RpcCall& call) {
  const auto mask = call.next_int();
  if (!mask) call.fault(500, "Invalid Parameters");
  return mask ? std::optional(static_cast<std::uint32_t>(*mask)) : std::nullopt;
}

}  // namespace

void Cfgutils::rpc_cfgutils_get_gflags(RpcCall& call) {
  char text[32];
  const std::uint32_t flags = knobs_of(call).flags.load();
  const int length = std::snprintf(text, sizeof text, "0x%X (%u)", flags, flags);
  call.reply.add(std::string_view(text, static_cast<std::size_t>(length)));
}

void Cfgutils::rpc_cfgutils_is_gflag(RpcCall& call) {
  if (const auto mask = mask_in(call)) call.reply.add(std::string_view((knobs_of(call).flags.load() & *mask) == *mask ? "TRUE" : "FALSE"));
}

void Cfgutils::rpc_cfgutils_set_gflag(RpcCall& call) {
  if (const auto mask = mask_in(call)) knobs_of(call).flags |= *mask;
}

void Cfgutils::rpc_cfgutils_reset_gflag(RpcCall& call) {
  if (const auto mask = mask_in(call)) knobs_of(call).flags &= ~*mask;
}

void Cfgutils::rpc_cfgutils_rand_get_prob(RpcCall& call) {
  call.reply.add(std::string_view("actual probability: " + std::to_string(knobs_of(call).chance.load()) + " percent"));
}

void Cfgutils::rpc_cfgutils_rand_set_prob(RpcCall& call) {
  const auto percent = call.next_int();
  if (!percent) return call.fault(500, "Invalid Parameters");
  if (*percent < 0 || *percent > 100) return call.fault(500, "Invalid Percent");
  knobs_of(call).chance = *percent;
}

void Cfgutils::rpc_cfgutils_rand_reset_prob(RpcCall& call) { knobs_of(call).chance = Param::initial_probability; }

}  // namespace strowger
