// Settings from xavps, and contacts in xavps.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/registrar/records.h"

#include "registrar.interface.h"
#include "runtime/script/xavp_fields.h"

namespace strowger::registrar {
namespace {

enum MaskBit : Int { kNoRuid = 1, kNoContact = 2, kNoExpires = 4, kNoReceived = 8, kNoPath = 16 };

const Value* wished(Call& call, std::string_view name) {
  if (Registrar::Param::xavp_cfg.empty()) return nullptr;
  const Xavp* const record = *xavp_link(*call.avps, Registrar::Param::xavp_cfg);
  return record ? field_of(*record, name) : nullptr;
}

}  // namespace

std::optional<Int> wished_number(Call& call, std::string_view name) {
  const Value* const value = wished(call, name);
  return value && value->is_int() ? std::optional<Int>(value->number()) : std::nullopt;
}

Text wished_text(Call& call, std::string_view name) {
  const Value* const value = wished(call, name);
  return value && value->is_text() ? value->text() : Text::null();
}

void clear_record(Call& call) {
  if (Registrar::Param::xavp_rcd.empty()) return;
  if (Xavp** const at = xavp_link(*call.avps, Registrar::Param::xavp_rcd); *at) *at = (*at)->next;
}

void add_record(Call& call, const usrloc::Contact& contact) {
  const Text name = Registrar::Param::xavp_rcd;
  if (name.empty()) return;
  Avps& avps = *call.avps;
  Xavp* record = *xavp_link(avps, name);
  if (!record) record = new_xavp(avps, name);
  const Int mask = Registrar::Param::xavp_rcd_mask;
  const Int seconds = contact.expires == 0 ? 0 : contact.expires - call.worker->now.wall_seconds();
  const bool done = record && ((mask & kNoRuid) || put_field(avps, *record, "ruid", Value::of(contact.ruid))) &&
                    ((mask & kNoContact) || put_field(avps, *record, "contact", Value::of(contact.address))) &&
                    ((mask & kNoExpires) || put_field(avps, *record, "expires", Value::of(seconds))) &&
                    ((mask & kNoReceived) || contact.received.empty() || put_field(avps, *record, "received", Value::of(contact.received))) &&
                    ((mask & kNoPath) || contact.path.empty() || put_field(avps, *record, "path", Value::of(contact.path)));
  if (!done) call.log(LogLevel::Err, "registrar: no memory for xavp_rcd\n");
}

}  // namespace strowger::registrar
