// $fu, $fU, $fd, $fn, $tu ...: read from the message as it came, written as edits of From and To.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Several assignments combine: each setter finds the edit of the one before by its tag and changes the text of that.
#include "pv.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/script/rewrite_uri.h"
#include "stdlib/pv/text_output.h"

namespace strowger {
namespace {

struct Side {
  bool is_to;
  sip::EditTag uri_tag, display_tag;
};
constexpr Side kFrom{false, sip::kTagFromUri, sip::kTagFromDisplay};
constexpr Side kTo{true, sip::kTagToUri, sip::kTagToDisplay};

const sip::NameAddr* address_of(Call& call, const Side& side) {
  sip::Message& message = call.live->message;
  return side.is_to ? message.to() : message.from();
}

sip::Edit* edit_of(LiveMessage& live, sip::EditTag tag) {
  for (sip::Edit& edit : live.edits)
    if (edit.tag == tag) return &edit;
  return nullptr;
}

Code refuse(Call& call, const Side& side, std::string_view why) {
  log_line(call, LogLevel::Err, "pv", {side.is_to ? Text("To: ") : Text("From: "), why});
  return -1;
}

/// `text` must be in the arena.
Code put_uri(Call& call, const Side& side, Text text) {
  LiveMessage& live = *call.live;
  if (sip::Edit* edit = edit_of(live, side.uri_tag)) {
    edit->insert = text;
    return 1;
  }
  const sip::NameAddr* address = address_of(call, side);
  if (!address) return refuse(call, side, "cannot be parsed");
  const auto at = static_cast<std::uint32_t>(address->uri.ptr - live.message.base());
  const sip::Edit edit{at, static_cast<std::uint32_t>(address->uri.len), text, 0, side.uri_tag};
  return live.edits.add(*call.arena, edit) ? 1 : refuse(call, side, "is edited already");
}

/// Changes the URI as it is by now.
template <class Change>
Code change_uri(Call& call, const Side& side, Change change) {
  const sip::NameAddr* address = address_of(call, side);
  if (!address) return refuse(call, side, "cannot be parsed");
  const sip::Edit* edit = edit_of(*call.live, side.uri_tag);
  const std::optional<sip::Uri> uri = sip::parse_uri(edit ? edit->insert : address->uri);
  if (!uri) return refuse(call, side, "its URI cannot be parsed");
  const Text text = change(*uri);
  return text.is_null() ? refuse(call, side, "its URI cannot be changed so") : put_uri(call, side, text);
}

Code set_uri_of(Call& call, const Side& side, Value value) {
  if (!value.is_text() || value.len == 0) return refuse(call, side, "the URI takes a text");
  const Text text = call.arena->copy(value.text());
  return text.is_null() ? -1 : put_uri(call, side, text);
}

Code set_user_of(Call& call, const Side& side, Value value) {
  if (!value.is_null() && !value.is_text()) return refuse(call, side, "the user takes a text");
  return change_uri(call, side, [&](const sip::Uri& uri) { return replace_user(uri, value.text(), *call.arena); });
}

Code set_host_of(Call& call, const Side& side, Value value) {
  if (!value.is_text() || value.len == 0) return refuse(call, side, "the host takes a text");
  return change_uri(call, side, [&](const sip::Uri& uri) { return replace_host(uri, value.text(), *call.arena); });
}

/// Written as it is given, in front of '<'. A bare URI gets brackets.
Code set_display_of(Call& call, const Side& side, Value value) {
  LiveMessage& live = *call.live;
  const sip::NameAddr* address = address_of(call, side);
  if (!address) return refuse(call, side, "cannot be parsed");
  if (!value.is_null() && !value.is_text()) return refuse(call, side, "the display name takes a text");
  const char* const base = live.message.base();
  const auto uri_at = static_cast<std::uint32_t>(address->uri.ptr - base);
  const Text name = value.text();

  Text text = "";
  if (!name.empty()) {
    pv::Output out(call, name.len + 2);
    out.put(name);
    out.put(' ');
    if (!address->bracketed) out.put('<');
    text = out.done();
    if (text.is_null()) return -1;
  } else if (!address->bracketed) {
    text = edit_of(live, side.display_tag) ? Text("<") : Text("");
    if (text.len == 0) return 1;   // there is none
  }
  if (sip::Edit* edit = edit_of(live, side.display_tag)) {
    edit->insert = text;
    return 1;
  }
  sip::Edit edit{uri_at, 0, text, -1, side.display_tag};
  if (address->bracketed) {        // from the name to '<'
    std::uint32_t open = uri_at;
    while (base[open - 1] != '<') --open;
    --open;
    edit.at = address->display.is_null() ? open : static_cast<std::uint32_t>(address->display.ptr - base);
    edit.remove = open - edit.at;
    edit.rank = 0;
  } else if (!live.edits.insert(*call.arena, uri_at + static_cast<std::uint32_t>(address->uri.len), ">", -1)) {
    return refuse(call, side, "has too many edits");
  }
  return live.edits.add(*call.arena, edit) ? 1 : refuse(call, side, "is edited already");
}

}  // namespace

Text Pv::get_fu(Call& call) {
  const sip::NameAddr* from = call.live->message.from();
  return from ? from->uri : Text::null();
}
Text Pv::get_fn(Call& call) {
  const sip::NameAddr* from = call.live->message.from();
  return from ? from->display : Text::null();
}
Text Pv::get_tu(Call& call) {
  const sip::NameAddr* to = call.live->message.to();
  return to ? to->uri : Text::null();
}
Text Pv::get_tn(Call& call) {
  const sip::NameAddr* to = call.live->message.to();
  return to ? to->display : Text::null();
}

Code Pv::set_fu(Call& call, Value value) { return set_uri_of(call, kFrom, value); }
Code Pv::set_fU(Call& call, Value value) { return set_user_of(call, kFrom, value); }
Code Pv::set_fd(Call& call, Value value) { return set_host_of(call, kFrom, value); }
Code Pv::set_fn(Call& call, Value value) { return set_display_of(call, kFrom, value); }
Code Pv::set_tu(Call& call, Value value) { return set_uri_of(call, kTo, value); }
Code Pv::set_tU(Call& call, Value value) { return set_user_of(call, kTo, value); }
Code Pv::set_tUl(Call& call, Value value) { return set_user_of(call, kTo, value); }
Code Pv::set_td(Call& call, Value value) { return set_host_of(call, kTo, value); }
Code Pv::set_tn(Call& call, Value value) { return set_display_of(call, kTo, value); }

}  // namespace strowger
