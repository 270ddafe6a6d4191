// The 80 configs with one fault each: the table of what is found, and at which line.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>

#include "compiler/analysis/analyse.h"
#include "compiler/lint/lint.h"
#include "compiler/syntax/parse.h"

namespace strowger::lint {
namespace {

struct Probe {
  std::string id, fault, code, script;
};

std::vector<Probe> read_probes() {
  std::vector<Probe> out;
  std::ifstream file(STROWGER_LINT_PROBES);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    Probe p;
    std::getline(fields, p.id, '\t');
    std::getline(fields, p.fault, '\t');
    std::getline(fields, p.code, '\t');
    std::string raw;
    std::getline(fields, raw);
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '\\' || i + 1 == raw.size()) p.script += raw[i];
      else if (raw[++i] == 'n') p.script += '\n';
      else p.script += raw[i];
    }
    out.push_back(std::move(p));
  }
  return out;
}

/// What the probes' authors loaded before the line with the fault.
constexpr const char* kModules[] = {"pv",      "xlog",      "sl",  "tm",       "tmx",    "rr",        "textops", "textopsx", "siputils", "maxfwd",
                                    "nathelper", "sqlops", "kex", "corex", "usrloc", "registrar", "htable",  "db_sqlite", "cfgutils"};

/// The line of the fault in the script: the first, but for those whose second line is at fault.
std::uint32_t line_of_fault(const Probe& p) {
  const bool behind_parameter = p.fault.starts_with("sql_") || p.fault == "define_redefine";
  return behind_parameter ? 2 : 1;
}

TEST(Probes, AreFoundAtTheirLines) {
  const std::vector<Probe> probes = read_probes();
  ASSERT_EQ(probes.size(), 81u);
  text::Sources module_sources;
  diagnostics::Findings faults;
  const modules::ModuleSet set = modules::ModuleSet::load({}, module_sources, faults);
  std::size_t caught = 0;
  std::ostringstream table;
  for (const Probe& p : probes) {
    const bool whole = p.script.starts_with("#!KAMAILIO");
    std::string header = "#!KAMAILIO\n";
    if (!whole)
      for (const char* module : kModules) header += "loadmodule \"" + std::string(module) + ".so\"\n";
    const auto header_lines = whole ? 0u : static_cast<std::uint32_t>(std::count(header.begin(), header.end(), '\n'));
    text::Sources sources;
    diagnostics::Findings findings;
    const syntax::Ast ast = syntax::parse_text("probe.cfg", (whole ? "" : header) + p.script + "\n", sources, {}, findings);
    const auto program = analysis::analyse(ast, set, analysis::Purpose::Lint, findings);
    if (program && !findings.has_errors()) check(*program, findings);
    std::string found;
    bool right = false;
    std::size_t errors = 0;
    for (const diagnostics::Finding& f : findings.all()) {
      if (f.code == "W0116" || f.code == "I0912") continue;  // of the header
      const std::uint32_t line = f.span.line() > header_lines ? f.span.line() - header_lines : 0;
      found += " " + f.code + ":" + std::to_string(line);
      errors += f.level == diagnostics::Level::Error ? 1 : 0;
      right = right || (f.code == p.code && (whole || line == line_of_fault(p)));
    }
    if (p.id == "00") {
      EXPECT_TRUE(found.empty()) << found;
      continue;
    }
    caught += right ? 1 : 0;
    // The law of severity: what runs on Kamailio is no error, and one fault gives one.
    if (p.code[0] != 'E') EXPECT_EQ(errors, 0u) << p.id << " " << p.fault << found;
    else EXPECT_LE(errors, 1u) << p.id << " " << p.fault << found;
    table << (right ? "  found   " : "  MISSED  ") << p.id << " " << p.fault << " " << p.code << " |" << found << "\n";
  }
  std::cout << table.str() << caught << " of 80\n";
  EXPECT_GE(caught, 76u);
}

}  // namespace
}  // namespace strowger::lint
