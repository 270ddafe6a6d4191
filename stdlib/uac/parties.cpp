// uac_replace_from() and its like: edits of From and To, what our Record-Route tells of them, and how they come back.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/header_edits.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/print.h"
#include "runtime/sip/uri.h"
#include "stdlib/uac/cookie.h"
#include "stdlib/uac/state.h"

namespace strowger::rr {
/// Null where the script does not load rr, or calls nothing of it: no Route was followed then.
[[gnu::weak]] bool is_upstream(Call& call);
}  // namespace strowger::rr

namespace strowger::dialog {
/// Null where the script does not load dialog.
[[gnu::weak]] Text variable_of(Call& call, Text name);
[[gnu::weak]] bool set_variable_of(Call& call, Text name, Text value);
}  // namespace strowger::dialog

namespace strowger::uac {
namespace {

using P = Uac::Param;

enum class Side : bool { From, To };

Side opposite(Side side) { return side == Side::From ? Side::To : Side::From; }
Text name_of(Side side) { return side == Side::From ? Text("From") : Text("To"); }

const sip::NameAddr* party_of(Call& call, Side side) { return side == Side::From ? call.message().from() : call.message().to(); }

/// What replies get back; copies what was kept of the other side.
bool keep(Call& call, Side side, Text address) {
  SenderParties parties = call.live->parties ? *call.live->parties : SenderParties{};
  (side == Side::From ? parties.from : parties.to) = call.arena->copy(address);
  const auto* const kept = call.arena->make<SenderParties>(parties);
  if (!kept) return false;
  call.live->parties = kept;
  return true;
}

bool is_kept(Call& call, Side side) {
  const SenderParties* const parties = call.live->parties;
  return parties && !(side == Side::From ? parties->from : parties->to).is_null();
}

/// Name and URI as they go on. What stands between them stays. `display` null and `uri` empty: as it is.
Text changed_address(Call& call, const sip::NameAddr& party, Text display, Text uri) {
  const Text address = party.address();
  const std::size_t room = address.len + display.len + uri.len + 4;
  auto* const out = static_cast<char*>(call.arena->allocate(room));
  if (!out) return Text::null();
  sip::Writer writer(out, room);
  const bool named = !display.empty();
  if (party.bracketed) {
    const Text old = party.display;
    const char* const behind = old.is_null() ? address.ptr : old.ptr + old.len;
    writer.put(display.is_null() ? old : display);
    if (named && old.is_null()) writer.put(' ');
    writer.put(Text(behind, static_cast<std::size_t>(party.uri.ptr - behind)));
  } else if (named) {
    writer.put(display);
    writer.put(" <");
  }
  writer.put(uri.empty() ? party.uri : uri);
  if (party.bracketed || named) writer.put('>');
  return writer.ok() ? writer.text() : Text::null();
}

/// Changes what an edit of before has made of it, else what came.
bool edit(Call& call, const sip::NameAddr& party, Text display, Text uri) {
  const Text address = party.address();
  const std::uint32_t at = offset_of(call, address);
  for (sip::Edit& edit : call.live->edits) {
    if (edit.tag != sip::kTagParties || edit.at != at) continue;
    const auto changed = sip::parse_name_addr(edit.insert);
    const Text text = changed ? changed_address(call, *changed, display, uri) : Text::null();
    if (text.is_null()) return false;
    edit.insert = text;
    return true;
  }
  const Text text = changed_address(call, party, display, uri);
  const sip::Edit edit{at, static_cast<std::uint32_t>(address.len), text, 0, sip::kTagParties};
  return !text.is_null() && call.live->edits.add(*call.arena, edit);
}

/// ";vsf=..." for our Record-Route.
bool tell_record_route(Call& call, Text name, Text cookie) {
  const Text before = call.live->record_route_params;
  const std::size_t room = before.len + name.len + cookie.len + 2;
  auto* const out = static_cast<char*>(call.arena->allocate(room));
  if (!out || cookie.is_null()) return false;
  sip::Writer writer(out, room);
  writer.put(before);
  writer.put(';');
  writer.put(name);
  writer.put('=');
  writer.put(cookie);
  call.live->record_route_params = writer.text();
  return writer.ok();
}

/// Variables of the dialog that hold an address as it was and as it became, with Kamailio's names.
struct Kept { Text uri, new_uri, display, new_display; };
constexpr Kept kKeptFrom{"_uac_fu", "_uac_funew", "_uac_fdp", "_uac_fdpnew"}, kKeptTo{"_uac_to", "_uac_tonew", "_uac_tdp", "_uac_tdpnew"};
const Kept& kept_of(Side side) { return side == Side::From ? kKeptFrom : kKeptTo; }

/// restore_dlg: false where there is no dialog.
bool tell_dialog(Call& call, Side side, const sip::NameAddr& party, Text display, Text uri) {
  if (!P::restore_dlg || !&dialog::set_variable_of) return false;
  const Kept& kept = kept_of(side);
  const auto set = [&](Text name, Text value) { return dialog::set_variable_of(call, name, value.is_null() ? Text("") : value); };
  return set(kept.uri, party.uri) && set(kept.new_uri, uri) && set(kept.display, party.display) && set(kept.new_display, display);
}

/// False where the dialog keeps nothing of that side.
bool restore_by_dialog(Call& call, Side told) {
  if (!P::restore_dlg || !&dialog::variable_of) return false;
  const Kept& kept = kept_of(told);
  const bool upstream = rr::is_upstream(call);
  const Text uri = dialog::variable_of(call, upstream ? kept.uri : kept.new_uri);
  const Side side = upstream ? opposite(told) : told;
  const sip::NameAddr* const party = uri.empty() ? nullptr : party_of(call, side);
  if (!party) return false;
  return edit(call, *party, dialog::variable_of(call, upstream ? kept.display : kept.new_display), uri) && keep(call, side, party->address());
}

Code replace(Call& call, Side side, Text display, Text uri) {
  const Restore mode = shared_of(call.process()).mode;
  const auto refuse = [&](Text why) {
    log_line(call, LogLevel::Err, "uac", {name_of(side), " is not replaced: ", why});
    return -1;
  };
  if (!call.message().is_request()) return refuse("this is no request");
  if (mode == Restore::Auto && !call.message().to_tag().empty()) return refuse("the request is within a dialog (restore_mode auto)");
  const sip::NameAddr* const party = party_of(call, side);
  if (!party) return refuse("it cannot be parsed");
  if (is_kept(call, side)) return refuse("its URI was replaced before");
  if (display.is_null() && uri.empty()) return 1;
  if (!edit(call, *party, display, uri)) return refuse("what it became cannot be changed");
  if (mode == Restore::None || uri.empty()) return 1;
  const VariableRef* const attribute = side == Side::From ? P::restore_from_avp : P::restore_to_avp;
  if (attribute) attribute->set(&call, Value::of(party->address()));
  const Text name = side == Side::From ? P::rr_from_store_param : P::rr_to_store_param;
  const bool told = tell_dialog(call, side, *party, display, uri) || tell_record_route(call, name, make_cookie(party->uri, uri, P::restore_passwd, *call.arena));
  return told && keep(call, side, party->address()) ? 1 : refuse("there is no memory");
}

/// By the parameter of our Route that tells of `told`: of a request of the callee it is the other header that is changed.
bool restore(Call& call, Side told, bool in_replies) {
  const Text name = told == Side::From ? P::rr_from_store_param : P::rr_to_store_param;
  Text rest = call.rr_params;
  sip::Param param;
  bool found = false;
  while (!found && sip::next_param(rest, param)) found = param.name.view() == name.view();
  if (!found) return false;
  const Side side = rr::is_upstream(call) ? opposite(told) : told;
  const sip::NameAddr* const party = party_of(call, side);
  if (!party) return false;
  const Text uri = read_cookie(param.value, party->uri, P::restore_passwd, *call.arena);
  if (uri.is_null()) {
    log_line(call, LogLevel::Warn, "uac", {"parameter ", name, " of our Route does not go with ", name_of(side)});
    return false;
  }
  return edit(call, *party, Text::null(), uri) && (!in_replies || keep(call, side, party->address()));
}

Code restore_by_script(Call& call, Side told) {
  const bool can = &rr::is_upstream && shared_of(call.process()).mode != Restore::None && call.message().is_request();
  return can && restore(call, told, false) ? 1 : -1;
}

}  // namespace

void restore_within_dialog(Call& call) {
  if (call.message().to_tag().empty()) return;
  for (const Side side : {Side::From, Side::To})
    if (!restore_by_dialog(call, side)) restore(call, side, true);
}

}  // namespace strowger::uac

namespace strowger {

Code Uac::uac_replace_from(Call& call, Text uri) { return uac::replace(call, uac::Side::From, Text::null(), uri); }
Code Uac::uac_replace_from(Call& call, Text display, Text uri) { return uac::replace(call, uac::Side::From, display, uri); }
Code Uac::uac_replace_to(Call& call, Text uri) { return uac::replace(call, uac::Side::To, Text::null(), uri); }
Code Uac::uac_replace_to(Call& call, Text display, Text uri) { return uac::replace(call, uac::Side::To, display, uri); }
Code Uac::uac_restore_from(Call& call) { return uac::restore_by_script(call, uac::Side::From); }
Code Uac::uac_restore_to(Call& call) { return uac::restore_by_script(call, uac::Side::To); }

}  // namespace strowger
