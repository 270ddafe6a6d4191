// Core conditions (language.md 5.4): `method == INVITE`, `src_ip == 10.0.0.0/8`, `uri == myself`, `proto == udp`.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <utility>

#include "compiler/analysis/lower.h"

namespace strowger::analysis {
namespace {

using syntax::BinaryOp;
using syntax::CoreWord;
using Kind = syntax::Expr::Kind;

bool is_word(const syntax::Expr& e) { return e.kind == Kind::CoreWord; }
bool is_myself(const syntax::Expr& e) { return is_word(e) && e.word == CoreWord::Myself; }

bool is_text_word(CoreWord word) {
  return word == CoreWord::Method || word == CoreWord::Uri || word == CoreWord::Status || word == CoreWord::FromUri ||
         word == CoreWord::ToUri;
}

bool is_address_word(CoreWord word) {
  return word == CoreWord::SrcIp || word == CoreWord::DstIp || word == CoreWord::SndIp || word == CoreWord::ToIp;
}

bool is_onsend_word(CoreWord word) {
  return word == CoreWord::SndIp || word == CoreWord::ToIp || word == CoreWord::SndPort || word == CoreWord::ToPort ||
         word == CoreWord::SndAf || word == CoreWord::SndProto;
}

ExprPtr with_word(ExprPtr e, CoreWord word) {
  e->word = word;
  return e;
}

ExprPtr negated(ExprPtr e, bool negate, text::Span span) {
  return negate && e ? make(Op::Not, Type::Int, span, std::move(e)) : std::move(e);
}

ExprPtr refuse(Context& context, const syntax::Expr& e, const char* why) {
  context.findings.add("E0205", e.span, {why});
  return nullptr;
}

/// Numbers of transport protocols, as in $prid; `*` is any, which no message has.
std::optional<Int> protocol_number(std::string_view text) {
  constexpr std::string_view kNames[] = {"*", "udp", "tcp", "tls", "sctp", "ws", "wss"};
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  for (std::size_t i = 0; i < std::size(kNames); ++i)
    if (kNames[i] == lower) return static_cast<Int>(i);
  return std::nullopt;
}

std::optional<Int> family_number(std::string_view text) {
  if (text == "inet" || text == "INET" || text == "ipv4" || text == "IPv4" || text == "IPV4") return 2;
  if (text == "inet6" || text == "INET6" || text == "ipv6" || text == "IPv6" || text == "IPV6") return 10;
  return std::nullopt;
}

ExprPtr lower_text_condition(Context& context, const syntax::Expr& e, CoreWord word, const syntax::Expr& right) {
  ExprPtr left = with_word(make(Op::ConditionText, Type::Text, e.args[0]->span), word);
  left->nullable = true;
  ExprPtr value = lower(context, right);
  if (!value) return nullptr;
  value = to_text(std::move(value));
  switch (e.binary) {
    case BinaryOp::Eq:
    case BinaryOp::StrEq:
      return make(Op::EqTextNoCase, Type::Int, e.span, std::move(left), std::move(value));
    case BinaryOp::Ne:
    case BinaryOp::StrNe:
      return make(Op::NeTextNoCase, Type::Int, e.span, std::move(left), std::move(value));
    case BinaryOp::Match: {
      if (!is_text(*value)) {
        ExprPtr out = make(Op::MatchDynamic, Type::Int, e.span, std::move(left), std::move(value));
        out->can_fail = true;
        return out;
      }
      const std::optional<std::size_t> regex = regex_constant(context, value->text, true, false, value->span);
      if (!regex) return nullptr;
      ExprPtr out = make(Op::Match, Type::Int, e.span, std::move(left));
      out->constant = *regex;
      return out;
    }
    default:
      return refuse(context, e, "this condition is compared with ==, != or =~");
  }
}

ExprPtr lower_address_condition(Context& context, const syntax::Expr& e, CoreWord word, const syntax::Expr& right) {
  if (e.binary == BinaryOp::Match) return lower_text_condition(context, e, word, right);
  const bool negate = e.binary == BinaryOp::Ne || e.binary == BinaryOp::StrNe;
  if (!negate && e.binary != BinaryOp::Eq && e.binary != BinaryOp::StrEq)
    return refuse(context, e, "an address is compared with ==, != or =~");
  if (right.kind == Kind::Number) return refuse(context, right, "an address is compared with an address or a string");
  ExprPtr value = lower(context, right);
  if (!value) return nullptr;
  value = to_text(std::move(value));
  if (is_text(*value)) {
    if (const std::optional<program::Network> network = parse_network(value->text)) {
      ExprPtr test = with_word(make(Op::InNetwork, Type::Int, e.span), word);
      test->network = *network;
      return negated(std::move(test), negate, e.span);
    }
    if (value->text.find('/') != std::string::npos) return refuse(context, right, "this is no address or network");
  }
  return negated(with_word(make(Op::IsHost, Type::Int, e.span, std::move(value)), word), negate, e.span);
}

ExprPtr lower_int_condition(Context& context, const syntax::Expr& e, CoreWord word, const syntax::Expr& right) {
  ExprPtr value;
  const bool names_protocol = word == CoreWord::Proto || word == CoreWord::SndProto;
  const bool names_family = word == CoreWord::Af || word == CoreWord::SndAf;
  if (right.kind == Kind::Protocol || right.kind == Kind::BareWord || right.kind == Kind::Network ||
      right.kind == Kind::String) {
    std::optional<Int> number;
    if (names_protocol) number = protocol_number(right.text);
    if (names_family) number = family_number(right.text);
    if (!number && right.kind == Kind::String) {
      number = number_in(right.text);
      if (!number) {
        context.findings.add("W0206", right.span, {"a number with a text that is none, and counts as 0"});
        number = 0;
      }
    }
    if (!number)
      return refuse(context, right, names_protocol ? "this is no transport protocol" : "a number is needed here");
    value = make_int(*number, right.span);
  } else {
    value = lower_int(context, right);
  }
  if (!value) return nullptr;
  Op op = Op::EqInt;
  switch (e.binary) {
    case BinaryOp::Eq:
    case BinaryOp::IntEq:
    case BinaryOp::StrEq:
      op = Op::EqInt;
      break;
    case BinaryOp::Ne:
    case BinaryOp::IntNe:
    case BinaryOp::StrNe:
      op = Op::NeInt;
      break;
    case BinaryOp::Lt:
      op = Op::Lt;
      break;
    case BinaryOp::Gt:
      op = Op::Gt;
      break;
    case BinaryOp::Le:
      op = Op::Le;
      break;
    case BinaryOp::Ge:
      op = Op::Ge;
      break;
    default:
      return refuse(context, e, "this condition is compared with ==, !=, <, >, <= or >=");
  }
  ExprPtr left = with_word(make(Op::ConditionInt, Type::Int, e.args[0]->span), word);
  return make(op, Type::Int, e.span, std::move(left), std::move(value));
}

}  // namespace

bool is_core_condition(const syntax::Expr& e) {
  return e.kind == Kind::Binary && e.args.size() == 2 && (is_word(*e.args[0]) || is_word(*e.args[1]));
}

ExprPtr lower_core_condition(Context& context, const syntax::Expr& e) {
  const syntax::Expr* left = e.args[0].get();
  const syntax::Expr* right = e.args[1].get();
  if (!is_word(*left) || is_myself(*left)) std::swap(left, right);  // myself == uri
  if (!is_word(*left) || is_myself(*left))
    return refuse(context, e, "'myself' is compared with uri, from_uri, to_uri, src_ip or dst_ip");
  const CoreWord word = left->word;
  if (is_onsend_word(word) && context.kind != kOnsendRoute) {
    context.findings.add("E0104", left->span, {"this condition", std::string(name_of(context.kind))})
        .note("allowed in: onsend_route");
    return nullptr;
  }
  if (is_myself(*right)) {
    const bool negate = e.binary == BinaryOp::Ne || e.binary == BinaryOp::StrNe;
    if (!negate && e.binary != BinaryOp::Eq && e.binary != BinaryOp::StrEq)
      return refuse(context, e, "'myself' is compared with == or !=");
    if (!is_address_word(word) && (!is_text_word(word) || word == CoreWord::Method))
      return refuse(context, e, "'myself' is compared with uri, from_uri, to_uri, src_ip or dst_ip");
    return negated(with_word(make(Op::Myself, Type::Int, e.span), word), negate, e.span);
  }
  if (is_word(*right)) return refuse(context, *right, "two core conditions cannot be compared with each other");
  if (is_text_word(word)) return lower_text_condition(context, e, word, *right);
  if (is_address_word(word)) return lower_address_condition(context, e, word, *right);
  return lower_int_condition(context, e, word, *right);
}

}  // namespace strowger::analysis
