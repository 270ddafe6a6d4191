// uac.reg_*: commands for registrations.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"
#include "stdlib/uac/registrations.h"
#include "stdlib/uac/state.h"

namespace strowger {
namespace {

using uac::Registration;

uac::Registrations& all_of(RpcCall& call) { return uac::registrations_of(call.process()); }

/// Without a database there are no commands, as in Kamailio.
bool are_there(RpcCall& call) {
  if (!all_of(call).is_used) call.fault(500, "Method Not Found");
  return all_of(call).is_used;
}

Text text_of(const std::string& text) { return Text(std::string_view(text)); }

void show(RpcReply& reply, const Registration& record, Int now) {
  const auto put = [&](std::string_view name, const std::string& text) { reply.add_named(name, text.empty() ? Text::null() : text_of(text)); };
  const auto put_secret = [&](std::string_view name, const std::string& text) { reply.add_named(name, text.empty() ? Text("none") : text_of(text)); };
  reply.begin_struct();
  put("l_uuid", record.l_uuid);
  put("l_username", record.l_username);
  put("l_domain", record.l_domain);
  put("r_username", record.r_username);
  put("r_domain", record.r_domain);
  put("realm", record.realm);
  put("auth_username", record.auth_username);
  put_secret("auth_password", record.auth_password);
  put_secret("auth_ha1", record.auth_ha1);
  put_secret("auth_proxy", record.auth_proxy);
  reply.add_named("expires", record.expires);
  reply.add_named("flags", record.flags);
  reply.add_named("diff_expires", record.timer_expires > now ? record.timer_expires - now : Int{0});
  reply.add_named("timer_expires", record.timer_expires);
  reply.add_named("reg_init", record.reg_init);
  reply.add_named("reg_delay", record.reg_delay);
  put("contact_addr", record.contact_addr);
  put("socket", record.socket);
  reply.end_struct();
}

/// The record of the two parameters, attribute and value, for `work`, under the lock. Faults otherwise.
template <class Work>
void with_record(RpcCall& call, Work work) {
  if (!are_there(call)) return;
  const auto attribute = call.next_text();
  const auto value = attribute ? call.next_text() : std::nullopt;
  if (!value) return call.fault(400, "Invalid Parameters");
  uac::Registrations& all = all_of(call);
  const std::lock_guard lock(all.mutex);
  const uac::Column column = uac::column_of(*attribute);
  if (!column && !all.records.empty()) return call.fault(400, "Unsupported filter attribute");
  Registration* const record = column ? all.find(column, *value) : nullptr;
  if (!record) return call.fault(404, "Record not found");
  work(*record);
}

}  // namespace

void Uac::rpc_uac_reg_dump(RpcCall& call) {
  if (!are_there(call)) return;
  uac::Registrations& all = all_of(call);
  const std::lock_guard lock(all.mutex);
  for (const Registration& record : all.records) show(call.reply, record, call.worker.now.wall_seconds());
}

void Uac::rpc_uac_reg_info(RpcCall& call) {
  with_record(call, [&](const Registration& record) { show(call.reply, record, call.worker.now.wall_seconds()); });
}

void Uac::rpc_uac_reg_enable(RpcCall& call) {
  with_record(call, [](Registration& record) { uac::switch_registration(record, true); });
}
void Uac::rpc_uac_reg_disable(RpcCall& call) {
  with_record(call, [](Registration& record) { uac::switch_registration(record, false); });
}

void Uac::rpc_uac_reg_unregister(RpcCall& call) {
  std::uint64_t number = 0;
  with_record(call, [&](Registration& record) {
    record.expires = 0;
    if (!(record.flags & uac::kDisabled)) number = record.number;
  });
  if (number) uac::register_now(call.worker, number);
}

void Uac::rpc_uac_reg_reload(RpcCall& call) {
  if (!are_there(call)) return;
  uac::Registrations& all = all_of(call);
  Int loaded_at = 0;
  {
    const std::lock_guard lock(all.mutex);
    loaded_at = all.loaded_at;
  }
  if (call.worker.now.wall_seconds() < loaded_at + Param::reg_gc_interval)
    return call.fault(500, "Failed to shift records - check log messages");
  if (uac::read_again(call.worker, "") != uac::Again::Done) call.fault(500, "Failed to reload records - check log messages");
}

void Uac::rpc_uac_reg_refresh(RpcCall& call) {
  if (!are_there(call)) return;
  const auto uuid = call.next_text();
  if (!uuid) return call.fault(400, "Invalid Parameters");
  switch (uuid->empty() ? uac::Again::NotFound : uac::read_again(call.worker, *uuid)) {
    case uac::Again::Done: return;
    case uac::Again::NotFound: return call.fault(404, "Record not found");
    case uac::Again::Failed: return call.fault(500, "Failed to refresh record - check log messages");
  }
}

void Uac::rpc_uac_reg_remove(RpcCall& call) {
  if (!are_there(call)) return;
  const auto uuid = call.next_text();
  if (!uuid) return call.fault(400, "Invalid Parameters");
  uac::Registrations& all = all_of(call);
  const std::lock_guard lock(all.mutex);
  if (std::erase_if(all.records, [&](const Registration& record) { return record.l_uuid == *uuid; }) == 0) call.fault(404, "Record not found");
}

void Uac::rpc_uac_reg_add(RpcCall& call) {
  if (!are_there(call)) return;
  Registration record;
  const auto word = [&](std::string& out) {
    const auto value = call.next_text();
    if (value) out = *value;
    return value.has_value();
  };
  const auto text = [&](std::string& out) {   // "." stands for nothing
    const bool given = word(out);
    if (out == ".") out.clear();
    return given;
  };
  const auto number = [&](Int& out) {
    const auto value = call.next_int();
    out = value.value_or(0);
    return value.has_value();
  };
  const bool good = text(record.l_uuid) && text(record.l_username) && text(record.l_domain) && text(record.r_username) && text(record.r_domain) &&
                    text(record.realm) && text(record.auth_username) && text(record.auth_password) && text(record.auth_ha1) &&
                    text(record.auth_proxy) && number(record.expires) && number(record.flags) && number(record.reg_delay) &&
                    word(record.socket) && text(record.contact_addr);
  if (!good) return call.fault(400, "Invalid Parameters");
  const bool has_one_secret = record.auth_password.empty() ? record.auth_ha1.size() == uac::kHa1Digits : record.auth_ha1.empty();
  if (!has_one_secret) return call.fault(500, "Failed to add record - invalid password or ha1");
  if (!uac::complete(record)) return call.fault(500, "Failed to add record - check log messages");
  uac::Registrations& all = all_of(call);
  const std::lock_guard lock(all.mutex);
  if (all.find(&Registration::l_uuid, record.l_uuid)) return call.fault(409, "uuid already exists");
  all.add(std::move(record), call.worker.now.wall_seconds());
}

void Uac::rpc_uac_reg_active(RpcCall& call) {
  if (!are_there(call)) return;
  const auto wanted = call.next_int();
  if (!wanted) return call.fault(500, "Missing parameter");
  uac::Registrations& all = all_of(call);
  const std::lock_guard lock(all.mutex);
  call.reply.begin_struct();
  call.reply.add_named("omode", all.active);
  call.reply.add_named("nmode", *wanted);
  call.reply.end_struct();
  all.active = *wanted != 0;
}

}  // namespace strowger
