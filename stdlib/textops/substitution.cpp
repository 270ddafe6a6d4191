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

std::optional<std::vector<Replacement>> replacements(Call& call, Text subject, const Subst& subst) {
  std::vector<Replacement> found;
  Text groups[kGroups];
  for (std::size_t at = 0; pattern_of(subst.regex).search(subject, at, groups, kGroups);) {
    if (groups[0].len == 0) {
      log_line(call, LogLevel::Err, "textops", {"the pattern matches an empty text: nothing is replaced"});
      return std::nullopt;
    }
    found.push_back({groups[0], replacement_for(call, subst, groups)});
    at = static_cast<std::size_t>(groups[0].ptr - subject.ptr) + groups[0].len;
    if (!subst.replace_all) break;
  }
  return found;
}

Text substituted(Call& call, Text subject, const Subst& subst, std::size_t& count) {
  const std::optional<std::vector<Replacement>> found = replacements(call, subject, subst);
  if (!found) return Text::failed();
  count = found->size();
  if (count == 0) return subject;
  std::vector<Text> parts;
  const char* rest = subject.ptr;
  for (const Replacement& one : *found) {
    parts.push_back({rest, static_cast<std::size_t>(one.match.ptr - rest)});
    parts.push_back(one.text);
    rest = one.match.ptr + one.match.len;
  }
  parts.push_back({rest, static_cast<std::size_t>(subject.ptr + subject.len - rest)});
  return Operators::concat(&call, parts.data(), parts.size(), sip::Limits::kMessage);
}

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
  const Text text = textops::substituted(call, live.uri(), subst, count);
  return count > 0 && !text.is_null() ? set_uri(live, *call.arena, text) : -1;
}

Code Textops::subst_user(Call& call, const Subst& subst) {
  LiveMessage& live = *call.live;
  const sip::Uri* uri = live.message.is_request() ? live.parsed_uri() : nullptr;
  if (!uri) return -1;
  std::size_t count = 0;
  const Text text = textops::substituted(call, uri->user.is_null() ? Text("") : uri->user, subst, count);
  return count > 0 && !text.is_null() ? set_user(live, *call.arena, text) : -1;
}

Value Textops::re_subst(Call& call, Value in, const Subst& subst) {
  const Text text = Operators::value_to_text(&call, in);
  if (text.empty()) return Value::failed();
  std::size_t count = 0;
  const Text out = textops::substituted(call, text, subst, count);
  if (out.is_null()) return Value::failed();
  return count > 0 ? Value::of(out) : in;  // without a match it is what it was, an integer too
}

}  // namespace strowger
