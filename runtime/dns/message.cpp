// Reading DNS messages: hostile bytes in, bounded records out.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/dns/message.h"

#include <algorithm>
#include <cstring>

namespace strowger::dns {
namespace {

constexpr std::size_t kHeader = 12;
constexpr int kMaxJumps = 64;              // compression pointers of one name
constexpr std::size_t kMaxAliases = 8;     // CNAMEs that are followed
constexpr std::uint32_t kMaxTtl = 0x7fffffff;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }
  std::size_t at() const { return at_; }
  void move_to(std::size_t at) { at <= bytes_.size() ? void(at_ = at) : void(ok_ = false); }

  std::uint32_t number(int octets) {
    std::uint32_t value = 0;
    for (int i = 0; i < octets; ++i) value = value << 8 | octet();
    return value;
  }
  /// A character string (RFC 1035 §3.3).
  std::string text() { return std::string(take(octet())); }
  std::string_view take(std::size_t length) {
    if (length > bytes_.size() - at_) {
      ok_ = false;
      return {};
    }
    const std::string_view part = bytes_.substr(at_, length);
    at_ += length;
    return part;
  }
  /// A domain name, which may go on elsewhere; in lower case.
  std::string name() {
    std::string out;
    std::size_t back = 0;                  // where the text goes on behind the first pointer
    int jumps = 0;
    for (;;) {
      const std::uint8_t length = octet();
      if (!ok_) return {};
      if (length == 0) break;
      if ((length & 0xc0) == 0xc0) {
        const std::size_t target = static_cast<std::size_t>(length & 0x3f) << 8 | octet();
        if (!ok_ || ++jumps > kMaxJumps || target >= bytes_.size()) return fail();
        if (back == 0) back = at_;
        at_ = target;
        continue;
      }
      if ((length & 0xc0) != 0) return fail();
      if (!out.empty()) out += '.';
      if (out.size() + length > kMaxName) return fail();
      for (const char c : take(length)) {
        if (c == '\0' || c == '.') return fail();
        out += lower(c);
      }
      if (!ok_) return {};
    }
    if (back != 0) at_ = back;
    return out;
  }

 private:
  std::uint8_t octet() {
    if (at_ >= bytes_.size()) {
      ok_ = false;
      return 0;
    }
    return static_cast<std::uint8_t>(bytes_[at_++]);
  }
  std::string fail() {
    ok_ = false;
    return {};
  }
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

struct Head {
  std::string owner;
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;
  std::size_t end = 0;                     // of the data, where the next record begins
};

bool read_head(Reader& in, Head& head) {
  head.owner = in.name();
  head.type = static_cast<std::uint16_t>(in.number(2));
  const std::uint32_t klass = in.number(2);
  head.ttl = in.number(4);
  if (head.ttl > kMaxTtl) head.ttl = 0;    // RFC 2181 §8
  const std::size_t length = in.number(2);
  head.end = in.at() + length;
  if (klass != 1) head.type = 0;
  return in.ok();
}

bool read_data(Reader& in, Type type, std::size_t end, Record& record) {
  const std::size_t length = end - in.at();
  switch (type) {
    case Type::A:
    case Type::Aaaa: {
      const std::string_view octets = in.take(length);
      if (octets.size() != (type == Type::A ? 4U : 16U)) return false;
      record.address.family = type == Type::A ? 4 : 6;
      std::memcpy(record.address.ip.data(), octets.data(), octets.size());
      return true;
    }
    case Type::Srv:
      record.order = static_cast<std::uint16_t>(in.number(2));
      record.preference = static_cast<std::uint16_t>(in.number(2));
      record.port = static_cast<std::uint16_t>(in.number(2));
      record.name = in.name();
      break;
    case Type::Naptr:
      record.order = static_cast<std::uint16_t>(in.number(2));
      record.preference = static_cast<std::uint16_t>(in.number(2));
      record.flags = in.text();
      record.services = in.text();
      record.regexp = in.text();
      record.name = in.name();
      break;
    case Type::Cname: record.name = in.name(); break;
  }
  return in.ok() && in.at() == end;
}

}  // namespace

std::string normal_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > kMaxName) return {};
  std::size_t label = 0;
  std::string out;
  out.reserve(name.size());
  for (const char c : name) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (c == '.' ? label == 0 : !good || label == 63) return {};
    label = c == '.' ? 0 : label + 1;
    out += lower(c);
  }
  return label == 0 ? std::string() : out;
}

Answer parse_answer(std::string_view bytes, std::string_view name, Type type, bool any_name) {
  Answer out;
  Reader in(bytes);
  in.number(2);
  const std::uint32_t flags = in.number(2);
  const std::uint32_t questions = in.number(2), answers = in.number(2);
  in.move_to(kHeader);
  if (!in.ok() || (flags & 0x8000) == 0 || questions != 1) return out;
  const std::string asked = in.name();
  const std::uint32_t asked_type = in.number(2);
  in.number(2);
  if (!in.ok() || asked_type != static_cast<std::uint16_t>(type) || (!any_name && asked != name)) return out;
  const std::uint32_t code = flags & 0xf;
  if (code != 0 && code != 3) return out;

  // Records may stand in any order: aliases first, then what stands at the last of them.
  struct Alias { std::string from, to; std::uint32_t ttl; };
  struct Found { std::string owner; Record record; };
  std::vector<Alias> aliases;
  std::vector<Found> found;
  for (std::uint32_t i = 0; i < answers; ++i) {
    Head head;
    if (!read_head(in, head) || head.end > bytes.size()) return out;
    const bool alias = head.type == static_cast<std::uint16_t>(Type::Cname);
    if (alias || head.type == static_cast<std::uint16_t>(type)) {
      Record record;
      if (!read_data(in, alias ? Type::Cname : type, head.end, record)) return out;
      record.ttl = head.ttl;
      if (alias && aliases.size() < kMaxAliases) aliases.push_back({std::move(head.owner), std::move(record.name), head.ttl});
      if (!alias && found.size() < kMaxRecords) found.push_back({std::move(head.owner), std::move(record)});
    }
    in.move_to(head.end);
  }
  std::string at = asked;
  out.ttl = kMaxTtl;
  for (std::size_t step = 0; step <= aliases.size(); ++step) {
    const auto next = std::find_if(aliases.begin(), aliases.end(), [&](const Alias& alias) { return alias.from == at; });
    if (next == aliases.end()) break;
    out.ttl = std::min(out.ttl, next->ttl);
    at = next->to;
  }
  for (Found& one : found) {
    if (one.owner != at) continue;
    out.ttl = std::min(out.ttl, one.record.ttl);
    out.records.push_back(std::move(one.record));
  }
  out.status = !out.records.empty() ? Status::Found : code == 3 ? Status::NoName : Status::NoData;
  if (out.records.empty()) out.ttl = 0;
  return out;
}

}  // namespace strowger::dns
