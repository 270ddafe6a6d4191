// The parsers of header bodies, writing into place: for the memo of Message, which is filled without copies.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/sip/message.h"

namespace strowger::sip {

/// As next_via(), parse_name_addr(), parse_cseq() and parse_uri(); `out` is undefined after false, and a Uri must be fresh.
/// `readable`: memory may be read up to there, sixteen bytes at a time; null: up to the text's end.
bool read_via(Text& rest, Via& out, const char* readable = nullptr);
bool read_name_addr(Text value, NameAddr& out);
bool read_cseq(Text value, CSeq& out, const char* readable = nullptr);
bool read_uri(Text text, Uri& out);
bool read_any_uri(Text text, Uri& out);   ///< read_uri() without the short way for usual ones
/// read_name_addr() and tag_of().
bool read_tagged_address(Text value, NameAddr& out, Text& tag, const char* readable);

/// The short ways: the same for what is as nearly all write it, else false. `value` ends a line: ends_line() of scan.h.
bool read_usual_via(Text value, Via& out);
bool read_usual_address(Text value, NameAddr& out, Text& tag);
bool read_usual_cseq(Text value, CSeq& out);

/// The value of the last parameter of a name (any case) in a list as next_param() walks it; null when there is none.
Text last_param(Text params, std::string_view name);

}  // namespace strowger::sip
