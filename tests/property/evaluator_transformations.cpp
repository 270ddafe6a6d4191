// Transformations: transformations.md.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <regex.h>

#include <cctype>
#include <cstring>
#include <functional>
#include <stdexcept>

#include <llvm/ADT/StringExtras.h>
#include <llvm/Support/Base64.h>
#include <llvm/Support/MD5.h>
#include <llvm/Support/SHA256.h>

#include "tests/property/evaluator.h"

namespace strowger::property {
namespace {

using std::string;

bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
string lower(string s) {
  for (char& c : s) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return s;
}
string trim(const string& s, bool left, bool right) {
  std::size_t from = 0, to = s.size();
  while (left && from < to && blank(s[from])) ++from;
  while (right && to > from && blank(s[to - 1])) --to;
  return s.substr(from, to - from);
}
int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(c | 32);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
string hexa(const string& s) { return llvm::toHex(s, true); }
string replace(string s, const string& what, const string& by) {
  if (what.empty()) return s;
  for (std::size_t at = 0; (at = s.find(what, at)) != string::npos; at += by.size()) s.replace(at, what.size(), by);
  return s;
}

/// %xx for all but alphanumerics and `kept`; false for control bytes.
bool percent(const string& s, const char* kept, bool controls, string& out) {
  for (const char c : s) {
    const auto byte = static_cast<unsigned char>(c);
    if (!controls && (byte < 32 || byte >= 127)) return false;
    if (std::isalnum(byte) || (c && std::strchr(kept, c))) out += c;
    else out += "%" + hexa(string(1, c));
  }
  return true;
}
bool unpercent(const string& s, string& out) {
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] != '%') {
      if (static_cast<unsigned char>(s[i]) < 32 || static_cast<unsigned char>(s[i]) >= 127) return false;
      out += s[i];
      continue;
    }
    if (i + 2 >= s.size() || nibble(s[i + 1]) < 0 || nibble(s[i + 2]) < 0) return false;
    const int byte = nibble(s[i + 1]) * 16 + nibble(s[i + 2]);
    if (byte < 32 || byte >= 127) return false;
    out += static_cast<char>(byte);
    i += 2;
  }
  return true;
}

string unescape_common(const string& s) {
  string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '\\' && i + 1 < s.size() && std::strchr("'\"\\0", s[i + 1])) out += s[++i] == '0' ? '\0' : s[i];
    else out += s[i];
  }
  return out;
}

Value select(const string& s, std::int64_t index, const string& raw) {
  const std::size_t comma = raw.find(',');
  const string separators = raw.substr(comma + 1);
  const char separator = separators[0];
  std::vector<string> fields(1);
  for (const char c : s) {
    if (c == separator) fields.emplace_back();
    else fields.back() += c;
  }
  if (index < 0) index += static_cast<std::int64_t>(fields.size());
  return Value::of(index >= 0 && index < static_cast<std::int64_t>(fields.size()) ? fields[static_cast<std::size_t>(index)] : "");
}

Value substr(const string& s, std::int64_t offset, std::int64_t count) {
  const auto size = static_cast<std::int64_t>(s.size());
  if (offset < 0) offset += size;
  if (offset < 0 || offset >= size || count < 0) return Value::failed();
  if (count == 0 || count > size - offset) count = size - offset;
  return Value::of(s.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(count)));
}

Value re_subst(const Value& in, const string& s, const string& raw) {
  const char delimiter = raw[0];
  const std::size_t middle = raw.find(delimiter, 1), last = raw.find(delimiter, middle + 1);
  const string pattern = raw.substr(1, middle - 1), by = raw.substr(middle + 1, last - middle - 1), flags = raw.substr(last + 1);
  regex_t regex;
  if (::regcomp(&regex, pattern.c_str(), REG_EXTENDED | (flags.find('i') != string::npos ? REG_ICASE : 0))) throw std::logic_error("re.subst");
  string out;
  const char* at = s.c_str();
  regmatch_t found[10];
  while (::regexec(&regex, at, 10, found, at == s.c_str() ? 0 : REG_NOTBOL) == 0 && found[0].rm_eo > 0) {
    out.append(at, static_cast<std::size_t>(found[0].rm_so));
    for (std::size_t i = 0; i < by.size(); ++i) {
      if (by[i] == '\\' && i + 1 < by.size()) {
        const regmatch_t& group = found[by[++i] - '0'];
        out.append(at + group.rm_so, static_cast<std::size_t>(group.rm_eo - group.rm_so));
      } else {
        out += by[i];
      }
    }
    at += found[0].rm_eo;
    if (flags.find('g') == string::npos) break;
  }
  ::regfree(&regex);
  if (at == s.c_str()) return in;   // nothing matched: a number stays one
  return Value::of(out + at);
}

struct Param { string name, value; };
/// `a=1;b;c="x;y"`.
std::vector<Param> params_of(const string& s) {
  std::vector<Param> out;
  for (std::size_t at = 0; at < s.size();) {
    bool quoted = false;
    std::size_t end = at;
    while (end < s.size() && (quoted || s[end] != ';')) quoted ^= s[end++] == '"';
    const string one = s.substr(at, end - at);
    at = end + 1;
    const std::size_t equals = one.find('=');
    Param p{trim(one.substr(0, equals), true, true), equals == string::npos ? "" : trim(one.substr(equals + 1), true, true)};
    if (p.value.size() >= 2 && p.value.front() == '"' && p.value.back() == '"') p.value = p.value.substr(1, p.value.size() - 2);
    out.push_back(p);
  }
  return out;
}

Value of_string(Evaluator& evaluator, const Value& in, const string& op, const syntax::Transform& t);
Value of_uri(const string& text, const string& op, const string& argument);
Value of_params(const string& text, const string& op, const string& argument);
Value of_lines(const string& text, const string& op, const string& argument);

}  // namespace

Value transform(Evaluator& evaluator, const Value& in, const syntax::Transform& t) {
  if (in.undefined()) return Value::failed();
  const string text = evaluator.to_text(in), op = lower(t.op);
  const string argument = t.args.empty() ? "" : t.args[0].literal;
  if (t.klass == "s") return of_string(evaluator, in, op, t);
  if (text.empty() && t.klass != "s") return Value::failed();
  if (t.klass == "re") return re_subst(in, text, t.raw_args);

  if (t.klass == "uri") return of_uri(text, op, argument);
  if (t.klass == "param") return of_params(text, op, argument);
  if (t.klass == "line") return of_lines(text, op, argument);
  if (t.klass == "nameaddr") {
    const std::size_t open = text.find('<');
    if (open == string::npos) return Value::of(op == "uri" ? text : "");
    const std::size_t close = text.find('>', open);
    if (close == string::npos) return Value::failed();
    return Value::of(op == "uri" ? text.substr(open + 1, close - open - 1) : text.substr(0, open));
  }
  throw std::logic_error("the evaluator does not know {" + t.klass + "." + t.op + "}");
}

namespace {

Value of_string(Evaluator& evaluator, const Value& in, const string& op, const syntax::Transform& t) {
  const string s = evaluator.to_text(in);
  const auto size = static_cast<std::int64_t>(s.size());
  // An argument that is an undefined or empty variable fails the whole.
  std::vector<Value> args;
  for (const syntax::TransformArg& a : t.args) {
    args.push_back(a.variable ? evaluator.read(*a.variable) : Value::of(a.literal));
    if (!a.variable) continue;
    if (args.back().undefined() || evaluator.to_text(args.back()).empty()) return Value::failed();
    const bool wants_number = op == "substr" || op == "strip" || op == "striptail" || op == "select";
    if (wants_number && args.back().kind != Value::Number) return Value::failed();
  }
  const auto number = [&](std::size_t i) { return evaluator.to_number(args.at(i)); };
  const auto text = [&](std::size_t i) { return i < args.size() ? evaluator.to_text(args[i]) : string(); };
  const auto first_of = [&] { return text(0).empty() ? string::npos : s.find(text(0)[0]); };
  const auto last_of = [&] { return text(0).empty() ? string::npos : s.rfind(text(0)[0]); };
  string out;
  if (op == "len") return Value::of(size);
  if (op == "int") {
    if (in.kind == Value::Number) return in;
    std::int64_t n = 0;
    if (s.empty()) return Value::of(0, "");
    if (!evaluator.decimal(s, n)) return Value::failed();
    return Value::of(n, s);
  }
  if (op == "tolower") return Value::of(lower(s));
  if (op == "toupper") {
    for (const char c : s) out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return Value::of(out);
  }
  if (op == "md5") {
    llvm::MD5 hash;
    hash.update(s);
    const llvm::MD5::MD5Result result = hash.final();
    return Value::of(string(result.digest()));
  }
  if (op == "sha256") {
    llvm::SHA256 hash;
    hash.update(s);
    return Value::of(llvm::toHex(hash.final(), true));
  }
  if (op == "encode.hexa") return Value::of(hexa(s));
  if (op == "decode.hexa") {
    for (std::size_t i = 0; i + 1 < s.size(); i += 2) {
      if (nibble(s[i]) < 0 || nibble(s[i + 1]) < 0) return Value::failed();
      out += static_cast<char>(nibble(s[i]) * 16 + nibble(s[i + 1]));
    }
    return Value::of(out);
  }
  if (op.starts_with("encode.base64")) {
    out = llvm::encodeBase64(s);
    if (op.find("url") != string::npos)
      for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
    if (op.back() == 't') out = out.substr(0, out.find('='));
    return Value::of(out);
  }
  if (op == "numeric") {
    for (const char c : s)
      if (c >= '0' && c <= '9') out += c;
    return Value::of(out);
  }
  if (op == "rmws") {
    for (const char c : s)
      if (!blank(c)) out += c;
    return Value::of(out);
  }
  if (op == "trim" || op == "ltrim" || op == "rtrim") return Value::of(trim(s, op[0] != 'r', op[0] != 'l'));
  if ((op == "unquote" || op == "unbracket") && size < 2) return in;  // a number of one digit stays one
  if (op == "unquote") return Value::of(s.front() == s.back() && (s.front() == '"' || s.front() == '\'') ? s.substr(1, s.size() - 2) : s);
  if (op == "unbracket") {
    static const string kOpen = "([{<", kClose = ")]}>";
    const std::size_t pair = kOpen.find(s.front());
    return Value::of(pair != string::npos && s.back() == kClose[pair] ? s.substr(1, s.size() - 2) : s);
  }
  if (op == "escape.common") {
    for (const char c : s) {
      if (c == '\0' || std::strchr("'\"\\", c)) out += '\\';
      out += c ? c : '0';
    }
    return Value::of(out);
  }
  if (op == "unescape.common") return Value::of(unescape_common(s));
  if (op == "escape.user") return percent(s, "!&()*+,-.;=?_~$", false, out) ? Value::of(out) : Value::failed();
  if (op == "escape.param") return percent(s, "!&()*+-./:[]_~$", false, out) ? Value::of(out) : Value::failed();
  if (op == "unescape.user" || op == "unescape.param") return unpercent(s, out) ? Value::of(out) : Value::failed();
  if (op == "urlencode.param") return percent(s, "-._~", true, out), Value::of(out);
  if (op == "escape.csv") return Value::of("\"" + replace(s, "\"", "\"\"") + "\"");
  if (op == "substr") return substr(s, number(0), number(1));
  if (op == "select") return select(s, number(0), t.raw_args);
  if (op == "strip" || op == "striptail") {
    const std::int64_t n = number(0);
    if (n <= 0) return Value::of(s);
    if (n >= size) return Value::of("");
    return Value::of(op == "strip" ? s.substr(static_cast<std::size_t>(n)) : s.substr(0, static_cast<std::size_t>(size - n)));
  }
  if (op == "stripto") return Value::of(first_of() == string::npos ? "" : s.substr(first_of()));
  if (op == "prefixes") {
    for (std::int64_t i = 1; i <= size && i <= number(0); ++i) out += (i > 1 ? "," : "") + s.substr(0, static_cast<std::size_t>(i));
    return Value::of(out);
  }
  if (op == "replace") return Value::of(replace(s, text(0), text(1)));
  if (op == "rm") return Value::of(replace(s, text(0), ""));
  if (op == "count") {
    std::int64_t n = 0;
    for (const char c : s) n += !text(0).empty() && c == text(0)[0];
    return Value::of(n);
  }
  if (op == "before") return Value::of(s.substr(0, first_of()));
  if (op == "after") return Value::of(first_of() == string::npos ? "" : s.substr(first_of() + 1));
  if (op == "rbefore") return Value::of(s.substr(0, last_of()));
  if (op == "rafter") return Value::of(last_of() == string::npos ? "" : s.substr(last_of() + 1));
  throw std::logic_error("the evaluator does not know {s." + op + "}");
}

Value of_uri(const string& text, const string& op, const string& argument) {
  const auto uri = split_uri(text);
  if (!uri) return Value::failed();
  if (op == "user") return Value::of(uri->user.value_or(""));
  if (op == "host") return Value::of(uri->host);
  if (op == "passwd") return Value::of(uri->password);
  if (op == "params") return Value::of(uri->params);
  if (op == "scheme") return Value::of(uri->scheme);
  if (op == "port") return uri->port.empty() ? Value::of(0, "") : Value::of(std::stoll(uri->port), uri->port);
  const std::string name = op == "transport" ? "transport" : argument;
  return Value::of(uri_param(uri->params, name).value_or(""));
}

/// Only lists whose reading is not in doubt.
Value of_params(const string& text, const string& op, const string& argument) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (std::strchr(" \t\r\n\"'\\", text[i])) throw Evaluator::TooBig{};
    if (text[i] == '=' && (i + 1 == text.size() || text[i + 1] == ';' || i == 0 || text[i - 1] == ';')) throw Evaluator::TooBig{};
  }
  const std::vector<Param> params = params_of(text);
  const auto n = static_cast<std::int64_t>(params.size());
  if (op == "count") return Value::of(n);
  if (op == "value") {
    string found;
    for (const Param& p : params)
      if (lower(p.name) == lower(argument)) found = p.value;
    return Value::of(found);
  }
  std::int64_t index = std::stoll(argument);
  if (index < 0) index += n;
  if (index < 0 || index >= n) return Value::of("");
  const Param& p = params[static_cast<std::size_t>(index)];
  return Value::of(op == "name" ? p.name : p.value);
}

Value of_lines(const string& text, const string& op, const string& argument) {
  std::vector<string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    string line = text.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(line);
    at = end + 1;
  }
  const auto n = static_cast<std::int64_t>(lines.size());
  if (op == "count") return Value::of(n);
  std::int64_t index = std::stoll(argument);
  if (index < 0) index += n;
  return Value::of(index >= 0 && index < n ? lines[static_cast<std::size_t>(index)] : "");
}

}  // namespace
}  // namespace strowger::property
