// switch: integers by a jump table, texts by length and then by words, regular expressions in their order.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <map>
#include <set>

#include "compiler/codegen/body.h"

namespace strowger::codegen {

using Case = program::SwitchCase;

void Body::emit_switch(const Statement& statement) {
  if (!statement.value) return unit_.fault("a switch without its subject");
  store_line(statement.value->span);
  Block* after = block("endswitch");
  std::vector<Block*> bodies;
  Block* fallback = after;
  for (const Case& label : statement.cases) {
    bodies.push_back(block("case"));
    if (label.kind == Case::Kind::Default) fallback = bodies.back();
  }
  set_last_code(1);
  FailScope failures(*this);
  if (statement.value->type == modules::Type::Int) {
    dispatch_int(statement, bodies, fallback);
  } else {
    dispatch_text(statement, bodies, fallback);
  }
  if (Block* failed = failures.close()) {
    start(failed);  // a subject that cannot be evaluated fits no label
    set_last_code(-1);
    branch(fallback);
  }
  breaks_.push_back(after);
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    start(bodies[i]);
    after_relay_ = false;
    emit_block(statement.cases[i].body);
    after_relay_ = false;
    branch(i + 1 < bodies.size() ? bodies[i + 1] : after);
  }
  breaks_.pop_back();
  start(after);
}

void Body::dispatch_int(const Statement& statement, const std::vector<Block*>& bodies, Block* fallback) {
  const V subject = emit_int(*statement.value);
  llvm::SwitchInst* jump = builder_.CreateSwitch(subject, fallback, static_cast<unsigned>(bodies.size()));
  std::set<Int> seen;  // of equal labels the first wins
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const Case& label = statement.cases[i];
    if (label.kind == Case::Kind::Default) continue;
    if (label.kind != Case::Kind::Int) return unit_.fault("a text label in a switch over integers");
    if (seen.insert(label.number).second)
      jump->addCase(llvm::cast<llvm::ConstantInt>(llvm::ConstantInt::getSigned(abi_.i64, label.number)), bodies[i]);
  }
}

// Runs of text labels are decided at once; a regular expression between them keeps its place in the order.
void Body::dispatch_text(const Statement& statement, const std::vector<Block*>& bodies, Block* fallback) {
  const Cell subject = emit_text(*statement.value);
  const V length = length_of(subject);
  std::vector<std::pair<std::string_view, Block*>> run;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const Case& label = statement.cases[i];
    if (label.kind == Case::Kind::Default) continue;
    if (label.kind == Case::Kind::Int) return unit_.fault("an integer label in a switch over texts");
    if (label.kind == Case::Kind::Text) {
      run.emplace_back(label.text, bodies[i]);
      continue;
    }
    Block* next = block("regex");
    dispatch_texts(subject, length, run, next);
    run.clear();
    start(next);
    const V matched = emit_match(subject, label.regex);
    next = block("next");
    builder_.CreateCondBr(matched, bodies[i], next);
    start(next);
  }
  dispatch_texts(subject, length, run, fallback);
}

void Body::dispatch_texts(Cell subject, V length, const std::vector<std::pair<std::string_view, Block*>>& labels,
                          Block* fallback) {
  std::map<std::size_t, std::vector<std::pair<std::string_view, Block*>>> by_length;
  std::set<std::string_view> seen;
  for (const auto& label : labels)
    if (seen.insert(label.first).second) by_length[label.first.size()].push_back(label);
  if (by_length.empty()) return branch(fallback);
  llvm::SwitchInst* jump = builder_.CreateSwitch(length, fallback, static_cast<unsigned>(by_length.size()));
  for (const auto& [size, group] : by_length) {
    Block* compare = block("length");
    jump->addCase(llvm::cast<llvm::ConstantInt>(llvm::ConstantInt::get(abi_.i64, size)), compare);
    start(compare);
    for (const auto& [text, body] : group) {
      Block* next = &group.back().first == &text ? fallback : block("other");
      builder_.CreateCondBr(bytes_equal(subject.a, text, false), body, next);
      if (next != fallback) start(next);
    }
  }
}

}  // namespace strowger::codegen
