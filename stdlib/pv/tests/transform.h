// For tests: runs transformations as they are written, "{s.substr,0,2}{s.len}".
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <deque>
#include <vector>

#include "pv.interface.h"
#include "runtime/script/test_call.h"

namespace strowger::testing {

inline const std::string kUndefined = "undefined";
inline constexpr Int kNoNumber = INT64_MIN + 7;

struct Row {
  struct Input {
    Text text;
    Int number = 0;
    template <std::size_t N>
    Input(const char (&t)[N]) : text(t) {}  // NOLINT: tables
    Input(int n) : number(n) {}             // NOLINT
  };
  Input input;
  std::string transformations;
  std::string text;                  ///< kUndefined where it fails
  Int number;                        ///< kNoNumber where the result is a text
};

using Args = std::vector<std::string>;
inline Int number(const Args& args, std::size_t i) { return i < args.size() ? std::stoll(args[i]) : 0; }
inline Text text(const Args& args, std::size_t i) { return i < args.size() ? Text(std::string_view(args[i])) : Text::null(); }
/// What stands behind `count` commas, as it is written.
inline Text rest(const std::string& raw, int count) {
  std::size_t at = 0;
  for (; count > 0; --count) at = raw.find(',', at) + 1;
  return Text(std::string_view(raw)).len < at ? Text::null() : Text(std::string_view(raw).substr(at));
}

using Function = Value (*)(Call&, Value, const Args&, const std::string&);
inline const std::map<std::string, Function>& transformation_table() {
  static const std::map<std::string, Function> kTable = {
    {"s.len", [](Call& call, Value in, const Args& args, const std::string& raw) { return Pv::s_len(call, in); }},
    {"s.int", [](Call& call, Value in, const Args& args, const std::string& raw) { return Pv::s_int(call, in); }},
    {"s.tolower", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_tolower(call, in)); }},
    {"s.toupper", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_toupper(call, in)); }},
    {"s.md5", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_md5(call, in)); }},
    {"s.sha256", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_sha256(call, in)); }},
    {"s.sha384", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_sha384(call, in)); }},
    {"s.sha512", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_sha512(call, in)); }},
    {"s.encode.hexa", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_encode_hexa(call, in)); }},
    {"s.decode.hexa", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_decode_hexa(call, in)); }},
    {"s.encode.base64", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_encode_base64(call, in)); }},
    {"s.decode.base64", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_decode_base64(call, in)); }},
    {"s.encode.base64t", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_encode_base64t(call, in)); }},
    {"s.decode.base64t", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_decode_base64t(call, in)); }},
    {"s.encode.base64url", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_encode_base64url(call, in)); }},
    {"s.decode.base64url", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_decode_base64url(call, in)); }},
    {"s.encode.base64urlt", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_encode_base64urlt(call, in)); }},
    {"s.decode.base64urlt", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_decode_base64urlt(call, in)); }},
    {"s.encode.base58", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_encode_base58(call, in)); }},
    {"s.decode.base58", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_decode_base58(call, in)); }},
    {"s.encode.7bit", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_encode_7bit(call, in)); }},
    {"s.decode.7bit", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_decode_7bit(call, in)); }},
    {"s.escape.common", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_escape_common(call, in)); }},
    {"s.unescape.common", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_unescape_common(call, in)); }},
    {"s.escape.user", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_escape_user(call, in)); }},
    {"s.unescape.user", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_unescape_user(call, in)); }},
    {"s.escape.param", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_escape_param(call, in)); }},
    {"s.unescape.param", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_unescape_param(call, in)); }},
    {"s.urlencode.param", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_urlencode_param(call, in)); }},
    {"s.urldecode.param", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_urldecode_param(call, in)); }},
    {"s.escape.csv", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_escape_csv(call, in)); }},
    {"s.numeric", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_numeric(call, in)); }},
    {"s.rmws", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_rmws(call, in)); }},
    {"s.trim", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_trim(call, in)); }},
    {"s.ltrim", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_ltrim(call, in)); }},
    {"s.rtrim", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_rtrim(call, in)); }},
    {"s.unquote", [](Call& call, Value in, const Args& args, const std::string& raw) { return Pv::s_unquote(call, in); }},
    {"s.unbracket", [](Call& call, Value in, const Args& args, const std::string& raw) { return Pv::s_unbracket(call, in); }},
    {"s.substr", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_substr(call, in, number(args, 0), number(args, 1))); }},
    {"s.select", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_select(call, in, number(args, 0), rest(raw, 1))); }},
    {"s.strip", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_strip(call, in, number(args, 0))); }},
    {"s.striptail", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_striptail(call, in, number(args, 0))); }},
    {"s.stripto", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_stripto(call, in, text(args, 0))); }},
    {"s.prefixes", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_prefixes(call, in, number(args, 0))); }},
    {"s.prefixes.quoted", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_prefixes_quoted(call, in, number(args, 0))); }},
    {"s.replace", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_replace(call, in, text(args, 0), text(args, 1))); }},
    {"s.rm", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_rm(call, in, text(args, 0))); }},
    {"s.count", [](Call& call, Value in, const Args& args, const std::string& raw) { return Pv::s_count(call, in, text(args, 0)); }},
    {"s.before", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_before(call, in, text(args, 0))); }},
    {"s.after", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_after(call, in, text(args, 0))); }},
    {"s.rbefore", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_rbefore(call, in, text(args, 0))); }},
    {"s.rafter", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_rafter(call, in, text(args, 0))); }},
    {"s.ftime", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_ftime(call, in, text(args, 0))); }},
    {"s.fmtlines", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_fmtlines(call, in, number(args, 0), number(args, 1))); }},
    {"s.fmtlinet", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::s_fmtlinet(call, in, number(args, 0), number(args, 1))); }},
    {"uri.user", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_user(call, in)); }},
    {"uri.host", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_host(call, in)); }},
    {"uri.domain", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_domain(call, in)); }},
    {"uri.passwd", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_passwd(call, in)); }},
    {"uri.params", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_params(call, in)); }},
    {"uri.headers", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_headers(call, in)); }},
    {"uri.scheme", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_scheme(call, in)); }},
    {"uri.transport", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_transport(call, in)); }},
    {"uri.ttl", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_ttl(call, in)); }},
    {"uri.uparam", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_uparam(call, in)); }},
    {"uri.maddr", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_maddr(call, in)); }},
    {"uri.method", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_method(call, in)); }},
    {"uri.lr", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_lr(call, in)); }},
    {"uri.r2", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_r2(call, in)); }},
    {"uri.tosocket", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_tosocket(call, in)); }},
    {"uri.duri", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_duri(call, in)); }},
    {"uri.saor", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_saor(call, in)); }},
    {"uri.suri", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_suri(call, in)); }},
    {"uri.port", [](Call& call, Value in, const Args& args, const std::string& raw) { return Pv::uri_port(call, in); }},
    {"uri.param", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::uri_param(call, in, text(args, 0))); }},
    {"param.value", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::param_value(call, in, text(args, 0), text(args, 1))); }},
    {"param.in", [](Call& call, Value in, const Args& args, const std::string& raw) { return Pv::param_in(call, in, text(args, 0), text(args, 1)); }},
    {"param.valueat", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::param_valueat(call, in, number(args, 0), text(args, 1))); }},
    {"param.name", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::param_name(call, in, number(args, 0), text(args, 1))); }},
    {"param.count", [](Call& call, Value in, const Args& args, const std::string& raw) { return Pv::param_count(call, in, rest(raw, 0)); }},
    {"nameaddr.name", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::nameaddr_name(call, in)); }},
    {"nameaddr.uri", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::nameaddr_uri(call, in)); }},
    {"nameaddr.len", [](Call& call, Value in, const Args& args, const std::string& raw) { return Pv::nameaddr_len(call, in); }},
    {"tobody.uri", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::tobody_uri(call, in)); }},
    {"tobody.user", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::tobody_user(call, in)); }},
    {"tobody.host", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::tobody_host(call, in)); }},
    {"tobody.display", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::tobody_display(call, in)); }},
    {"tobody.tag", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::tobody_tag(call, in)); }},
    {"tobody.params", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::tobody_params(call, in)); }},
    {"line.count", [](Call& call, Value in, const Args& args, const std::string& raw) { return Pv::line_count(call, in); }},
    {"line.at", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::line_at(call, in, number(args, 0))); }},
    {"line.sw", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::line_sw(call, in, text(args, 0))); }},
    {"urialias.encode", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::urialias_encode(call, in)); }},
    {"urialias.decode", [](Call& call, Value in, const Args& args, const std::string& raw) { return Value::of(Pv::urialias_decode(call, in)); }},
  };
  return kTable;
}

class Transform : public ScriptCall {
 protected:
  void SetUp() override { load(test_request("INVITE", "sip:alice@example.com")); }

  Value apply(Value value, const std::string& all) {
    for (std::size_t at = 0; at < all.size() && !value.is_null();) {
      const std::size_t end = all.find('}', at);
      const std::string one = all.substr(at + 1, end - at - 1);
      at = end + 1;
      const std::size_t comma = one.find(',');
      std::string name = one.substr(0, comma);
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      keep_.push_back(comma == std::string::npos ? "" : one.substr(comma + 1));
      Args args;
      for (std::size_t from = comma; from != std::string::npos;) {
        const std::size_t next = one.find(',', from + 1);
        std::string arg = one.substr(from + 1, next == std::string::npos ? next : next - from - 1);
        arg.erase(0, arg.find_first_not_of(" \t"));   // the compiler strips leading blanks
        args.push_back(arg);
        from = next;
      }
      args_.push_back(std::make_unique<Args>(std::move(args)));
      const auto found = transformation_table().find(name);
      if (found == transformation_table().end()) throw std::runtime_error("no transformation " + name);
      value = found->second(call, value, *args_.back(), keep_.back());
    }
    return value;
  }

  std::string run(Text in, const std::string& all) {
    const Value value = apply(Value::of(in), all);
    return value.is_null() ? kUndefined : std::string(Operators::value_to_text(&call, value).view());
  }

  void check(const Row& row) {
    const Value value = apply(row.input.text.is_null() ? Value::of(row.input.number) : Value::of(row.input.text), row.transformations);
    const std::string what = std::string(row.input.text.view()) + " " + row.transformations;
    if (row.text == kUndefined) {
      EXPECT_TRUE(value.is_null()) << what << " gave " << shown(call, value);
      return;
    }
    ASSERT_FALSE(value.is_null()) << what;
    EXPECT_EQ(std::string(Operators::value_to_text(&call, value).view()), row.text) << what;
    EXPECT_EQ(value.is_int(), row.number != kNoNumber) << what;
    if (row.number != kNoNumber) {
      EXPECT_EQ(value.number(), row.number) << what;
    }
  }

 private:
  std::deque<std::string> keep_;
  std::vector<std::unique_ptr<Args>> args_;
};

}  // namespace strowger::testing
