// Statements and expressions: language.md 4 and 5.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/property/evaluator.h"

#include <regex.h>

#include <optional>
#include <stdexcept>
#include <utility>

#include "compiler/syntax/parse.h"

namespace strowger::property {
namespace {

using syntax::BinaryOp;
using syntax::UnaryOp;
using Kind = syntax::Expr::Kind;

/// A pattern, compiled by glibc.
struct Compiled {
  explicit Compiled(const std::string& pattern, int flags) : bad(::regcomp(&regex, pattern.c_str(), flags) != 0) {}
  ~Compiled() {
    if (!bad) ::regfree(&regex);
  }
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
  regex_t regex;
  bool bad;
};

bool matches(const std::string& text, const std::string& pattern, bool ignore_case, bool& bad) {
  static std::map<std::pair<std::string, bool>, Compiled> compiled;   // those of one run of the test
  if (compiled.size() > 5000) compiled.clear();
  const auto it = compiled.try_emplace({pattern, ignore_case}, pattern, REG_EXTENDED | REG_NOSUB | (ignore_case ? REG_ICASE : 0)).first;
  bad = it->second.bad;
  return !bad && ::regexec(&it->second.regex, text.c_str(), 0, nullptr, 0) == 0;
}

bool is_null(const syntax::Expr& e) { return e.kind == Kind::Variable && e.pv.name == "null" && e.pv.transforms.empty(); }

/// No variable and no call within: known before the first message.
bool is_closed(const syntax::Expr& e) {
  if (e.kind != Kind::Number && e.kind != Kind::String && e.kind != Kind::Unary && e.kind != Kind::Binary && e.kind != Kind::SelVal) return false;
  if (e.kind == Kind::Binary && e.binary == BinaryOp::Match) return false;  // compiled code matches at run time
  for (const syntax::ExprPtr& part : e.args)
    if (!is_closed(*part)) return false;
  return true;
}

}  // namespace

bool Evaluator::decimal(const std::string& text, std::int64_t& out) const {
  std::size_t at = !text.empty() && (text[0] == '-' || text[0] == '+');
  if (at == text.size()) return false;
  __int128 n = 0;
  for (; at < text.size(); ++at) {
    if (text[at] < '0' || text[at] > '9') return false;
    n = n * 10 + (text[at] - '0');
    if (n > (static_cast<__int128>(1) << 70)) return false;
  }
  if (text[0] == '-') n = -n;
  const __int128 limit = static_cast<__int128>(1) << (options_.bits - 1);
  if (n >= limit || n < -limit) return false;
  out = static_cast<std::int64_t>(n);
  return true;
}

std::int64_t Evaluator::to_number(const Value& value) const {
  if (value.kind == Value::Number) return value.number;
  if (value.kind != Value::Text) return 0;
  std::int64_t n = 0;
  if (decimal(value.text, n)) return n;
  const std::string& s = value.text;
  if (s.size() > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && s.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string::npos) {
    std::uint64_t bits = 0;
    for (const char c : s.substr(2)) bits = bits << 4 | static_cast<std::uint64_t>(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    return wrap(static_cast<std::int64_t>(bits));
  }
  return 0;
}

std::string Evaluator::to_text(const Value& value) const {
  if (value.kind == Value::Text || value.own_text) return value.text;
  return value.kind == Value::Number ? std::to_string(value.number) : "";
}

std::vector<std::string> Evaluator::run(const Message& message, int program) {
  message_ = &message;
  program_ = program;
  avps_.clear();
  xavps_.clear();
  xavus_.clear();
  ruri_ = message.ruri.text();
  du_ = {};
  flags_ = script_flags_ = 0;
  branch_route_.clear();
  rc_ = 0;
  steps_ = 0;
  trace_.clear();
  try {
    for (const syntax::Route& route : ast_.routes)
      if (route.kind == kRequestRoute && route.name.empty()) block(route.body);
  } catch (const StopScript&) {
  } catch (const TooBig&) {
    too_big = true;
  }
  return trace_;
}

// ---- statements ----

Evaluator::Flow Evaluator::block(const syntax::Block& statements) {
  for (const auto& one : statements)
    if (const Flow flow = statement(*one); flow != Flow::On) return flow;
  return Flow::On;
}

Evaluator::Flow Evaluator::statement(const syntax::Statement& s) {
  using K = syntax::Statement::Kind;
  if (++steps_ > 4000) throw TooBig{};
  try {
    switch (s.kind) {
      case K::Empty: return Flow::On;
      case K::Call:
        last_ = call(*s.expr, true);
        return Flow::On;
      case K::Assign: {
        const Value value = assigned(*s.expr);
        last_ = assign(s.target->pv, value);
        if (value.kind == Value::Failed) last_ = -1;
        return Flow::On;
      }
      case K::If: {
        std::int64_t condition = 0;
        try {
          condition = number(*s.expr);
        } catch (const ExpressionError&) {
        }
        last_ = 1;
        return block(condition > 0 ? s.then : s.otherwise);
      }
      case K::While: return loop(s);
      case K::Switch: return choose(s);
      case K::Return:
      case K::Exit:
      case K::Drop: return end(s);
      case K::Break:
        last_ = 0;
        return Flow::Break;
    }
  } catch (const ExpressionError&) {
    last_ = -1;
  }
  return Flow::On;
}

Evaluator::Flow Evaluator::loop(const syntax::Statement& s) {
  last_ = 1;
  for (int round = 0;; ++round) {
    try {
      if (number(*s.expr) == 0) return Flow::On;
    } catch (const ExpressionError&) {
      return Flow::On;
    }
    if (round >= options_.max_while_loops) {
      last_ = -1;
      return Flow::On;
    }
    const Flow flow = block(s.then);
    if (flow == Flow::Break) return Flow::On;
    if (flow == Flow::Leave) return flow;
  }
}

Evaluator::Flow Evaluator::choose(const syntax::Statement& s) {
  bool ints = false;
  for (const syntax::Case& c : s.cases)
    if (c.kind == syntax::Case::Kind::Value && expression(*c.label).kind == Value::Number) ints = true;
  Value subject;
  bool failed = false;
  last_ = 1;
  try {
    subject = ints ? Value::of(number(*s.expr)) : expression(*s.expr);
  } catch (const ExpressionError&) {  // fits no label
    failed = true;
    last_ = -1;
  }
  std::size_t start = s.cases.size();
  for (std::size_t i = 0; i < s.cases.size() && start == s.cases.size() && !failed; ++i) {
    const syntax::Case& c = s.cases[i];
    bool bad = false;
    if (c.kind == syntax::Case::Kind::Default) continue;
    if (c.kind == syntax::Case::Kind::Regex ? matches(to_text(subject), to_text(expression(*c.label)), false, bad)
        : ints                              ? to_number(subject) == to_number(expression(*c.label))
                                            : to_text(subject) == to_text(expression(*c.label)))
      start = i;
  }
  for (std::size_t i = 0; i < s.cases.size() && start == s.cases.size(); ++i)
    if (s.cases[i].kind == syntax::Case::Kind::Default) start = i;
  for (std::size_t i = start; i < s.cases.size(); ++i) {
    const Flow flow = block(s.cases[i].body);
    if (flow == Flow::Break) return Flow::On;
    if (flow == Flow::Leave) return flow;
  }
  return Flow::On;
}

Evaluator::Flow Evaluator::end(const syntax::Statement& s) {
  using K = syntax::Statement::Kind;
  std::int64_t code = s.kind == K::Drop ? 0 : 1;
  if (s.expr) {
    try {
      code = number(*s.expr);
    } catch (const ExpressionError&) {
      code = -5;
    }
  }
  last_ = code;
  dropped_ = s.kind == K::Drop;
  if (s.kind != K::Return || code == 0) throw StopScript{};
  return Flow::Leave;
}

// ---- calls ----

std::int64_t Evaluator::call_route(const std::string& name) {
  for (const syntax::Route& route : ast_.routes) {
    if (route.kind != kRequestRoute || route.name.empty() || route.name != name) continue;
    last_ = 1;
    block(route.body);
    return rc_ = last_;
  }
  return -10;  // unknown: logged
}

/// The branch has a request URI, a destination and script flags of its own; all else is the request's.
std::int64_t Evaluator::relay() {
  dropped_ = false;
  for (const syntax::Route& route : ast_.routes) {
    if (route.kind != kBranchRoute || route.name != branch_route_) continue;
    const std::string ruri = ruri_;
    const Value du = du_;
    const std::uint32_t script_flags = std::exchange(script_flags_, 0);
    const std::int64_t outer = last_;
    last_ = 1;
    rc_ = 0;
    try {
      block(route.body);
    } catch (const StopScript&) {
    }
    ruri_ = ruri;
    du_ = du;
    script_flags_ = script_flags;
    last_ = outer;
  }
  return dropped_ ? -6 : 1;
}

std::int64_t Evaluator::call(const syntax::Expr& e, bool is_statement) {
  if (e.kind == Kind::RouteCall) {
    const syntax::Expr& target = *e.args[0];
    const std::string name = target.kind == Kind::BareWord ? target.text : to_text(expression(target));
    const std::int64_t outer = last_;
    if (!is_statement) rc_ = 0;
    const std::int64_t code = call_route(name);
    last_ = outer;
    return code;
  }
  const std::int64_t before = rc_;
  if (!is_statement) rc_ = 0;
  return function(e, before);
}

std::int64_t Evaluator::function(const syntax::Expr& e, std::int64_t rc_before) {
  const auto text = [&](std::size_t i) { return e.args[i]->text; };
  if (e.text == "setflag" || e.text == "resetflag" || e.text == "isflagset") {  // of the core: $rc stays
    const std::uint32_t bit = 1u << e.args[0]->number;
    if (e.text == "isflagset") return flags_ & bit ? 1 : -1;
    flags_ = e.text == "setflag" ? flags_ | bit : flags_ & ~bit;
    return 1;
  }
  const auto has_header = [&](const std::string& name) {
    syntax::PvRef pv;
    pv.name = "hdr";
    pv.inner = name;
    return !header(pv).undefined();
  };
  rc_ = rc_before;  // what the arguments of modules' functions see
  std::int64_t code = 1;
  if (e.text == "xinfo") {
    const std::string line = format(text(0));
    if (line.size() > 3500) throw TooBig{};
    trace_.push_back(line);
  } else if (e.text == "usleep") {
    code = 1;
  } else if (e.text == "t_on_branch") {
    branch_route_ = text(0);
  } else if (e.text == "t_relay_to_udp") {
    code = relay();
  } else if (e.text == "append_hf") {
    format(text(0));
  } else if (e.text == "remove_hf" || e.text == "is_present_hf") {
    code = has_header(text(0)) ? 1 : -1;
  } else if (e.text == "has_body") {
    code = message_->body.empty() ? -1 : 1;
  } else if (e.text == "is_method") {
    code = ("|" + text(0) + "|").find("|" + message_->method + "|") != std::string::npos ? 1 : -1;
  } else if (e.text == "is_int") {
    code = format_argument(text(0)).kind == Value::Number ? 1 : -1;
  } else if (e.text == "pv_isset") {
    code = format_argument(text(0)).undefined() ? -1 : 1;
  } else if (e.text == "not_empty") {
    const Value v = format_argument(text(0));
    code = v.kind == Value::Text && !v.text.empty() ? 1 : -1;
  } else if (e.text == "typeof") {
    const Value v = format_argument(text(0));
    const char* type = v.undefined() ? "null" : v.kind == Value::Number ? "int" : "str";
    code = text(1) == type ? 1 : -1;
  } else if (e.text == "starts_with") {
    const std::string subject = format(text(0)), start = format(text(1));
    const int order = subject.compare(0, start.size(), start);
    code = order == 0 ? 1 : subject.size() >= start.size() && order < 0 ? -2 : -1;
  } else {
    throw std::logic_error("the evaluator does not know " + e.text + "()");
  }
  rc_ = code;
  return code;
}

std::string Evaluator::format(const std::string& text) {
  const auto [at, is_new] = formats_.try_emplace(text);
  diagnostics::Findings findings;
  if (is_new && !syntax::parse_format(text, {}, at->second, findings)) throw std::logic_error("bad format: " + text);
  std::string out;
  for (const syntax::FormatPart& part : at->second) {
    out += part.literal;
    if (!part.variable) continue;
    const Value value = read(*part.variable);
    out += value.kind == Value::Null ? "<null>" : to_text(value);
  }
  return out;
}

Value Evaluator::format_argument(const std::string& text) {
  const auto [at, is_new] = named_.try_emplace(text);
  std::size_t used = 0;
  diagnostics::Findings findings;
  if (is_new && !syntax::parse_pv(text, {}, at->second, used, findings)) throw std::logic_error("bad variable: " + text);
  return read(at->second);
}

// ---- expressions ----

/// A `+` whose left side is a variable, or another such `+`.
static bool is_open_sum(const syntax::Expr& e) {
  if (e.kind != Kind::Binary || e.binary != BinaryOp::Add) return false;
  const syntax::Expr& left = *e.args[0];
  return left.kind == Kind::Variable || left.kind == Kind::SelVal || is_open_sum(left);
}

/// Where an int is wanted such a `+` is a sum, whatever its left side is.
std::int64_t Evaluator::number(const syntax::Expr& e) {
  if (!is_open_sum(e)) return to_number(expression(e));
  const std::int64_t a = number(*e.args[0]), b = number(*e.args[1]);
  return wrap(static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b)));
}

std::optional<std::int64_t> Evaluator::constant(const syntax::Expr& e) {
  if (!is_closed(e)) return std::nullopt;
  try {
    const Value v = expression(e);
    if (v.kind == Value::Number) return v.number;
  } catch (const ExpressionError&) {
  }
  return std::nullopt;
}

Value Evaluator::assigned(const syntax::Expr& e) {
  if (e.kind == Kind::Call || e.kind == Kind::RouteCall) return Value::of(call(e));
  if (e.kind == Kind::Binary && (e.binary == BinaryOp::And || e.binary == BinaryOp::Or)) {  // f() && 1, f() || 0 are f()
    for (int side = 0; side < 2; ++side) {
      const syntax::Expr& other = *e.args[1 - side];
      const auto known = constant(*e.args[side]);
      if (known && *known == (e.binary == BinaryOp::And) && (other.kind == Kind::Call || other.kind == Kind::RouteCall)) return Value::of(call(other));
    }
  }
  return expression(e);
}

Value Evaluator::expression(const syntax::Expr& e) {
  Value value;
  switch (e.kind) {
    case Kind::Number: value = Value::of(wrap(e.number)); break;
    case Kind::String:
    case Kind::BareWord: value = Value::of(e.text); break;
    case Kind::Variable: value = read(e.pv); break;
    case Kind::Call:
    case Kind::RouteCall: value = Value::of(call(e) > 0); break;
    case Kind::Unary: value = unary(e); break;
    case Kind::Binary: value = binary(e); break;
    case Kind::SelVal:
      value = expression(number(*e.args[0]) > 0 ? *e.args[1] : *e.args[2]);
      if (value.undefined()) value = Value::of("");
      break;
    default: throw std::logic_error("the evaluator does not know this expression");
  }
  check(value);
  return value;
}

Value Evaluator::unary(const syntax::Expr& e) {
  const syntax::Expr& operand = *e.args[0];
  if (e.unary == UnaryOp::Defined) {  // only a single variable can be undefined; nothing else is evaluated
    return Value::of(operand.kind == Kind::Variable ? !read(operand.pv).undefined() : 1);
  }
  if (e.unary == UnaryOp::Not) return Value::of(number(operand) == 0);
  if (e.unary == UnaryOp::BitNot) return Value::of(~number(operand));
  if (e.unary == UnaryOp::Negate) return Value::of(wrap(static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(number(operand)))));
  if (e.unary == UnaryOp::ToInt) return Value::of(number(operand));
  const Value v = expression(operand);
  switch (e.unary) {
    case UnaryOp::ToText: return Value::of(to_text(v));
    case UnaryOp::StrLen: return Value::of(static_cast<std::int64_t>(to_text(v).size()));
    default: return Value::of(to_text(v).empty());
  }
}

bool Evaluator::equal(const Value& a, const Value& b) const {
  if (a.undefined() && b.undefined()) return true;
  const Value& decides = a.undefined() ? b : a;
  return decides.kind == Value::Number ? to_number(a) == to_number(b) : to_text(a) == to_text(b);
}

Value Evaluator::binary(const syntax::Expr& e) {
  const BinaryOp op = e.binary;
  const syntax::Expr &left = *e.args[0], &right = *e.args[1];
  const bool is_equality = op == BinaryOp::Eq || op == BinaryOp::StrEq || op == BinaryOp::IntEq;
  const bool is_inequality = op == BinaryOp::Ne || op == BinaryOp::StrNe || op == BinaryOp::IntNe;
  if ((is_equality || is_inequality) && is_null(right)) {
    const bool defined = left.kind != Kind::Variable || !read(left.pv).undefined();
    return Value::of(defined == is_inequality);
  }
  if (op == BinaryOp::And || op == BinaryOp::Or) {
    const bool is_and = op == BinaryOp::And;
    for (int side = 1; side >= 0; --side) {  // language.md 5.5
      const auto known = constant(*e.args[side]);
      if (!known || constant(*e.args[1 - side])) continue;
      if (*known == !is_and) return Value::of(!is_and);
      if (*known == is_and) return Value::of(number(*e.args[1 - side]));
    }
    const bool first = number(left) != 0;
    if (first != is_and) return Value::of(first);
    return Value::of(number(right) != 0);
  }
  if (op == BinaryOp::Mul || op == BinaryOp::BitAnd) {
    const auto a = constant(left), b = constant(right);
    if (a.has_value() != b.has_value() && a.value_or(1) * b.value_or(1) == 0) return Value::of(0);
  }
  if (op == BinaryOp::Match) {
    const std::string text = to_text(expression(left)), pattern = to_text(expression(right));
    bool bad = false;
    const bool found = matches(text, pattern, true, bad);
    if (bad) throw ExpressionError{};
    return Value::of(found);
  }
  if (op == BinaryOp::Add || op == BinaryOp::Eq || op == BinaryOp::Ne || op == BinaryOp::StrEq || op == BinaryOp::StrNe) {
    const Value a = expression(left);
    const bool left_decides = op != BinaryOp::StrEq && op != BinaryOp::StrNe;
    const Value b = left_decides && a.kind == Value::Number ? Value::of(number(right)) : expression(right);
    if (op == BinaryOp::Eq) {
      if (right.kind == Kind::String && right.text.empty()) return Value::of(to_text(a).empty());
      return Value::of(equal(a, b));
    }
    if (op == BinaryOp::Ne) return Value::of(!equal(a, b));
    if (op == BinaryOp::StrEq) return Value::of(to_text(a) == to_text(b));
    if (op == BinaryOp::StrNe) return Value::of(to_text(a) != to_text(b));
    if (a.kind != Value::Number) return Value::of(to_text(a) + to_text(b));
    return Value::of(wrap(static_cast<std::int64_t>(static_cast<std::uint64_t>(a.number) + static_cast<std::uint64_t>(to_number(b)))));
  }
  return arithmetic(e);
}

Value Evaluator::arithmetic(const syntax::Expr& e) {
  const std::int64_t a = number(*e.args[0]), b = number(*e.args[1]);
  const auto ua = static_cast<std::uint64_t>(a), ub = static_cast<std::uint64_t>(b);
  const auto wrapped = [&](std::uint64_t n) { return Value::of(wrap(static_cast<std::int64_t>(n))); };
  switch (e.binary) {
    case BinaryOp::Sub: return wrapped(ua - ub);
    case BinaryOp::Mul: return wrapped(ua * ub);
    case BinaryOp::Div:
    case BinaryOp::Mod:
      if (b == 0) throw ExpressionError{};
      if (b == -1) return e.binary == BinaryOp::Div ? wrapped(0 - ua) : Value::of(0);
      return Value::of(e.binary == BinaryOp::Div ? a / b : a % b);
    case BinaryOp::Shl: return wrapped(ua << (ub & static_cast<std::uint64_t>(options_.bits - 1)));
    case BinaryOp::Shr: return wrapped(static_cast<std::uint64_t>(a >> (ub & static_cast<std::uint64_t>(options_.bits - 1))));
    case BinaryOp::BitAnd: return Value::of(a & b);
    case BinaryOp::BitOr: return Value::of(a | b);
    case BinaryOp::BitXor: return Value::of(a ^ b);
    case BinaryOp::Lt: return Value::of(a < b);
    case BinaryOp::Gt: return Value::of(a > b);
    case BinaryOp::Le: return Value::of(a <= b);
    case BinaryOp::Ge: return Value::of(a >= b);
    case BinaryOp::IntEq: return Value::of(a == b);
    case BinaryOp::IntNe: return Value::of(a != b);
    default: throw std::logic_error("the evaluator does not know this operator");
  }
}

}  // namespace strowger::property
