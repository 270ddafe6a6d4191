// Messages of the language server protocol on a byte stream: a header with the length, then JSON (LSP 3.17, "Base Protocol").
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <istream>
#include <optional>
#include <ostream>
#include <string>

#include <llvm/Support/JSON.h>

namespace strowger::lsp {

inline constexpr std::size_t kLongestMessage = 128u << 20;   ///< twice the largest script, escaped

/// The next message's bytes; nothing at the end of the stream, or where it is no message (no length, too long, cut off).
std::optional<std::string> read_message(std::istream& in);

void write_message(std::ostream& out, const llvm::json::Value& message);

}  // namespace strowger::lsp
