// What the arguments of avpops name: attributes, values, flags.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/script/call.h"

namespace strowger::avpops {

struct Name {
  Text text;
  bool numbered = false;
  bool is(const Avp& avp) const { return avp.numbered == numbered && avp.name.view() == text.view(); }
};

/// The name of a step that is "$avp(name)"; nothing for other steps.
std::optional<Name> attribute_of(const PathStep& step);

/// The attribute that the field at `at` names; a log line where it names none.
std::optional<Name> attribute(Call& call, const Path& fields, std::uint64_t at);

/// "source[/target][/flags]": the target, or the source where there is none.
struct Ends {
  Name source, target;
  bool in_place = true;
  std::uint64_t flags_at = 1;
};
std::optional<Ends> ends(Call& call, const Path& fields);

/// The text of a step, empty where there are fewer.
std::string_view word(const Path& fields, std::uint64_t at);
std::string lower_case(std::string_view text);
/// Do the last fields, from `at` on, hold this flag?
bool has_flag(const Path& fields, std::uint64_t at, char flag);

/// A step as a value: a variable's, "i:5" as a number, "s:text", or the text. Null for a variable that is undefined.
Value operand(Call& call, const PathStep& step);

/// The first value of a name, or one of its followers; null at the end.
const Avp* first_of(const Avps& avps, const Name& name);
const Avp* next_of(const Avp& avp, const Name& name);
void remove(Avps& avps, const Avp* gone);

}  // namespace strowger::avpops
