// Records in a message's xavps, for modules that read and write them by names they know.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string_view>

#include "runtime/script/avps.h"

namespace strowger {

/// The link to the newest record or value of the name; the list's end when there is none.
inline Xavp** xavp_link(Avps& avps, Text name) {
  Xavp** at = &avps.xavps;
  while (*at && (*at)->name.view() != name.view()) at = &(*at)->next;
  return at;
}

/// A new record in front of the list; null when memory ends. `name` is constant.
inline Xavp* new_xavp(Avps& avps, Text name) {
  auto* const made = avps.arena->make<Xavp>();
  if (!made) return nullptr;
  made->name = name;
  made->is_record = true;
  made->next = avps.xavps;
  avps.xavps = made;
  return made;
}

/// A new field in front of the record's; `name` is constant, texts are copied. A null value adds none. False when memory ends.
inline bool put_field(Avps& avps, Xavp& record, Text name, Value value) {
  if (value.is_null()) return true;
  auto* const field = avps.arena->make<Xavp>();
  if (!field) return false;
  field->name = name;
  field->value = value.is_text() ? Value::of(avps.arena->copy(value.text())) : value;
  field->next = record.fields;
  record.fields = field;
  return !field->value.is_null();
}

/// The newest field of the name; null when there is none.
inline const Value* field_of(const Xavp& record, std::string_view name) {
  for (const Xavp* field = record.fields; field; field = field->next)
    if (field->name.view() == name) return &field->value;
  return nullptr;
}

}  // namespace strowger
