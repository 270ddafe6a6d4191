// The printer of JSON-RPC replies.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/jsonrpcs/json_reply.h"

#include <cmath>
#include <cstdio>

#include "runtime/sip/utf8.h"

namespace strowger::jsonrpcs {
namespace {

using Kind = RpcReply::Kind;
using Items = std::vector<RpcReply::Item>;

class Printer {
 public:
  Printer(const Items& items, bool pretty) : items_(items), pretty_(pretty) {}

  std::string reply(RpcReply& reply, std::string_view id, bool is_array) {
    out_ = "{";
    key("jsonrpc", 1, true);
    out_ += "\"2.0\"";
    if (reply.failed()) {
      key("error", 1, false);
      out_ += "{";
      key("code", 2, true);
      out_ += std::to_string(reply.fault_code());
      key("message", 2, false);
      put_text(out_, reply.fault_text());
      close(1);
    } else {
      key("result", 1, false);
      result(is_array);
    }
    if (!id.empty()) {
      key("id", 1, false);
      out_ += id;
    }
    close(0);
    return std::move(out_);
  }

 private:
  /// Past the value at `at`.
  std::size_t skip(std::size_t at) const {
    int depth = 0;
    do {
      const Kind kind = items_[at++].kind;
      if (kind == Kind::BeginStruct || kind == Kind::BeginArray) ++depth;
      if (kind == Kind::EndStruct || kind == Kind::EndArray) --depth;
    } while (depth > 0 && at < items_.size());
    return at;
  }

  void line(int depth) {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(depth), '\t');
  }
  void key(std::string_view name, int depth, bool first) {
    if (!first) out_ += ',';
    line(depth);
    put_text(out_, name);
    out_ += pretty_ ? ":\t" : ":";
  }
  void close(int depth) {
    line(depth);
    out_ += '}';
  }

  void result(bool is_array) {
    if (is_array) {
      out_ += '[';
      for (std::size_t at = 0; at < items_.size();) {
        if (at > 0) out_ += pretty_ ? ", " : ",";
        at = value(at, 2);
      }
      out_ += ']';
      return;
    }
    if (items_.empty()) {
      out_ += '{';
      close(1);
      return;
    }
    std::size_t last = 0;
    for (std::size_t at = 0; at < items_.size(); at = skip(at)) last = at;
    value(last, 1);
  }

  /// Prints the value at `at`; where the next one begins.
  std::size_t value(std::size_t at, int depth) {
    const RpcReply::Item& item = items_[at];
    switch (item.kind) {
      case Kind::Int:
        out_ += item.is_unsigned ? std::to_string(static_cast<std::uint32_t>(item.number)) : std::to_string(item.number);
        return at + 1;
      case Kind::Double: {
        char number[64];
        if (!std::isfinite(item.real)) {
          out_ += "null";
          return at + 1;
        }
        const bool whole = std::fabs(item.real) < 1e15 && std::trunc(item.real) == item.real;
        const int length = std::snprintf(number, sizeof number, std::fabs(item.real) >= 1e15 ? "%e" : whole ? "%.0f" : "%f", item.real);
        out_.append(number, static_cast<std::size_t>(length));
        return at + 1;
      }
      case Kind::Text: put_text(out_, item.text); return at + 1;
      case Kind::Null: out_ += "null"; return at + 1;
      case Kind::BeginStruct: {
        out_ += '{';
        bool first = true;
        for (++at; at < items_.size() && items_[at].kind != Kind::EndStruct; first = false) {
          key(items_[at].name, depth + 1, first);
          at = value(at, depth + 1);
        }
        close(depth);
        return at + 1;
      }
      case Kind::BeginArray: {
        out_ += '[';
        bool first = true;
        for (++at; at < items_.size() && items_[at].kind != Kind::EndArray; first = false) {
          if (!first) out_ += pretty_ ? ", " : ",";
          at = value(at, depth + 1);
        }
        out_ += ']';
        return at + 1;
      }
      case Kind::EndStruct:
      case Kind::EndArray: return at + 1;
    }
    return at + 1;
  }

  const Items& items_;
  bool pretty_;
  std::string out_;
};

}  // namespace

void put_text(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    switch (c) {
      case '"': out += "\\\""; ++at; continue;
      case '\\': out += "\\\\"; ++at; continue;
      case '\b': out += "\\b"; ++at; continue;
      case '\f': out += "\\f"; ++at; continue;
      case '\n': out += "\\n"; ++at; continue;
      case '\r': out += "\\r"; ++at; continue;
      case '\t': out += "\\t"; ++at; continue;
      default: break;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escaped;
      ++at;
      continue;
    }
    const std::size_t length = sip::utf8_length(text.substr(at));
    if (length == 0) {
      out += "\xef\xbf\xbd";
      ++at;
    } else {
      out += text.substr(at, length);
      at += length;
    }
  }
  out += '"';
}

std::string print_reply(RpcReply& reply, std::string_view id, bool is_array, bool pretty) {
  return Printer(reply.finish(), pretty).reply(reply, id, is_array);
}

}  // namespace strowger::jsonrpcs
