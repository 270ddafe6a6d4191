// The texts that $var variables keep, and what generated code calls when an assignment is more than two stores.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/slots.h"

#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/script/call.h"
#include "runtime/script/operators.h"

namespace strowger {
namespace {

bool is_local(const Worker& worker, std::size_t slot) { return worker.process.image.slots[slot].value & kLocalToRun; }

struct Left {
  std::vector<Value> values;
  std::string bytes;   ///< of the texts of slots that outlive runs
};

}  // namespace

void start_slots(Worker& worker) {
  for (std::size_t i = 0; i < worker.slots.size(); ++i)
    if (worker.process.image.slots[i].value & kStartsAsZero) worker.slots[i].value = Value::of(Int{0});
}

void keep_in_storage(SlotVariable& slot) {
  if (!slot.value.is_text()) return;
  const Text text = slot.value.text();
  if (text.ptr == slot.storage.data() && text.len == slot.storage.size()) return;   // as an earlier run left it
  std::string kept(text.view());   // the text may be a part of the storage
  slot.storage.swap(kept);
  slot.value = Value::of(Text(slot.storage.data(), slot.storage.size()));
}

// A text that only this run reads lies in its arena or a constant: both stay while it waits.
void* leave_slots(Worker& worker) {
  if (worker.slots.empty()) return nullptr;
  auto* const left = new Left;
  left->values.reserve(worker.slots.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < worker.slots.size(); ++i) {
    if (!is_local(worker, i)) {
      keep_in_storage(worker.slots[i]);
      if (worker.slots[i].value.is_text()) size += worker.slots[i].value.len;
    }
    left->values.push_back(worker.slots[i].value);
  }
  left->bytes.reserve(size);
  for (std::size_t i = 0; i < worker.slots.size(); ++i) {
    Value& value = left->values[i];
    if (is_local(worker, i) || !value.is_text()) continue;
    const Text text = value.text();
    const char* const at = left->bytes.data() + left->bytes.size();
    left->bytes.append(text.ptr, text.len);
    value = Value::of(Text(at, text.len));
  }
  return left;
}

void enter_slots(Worker& worker, void* given) {
  const std::unique_ptr<Left> left(static_cast<Left*>(given));
  if (!left) return;
  for (std::size_t i = 0; i < worker.slots.size(); ++i) {
    worker.slots[i].value = left->values[i];
    if (!is_local(worker, i)) keep_in_storage(worker.slots[i]);
  }
}

void SlotOperators::keep_slots(Call* call, const std::uint32_t* slots, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) keep_in_storage(call->worker->slots[slots[i]]);
}

Int SlotOperators::assign_any(Call* call, Value* slot, Value value, std::uint32_t how, std::uint32_t line) {
  const bool failed = value.kind == Value::kFailed;
  if (value.is_int()) {
    *slot = Value::of(value.number());
    return 1;
  }
  if (value.is_text()) {
    const Text text = how & kStaysInRun ? value.text() : Operators::keep(call, value.text());
    if (!text.is_null()) {
      *slot = Value::of(text);
      return 1;
    }
  }
  *slot = how & kNullStays ? Value::null() : Value::of(Int{0});
  if (!failed && !value.is_text()) return 1;
  Operators::assignment_failed(call, line);
  return -1;
}

Int SlotOperators::assign_no_text(Call* call, Value* slot, std::uint64_t failed, std::uint32_t how, std::uint32_t line) {
  *slot = how & kNeverNull ? Value::of(Text("")) : how & kNullStays ? Value::null() : Value::of(Int{0});
  if (!failed) return 1;
  Operators::assignment_failed(call, line);
  return -1;
}

}  // namespace strowger
