// The MD5 digest of a text (RFC 1321): a checksum for scripts, no protection.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <cstdint>

#include "runtime/abi/values.h"

namespace strowger::pv {

std::array<std::uint8_t, 16> md5(Text text);

}  // namespace strowger::pv
