// Paths as URIs, and offsets as lines and UTF-16 columns: how editors name places.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <llvm/Support/JSON.h>

#include "compiler/text/source.h"

namespace strowger::lsp {

/// The path of a file: URI; nothing for another scheme.
std::optional<std::string> path_of_uri(std::string_view uri);
std::string uri_of_path(std::string_view path);

/// {"line", "character"} of a byte offset, both from 0.
llvm::json::Value position_of(std::string_view content, std::size_t offset);
/// The byte at a position; behind a line's end: its end, behind the last line: the text's end.
std::size_t offset_of(std::string_view content, std::int64_t line, std::int64_t character);
std::optional<std::size_t> offset_of(std::string_view content, const llvm::json::Object* position);

/// {"start", "end"}
llvm::json::Value range_of(std::string_view content, std::size_t begin, std::size_t end);
llvm::json::Value range_of(const text::Span& span);
/// {"uri", "range"}
llvm::json::Value location_of(const text::Span& span);

}  // namespace strowger::lsp
