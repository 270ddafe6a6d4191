// The texts that $var variables keep, and what generated code calls when an assignment is more than two stores.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/slots.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/script/call.h"
#include "runtime/script/operators.h"

namespace strowger {
namespace {

bool is_local(const Worker& worker, std::size_t slot) { return worker.process.image.slots[slot].value & kLocalToRun; }

/// A copy on the heap, whatever its length: moving the string leaves views of it valid.
std::string on_heap(std::string_view text) {
  std::string copy;
  copy.reserve(std::max(text.size(), 2 * sizeof(std::string)));
  copy.assign(text);
  return copy;
}

/// Moves text and value. A short text lies in the string itself: the value then points to its new place, and views of it are
/// good again once it is back.
void move_slot(SlotVariable& from, SlotVariable& to) {
  const char* const old = from.storage.data();
  const std::size_t size = from.storage.size();
  to.value = from.value;
  to.storage = std::move(from.storage);
  from.storage.clear();
  if (!to.value.is_text()) return;
  const Text text = to.value.text();
  if (text.ptr >= old && text.ptr <= old + size) to.value = Value::of(Text(to.storage.data() + (text.ptr - old), text.len));
}

struct Left {
  std::vector<SlotVariable> slots;
  std::vector<std::string> retired;
};

}  // namespace

void start_slots(Worker& worker) {
  for (std::size_t i = 0; i < worker.slots.size(); ++i)
    if (worker.process.image.slots[i].value & kStartsAsZero) worker.slots[i].value = Value::of(Int{0});
}

void keep_in_storage(Worker& worker, SlotVariable& slot) {
  if (!slot.value.is_text()) return;
  const Text text = slot.value.text();
  if (text.ptr == slot.storage.data() && text.len == slot.storage.size()) return;   // as an earlier run left it
  std::string kept = on_heap(text.view());   // the text may be a part of the storage
  slot.storage.swap(kept);
  if (!kept.empty()) worker.retired_texts.push_back(std::move(kept));   // a run around this one may still look at it
  slot.value = Value::of(Text(slot.storage.data(), slot.storage.size()));
}

// The script keeps its texts where they are, as its frames may hold views of them; others go on with copies. A text that
// only this run reads lies in its arena or a constant: both stay while it waits.
void* leave_slots(Worker& worker) {
  if (worker.slots.empty()) return nullptr;
  auto* const left = new Left{std::vector<SlotVariable>(worker.slots.size()), std::move(worker.retired_texts)};
  worker.retired_texts.clear();
  for (std::size_t i = 0; i < worker.slots.size(); ++i) {
    SlotVariable& slot = worker.slots[i];
    SlotVariable& mine = left->slots[i];
    if (is_local(worker, i)) {
      mine.value = slot.value;
      continue;
    }
    move_slot(slot, mine);
    slot.value = mine.value;
    if (!mine.value.is_text()) continue;
    slot.storage = on_heap(mine.value.text().view());
    slot.value = Value::of(Text(slot.storage.data(), slot.storage.size()));
  }
  return left;
}

void enter_slots(Worker& worker, void* given) {
  const std::unique_ptr<Left> left(static_cast<Left*>(given));
  if (!left) return;
  for (std::size_t i = 0; i < worker.slots.size(); ++i) {
    if (is_local(worker, i)) worker.slots[i].value = left->slots[i].value;
    else move_slot(left->slots[i], worker.slots[i]);
  }
  worker.retired_texts = std::move(left->retired);
}

void SlotOperators::keep_slots(Call* call, const std::uint32_t* slots, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) keep_in_storage(*call->worker, call->worker->slots[slots[i]]);
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
