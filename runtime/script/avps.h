// $avp and $xavp stores. They belong to a message and move to its transaction; reply routes of the transaction see them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/values.h"
#include "runtime/sip/arena.h"

namespace strowger {

/// One value of an AVP; the newest first. Numbered names (`$avp(i:5)`) have `numbered` set and their digits as name.
struct Avp {
  Avp* next = nullptr;
  Text name;
  bool numbered = false;
  Value value;                  ///< text copied into the store's arena
  std::uint32_t flags = 0;      ///< setavpflag()
};

/// An xavp record or field: a value, or fields.
struct Xavp {
  Xavp* next = nullptr;
  Text name;
  Value value;
  Xavp* fields = nullptr;
  bool is_record = false;
};

struct Avps {
  sip::Arena* arena = nullptr;
  Avp* first = nullptr;
  Xavp* xavps = nullptr;        ///< $xavp
  Xavp* xavis = nullptr;        ///< $xavi: names ignore case
  Xavp* xavus = nullptr;        ///< $xavu: one of each name

  void push(Text name, bool numbered, Value value);            ///< copies name (unless `name` is constant) and text
  const Avp* find(Text name, bool numbered, int index = 0) const;   ///< index 0 the newest; null when out of range
  bool pop(Text name, bool numbered);                          ///< removes the newest; false when there is none
  int remove_all(Text name, bool numbered);
  int count(Text name, bool numbered) const;
};

}  // namespace strowger
