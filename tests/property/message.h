// Random requests, and what their parts are: made together, so that no parser has to be trusted.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/property/random.h"

namespace strowger::property {

struct Uri {
  std::string scheme = "sip";
  std::optional<std::string> user;
  std::string password;              ///< empty: none
  std::string host;
  std::string port;                  ///< empty: none
  std::string params;                ///< without the first ';'
  std::string headers;               ///< without '?'
  std::string text() const;
};
/// A sip: or sips: URI by its parts; nothing for other text. Plain: knows what this test writes.
std::optional<Uri> split_uri(const std::string& text);
/// Value of a parameter, the last one of that name; nothing where there is none. "" without a value.
std::optional<std::string> uri_param(const std::string& params, const std::string& name);

struct NameAddr {
  std::string display;               ///< with quotes; empty: none
  Uri uri;
  std::string tag;                   ///< empty: none
  std::string text() const;
};

struct Message {
  std::string method;
  Uri ruri;
  NameAddr from, to;
  std::string call_id, cseq;
  std::vector<std::pair<std::string, std::string>> headers;  ///< the others, as written, in order
  std::string content_type, body;
  bool has_contact = false;
  std::string contact, user_agent;

  /// `program` goes into X-Prog, four digits.
  std::string bytes(int program) const;
};

Message random_message(Random& random, int number);

inline constexpr const char* kSource = "127.0.0.11";
inline constexpr int kSourcePort = 8180;

}  // namespace strowger::property
