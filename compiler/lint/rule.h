// How a rule is written: one file checks/CODE_subject.cpp with RULE(CODE) { ... } or LOCAL_RULE, and one page diagnostics/codes/CODE.md.
// The build finds both by their names.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "compiler/diagnostics/findings.h"
#include "compiler/lint/model.h"

#define STROWGER_RULE(code, local)       \
  extern const bool is_local_##code;     \
  const bool is_local_##code = local;    \
  void rule_##code(const ::strowger::lint::Model& model, ::strowger::diagnostics::Findings& findings)
/// A rule that asks what the rest of the script does, or does not do.
#define RULE(code) STROWGER_RULE(code, false)
/// A rule that needs nothing but the place it looks at: it runs on scripts with errors, too, over the parts that are right.
#define LOCAL_RULE(code) STROWGER_RULE(code, true)
