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

Text replacement_for(Call& call, const Subst& subst, const Text* groups) {
  if (subst.part_count == 0) return "";
  Text* parts = call.arena->make_array<Text>(subst.part_count);
  if (!parts) return Text::failed();
  for (std::uint64_t i = 0; i < subst.part_count; ++i) {
    const SubstPart& part = subst.parts[i];
    if (!part.literal.is_null()) {
      parts[i] = part.literal;
    } else if (part.variable) {
      parts[i] = Operators::value_to_text(&call, part.variable->get(&call));
    } else {
      parts[i] = part.group >= 0 && part.group < kGroups ? groups[part.group] : Text::null();
    }
  }
  return Operators::concat(&call, parts, subst.part_count, 0);
}

bool next_match(Text subject, const Subst& subst, std::size_t at, Text* groups) {
  return pattern_of(subst.regex).search(subject, at, groups, kGroups) && groups[0].len > 0;
}

std::optional<Text> substituted(Call& call, Text subject, const Subst& subst) {
  Text groups[kGroups];
  Text done = Text::null();
  std::size_t at = 0;
  while (next_match(subject, subst, at, groups)) {
    const auto start = static_cast<std::size_t>(groups[0].ptr - subject.ptr);
    const Text parts[] = {done, {subject.ptr + at, start - at}, replacement_for(call, subst, groups)};
    done = Operators::concat(&call, parts, 3, sip::Limits::kMessage);
    if (done.is_null()) return std::nullopt;
    at = start + groups[0].len;
    if (!subst.replace_all) break;
  }
  if (done.is_null()) return std::nullopt;
  const Text parts[] = {done, {subject.ptr + at, subject.len - at}};
  done = Operators::concat(&call, parts, 2, sip::Limits::kMessage);
  return done.is_null() ? std::nullopt : std::optional(done);
}

int substitute_part(Call& call, Text part, const Subst& subst) {
  Text groups[kGroups];
  int count = 0;
  std::size_t at = 0;
  while (next_match(part, subst, at, groups)) {
    if (!replace_text(call, offset_of(call, groups[0]), static_cast<std::uint32_t>(groups[0].len),
                      replacement_for(call, subst, groups))) {
      log_line(call, LogLevel::Err, "textops", {"a match overlaps an earlier edit, or there are too many"});
      return -1;
    }
    ++count;
    at = static_cast<std::size_t>(groups[0].ptr - part.ptr) + groups[0].len;
    if (!subst.replace_all) break;
  }
  return count;
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
  const std::optional<Text> text = textops::substituted(call, live.uri(), subst);
  return text ? set_uri(live, *call.arena, *text) : -1;
}

Code Textops::subst_user(Call& call, const Subst& subst) {
  LiveMessage& live = *call.live;
  const sip::Uri* uri = live.message.is_request() ? live.parsed_uri() : nullptr;
  if (!uri) return -1;
  const std::optional<Text> text = textops::substituted(call, uri->user.is_null() ? Text("") : uri->user, subst);
  return text ? set_user(live, *call.arena, *text) : -1;
}

// Without a match the text stays as it is.
Value Textops::re_subst(Call& call, Value in, const Subst& subst) {
  const Text text = Operators::value_to_text(&call, in);
  if (text.empty()) return Value::failed();
  const std::optional<Text> out = textops::substituted(call, text, subst);
  return out ? Value::of(*out) : in;
}

}  // namespace strowger
