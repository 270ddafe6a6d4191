// The texts that $var variables keep, and what generated code calls when an assignment is more than two stores.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/slots.h"

#include <cstring>
#include <utility>

#include "runtime/script/operators.h"
#include "runtime/script/call.h"

namespace strowger {

Slots::Slots(const ScriptImage& image) : values_(image.slot_count), local_(image.slot_count), kept_(image.slot_count) {
  for (std::uint64_t i = 0; i < image.slot_count; ++i) {
    if (image.slots[i].value & NamedInt::kStartsAsZero) values_[i] = Value::of(Int{0});
    local_[i] = image.slots[i].value & NamedInt::kLocalToRun;
  }
}

struct Slots::Left {
  std::vector<Value> values;
  std::unique_ptr<char[]> bytes;   ///< of texts that are kept
};

// A text that only this run reads lies in its arena, a constant, or a kept text, none of which goes while it waits. The
// others are copied, as the next run may replace them.
void* Slots::leave() {
  if (values_.empty()) return nullptr;
  auto* const left = new Left{values_, nullptr};
  std::size_t size = 0;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (local_[i] || !values_[i].is_text()) continue;
    keep(i);
    size += values_[i].len;
  }
  left->bytes = std::make_unique_for_overwrite<char[]>(size ? size : 1);
  char* at = left->bytes.get();
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (local_[i] || !values_[i].is_text()) continue;
    const Text text = values_[i].text();
    if (text.len) std::memcpy(at, text.ptr, text.len);
    left->values[i] = Value::of(Text(at, text.len));
    at += text.len;
  }
  return left;
}

void Slots::enter(void* given) {
  const std::unique_ptr<Left> left(static_cast<Left*>(given));
  if (!left) return;
  values_ = std::move(left->values);
  for (std::size_t i = 0; i < values_.size(); ++i)
    if (!local_[i]) keep(i);
}

void Slots::assign(std::size_t slot, Value value) {
  if (value.is_int()) value = Value::of(value.number());
  if (value.is_null()) value = Value::null();
  values_[slot] = value;
  keep(slot);
}

void Slots::keep(std::size_t slot) {
  Value& value = values_[slot];
  Kept& kept = kept_[slot];
  if (!value.is_text()) return;
  const Text text = value.text();
  if (text.ptr == kept.bytes.get() && text.len <= kept.size) return;   // as an earlier run left it
  auto bytes = std::make_unique_for_overwrite<char[]>(text.len ? text.len : 1);
  if (text.len) std::memcpy(bytes.get(), text.ptr, text.len);
  value = Value::of(Text(bytes.get(), text.len));
  if (kept.bytes) replaced_.push_back(std::move(kept.bytes));
  kept = {std::move(bytes), text.len};
}

void Operators::keep_slots(Call* call, const std::uint32_t* slots, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) call->worker->slots.keep(slots[i]);
}

Int Operators::assign_any(Call* call, Value* slot, Value value, std::uint32_t how, std::uint32_t line) {
  const bool failed = value.kind == Value::kFailed;
  if (value.is_int()) {
    *slot = Value::of(value.number());
    return 1;
  }
  if (value.is_text()) {
    const Text text = how & kStaysInRun ? value.text() : call->arena->copy(value.text());
    if (!text.is_null()) {
      *slot = Value::of(text);
      return 1;
    }
  }
  *slot = how & kNullStays ? Value::null() : Value::of(Int{0});
  if (!failed && !value.is_text()) return 1;
  assignment_failed(call, line);
  return -1;
}

Int Operators::assign_no_text(Call* call, Value* slot, std::uint64_t failed, std::uint32_t how, std::uint32_t line) {
  *slot = how & kNeverNull ? Value::of(Text("")) : how & kNullStays ? Value::null() : Value::of(Int{0});
  if (!failed) return 1;
  assignment_failed(call, line);
  return -1;
}

}  // namespace strowger
