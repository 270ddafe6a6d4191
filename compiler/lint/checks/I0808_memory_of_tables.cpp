// I0808: tables whose empty buckets alone take more memory than a proxy should.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <charconv>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

constexpr Int kBucketBytes = 64;        ///< the head of a chain and its lock, a cache line
constexpr Int kLimit = Int{256} << 20;  ///< bytes of one table

void judge(Int exponent, const std::string& table, text::Span span, diagnostics::Findings& findings) {
  if (exponent < 0 || exponent > 40 || (kBucketBytes << exponent) <= kLimit) return;
  findings.add("I0808", span, {table, std::to_string((kBucketBytes << exponent) >> 20)});
}

}  // namespace

LOCAL_RULE(I0808) {
  for (const syntax::ModParam& line : model.program.ast->modparams) {
    if (line.module_pattern == "usrloc" && line.name == "hash_size" && !line.is_text) judge(line.number, "the location table", line.value_span, findings);
    if (line.module_pattern != "htable" || line.name != "htable" || !line.is_text) continue;
    const std::size_t at = line.text.find("size=");
    if (at == std::string::npos || (at > 0 && line.text[at - 1] != '>' && line.text[at - 1] != ';')) continue;
    Int exponent = 0;
    std::from_chars(line.text.data() + at + 5, line.text.data() + line.text.size(), exponent);
    judge(exponent, "table '" + line.text.substr(0, line.text.find("=>")) + "'", line.value_span, findings);
  }
}

}  // namespace strowger::lint
