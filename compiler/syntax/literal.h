// The values of number and string literals.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/abi/values.h"

namespace strowger::syntax {

/// What stands between double quotes, escapes taken out: \n \r \a \t \" \\ \xH \xHH \ooo \oo and \ before a line end.
/// Any other `\c` stays as the two characters.
/// `offsets`, when given, gets the place in `raw` of each byte of the result, and raw's length at its end.
std::string decode_double_quoted(std::string_view raw, std::vector<std::uint32_t>* offsets = nullptr);

/// A number as the language reads it, cut to 32 bits: decimal, 0x.., 0.. (octal), ..b (binary), a boolean word or an
/// address family. `text` must be a NUMBER, BOOLEAN or ADDRESS_FAMILY token.
/// `cut`, when given, tells whether the number is another one for that.
Int number_value(std::string_view text, bool* cut = nullptr);

}  // namespace strowger::syntax
