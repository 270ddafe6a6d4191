// Compiles programs as routes of one script and runs them over messages, in a process of their own.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "compiler/modules/interface.h"
#include "compiler/syntax/parse.h"
#include "tests/property/evaluator.h"
#include "tests/property/tree.h"

namespace strowger::property {

using Trace = std::vector<std::string>;
/// By program id: a trace for each message. Fewer than there are messages: the process ended there.
using Traces = std::map<int, std::vector<Trace>>;

/// The whole script: a request_route that calls the program that X-Prog names. `head` stands in front.
std::string script_of(const std::vector<Program>& programs, const std::string& head = "");

/// The program whose route a line of the script is in; 0 where it is in none.
int program_at(const std::string& script, std::uint32_t line);

class Runner {
 public:
  /// `kit`: the toolchain's folder; `probe`: the object of probe_main.cpp; `scratch`: a folder for files.
  Runner(std::string kit, std::string probe, std::string scratch);

  /// Empty `refused` on success; else the ids of programs that the compiler refuses and why, and no traces.
  Traces run(const std::vector<Program>& programs, const std::vector<Message>& messages, int level, std::map<int, std::string>& refused);

 private:
  std::string kit_, probe_, scratch_;
  text::Sources sources_;
  diagnostics::Findings findings_;
  modules::ModuleSet modules_;
  int count_ = 0;
};

/// The traces that the reference gives. False where the program leaves what is compared.
bool evaluate(const Program& program, const std::vector<Message>& messages, EvaluatorOptions options, std::vector<Trace>& out);

}  // namespace strowger::property
