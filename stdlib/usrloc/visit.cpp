// Contacts are copied out of the table address by address.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/usrloc/visit.h"

#include "usrloc.interface.h"

namespace strowger::usrloc {

void visit_contacts(Worker& worker, unsigned shard, const std::function<void(const Contact&)>& work) {
  ProcessState& state = *state_of(worker).process;
  const int tables = state.count.load(std::memory_order_acquire);
  for (int i = 0; i < tables; ++i) {
    Table& table = *state.tables[static_cast<std::size_t>(i)];
    for (const std::string& aor : table.aors(shard)) {
      sip::Arena arena(worker.pool);
      Contact* contacts = nullptr;
      const int count = table.copy(Text(std::string_view(aor)), arena, contacts);
      for (int c = 0; c < count; ++c) work(contacts[c]);
    }
  }
}

std::uint32_t nat_mask() {
  const Int flag = Usrloc::Param::nat_bflag;
  return flag >= 0 && flag < 32 ? 1U << flag : 0;
}

}  // namespace strowger::usrloc
