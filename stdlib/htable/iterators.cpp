// Walking over a table: sht_iterator_*.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "stdlib/htable/state.h"

namespace strowger {
namespace htable {
namespace {

Iterator* find_iterator(Call& call, Text name) {
  for (Iterator& one : state_of(call).iterators)
    if (one.table && one.name == name.view()) return &one;
  log_line(call, LogLevel::Err, "htable", {"there is no iterator \"", name, "\""});
  return nullptr;
}

/// The iterator if it stands at an item.
Iterator* find_item(Call& call, Text name) {
  Iterator* const one = find_iterator(call, name);
  if (!one || one->has_item) return one;
  log_line(call, LogLevel::Err, "htable", {"iterator \"", name, "\" is at no item"});
  return nullptr;
}

void rewind(Iterator& one) {
  one.shard = 0;
  one.count = one.at = 0;
  one.has_item = false;
}

Code put(Call& call, Iterator& one, Value value) {
  const Code code =
      report(call, *one.table, one.table->put(state_of(call).me, std::string_view(one.key), value, now_of(call)));
  if (code < 0) return code;
  one.is_text = value.is_text();
  if (one.is_text) {
    one.text.assign(value.text().view());
  } else {
    one.number = value.number();
  }
  return code;
}

}  // namespace
}  // namespace htable

Code Htable::sht_iterator_start(Call& call, Text iname, Text table) {
  htable::Table* const found = htable::find_table(call, table);
  if (!found) return -1;
  htable::Iterator* place = nullptr;
  for (htable::Iterator& one : htable::state_of(call).iterators) {
    if (one.table && one.name == iname.view()) {
      place = &one;
      break;
    }
    if (!one.table && !place) place = &one;
  }
  if (!place) {
    log_line(call, LogLevel::Err, "htable", {"there are ", htable::kMaxIterators, " iterators already"});
    return -1;
  }
  place->name.assign(iname.view());
  place->table = found;
  htable::rewind(*place);
  return 1;
}

// At the end the next step begins anew.
Code Htable::sht_iterator_next(Call& call, Text iname) {
  htable::Iterator* const one = htable::find_iterator(call, iname);
  if (!one) return -1;
  const htable::Owner me = htable::state_of(call).me;
  const Millis now = htable::now_of(call);
  for (;;) {
    while (one->at < one->count) {
      one->key.assign(one->keys[static_cast<std::size_t>(one->at++)]);
      one->has_item = one->table->copy(me, std::string_view(one->key), now, one->text, one->number, one->is_text);
      if (one->has_item) return 1;
    }
    one->has_item = false;
    if (one->shard == one->table->shards()) {
      htable::rewind(*one);
      return -1;
    }
    one->count = one->table->keys_of(me, one->shard++, now, one->keys);
    one->at = 0;
    if (one->count < 0) {
      htable::rewind(*one);
      return htable::report_busy(call, *one->table);
    }
  }
}

Code Htable::sht_iterator_end(Call& call, Text iname) {
  htable::Iterator* const one = htable::find_iterator(call, iname);
  if (!one) return -1;
  htable::rewind(*one);
  one->table = nullptr;
  return 1;
}

Code Htable::sht_iterator_rm(Call& call, Text iname) {
  htable::Iterator* const one = htable::find_item(call, iname);
  if (!one) return -1;
  one->has_item = false;
  return one->table->remove(htable::state_of(call).me, std::string_view(one->key))
             ? 1
             : htable::report_busy(call, *one->table);
}

Code Htable::sht_iterator_sets(Call& call, Text iname, Text str) {
  htable::Iterator* const one = htable::find_item(call, iname);
  return one ? htable::put(call, *one, Value::of(str.is_null() ? Text("") : str)) : -1;
}

Code Htable::sht_iterator_seti(Call& call, Text iname, Int value) {
  htable::Iterator* const one = htable::find_item(call, iname);
  return one ? htable::put(call, *one, Value::of(value)) : -1;
}

Code Htable::sht_iterator_setex(Call& call, Text iname, Int secs) {
  htable::Iterator* const one = htable::find_item(call, iname);
  if (!one) return -1;
  const bool done =
      one->table->set_expiry(htable::state_of(call).me, std::string_view(one->key), secs, htable::now_of(call));
  return done ? 1 : htable::report_busy(call, *one->table);
}

}  // namespace strowger
