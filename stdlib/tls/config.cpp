// Line by line: "[kind:place]" begins a profile, "key = value" sets something in it, '#' begins a comment.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tls/config.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <charconv>

namespace strowger::tls {
namespace {

constexpr std::size_t kSections = 10000;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<bool> parse_switch(std::string_view text) {
  for (const std::string_view yes : {"yes", "on", "1", "true", "enable", "enabled"})
    if (same(text, yes)) return true;
  for (const std::string_view no : {"no", "off", "0", "false", "disable", "disabled"})
    if (same(text, no)) return false;
  return std::nullopt;
}

std::optional<int> parse_int(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The text of a file and where we are in it.
class Reader {
 public:
  Reader(std::string_view text, ConfigFault& fault) : text_(text), fault_(fault) {}

  std::optional<std::vector<Profile>> run() {
    std::vector<Profile> profiles;
    while (at_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      rest_ = text_.substr(at_, end - at_);
      at_ = end + 1;
      ++line_;
      start_ = rest_.data();
      skip();
      if (rest_.empty() || rest_[0] == '#') continue;
      if (rest_[0] == '[') {
        if (profiles.size() >= kSections) return fail("too many sections"), std::nullopt;
        profiles.emplace_back();
        if (!section(profiles.back())) return std::nullopt;
      } else {
        if (profiles.empty()) return fail("a setting before the first section, as [server:default]"), std::nullopt;
        if (!setting(profiles.back())) return std::nullopt;
      }
      skip();
      if (!rest_.empty() && rest_[0] != '#') return fail("the line should end here"), std::nullopt;
    }
    return profiles;
  }

 private:
  bool fail(std::string text) {
    fault_ = {line_, static_cast<int>(rest_.data() - start_) + 1, std::move(text)};
    return false;
  }
  void skip() {
    while (!rest_.empty() && is_blank(rest_[0])) rest_.remove_prefix(1);
  }
  std::string_view take_until(std::string_view stops) {
    const std::size_t end = std::min(rest_.find_first_of(stops), rest_.size());
    std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    while (!word.empty() && is_blank(word.back())) word.remove_suffix(1);
    return word;
  }

  /// "[server:127.0.0.1:5061]", with "default" or "any" in place of the address.
  bool section(Profile& profile) {
    profile.line = line_;
    rest_.remove_prefix(1);
    skip();
    const std::string_view kind = rest_.substr(0, std::min(rest_.find_first_of(":]# \t"), rest_.size()));
    if (!same(kind, "server") && !same(kind, "client")) return fail("a section is [server:...] or [client:...], not '" + std::string(kind) + "'");
    profile.server = same(kind, "server");
    rest_.remove_prefix(kind.size());
    skip();
    if (rest_.empty() || rest_[0] != ':') return fail("':' and an address, default or any should follow");
    rest_.remove_prefix(1);
    skip();
    std::size_t end = 0;
    if (!rest_.empty() && rest_[0] == '[') end = rest_.find(']') == std::string_view::npos ? rest_.size() : rest_.find(']') + 1;
    const std::string_view host = rest_.substr(0, std::min(rest_.find_first_of(":]# \t", end), rest_.size()));
    if (same(host, "default")) {
      profile.place = Profile::Place::Default;
    } else if (same(host, "any")) {
      profile.place = Profile::Place::Any;
    } else {
      const auto ip = sip::parse_ip(host);
      if (!ip) return fail("'" + std::string(host) + "' is no IP address");
      profile.place = Profile::Place::Address;
      profile.address = *ip;
    }
    rest_.remove_prefix(host.size());
    skip();
    if (profile.place == Profile::Place::Address) {
      if (rest_.empty() || rest_[0] != ':') return fail("':' and a port should follow the address");
      rest_.remove_prefix(1);
      skip();
      const std::string_view port = rest_.substr(0, std::min(rest_.find_first_of("]# \t"), rest_.size()));
      const auto number = parse_int(port);
      if (!number || *number < 0 || *number > 65535) return fail("'" + std::string(port) + "' is no port");
      profile.address.port = static_cast<std::uint16_t>(*number);
      rest_.remove_prefix(port.size());
      skip();
    }
    if (rest_.empty() || rest_[0] != ']') return fail("']' should end the section's name");
    rest_.remove_prefix(1);
    return true;
  }

  /// A value: in double quotes, or up to a comment.
  bool value(std::string& out) {
    skip();
    if (!rest_.empty() && rest_[0] == '"') {
      const std::size_t end = rest_.find('"', 1);
      if (end == std::string_view::npos) return fail("a '\"' is missing");
      out = rest_.substr(1, end - 1);
      rest_.remove_prefix(end + 1);
      return true;
    }
    out = take_until("# \t\r");
    return !out.empty() || fail("a value is missing");
  }

  bool setting(Profile& profile) {
    const std::string_view line = rest_;
    const std::string_view key = take_until("=# \t\r");
    skip();
    const std::string_view behind = rest_;
    rest_ = line;
    Field* const field = find_field(key);
    if (field == nullptr) return fail("there is no setting '" + std::string(key) + "'");
    rest_ = behind;
    if (rest_.empty() || rest_[0] != '=') return fail("'=' should follow '" + std::string(key) + "'");
    rest_.remove_prefix(1);
    skip();
    const std::string_view before = rest_;
    std::string text;
    if (!value(text)) return false;
    const std::string_view after = rest_;
    rest_ = before;
    if (!field->set(*this, profile, text)) return false;
    rest_ = after;
    return true;
  }

  struct Field {
    std::string_view name;
    bool (*set)(Reader&, Profile&, const std::string&);
  };
  template <std::optional<std::string> Profile::*kMember>
  static bool set_text(Reader&, Profile& profile, const std::string& text) {
    if (!text.empty()) profile.*kMember = text;   // "" leaves it open
    return true;
  }
  template <std::string Profile::*kMember>
  static bool set_name(Reader&, Profile& profile, const std::string& text) {
    profile.*kMember = text;
    return true;
  }
  template <std::optional<bool> Profile::*kMember>
  static bool set_switch(Reader& reader, Profile& profile, const std::string& text) {
    profile.*kMember = parse_switch(text);
    return profile.*kMember || reader.fail("'" + text + "' is neither yes nor no");
  }
  static Field* find_field(std::string_view name) {
    static constexpr auto kMethod = [](Reader& reader, Profile& profile, const std::string& text) {
      profile.versions = parse_method(text);
      return profile.versions || reader.fail("there is no method '" + text + "'");
    };
    static Field kFields[] = {
        {"method", kMethod},
        {"tls_method", kMethod},
        {"verify_certificate", set_switch<&Profile::verify_certificate>},
        {"verify_cert", set_switch<&Profile::verify_certificate>},
        {"require_certificate", set_switch<&Profile::require_certificate>},
        {"require_cert", set_switch<&Profile::require_certificate>},
        {"verify_depth", [](Reader& reader, Profile& profile, const std::string& text) {
           profile.verify_depth = parse_int(text);
           return (profile.verify_depth && *profile.verify_depth >= 0) || reader.fail("'" + text + "' is no depth");
         }},
        {"verify_client", [](Reader& reader, Profile& profile, const std::string& text) {
           profile.verify_client = parse_verify_client(text);
           return profile.verify_client || reader.fail("'" + text + "' is none of off, on, optional, optional_no_ca");
         }},
        {"private_key", set_text<&Profile::private_key>},
        {"pkey_file", set_text<&Profile::private_key>},
        {"certificate", set_text<&Profile::certificate>},
        {"cert_file", set_text<&Profile::certificate>},
        {"ca_list", set_text<&Profile::ca_list>},
        {"calist_file", set_text<&Profile::ca_list>},
        {"ca_path", set_text<&Profile::ca_path>},
        {"crl", set_text<&Profile::crl>},
        {"cipher_list", set_text<&Profile::cipher_list>},
        {"server_name", set_name<&Profile::server_name>},
        {"server_id", set_name<&Profile::server_id>},
        {"server_name_mode", [](Reader& reader, Profile& profile, const std::string& text) {
           const auto mode = parse_int(text);
           profile.server_name_mode = mode.value_or(-1);
           return (mode && *mode >= 0 && *mode <= 2) || reader.fail("server_name_mode is 0, 1 or 2");
         }}};
    for (Field& field : kFields)
      if (same(field.name, name)) return &field;
    return nullptr;
  }

  std::string_view text_, rest_;
  std::size_t at_ = 0;
  const char* start_ = nullptr;
  int line_ = 0;
  ConfigFault& fault_;
};

}  // namespace

std::optional<Versions> parse_method(std::string_view text) {
  struct Method { std::string_view name; Versions versions; };
  static constexpr Method kMethods[] = {
      {"SSLv23", {0, 0}}, {"TLSv1", {TLS1_VERSION, TLS1_VERSION}}, {"TLSv1+", {TLS1_VERSION, 0}}, {"TLSv1.0", {TLS1_VERSION, TLS1_VERSION}},
      {"TLSv1.0+", {TLS1_VERSION, 0}}, {"TLSv1.1", {TLS1_1_VERSION, TLS1_1_VERSION}}, {"TLSv1.1+", {TLS1_1_VERSION, 0}},
      {"TLSv1.2", {TLS1_2_VERSION, TLS1_2_VERSION}}, {"TLSv1.2+", {TLS1_2_VERSION, 0}},
      {"TLSv1.3", {TLS1_3_VERSION, TLS1_3_VERSION}}, {"TLSv1.3+", {TLS1_3_VERSION, 0}}};
  for (const Method& method : kMethods)
    if (same(method.name, text)) return method.versions;
  return std::nullopt;
}

std::optional<VerifyClient> parse_verify_client(std::string_view text) {
  if (same(text, "off")) return VerifyClient::Off;
  if (same(text, "on")) return VerifyClient::On;
  if (same(text, "optional")) return VerifyClient::Optional;
  if (same(text, "optional_no_ca")) return VerifyClient::OptionalNoCa;
  return std::nullopt;
}

std::string Profile::label() const {
  std::string text = server ? "server:" : "client:";
  if (place == Place::Default) return text + "default";
  if (place == Place::Any) {
    text += "any";
  } else {
    char ip[64];
    text.append(ip, sip::print_ip_bracketed(address, ip)).append(":").append(std::to_string(address.port));
  }
  return server_name.empty() ? text : text + " (" + server_name + ")";
}

bool Profile::has_name(std::string_view name) const {
  const bool whole = same(server_name, name);
  if (server_name_mode == 0) return whole;
  const bool below = name.size() > server_name.size() + 1 && name[name.size() - server_name.size() - 1] == '.' &&
                     same(name.substr(name.size() - server_name.size()), server_name);
  return below || (server_name_mode == 1 && whole);
}

bool Profile::is_at(const sip::Address& where) const {
  return place == Place::Address && address.same_ip(where) && (address.port == 0 || address.port == where.port);
}

bool Profile::has_id(std::string_view id) const { return same(server_id, id); }

std::optional<std::vector<Profile>> parse_config(std::string_view text, ConfigFault& fault) { return Reader(text, fault).run(); }

}  // namespace strowger::tls
