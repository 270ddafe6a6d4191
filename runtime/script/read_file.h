// Files of the configuration, read as a whole: at start, or in a thread of their own (aside.h).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace strowger {

/// Most bytes of such a file.
inline constexpr std::size_t kMostFileBytes = std::size_t{16} << 20;

/// The bytes of a file; nothing where it cannot be read or is longer than `most`.
std::optional<std::string> read_file(const std::string& path, std::size_t most = kMostFileBytes);

}  // namespace strowger
