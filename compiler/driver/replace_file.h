// Files get new content at once or not at all.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>

namespace strowger::driver {

/// Writes beside the file and renames, so that it is never half there. Its permissions stay, and a symbolic link stays one.
/// Empty, or why not ("Permission denied").
std::string replace_file(const std::string& path, const std::string& content);

}  // namespace strowger::driver
