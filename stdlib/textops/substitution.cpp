// Running a "/pattern/replacement/flags" over a text; {re.subst}, subst(), subst_uri() and their like.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/textops/substitution.h"

#include "runtime/script/header_edits.h"
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/script/rewrite_uri.h"
#include "textops.interface.h"

namespace strowger {

namespace textops {

int substitute_part(Call& call, Text part, const Subst& subst) {
  const std::optional<std::vector<Replacement>> found = replacements(call, part, subst);
  if (!found) return -1;
  for (const Replacement& one : *found) {
    if (replace_text(call, offset_of(call, one.match), static_cast<std::uint32_t>(one.match.len), one.text)) continue;
    log_line(call, LogLevel::Err, "textops", {"a match overlaps an earlier edit, or there are too many"});
    return -1;
  }
  return static_cast<int>(found->size());
}

}  // namespace textops

namespace {

Text without_first_line(Call& call) {
  const sip::Message& message = call.live->message;
  const Text buffer = message.buffer();
  return {buffer.ptr + message.headers_at(), buffer.len - message.headers_at()};
}

Code found(int count) { return count > 0 ? 1 : -1; }

}  // namespace

Code Textops::subst(Call& call, const Subst& subst) {
  return found(textops::substitute_part(call, without_first_line(call), subst));
}

Code Textops::subst_body(Call& call, const Subst& subst) {
  return found(textops::substitute_part(call, call.live->message.body(), subst));
}

Code Textops::subst_hf(Call& call, const HeaderName& name, const Subst& subst, Text which) {
  const sip::Message& message = call.live->message;
  const auto id = static_cast<sip::HeaderId>(name.id);
  const char mode = which.empty() ? 'a' : static_cast<char>(which.ptr[0] | 32);
  int count = 0;
  for (const sip::Header* h = message.find(id, name.name); h;) {
    const sip::Header* next = message.find_next(h, name.name);
    if (mode != 'l' || !next) {
      const int here = textops::substitute_part(call, message.value(*h), subst);
      if (here < 0) return -1;
      count += here;
      if (mode == 'f') break;
    }
    h = next;
  }
  return found(count);
}

Code Textops::subst_uri(Call& call, const Subst& subst) {
  LiveMessage& live = *call.live;
  if (!live.message.is_request()) return -1;
  std::size_t count = 0;
  const Text text = substituted(call, live.uri(), subst, count);
  return count > 0 && !text.is_null() ? set_uri(live, *call.arena, text) : -1;
}

Code Textops::subst_user(Call& call, const Subst& subst) {
  LiveMessage& live = *call.live;
  const sip::Uri* uri = live.message.is_request() ? live.parsed_uri() : nullptr;
  if (!uri) return -1;
  std::size_t count = 0;
  const Text text = substituted(call, uri->user.is_null() ? Text("") : uri->user, subst, count);
  return count > 0 && !text.is_null() ? set_user(live, *call.arena, text) : -1;
}

Value Textops::re_subst(Call& call, Value in, const Subst& subst) {
  const Text text = Operators::value_to_text(&call, in);
  if (text.empty()) return Value::failed();
  std::size_t count = 0;
  const Text out = substituted(call, text, subst, count);
  if (out.is_null()) return Value::failed();
  return count > 0 ? Value::of(out) : in;  // without a match it is what it was, an integer too
}

}  // namespace strowger
