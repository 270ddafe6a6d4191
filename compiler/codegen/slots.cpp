// Worker-wide variables ($var): loads and stores of their slots, in the kinds that flow analysis found.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A slot begins with a Value: bits, then length and tag. One that only ever holds integers has its tag from the start. What
// a text points at holds for the run (runtime/script/slots.h); what may move is copied into the arena.
#include "compiler/codegen/body.h"
#include "runtime/abi/slots.h"

namespace strowger::codegen {

using modules::Type;
using program::Op;
using program::kHoldsInt;
using program::kHoldsNull;
using program::kHoldsText;

namespace {

constexpr Int kTagInt = static_cast<Int>(Value::kInt) << 32;
constexpr Int kTagText = static_cast<Int>(Value::kText) << 32;
constexpr unsigned kTagOffset = 8;

}  // namespace

llvm::Value* Body::slot_address(std::size_t slot) {
  if (!slots_) {
    const llvm::IRBuilderBase::InsertPointGuard guard(builder_);
    builder_.SetInsertPoint(entry_, entry_->getFirstNonPHIOrDbgOrAlloca());
    slots_ = call("stw.rt.slots", Pass::Pointer, {Pass::Pointer}, {call_cell()}).a;
  }
  return builder_.CreateConstInBoundsGEP1_64(abi_.i8, slots_, kSlotStride * slot, "slot");
}

Cell Body::load_slot(std::size_t slot, const program::Fact& fact, Type& type) {
  type = program::type_of(fact.holds);
  if (type == Type::Int && fact.number) return {unit_.number(*fact.number)};
  const V at = slot_address(slot);
  if (type == Type::Int) return {builder_.CreateLoad(abi_.i64, at)};
  const V tag = builder_.CreateConstInBoundsGEP1_64(abi_.i8, at, kTagOffset);
  if (type == Type::Text && fact.holds == kHoldsText) {
    llvm::LoadInst* const bytes = builder_.CreateLoad(abi_.ptr, at);  // a text that is there
    bytes->setMetadata(llvm::LLVMContext::MD_nonnull, llvm::MDNode::get(bytes->getContext(), {}));
    return {bytes, builder_.CreateZExt(builder_.CreateLoad(abi_.i32, tag), abi_.i64)};
  }
  type = Type::Any;
  return {builder_.CreateLoad(abi_.i64, at), builder_.CreateLoad(abi_.i64, tag)};
}

// 1, or -1 where the value had failed: then null (or 0) is stored.
llvm::Value* Body::store_slot(std::size_t slot, Cell value, Type type, std::uint8_t holds, bool stays_in_run,
                              const text::Span& span) {
  const auto& facts = unit_.program().slot_facts;
  const program::SlotFact fact = slot < facts.size() ? facts[slot] : program::SlotFact{};
  const V at = slot_address(slot);
  const V tag_at = builder_.CreateConstInBoundsGEP1_64(abi_.i8, at, kTagOffset);
  std::uint32_t how = stays_in_run ? kStaysInRun : 0;
  if (fact.nullable) how |= kNullStays;
  const auto u32 = [&](std::uint64_t n) { return Cell{llvm::ConstantInt::get(abi_.i32, n)}; };
  if (type == Type::Int) {
    builder_.CreateStore(value.a, at);
    if (fact.holds != kHoldsInt || facts.empty()) builder_.CreateStore(unit_.number(kTagInt), tag_at);
    return unit_.number(1);
  }
  Block* const done = block("stored");
  if (type == Type::Any) {
    // The short way: an integer, or a text that needs no copy.
    const V kind = kind_of(value);
    V short_way = builder_.CreateICmpEQ(kind, unit_.number(Value::kInt));
    if (stays_in_run) short_way = builder_.CreateOr(short_way, builder_.CreateICmpEQ(kind, unit_.number(Value::kText)));
    Block* const as_it_is = block("store");
    Block* const long_way = block("assign");
    builder_.CreateCondBr(short_way, as_it_is, long_way);
    start(as_it_is);
    builder_.CreateStore(value.a, at);
    builder_.CreateStore(value.b, tag_at);
    branch(done);
    start(long_way);
    const V code = call("stw.rt.assign_any", Pass::Int, {Pass::Pointer, Pass::Pointer, Pass::Value, Pass::U32, Pass::U32},
                        {call_cell(), {at}, value, u32(how), u32(span.line())}).a;
    Block* const from = builder_.GetInsertBlock();
    branch(done);
    start(done);
    return phi(abi_.i64, {{unit_.number(1), as_it_is}, {code, from}});
  }
  const auto store_text = [&](Cell text) {
    builder_.CreateStore(text.a, at);
    builder_.CreateStore(builder_.CreateOr(builder_.CreateAnd(text.b, unit_.number(0xffffffff)), unit_.number(kTagText)), tag_at);
  };
  if (!stays_in_run) value = call("stw.rt.keep", Pass::Text, {Pass::Pointer, Pass::Text}, {call_cell(), value});
  if (llvm::isa<llvm::GlobalValue>(value.a)) {
    store_text(value);
    branch(done);
    start(done);
    return unit_.number(1);
  }
  Block* const there = block("store");
  Block* const nothing = block("no_text");
  builder_.CreateCondBr(builder_.CreateIsNull(value.a), nothing, there);
  start(there);
  store_text(value);
  branch(done);
  start(nothing);
  if (!(holds & kHoldsNull)) how |= kNeverNull;
  const V code = call("stw.rt.assign_no_text", Pass::Int, {Pass::Pointer, Pass::Pointer, Pass::Int, Pass::U32, Pass::U32},
                      {call_cell(), {at}, {value.b}, u32(how), u32(span.line())}).a;
  branch(done);
  start(done);
  return phi(abi_.i64, {{unit_.number(1), there}, {code, nothing}});
}

// Constants, what the arena holds, and texts of slots that no other run touches stay as they are until the run ends. A message's bytes, an AVP's or
// another store's may change or go.
bool Body::stays_in_run(const Expr& e) const {
  switch (e.op) {
    case Op::Int:
    case Op::Text:
    case Op::Null:
    case Op::Concat:
      return true;
    case Op::Variable: {
      // What outlives runs may lie in the slot's storage, which a run inside this one may write.
      const std::ptrdiff_t slot = program::slot_of(e.use);
      const auto& facts = unit_.program().slot_facts;
      return slot >= 0 && static_cast<std::size_t>(slot) < facts.size() && !facts[static_cast<std::size_t>(slot)].persists;
    }
    case Op::ToAny:
    case Op::ToText:
      return !e.args.empty() && stays_in_run(*e.args[0]);
    case Op::Transform:
      for (const Operand& operand : e.operands)
        if (operand.value && !stays_in_run(*operand.value)) return false;
      return !e.args.empty() && stays_in_run(*e.args[0]);
    case Op::AddAny:
      return true;
    case Op::SelVal:
      return e.args.size() == 3 && stays_in_run(*e.args[1]) && stays_in_run(*e.args[2]);
    default:
      return e.type == Type::Int;
  }
}

}  // namespace strowger::codegen
