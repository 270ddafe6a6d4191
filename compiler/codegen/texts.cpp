// Joining and comparing texts: constants are folded, comparisons with a constant are words, not calls.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/codegen/body.h"

namespace strowger::codegen {

using modules::Type;
using program::Op;

namespace {

/// Longer constants are compared by a call.
constexpr std::size_t kInlineCompare = 64;

std::uint64_t word_at(std::string_view text, std::size_t at, std::size_t size) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < size; ++i) word |= std::uint64_t{static_cast<unsigned char>(text[at + i])} << (8 * i);
  return word;
}

/// 0x20 in every byte that holds a letter: what upper and lower case differ in.
std::uint64_t case_bits(std::uint64_t word, std::size_t size) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const auto lower = static_cast<unsigned char>((word >> (8 * i)) | 0x20);
    if (lower >= 'a' && lower <= 'z') bits |= std::uint64_t{0x20} << (8 * i);
  }
  return bits;
}

const std::string* constant_text(const program::Expr& e) { return e.op == Op::Text ? &e.text : nullptr; }

}  // namespace

llvm::Value* Body::length_of(Cell text) {
  if (llvm::isa<llvm::GlobalValue>(text.a)) return text.b;
  const V null = builder_.CreateICmpEQ(text.a, llvm::ConstantPointerNull::get(abi_.ptr));
  return builder_.CreateSelect(null, unit_.number(0), text.b);
}

Cell Body::emit_concat(const Expr& e) {
  struct Part {
    std::string literal;
    Cell cell;
  };
  std::vector<Part> parts;
  for (const auto& arg : e.args) {
    std::string literal;
    bool is_literal = false;
    if (const std::string* text = constant_text(*arg)) {
      literal = *text;
      is_literal = true;
    } else if (arg->op == Op::Int) {
      literal = std::to_string(arg->number);
      is_literal = true;
    }
    if (is_literal) {
      if (!parts.empty() && !parts.back().cell.a) {
        parts.back().literal += literal;
      } else if (!literal.empty()) {
        parts.push_back({literal, {}});
      }
      continue;
    }
    Cell cell = emit(*arg);
    if (arg->type == Type::Int) {
      cell = wrap(cell, Type::Int, Type::Text);
    } else if (arg->type == Type::Any) {
      cell = e.format ? call("stw.rt.format_value", Pass::Text, {Pass::Pointer, Pass::Value}, {call_cell(), cell})
                      : wrap(cell, Type::Any, Type::Text);
    } else if (e.format && arg->nullable) {
      cell = call("stw.rt.format_text", Pass::Text, {Pass::Text}, {cell});
    }
    parts.push_back({{}, cell});
  }
  if (parts.empty()) return unit_.text_cell("");
  if (parts.size() == 1 && !parts[0].cell.a && (e.limit == 0 || parts[0].literal.size() <= static_cast<std::size_t>(e.limit)))
    return unit_.text_cell(parts[0].literal);

  llvm::ArrayType* type = llvm::ArrayType::get(abi_.text, parts.size());
  llvm::AllocaInst* list = stack_slot(*entry_, type, "parts");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Cell cell = parts[i].cell.a ? parts[i].cell : unit_.text_cell(parts[i].literal);
    builder_.CreateStore(cell.a, builder_.CreateConstInBoundsGEP1_64(abi_.i8, list, 16 * i));
    builder_.CreateStore(cell.b, builder_.CreateConstInBoundsGEP1_64(abi_.i8, list, 16 * i + 8));
  }
  return call("stw.rt.concat", Pass::Text, {Pass::Pointer, Pass::Pointer, Pass::Int, Pass::Int},
              {call_cell(), {list}, {unit_.number(static_cast<Int>(parts.size()))}, {unit_.number(e.limit)}});
}

llvm::Value* Body::emit_text_equality(const Expr& e, bool ignore_case) {
  const std::string* left = constant_text(*e.args[0]);
  const std::string* right = constant_text(*e.args[1]);
  if (right) return equals_constant(emit_text(*e.args[0]), *right, ignore_case);
  if (left) return equals_constant(emit_text(*e.args[1]), *left, ignore_case);
  const Cell a = emit_text(*e.args[0]);
  const Cell b = emit_text(*e.args[1]);
  return call(ignore_case ? "stw.rt.text_ieq" : "stw.rt.text_eq", Pass::Bool, {Pass::Text, Pass::Text}, {a, b}).a;
}

llvm::Value* Body::equals_constant(Cell text, std::string_view constant, bool ignore_case) {
  const V same_length = builder_.CreateICmpEQ(length_of(text), unit_.number(static_cast<Int>(constant.size())));
  if (constant.empty()) return same_length;
  Block* compare = block("compare");
  Block* done = block("compared");
  Block* from = builder_.GetInsertBlock();
  builder_.CreateCondBr(same_length, compare, done);
  start(compare);
  const V equal = bytes_equal(text.a, constant, ignore_case);
  Block* compared = builder_.GetInsertBlock();
  branch(done);
  start(done);
  return phi(abi_.i1, {{builder_.getFalse(), from}, {equal, compared}});
}

// The text has the constant's length. Words may overlap, so that 13 bytes are two loads.
llvm::Value* Body::bytes_equal(V pointer, std::string_view constant, bool ignore_case) {
  const std::size_t n = constant.size();
  if (n == 0) return builder_.getTrue();
  if (n > kInlineCompare) {
    const Cell text = {pointer, unit_.number(static_cast<Int>(n))};
    return call(ignore_case ? "stw.rt.text_ieq" : "stw.rt.text_eq", Pass::Bool, {Pass::Text, Pass::Text},
                {text, unit_.text_cell(constant)}).a;
  }
  V difference = nullptr;
  const auto compare = [&](std::size_t at, std::size_t size) {
    llvm::IntegerType* type = builder_.getIntNTy(static_cast<unsigned>(8 * size));
    V word = builder_.CreateAlignedLoad(type, builder_.CreateConstInBoundsGEP1_64(abi_.i8, pointer, at), llvm::Align(1));
    std::uint64_t expected = word_at(constant, at, size);
    if (ignore_case) {
      const std::uint64_t bits = case_bits(expected, size);
      expected |= bits;
      if (bits) word = builder_.CreateOr(word, llvm::ConstantInt::get(type, bits));
    }
    const V differs = builder_.CreateZExt(builder_.CreateXor(word, llvm::ConstantInt::get(type, expected)), abi_.i64);
    difference = difference ? builder_.CreateOr(difference, differs) : differs;
  };
  std::size_t at = 0;
  while (n - at >= 8) {
    compare(at, 8);
    at += 8;
  }
  const std::size_t rest = n - at;
  if (rest && n >= 8) {
    compare(n - 8, 8);
  } else if (rest >= 4) {
    compare(at, 4);
    if (rest > 4) compare(n - 4, 4);
  } else if (rest >= 2) {
    compare(at, 2);
    if (rest > 2) compare(n - 1, 1);
  } else if (rest == 1) {
    compare(at, 1);
  }
  return builder_.CreateICmpEQ(difference, unit_.number(0));
}

}  // namespace strowger::codegen
