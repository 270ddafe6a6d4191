// Variables: pseudovariables.md and language.md 6.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cctype>
#include <cstdio>
#include <stdexcept>

#include "tests/property/evaluator.h"

namespace strowger::property {
namespace {

Value text_or_null(const std::string& text) { return text.empty() ? Value{} : Value::of(text); }
Value user_of(const Uri& uri) { return uri.user && !uri.user->empty() ? Value::of(*uri.user) : Value{}; }
std::int64_t length(const Value& v) { return static_cast<std::int64_t>(v.text.size()); }

std::string lower(std::string s) {
  for (char& c : s) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return s;
}

/// Part `which` of a URI: U user, d host, p port, P transport, z scheme.
Value part(const std::string& text, char which) {
  const auto uri = split_uri(text);
  if (!uri) return {};
  switch (which) {
    case 'U': return user_of(*uri);
    case 'd': return Value::of(uri->host);
    case 'p': return Value::of(uri->port.empty() ? "5060" : uri->port);
    case 'P': {
      const auto transport = uri_param(uri->params, "transport");
      return Value::of(transport && !transport->empty() ? *transport : "UDP");
    }
    default: return Value::of(uri->scheme);
  }
}

struct Step {
  std::string name;
  bool indexed = false;
  std::int64_t index = 0;
};
/// "r[0]=>f".
std::vector<Step> path_of(const std::string& path) {
  std::vector<Step> steps;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find("=>", at), path.size());
    Step step{path.substr(at, end - at)};
    at = end + 2;
    if (const std::size_t bracket = step.name.find('['); bracket != std::string::npos) {
      step.indexed = true;
      step.index = std::stoll(step.name.substr(bracket + 1));
      step.name.resize(bracket);
    }
    steps.push_back(step);
    if (end == path.size()) break;
  }
  return steps;
}

/// The place of an index, negative ones from the end; -1: none.
std::int64_t place(std::int64_t index, std::size_t size) {
  const auto n = static_cast<std::int64_t>(size);
  if (index < 0) index += n;
  return index >= 0 && index < n ? index : -1;
}

}  // namespace

Value Evaluator::read(const syntax::PvRef& pv) {
  Value value = variable(pv);
  for (const syntax::Transform& t : pv.transforms) {
    value = transform(*this, value, t);
    check(value);
  }
  return value;
}

std::int64_t Evaluator::index_of(const syntax::PvRef& pv, bool& all) {
  using K = syntax::PvIndex::Kind;
  all = pv.index.kind == K::All;
  return pv.index.kind == K::Number ? pv.index.number : pv.index.kind == K::Variable ? to_number(read(*pv.index.variable)) : 0;
}

Value Evaluator::variable(const syntax::PvRef& pv) {
  const std::string& name = pv.name;
  const auto in = [](const std::map<std::string, Value>& map, const std::string& key) {
    const auto it = map.find(key);
    return it == map.end() ? Value{} : it->second;
  };
  const auto zero = [](Value v) { return v.undefined() ? Value::of(0) : v; };
  if (name == "null") return {};
  if (name == "true") return Value::of(1);
  if (name == "rc" || name == "retcode") return Value::of(rc_);
  if (name == "var") return zero(in(vars_, pv.inner));
  if (name == "vn") return in(nullable_vars_, pv.inner);
  if (name == "shv") return zero(in(shared_, pv.inner));
  if (name == "sht") return in(table_, pv.inner);
  if (name == "xavp") return xavp(pv.inner);
  if (name == "xavu") return in(xavus_, pv.inner);
  if (name == "hdr") return header(pv);
  if (name == "cnt") return Value::of(static_cast<std::int64_t>(avps_[pv.inner.substr(5, pv.inner.size() - 6)].size()));
  if (name == "avp") {
    bool all = false;
    const std::int64_t index = index_of(pv, all);
    const std::deque<Value>& values = avps_[pv.inner];
    if (all && !values.empty()) {
      std::string joined;
      for (const Value& v : values) joined += (&v == &values.front() ? "" : ", ") + to_text(v);
      return Value::of(joined);
    }
    return index >= 0 && index < static_cast<std::int64_t>(values.size()) ? values[static_cast<std::size_t>(index)] : Value{};
  }
  bool known = true;
  Value value = of_message(pv, known);
  if (!known) throw std::logic_error("the evaluator does not know $" + name);
  return value;
}

Value Evaluator::header(const syntax::PvRef& pv) {
  const auto same = [](const std::string& a, const std::string& b) { return a == b || (a == "s" && b == "subject"); };
  std::vector<std::string> values;
  for (const auto& [name, value] : message_->headers)
    if (same(lower(name), lower(pv.inner))) values.push_back(value);
  if (lower(pv.inner) == "x-prog") {
    char number[16];
    std::snprintf(number, sizeof number, "%04d", program_);
    values = {number};
  }
  bool all = false;
  const std::int64_t index = index_of(pv, all);
  if (values.empty()) return {};
  if (all) {
    std::string joined;
    for (std::size_t i = 0; i < values.size(); ++i) joined += (i ? "," : "") + values[i];
    return Value::of(joined);
  }
  const std::int64_t at = place(index, values.size());
  return at < 0 ? Value{} : Value::of(values[static_cast<std::size_t>(at)]);
}

Value Evaluator::of_message(const syntax::PvRef& pv, bool& known) {
  const Message& m = *message_;
  const std::string& name = pv.name;
  static const std::map<std::string, std::int64_t> kMethods = {{"INVITE", 1}, {"BYE", 8}, {"INFO", 16}, {"REGISTER", 32}, {"SUBSCRIBE", 64}, {"MESSAGE", 256}, {"OPTIONS", 512}};
  const std::string original = m.ruri.text();
  const auto body = static_cast<std::int64_t>(m.body.size());
  if (name == "ru") return split_uri(ruri_) ? Value::of(ruri_) : Value{};
  if (name == "rU" || name == "rd" || name == "rp" || name == "rP" || name == "rz") return part(ruri_, name[1]);
  if (name == "rUl") return split_uri(ruri_) ? Value::of(length(part(ruri_, 'U'))) : Value{};
  if (name == "ou") return Value::of(original);
  if (name == "oU" || name == "od") return part(original, name[1]);
  if (name == "du") return du_;
  if (name == "dd" || name == "dp" || name == "dP") return du_.undefined() ? Value{} : part(du_.text, name[1]);
  if (name[0] == 'f' || name[0] == 't') {
    const NameAddr& who = name[0] == 'f' ? m.from : m.to;
    const std::string which = name.substr(1);
    if (which == "u") return Value::of(who.uri.text());
    if (which == "U") return user_of(who.uri);
    if (which == "d") return Value::of(who.uri.host);
    if (which == "n") return text_or_null(who.display);
    if (which == "t") return text_or_null(who.tag);
    if (which == "Ul") return Value::of(length(user_of(who.uri)));
  }
  if (name == "ci") return Value::of(m.call_id);
  if (name == "cs") return Value::of(m.cseq);
  if (name == "csb") return Value::of(m.cseq + " " + m.method);
  if (name == "rm") return Value::of(m.method);
  if (name == "rmid") return Value::of(kMethods.at(m.method));
  if (name == "rv") return Value::of("SIP/2.0");
  if (name == "mt") return Value::of(1);
  if (name == "mts") return Value::of("rq");
  if (name == "ml") return Value::of(static_cast<std::int64_t>(m.bytes(program_).size()));
  if (name == "cl" || name == "bs") return Value::of(body);
  if (name == "cT") return text_or_null(m.content_type);
  if (name == "ct") return m.has_contact ? Value::of(m.contact) : Value{};
  if (name == "ua") return text_or_null(m.user_agent);
  if (name == "rb") return Value::of(m.body);
  if (name == "rs" || name == "rr") return {};
  if (name == "rsi") return Value::of(0);
  if (name == "si") return Value::of(kSource);
  if (name == "sp") return Value::of(kSourcePort);
  if (name == "pr") return Value::of("udp");
  if (name == "mf") return Value::of(static_cast<std::int64_t>(flags_));
  if (name == "sf") return Value::of(static_cast<std::int64_t>(script_flags_));
  if (name == "Mf") return Value::of(flags_ >> std::stoi(pv.inner) & 1);
  if (name == "mF") {
    char text[16];
    std::snprintf(text, sizeof text, "%08x", flags_);
    return Value::of(text);
  }
  if (name == "hdrc") {
    std::int64_t n = 0;
    for (const auto& [header, value] : m.headers) n += lower(header) == lower(pv.inner);
    return Value::of(n);
  }
  known = false;
  return {};
}

Value Evaluator::xavp(const std::string& path) {
  const std::vector<Step> steps = path_of(path);
  const std::deque<Record>& records = xavps_[steps[0].name];
  const std::int64_t at = place(steps[0].index, records.size());
  if (at < 0) return {};
  for (const auto& [field, values] : records[static_cast<std::size_t>(at)].fields) {
    if (field != steps[1].name) continue;
    const std::int64_t i = place(steps[1].index, values.size());
    return i < 0 ? Value{} : values[static_cast<std::size_t>(i)];
  }
  return {};
}

// ---- writing ----

std::int64_t Evaluator::assign(const syntax::PvRef& target, const Value& value) {
  const std::string &name = target.name, &key = target.inner;
  Value stored = value;
  if (stored.kind == Value::Failed) stored = {};
  stored.own_text = false;
  if (stored.kind == Value::Number) stored.text.clear();
  if (name == "var") vars_[key] = stored;
  else if (name == "vn") nullable_vars_[key] = stored;
  else if (name == "shv") shared_[key] = stored.undefined() ? Value::of("") : stored;
  else if (name == "sht") stored.undefined() ? (void)table_.erase(key) : (void)(table_[key] = stored);
  else if (name == "xavu") stored.undefined() ? (void)xavus_.erase(key) : (void)(xavus_[key] = stored);
  else if (name == "xavp") return assign_xavp(key, stored);
  else if (name == "avp") {
    bool all = false;
    index_of(target, all);
    std::deque<Value>& values = avps_[key];
    if (all) values.clear();
    if (!stored.undefined()) values.push_front(stored);
    else if (!values.empty()) values.pop_front();
  } else if (name == "mf") {
    flags_ = static_cast<std::uint32_t>(to_number(stored));
  } else if (name[0] == 'f' || name[0] == 't') {
    return 1;  // not to be seen before msg_apply_changes()
  } else {
    return assign_uri(name, stored);
  }
  return 1;
}

std::int64_t Evaluator::assign_uri(const std::string& name, const Value& value) {
  const bool clears = value.undefined() || (value.kind == Value::Text && value.text.empty());
  if (name == "du") {
    if (value.kind == Value::Number) return -1;
    du_ = clears ? Value{} : value;
    return 1;
  }
  if (value.kind == Value::Number && name != "rp") return -1;
  if (value.undefined() && (name == "ru" || name == "rd")) return -1;
  if (name == "ru") {
    ruri_ = value.text;
    return 1;
  }
  auto uri = split_uri(ruri_);
  if (!uri) return -1;
  if (name == "rU") {
    if (clears) uri->user.reset(), uri->password.clear();
    else uri->user = value.text;
  } else if (name == "rd") {
    uri->host = value.text;
  } else {
    uri->port = to_text(value);
  }
  ruri_ = uri->text();
  return 1;
}

std::int64_t Evaluator::assign_xavp(const std::string& path, const Value& value) {
  const std::vector<Step> steps = path_of(path);
  std::deque<Record>& records = xavps_[steps[0].name];
  const std::int64_t at = place(steps[0].index, records.size());
  Record* record = at < 0 ? nullptr : &records[static_cast<std::size_t>(at)];
  if (value.undefined()) {
    if (!record) return 1;
    for (auto it = record->fields.begin(); it != record->fields.end(); ++it) {
      if (it->first != steps[1].name) continue;
      it->second.pop_front();
      if (it->second.empty()) record->fields.erase(it);
      break;
    }
    return 1;
  }
  if (!steps[0].indexed) {
    records.push_front({{{steps[1].name, {value}}}});
    return 1;
  }
  if (!record) return 1;
  for (auto& [field, values] : record->fields)
    if (field == steps[1].name) {
      values.push_front(value);
      return 1;
    }
  record->fields.push_back({steps[1].name, {value}});
  return 1;
}

}  // namespace strowger::property
