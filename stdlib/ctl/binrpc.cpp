// Reading and writing of binary RPC packets.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   packet  0xA1 | type:4 length-of-length-1:2 cookie-length-1:2 | body length | cookie | body
//   value   flag:1 size:3 type:4 | [length, where flag is set: `size` bytes of it] | bytes
#include "stdlib/ctl/binrpc.h"

#include <cmath>

namespace strowger::ctl {
namespace {

constexpr unsigned char kMagic = 0xa1;
enum ValueType : unsigned { kInt = 0, kText = 1, kDouble = 2, kStruct = 3, kArray = 4, kName = 5, kBytes = 6 };

unsigned byte(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

std::size_t number(std::string_view bytes) {
  std::size_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

struct Value {
  unsigned type = 0;
  bool end = false;                    ///< of a struct or an array
  std::string_view bytes;
};

/// Takes a value off `rest`.
bool take(std::string_view& rest, Value& out) {
  if (rest.empty()) return false;
  const unsigned head = byte(rest, 0);
  rest.remove_prefix(1);
  const bool flag = (head & 0x80U) != 0;
  std::size_t size = head >> 4U & 7U;
  out.type = head & 15U;
  out.end = false;
  out.bytes = {};
  if (out.type == kStruct || out.type == kArray) {
    out.end = flag;
    return true;
  }
  if (flag) {
    if (size > 4 || size > rest.size()) return false;
    const std::size_t length = number(rest.substr(0, size));
    rest.remove_prefix(size);
    size = length;
  }
  if (size > rest.size()) return false;
  out.bytes = rest.substr(0, size);
  rest.remove_prefix(size);
  return true;
}

/// Big endian, up to four bytes, as kamcmd has it: the bit pattern of an int.
std::optional<Int> integer(std::string_view bytes) {
  if (bytes.size() > 8) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  if (bytes.size() <= 4) return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
  return static_cast<Int>(value);
}

void put_number(std::string& out, std::uint64_t value, std::size_t length) {
  for (std::size_t i = length; i > 0; --i) out += static_cast<char>(value >> (8 * (i - 1)) & 0xffU);
}

std::size_t length_of(std::uint64_t value) {
  std::size_t length = 0;
  for (; value != 0; value >>= 8) ++length;
  return length;
}

void put_int(std::string& out, unsigned type, Int value) {
  // 32 bits, as the protocol's clients read: what does not fit is cut to its ends.
  if (value > UINT32_MAX) value = INT32_MAX;
  if (value < INT32_MIN) value = INT32_MIN;
  const std::uint32_t bits = static_cast<std::uint32_t>(value);
  const std::size_t length = length_of(bits);
  out += static_cast<char>(length << 4U | type);
  put_number(out, bits, length);
}

/// With a NUL behind it, which counts. What follows a NUL in the text is cut off: clients would not see it.
void put_text(std::string& out, unsigned type, std::string_view text) {
  text = text.substr(0, text.find('\0'));
  const std::size_t size = text.size() + 1;
  if (size < 8) {
    out += static_cast<char>(size << 4U | type);
  } else {
    const std::size_t length = length_of(size);
    out += static_cast<char>(0x80U | length << 4U | type);
    put_number(out, size, length);
  }
  out += text;
  out += '\0';
}

void put_item(std::string& out, const RpcReply::Item& item) {
  using Kind = RpcReply::Kind;
  if (!item.name.empty()) put_text(out, kName, item.name);
  switch (item.kind) {
    case Kind::Int: put_int(out, kInt, item.number); break;
    case Kind::Double: put_int(out, kDouble, std::isfinite(item.real) && std::fabs(item.real) < 2e6 ? static_cast<Int>(std::lround(item.real * 1000)) : 0); break;
    case Kind::Text: put_text(out, kText, item.text); break;
    case Kind::Null: put_text(out, kText, "<null string>"); break;   // as Kamailio tells it
    case Kind::BeginStruct:
    case Kind::BeginArray: out += static_cast<char>(kStruct); break;   // kamcmd reads no structs within arrays
    case Kind::EndStruct:
    case Kind::EndArray: out += static_cast<char>(0x80U | kStruct); break;
  }
}

/// Where the struct or array that begins at `at` ends.
std::size_t end_of(const std::vector<RpcReply::Item>& items, std::size_t at) {
  using Kind = RpcReply::Kind;
  int depth = 0;
  for (; at < items.size(); ++at) {
    const Kind kind = items[at].kind;
    depth += kind == Kind::BeginStruct || kind == Kind::BeginArray;
    depth -= kind == Kind::EndStruct || kind == Kind::EndArray;
    if (depth == 0) break;
  }
  return at;
}

/// An array in a struct whose elements have one member each, {"SET": {...}} or {"AoR": "a"}, is a struct with those here:
/// Kamailio's JSON has more brackets than its binrpc. So are structs with one struct each that follow one another.
/// Top level: is it a struct with one struct in it behind another one with one of that name?
bool joins(const std::vector<RpcReply::Item>& items, std::size_t at) {
  using Kind = RpcReply::Kind;
  const auto holds_one = [&](std::size_t begin) {
    return items[begin].kind == Kind::BeginStruct && begin + 1 < items.size() && items[begin + 1].kind == Kind::BeginStruct &&
           !items[begin + 1].name.empty() && end_of(items, begin + 1) + 1 == end_of(items, begin);
  };
  if (!holds_one(at) || items[at - 1].kind != Kind::EndStruct) return false;
  std::size_t before = at - 1;
  for (int depth = 1; depth > 0 && before > 0;) {
    --before;
    depth += items[before].kind == Kind::EndStruct || items[before].kind == Kind::EndArray;
    depth -= items[before].kind == Kind::BeginStruct || items[before].kind == Kind::BeginArray;
  }
  return holds_one(before) && items[before + 1].name == items[at + 1].name;
}

void put_items(std::string& out, const std::vector<RpcReply::Item>& items) {
  using Kind = RpcReply::Kind;
  std::vector<std::size_t> skipped;                      // ends that belong to the brackets left out, innermost last
  int depth = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const RpcReply::Item& item = items[i];
    if (!skipped.empty() && skipped.back() == i) {
      skipped.pop_back();
      continue;
    }
    const bool in_array = depth > 0 && i > 0 && item.kind == Kind::BeginStruct && item.name.empty();
    if (in_array && i + 1 < items.size() && !items[i + 1].name.empty()) {
      const std::size_t end = end_of(items, i);
      if (end_of(items, i + 1) + 1 == end) {
        skipped.push_back(end);
        continue;
      }
    }
    if (depth == 0 && i > 0 && joins(items, i)) {
      out.pop_back();                                    // the end of the one before
      ++depth;
      continue;
    }
    depth += item.kind == Kind::BeginStruct || item.kind == Kind::BeginArray;
    depth -= item.kind == Kind::EndStruct || item.kind == Kind::EndArray;
    put_item(out, item);
  }
}

}  // namespace

Framing read_packet(std::string_view bytes, std::size_t max_body, Packet& out) {
  if (bytes.empty()) return Framing::Incomplete;
  if (byte(bytes, 0) != kMagic) return Framing::Malformed;
  if (bytes.size() < 2) return Framing::Incomplete;
  const unsigned head = byte(bytes, 1);
  const std::size_t length_size = (head >> 2U & 3U) + 1, cookie_size = (head & 3U) + 1;
  out.type = head >> 4U;
  if (bytes.size() < 2 + length_size + cookie_size) return Framing::Incomplete;
  const std::size_t body = number(bytes.substr(2, length_size));
  if (body > max_body) return Framing::Malformed;
  out.cookie = bytes.substr(2 + length_size, cookie_size);
  out.size = 2 + length_size + cookie_size + body;
  if (bytes.size() < out.size) return Framing::Incomplete;
  out.body = bytes.substr(2 + length_size + cookie_size, body);
  return Framing::Whole;
}

std::optional<Request> read_request(std::string_view body) {
  Request request;
  Value value;
  const auto text = [&] {
    std::string_view bytes = value.bytes;
    if (!bytes.empty() && bytes.back() == '\0') bytes.remove_suffix(1);
    return bytes;
  };
  if (!take(body, value) || value.type != kText || text().empty()) return std::nullopt;
  request.method = text();
  while (!body.empty()) {
    if (!take(body, value)) return std::nullopt;
    if (request.params.size() >= kMaxParams) return std::nullopt;
    RpcParam param;
    switch (value.type) {
      case kInt:
      case kDouble: {
        const auto number = integer(value.bytes);
        if (!number) return std::nullopt;
        param.kind = value.type == kInt ? RpcParam::Kind::Int : RpcParam::Kind::Double;
        param.number = *number;
        param.real = static_cast<double>(*number) / 1000;
        break;
      }
      case kText:
      case kBytes:
        if (text().find('\0') != std::string_view::npos) return std::nullopt;
        param.kind = RpcParam::Kind::Text;
        param.text = text();
        break;
      default: return request;
    }
    request.params.push_back(std::move(param));
  }
  return request;
}

std::string print_reply(RpcReply& reply, std::string_view cookie) {
  std::string body;
  const std::vector<RpcReply::Item>& items = reply.finish();
  if (reply.failed()) {
    put_int(body, kInt, reply.fault_code());
    put_text(body, kText, reply.fault_text());
  } else {
    put_items(body, items);
  }
  const PacketType type = reply.failed() ? PacketType::Fault : PacketType::Reply;
  while (cookie.size() > 1 && cookie.front() == '\0') cookie.remove_prefix(1);   // a number, in as few bytes as it needs
  if (cookie.empty()) cookie = std::string_view("\0", 1);
  const std::size_t length = body.empty() ? 1 : length_of(body.size());
  std::string out;
  out.reserve(body.size() + 12);
  out += static_cast<char>(kMagic);
  out += static_cast<char>(static_cast<unsigned>(type) << 4U | (length - 1) << 2U | (cookie.size() - 1));
  put_number(out, body.size(), length);
  out += cookie;
  out += body;
  return out;
}

}  // namespace strowger::ctl
