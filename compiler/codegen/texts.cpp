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

/// Longer joins are an array of parts and one call.
constexpr std::size_t kInlineParts = 7;

/// A printed number has at most so many bytes.
constexpr Int kIntBytes = 20;

const std::string* constant_text(const program::Expr& e) {
  if (e.op == Op::ToAny && !e.args.empty()) return constant_text(*e.args[0]);
  return e.op == Op::Text ? &e.text : nullptr;
}

}  // namespace

llvm::Value* Body::length_of(Cell text) {
  if (llvm::isa<llvm::GlobalValue>(text.a)) return text.b;
  const V null = builder_.CreateICmpEQ(text.a, llvm::ConstantPointerNull::get(abi_.ptr));
  return builder_.CreateSelect(null, unit_.number(0), text.b);
}

Cell Body::emit_concat(const Expr& e) {
  std::vector<const Expr*> parts;
  for (const auto& arg : e.args) parts.push_back(arg.get());
  return join_texts(parts, e.format, e.limit);
}

/// The type that emit_narrow() will find.
Type Body::type_of_part(const Expr& e) {
  if (e.op == Op::AddAny && e.args.size() >= 2) return program::type_of(fact_of(*e.args[0]).holds);
  const bool is_slot = e.op == Op::Variable && program::slot_of(e.use) >= 0;
  return is_slot ? program::type_of(fact_of(e).holds) : e.type;
}

/// The text of one part; numbers are printed on the stack.
Cell Body::emit_part(const Expr& e, bool format) {
  Type type = e.type;
  const Cell cell = emit_narrow(e, type);
  if (type == Type::Int) {
    llvm::AllocaInst* room = stack_slot(*entry_, llvm::ArrayType::get(abi_.i8, 24), "digits");
    return call("stw.rt.print_int", Pass::Text, {Pass::Pointer, Pass::Int}, {{room}, cell});
  }
  if (type == Type::Any)
    return format ? call("stw.rt.format_value", Pass::Text, {Pass::Pointer, Pass::Value}, {call_cell(), cell})
                  : wrap(cell, Type::Any, Type::Text);
  if (format && fact_of(e).holds & program::kHoldsNull) return call("stw.rt.format_text", Pass::Text, {Pass::Text}, {cell});
  return cell;
}

// One allocation of the whole length; neighbouring constants are one part.
Cell Body::join_texts(const std::vector<const Expr*>& list, bool format, Int limit, const Cell* first) {
  struct Part {
    std::string literal;
    Cell cell;
    bool is_number = false;  // printed into its place
  };
  // Without a limit the room for numbers is what they need at most, and the rest goes back.
  const bool prints_in_place = limit == 0 && list.size() <= kInlineParts;
  std::vector<Part> parts;
  if (first) parts.push_back({{}, *first});
  for (const Expr* arg : list) {
    while (arg->op == Op::ToAny && !arg->args.empty()) arg = arg->args[0].get();
    std::string literal;
    bool is_literal = true;
    if (const std::string* text = constant_text(*arg)) {
      literal = *text;
    } else if (const program::Fact fact = fact_of(*arg); fact.number && !arg->can_fail && (arg->op == Op::Int || arg->op == Op::Variable)) {
      literal = std::to_string(*fact.number);
    } else {
      is_literal = false;
    }
    if (is_literal) {
      if (!parts.empty() && !parts.back().cell.a) {
        parts.back().literal += literal;
      } else if (!literal.empty()) {
        parts.push_back({literal, {}});
      }
      continue;
    }
    if (prints_in_place && type_of_part(*arg) == Type::Int) {
      parts.push_back({{}, {emit_as(*arg, Type::Int)}, true});
      continue;
    }
    parts.push_back({{}, emit_part(*arg, format)});
  }
  if (parts.empty()) return unit_.text_cell("");
  if (parts.size() == 1 && !parts[0].cell.a && (limit == 0 || parts[0].literal.size() <= static_cast<std::size_t>(limit)))
    return unit_.text_cell(parts[0].literal);
  if (parts.size() > kInlineParts) {
    llvm::ArrayType* type = llvm::ArrayType::get(abi_.text, parts.size());
    llvm::AllocaInst* array = stack_slot(*entry_, type, "parts");
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Cell cell = parts[i].cell.a ? parts[i].cell : unit_.text_cell(parts[i].literal);
      builder_.CreateStore(cell.a, builder_.CreateConstInBoundsGEP1_64(abi_.i8, array, 16 * i));
      builder_.CreateStore(cell.b, builder_.CreateConstInBoundsGEP1_64(abi_.i8, array, 16 * i + 8));
    }
    return call("stw.rt.concat", Pass::Text, {Pass::Pointer, Pass::Pointer, Pass::Int, Pass::Int},
                {call_cell(), {array}, {unit_.number(static_cast<Int>(parts.size()))}, {unit_.number(limit)}});
  }

  Int constant = 0;
  V length = nullptr;
  bool trims = false;
  for (const Part& part : parts) {
    if (part.is_number) {
      constant += kIntBytes;
      trims = true;
    } else if (!part.cell.a) {
      constant += static_cast<Int>(part.literal.size());
    } else {
      const V own = length_of(part.cell);
      length = length ? builder_.CreateAdd(length, own) : own;
    }
  }
  length = length ? builder_.CreateAdd(length, unit_.number(constant)) : unit_.number(constant);
  Block* const done = block("joined");
  std::vector<Block*> failures;
  if (limit) {
    Block* const fits = block("fits");
    failures.push_back(builder_.GetInsertBlock());
    builder_.CreateCondBr(builder_.CreateICmpUGT(length, unit_.number(limit)), done, fits);
    start(fits);
  }
  const V room = call("stw.rt.room", Pass::Pointer, {Pass::Pointer, Pass::Int}, {call_cell(), {length}}).a;
  Block* const copy = block("copy");
  failures.push_back(builder_.GetInsertBlock());
  builder_.CreateCondBr(builder_.CreateIsNull(room), done, copy);
  start(copy);
  V at = room;
  for (const Part& part : parts) {
    if (part.is_number) {
      at = call("stw.rt.append_int", Pass::Pointer, {Pass::Pointer, Pass::Int}, {{at}, part.cell}).a;
      continue;
    }
    if (part.cell.a) {
      at = call("stw.rt.append", Pass::Pointer, {Pass::Pointer, Pass::Text}, {{at}, part.cell}).a;
      continue;
    }
    builder_.CreateMemCpy(at, llvm::MaybeAlign(1), unit_.bytes(part.literal), llvm::MaybeAlign(1), part.literal.size());
    at = builder_.CreateConstInBoundsGEP1_64(abi_.i8, at, part.literal.size());
  }
  if (trims) {
    length = builder_.CreateSub(builder_.CreatePtrToInt(at, abi_.i64), builder_.CreatePtrToInt(room, abi_.i64));
    call("stw.rt.trim", Pass::Void, {Pass::Pointer, Pass::Pointer, Pass::Int}, {call_cell(), {room}, {length}});
  }
  Block* const copied = builder_.GetInsertBlock();
  branch(done);
  start(done);
  std::vector<std::pair<V, Block*>> pointers = {{room, copied}};
  std::vector<std::pair<V, Block*>> lengths = {{length, copied}};
  for (Block* from : failures) {  // Text::failed()
    pointers.emplace_back(llvm::ConstantPointerNull::get(abi_.ptr), from);
    lengths.emplace_back(unit_.number(1), from);
  }
  const V pointer = phi(abi_.ptr, pointers);
  return {pointer, phi(abi_.i64, lengths)};
}

llvm::Value* Body::emit_text_equality(const Expr& left, const Expr& right, bool ignore_case) {
  if (const std::string* constant = constant_text(right)) return equals_constant(emit_as(left, Type::Text), *constant, ignore_case);
  if (const std::string* constant = constant_text(left)) return equals_constant(emit_as(right, Type::Text), *constant, ignore_case);
  const Cell a = emit_as(left, Type::Text);
  const Cell b = emit_as(right, Type::Text);
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
