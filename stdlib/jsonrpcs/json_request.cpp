// The reader of JSON-RPC requests.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/jsonrpcs/json_request.h"

#include <strings.h>

#include <charconv>
#include <cmath>
#include <cstdio>

#include "stdlib/jsonrpcs/json_reply.h"

namespace strowger::jsonrpcs {
namespace {

struct Scalar {
  enum class Kind { Int, Double, Text, Other } kind = Kind::Other;
  Int number = 0;
  double real = 0;
  std::string text;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  std::size_t at() const { return at_; }

  bool request(Request& out) {
    skip();
    if (peek() != '{') return value(0, nullptr);   // a batch, or no request at all
    out.is_object = true;
    return members(0, [&](const std::string& key) { return member(key, out); });
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }
  bool take(char c) {
    skip();
    if (peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }

  template <class F>
  bool members(int depth, F each) {
    if (depth >= kMaxDepth || !take('{')) return false;
    if (take('}')) return true;
    do {
      std::string key;
      skip();
      if (!string(key) || !take(':')) return false;
      skip();
      if (!each(key)) return false;
    } while (take(','));
    return take('}');
  }

  template <class F>
  bool elements(int depth, F each) {
    if (depth >= kMaxDepth || !take('[')) return false;
    if (take(']')) return true;
    do {
      skip();
      if (!each()) return false;
    } while (take(','));
    return take(']');
  }

  /// Names in any case, and the first of each, as the library has it that Kamailio uses.
  bool member(const std::string& key, Request& out) {
    const auto is = [&](const char* name, unsigned bit) {
      if (strcasecmp(key.c_str(), name) != 0 || (seen_ & bit) != 0) return false;
      seen_ |= bit;
      return true;
    };
    if (is("params", 1)) return params(out);
    Scalar scalar;
    if (!value(1, &scalar)) return false;
    if (is("id", 2)) out.id = id_of(scalar);
    const bool text = scalar.kind == Scalar::Kind::Text;
    if (is("jsonrpc", 4)) out.is_version_2 = text && scalar.text == "2.0";
    if (is("method", 8) && text) out.method = scalar.text;
    if (is("reply_name", 16) && text) out.reply_name = scalar.text;
    return true;
  }

  static std::string id_of(const Scalar& scalar) {
    if (scalar.kind == Scalar::Kind::Int) return scalar.text;
    std::string id;
    if (scalar.kind == Scalar::Kind::Text) {
      put_text(id, scalar.text);
    } else if (scalar.kind == Scalar::Kind::Double) {
      char number[400];
      id.assign(number, static_cast<std::size_t>(std::snprintf(number, sizeof number, std::trunc(scalar.real) == scalar.real ? "%.0f" : "%f", scalar.real)));
    } else {
      id = std::to_string(scalar.number);
    }
    return id;
  }

  bool params(Request& out) {
    const auto one = [&] {
      Scalar scalar;
      if (!value(2, &scalar)) return false;
      if (out.params.size() >= kMaxParams) {
        out.bad_params = true;
        return true;
      }
      RpcParam& param = out.params.emplace_back();
      param.kind = scalar.kind == Scalar::Kind::Int      ? RpcParam::Kind::Int
                   : scalar.kind == Scalar::Kind::Double ? RpcParam::Kind::Double
                   : scalar.kind == Scalar::Kind::Text   ? RpcParam::Kind::Text
                                                         : RpcParam::Kind::Other;
      param.number = scalar.number;
      param.real = scalar.real;
      if (param.kind == RpcParam::Kind::Text) param.text = std::move(scalar.text);
      return true;
    };
    if (peek() == '[') return elements(1, one);
    if (peek() == '{') return members(1, [&](const std::string&) { return one(); });
    return value(1, nullptr);
  }

  bool value(int depth, Scalar* out) {
    Scalar unused;
    Scalar& scalar = out ? *out : unused;
    skip();
    switch (peek()) {
      case '{': return members(depth, [&](const std::string&) { return value(depth + 1, nullptr); });
      case '[': return elements(depth, [&] { return value(depth + 1, nullptr); });
      case '"': scalar.kind = Scalar::Kind::Text; return string(scalar.text);
      case 't': scalar.number = 1; return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      default: return number(scalar);
    }
  }

  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  static bool digit(char c) { return c >= '0' && c <= '9'; }

  /// RFC 8259 §6.
  bool number(Scalar& out) {
    const std::size_t begin = at_;
    if (peek() == '-') ++at_;
    if (!digit(peek())) return false;
    if (peek() == '0') ++at_;
    else while (digit(peek())) ++at_;
    bool whole = true;
    if (peek() == '.') {
      whole = false;
      ++at_;
      if (!digit(peek())) return false;
      while (digit(peek())) ++at_;
    }
    if (peek() == 'e' || peek() == 'E') {
      whole = false;
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digit(peek())) return false;
      while (digit(peek())) ++at_;
    }
    out.text = text_.substr(begin, at_ - begin);
    if (out.text.size() > 64) return false;
    const char* const end = out.text.data() + out.text.size();
    if (whole && std::from_chars(out.text.data(), end, out.number).ec == std::errc{}) {
      out.kind = Scalar::Kind::Int;
      return true;
    }
    out.kind = Scalar::Kind::Double;
    return std::from_chars(out.text.data(), end, out.real).ec == std::errc{} && std::isfinite(out.real);
  }

  bool hex4(std::uint32_t& out) {
    if (at_ + 4 > text_.size()) return false;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + at_ + 4, out, 16);
    if (error != std::errc{} || end != text_.data() + at_ + 4) return false;
    at_ += 4;
    return true;
  }

  static void put_utf8(std::string& out, std::uint32_t c) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else if (c < 0x800) {
      out += static_cast<char>(0xc0 | c >> 6);
      out += static_cast<char>(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
      out += static_cast<char>(0xe0 | c >> 12);
      out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
      out += static_cast<char>(0x80 | (c & 0x3f));
    } else {
      out += static_cast<char>(0xf0 | c >> 18);
      out += static_cast<char>(0x80 | (c >> 12 & 0x3f));
      out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
      out += static_cast<char>(0x80 | (c & 0x3f));
    }
  }

  /// RFC 8259 §7. A text with a NUL is refused: no parameter may have one.
  bool string(std::string& out) {
    if (peek() != '"') return false;
    for (++at_; at_ < text_.size();) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
      if (c != '\\') {
        out += c;
        continue;
      }
      const char escaped = peek();
      ++at_;
      switch (escaped) {
        case '"': case '\\': case '/': out += escaped; break;
        case 'b': out += '\b'; break;
        case 'f': out += '\f'; break;
        case 'n': out += '\n'; break;
        case 'r': out += '\r'; break;
        case 't': out += '\t'; break;
        case 'u': {
          std::uint32_t unit = 0;
          if (!hex4(unit) || unit == 0) return false;
          if (unit >= 0xd800 && unit < 0xdc00) {
            std::uint32_t low = 0;
            if (!word("\\u") || !hex4(low) || low < 0xdc00 || low >= 0xe000) return false;
            unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
          } else if (unit >= 0xdc00 && unit < 0xe000) {
            return false;
          }
          put_utf8(out, unit);
          break;
        }
        default: return false;
      }
    }
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned seen_ = 0;   ///< members of the request
};

}  // namespace

std::optional<Request> parse_request(std::string_view text, std::size_t* used) {
  Request request;
  Reader reader(text);
  if (!reader.request(request)) return std::nullopt;
  if (used) *used = reader.at();
  return request;
}

}  // namespace strowger::jsonrpcs
