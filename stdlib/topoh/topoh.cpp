// Where messages are hidden and found: as they come, and as they are put into the outbox.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/worker.h"
#include "runtime/sip/uri.h"
#include "stdlib/topoh/hide.h"
#include "topoh.interface.h"

namespace strowger {
namespace {

const topoh::Hider& hider_of(const Process& process) { return *static_cast<const topoh::Hider*>(process.module_state[Topoh::slot]); }

Text unmask(Worker& worker, const Arrival& arrival, sip::Arena& arena) { return hider_of(worker.process).find(arrival.bytes, arena); }

void mask_last(void* owner, Outbox& outbox) {
  Worker& worker = *static_cast<Worker*>(owner);
  const Text bytes = outbox.bytes(outbox.entries().back());
  sip::Arena arena(worker.pool);
  const Text hidden = hider_of(worker.process).hide(bytes, arena, [&worker](const sip::Uri& uri) {
    return worker.process.is_myself(uri.host, uri.port, uri.protocol().value_or(sip::Protocol::Any));
  });
  if (hidden.ptr != bytes.ptr) outbox.replace_last(hidden);
}

}  // namespace

void Topoh::start(Process& process) {
  const topoh::Names names{Param::mask_ip,    Param::uparam_name,   Param::uparam_prefix,   Param::vparam_name,
                           Param::vparam_prefix, Param::callid_prefix, Param::mask_callid != 0};
  process.module_state[slot] = new topoh::Hider(Param::mask_key.view(), names);
  process.services.unmask = unmask;
}

void Topoh::worker_start(Worker& worker) { worker.outbox.set_filter(mask_last, &worker); }

void Topoh::stop(Process& process) { delete static_cast<topoh::Hider*>(process.module_state[slot]); }

}  // namespace strowger
