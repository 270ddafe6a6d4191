// A worker's $var variables: one value each, by slot number.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// During a run a text in a slot is a view: into a constant, the run's arena, or a text kept here. What later runs may read
// is kept when the run ends (compiled code knows which slots those are). A text that is replaced stays until release(), so
// that views of it hold for the run, and for runs that this one is nested in.
#pragma once

#include <memory>
#include <vector>

#include "runtime/abi/image.h"

namespace strowger {

class Slots {
 public:
  explicit Slots(const ScriptImage& image);
  std::size_t size() const { return values_.size(); }
  Value* values() { return values_.data(); }
  Value& operator[](std::size_t slot) { return values_[slot]; }
  /// Stores a value with a copy of its text. Of an integer with a text of its own the integer stays.
  void assign(std::size_t slot, Value value);
  /// The slot's text, where it has one, gets memory of its own.
  void keep(std::size_t slot);
  /// Frees replaced texts. To be called when no script runs; `some_wait`: a waiting script may still have views of them.
  void release(bool some_wait) {
    if (!replaced_.empty() && !some_wait) replaced_.clear();
  }
  /// The values of a script that begins to wait; null where there are no slots.
  void* leave();
  /// Gives them back, and frees what leave() made.
  void enter(void* left);

 private:
  struct Left;
  struct Kept {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  std::vector<Value> values_;
  std::vector<bool> local_;      ///< holds nothing that another run reads: its text may be gone when the run is
  std::vector<Kept> kept_;
  std::vector<std::unique_ptr<char[]>> replaced_;
};

}  // namespace strowger
