// SIP methods by name and by pattern.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strowger::lint {

/// The class of a method (typestate.h): one bit.
std::uint32_t class_of_method(std::string_view name);
/// Is it a method of an RFC, or one that Kamailio knows?
bool is_known_method(std::string_view name);
/// The same in upper case, where that is a method.
std::optional<std::string> method_in_upper_case(std::string_view name);
/// "^(INVITE|ACK)$" and its kin: the methods it matches as classes; none where the pattern is more than that.
std::optional<std::uint32_t> classes_matching(std::string_view pattern);
/// The words of such a pattern: {"INVITE", "ACK"}; none where it is more than alternatives of plain words.
std::optional<std::vector<std::string>> alternatives(std::string_view pattern, bool* anchored = nullptr);

}  // namespace strowger::lint
