// The pipeline of `strowger build` with another main().
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/property/runner.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "compiler/analysis/analyse.h"
#include "compiler/codegen/generate.h"
#include "compiler/link/link.h"

namespace strowger::property {
namespace {

void put(std::string& out, std::uint32_t n) { out.append(reinterpret_cast<const char*>(&n), sizeof n); }

Traces parse(const std::string& output, const std::vector<Program>& programs, std::size_t messages) {
  Traces traces;
  std::size_t at = 0;
  const auto take = [&](std::uint32_t& n) {
    if (at + sizeof n > output.size()) return false;
    std::memcpy(&n, output.data() + at, sizeof n);
    at += sizeof n;
    return true;
  };
  for (const Program& program : programs) {
    std::vector<Trace>& all = traces[program.id];
    for (std::size_t m = 0; m < messages; ++m) {
      Trace trace;
      std::uint32_t lines = 0, size = 0;
      if (!take(lines)) return traces;
      for (; lines > 0; --lines) {
        if (!take(size) || at + size > output.size()) return traces;
        trace.push_back(output.substr(at, size));
        at += size;
      }
      all.push_back(std::move(trace));
    }
  }
  return traces;
}

}  // namespace

int program_at(const std::string& script, std::uint32_t line) {
  std::istringstream lines(script);
  int id = 0;
  std::string text;
  for (std::uint32_t n = 1; n <= line && std::getline(lines, text); ++n)
    if (text.starts_with("route[p") || text.starts_with("branch_route[p")) id = std::atoi(text.c_str() + text.find('p') + 1);
    else if (text.starts_with("request_route")) id = 0;
  return id;
}

std::string script_of(const std::vector<Program>& programs, const std::string& head) {
  std::string out = head +
                    "max_while_loops=12\n"
                    "loadmodule \"pv.so\"\nloadmodule \"xlog.so\"\nloadmodule \"textops.so\"\nloadmodule \"htable.so\"\n"
                    "loadmodule \"tm.so\"\nloadmodule \"cfgutils.so\"\n"
                    "modparam(\"htable\", \"htable\", \"t=>size=8;\")\n";
  for (const Program& program : programs) out += "modparam(\"pv\", \"shvset\", \"s" + std::to_string(program.id) + "=i:0\")\n";
  out += "request_route {\nxinfo(\"T0\\n\");\nswitch ($(hdr(X-Prog){s.int})) {\n";
  for (const Program& program : programs)
    out += "case " + std::to_string(program.id) + ":\n  route(" + route_name(program.id, 0) + ");\n  break;\n";
  out += "case 0:\n  xinfo(\"TZ\\n\");\n  exit;\n}\nxinfo(\"TE|$rc|$ru|$du|$mf\\n\");\n}\n";
  for (const Program& program : programs) out += print(program);
  return out;
}

Runner::Runner(std::string kit, std::string probe, std::string scratch)
    : kit_(std::move(kit)), probe_(std::move(probe)), scratch_(std::move(scratch)), modules_(modules::ModuleSet::load({}, sources_, findings_)) {}

Traces Runner::run(const std::vector<Program>& programs, const std::vector<Message>& messages, int level, std::map<int, std::string>& refused) {
  const std::string script = script_of(programs);
  text::Sources sources;
  diagnostics::Findings findings;
  const syntax::Ast ast = syntax::parse_text("property.cfg", script, sources, {}, findings);
  std::unique_ptr<program::Program> program;
  if (!findings.has_errors()) program = analysis::analyse(ast, modules_, analysis::Purpose::Build, findings);
  for (const diagnostics::Finding& finding : findings.all()) {
    if (finding.level != diagnostics::Level::Error) continue;
    const int id = program_at(script, finding.span.line());
    if (id == 0) throw std::logic_error(finding.code + ": " + finding.message + "\n" + script);
    refused.try_emplace(id, finding.code + ": " + finding.message + ": " +
                                std::string(finding.span.file ? finding.span.file->line_text(finding.span.line()) : ""));
  }
  if (!refused.empty()) return {};

  codegen::GenerateOptions options;
  options.level = level;
  options.hot_bitcode = kit_ + "/hot.bc";
  options.debug_lines = false;
  const codegen::Generated made = codegen::generate(*program, options, codegen::Emit::Object);
  if (!made.error.empty()) throw std::logic_error("generate: " + made.error);
  link::LinkOptions link;
  link.kit = kit_;
  link.output = scratch_ + "/probe" + std::to_string(++count_);
  link.main_object = probe_;
  if (const std::string why = link::link_executable(made.object, *program, link); !why.empty()) throw std::logic_error("link: " + why);

  std::string input;
  put(input, static_cast<std::uint32_t>(programs.size()));
  for (const Program& one : programs) put(input, static_cast<std::uint32_t>(one.id));
  put(input, static_cast<std::uint32_t>(messages.size()));
  for (const Message& message : messages) {
    const std::string bytes = message.bytes(0);
    put(input, static_cast<std::uint32_t>(bytes.size()));
    input += bytes;
  }
  std::ofstream(link.output + ".in", std::ios::binary) << input;
  std::FILE* pipe = ::popen((link.output + " " + link.output + ".in").c_str(), "r");
  if (!pipe) throw std::logic_error("the compiled script cannot be started");
  std::string output;
  char buffer[65536];
  while (const std::size_t n = std::fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, n);
  ::pclose(pipe);  // a crash shows as traces that are missing
  ::unlink(link.output.c_str());
  ::unlink((link.output + ".in").c_str());
  return parse(output, programs, messages.size());
}

bool evaluate(const Program& program, const std::vector<Message>& messages, EvaluatorOptions options, std::vector<Trace>& out) {
  text::Sources sources;
  diagnostics::Findings findings;
  const syntax::Ast ast = syntax::parse_text("property.cfg", script_of({program}), sources, {}, findings);
  if (findings.has_errors()) return false;
  Evaluator evaluator(ast, options);
  for (const Message& message : messages) {
    out.push_back(evaluator.run(message, program.id));
    if (evaluator.too_big) return false;
  }
  return true;
}

}  // namespace strowger::property
