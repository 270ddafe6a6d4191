// strowger graph: the routes and who calls whom, as dot or mermaid.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <iostream>
#include <set>

#include <CLI/CLI.hpp>

#include "compiler/analysis/context.h"
#include "compiler/driver/commands.h"
#include "compiler/driver/front_end.h"
#include "compiler/lint/call_graph.h"

namespace strowger::driver {
namespace {

struct GraphOptions : CommonOptions {
  std::string script, format = "dot";
};

using lint::CallEdge;

/// "request_route", "route[RELAY]", "event_route[tm:local-request]".
std::string name_of(const program::Route& route) {
  std::string name(analysis::name_of(route.kind));
  if (route.kind == kRequestRoute && !route.name.empty()) name = "route";
  if (!route.name.empty()) name += "[" + route.name + "]";
  return name;
}

/// In quotes for dot, in quotes with entities for mermaid.
std::string quoted(const std::string& text, bool mermaid) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += mermaid ? "#quot;" : "\\\"";
    else if (c == '\\' && !mermaid) out += "\\\\";
    else out += c;
  }
  return out + '"';
}

/// One line for each pair of routes and way; many calls of one route are one edge.
void print(const program::Program& program, bool mermaid, std::ostream& out) {
  const lint::Index index(program);
  const lint::CallGraph graph(index);
  out << (mermaid ? "flowchart TD\n" : "digraph routes {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n");
  for (std::size_t i = 0; i < program.routes.size(); ++i) {
    const std::string name = quoted(name_of(program.routes[i]), mermaid);
    if (mermaid) out << "  r" << i << (graph.entry[i] ? "([" + name + "])" : "[" + name + "]") << '\n';
    else out << "  r" << i << " [label=" << name << (graph.entry[i] ? ", style=bold" : "") << (graph.used[i] ? "" : ", color=gray") << "];\n";
  }
  std::set<std::tuple<std::size_t, std::size_t, CallEdge::Kind>> seen;
  for (const CallEdge& edge : graph.edges) {
    if (!seen.emplace(edge.from, edge.to, edge.kind).second) continue;
    const bool call = edge.kind == CallEdge::Kind::Call;
    const std::string why = edge.kind == CallEdge::Kind::Arms ? "arms" : "by name";
    if (mermaid) out << "  r" << edge.from << (call ? " --> " : " -. " + why + " .-> ") << 'r' << edge.to << '\n';
    else out << "  r" << edge.from << " -> r" << edge.to << (call ? "" : " [style=dashed, label=" + quoted(why, false) + "]") << ";\n";
  }
  if (!mermaid) out << "}\n";
}

int graph(const GraphOptions& options) {
  if (const std::string why = why_unreadable(options.script); !why.empty()) {
    complain("'" + options.script + "' cannot be read: " + why);
    return kUsage;
  }
  text::Sources module_sources;
  Compilation script;
  const modules::ModuleSet modules = load_modules(options, module_sources, script.findings);
  compile_front(options.script, options, modules, analysis::Purpose::Lint, script);
  if (!script.program || script.findings.has_errors()) {
    diagnostics::Findings errors;
    for (const diagnostics::Finding& finding : script.findings.all())
      if (finding.level == diagnostics::Level::Error) errors.all().push_back(finding);
    diagnostics::render_text(errors, std::cerr, {use_color(options, 2)});
    return kFindings;
  }
  print(*script.program, options.format == "mermaid", std::cout);
  return kFine;
}

}  // namespace

void add_graph(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<GraphOptions>();
  CLI::App* command = app.add_subcommand("graph", "The routes of a script and who calls whom");
  command->footer("Example:\n  strowger graph pbx.cfg | dot -Tsvg >routes.svg");
  command->add_option("CFG", options->script, "Script")->required();
  command->add_option("--format", options->format, "dot or mermaid")
      ->check(CLI::IsMember({"dot", "mermaid"}))
      ->capture_default_str();
  add_common_options(*command, *options);
  command->callback([options, &exit_code] { exit_code = graph(*options); });
}

}  // namespace strowger::driver
