// Answers from the tables of Index and from the interfaces.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/queries.h"

#include <algorithm>
#include <map>

#include "compiler/modules/spelling.h"

namespace strowger::lint {
namespace {

bool covers(const text::Span& span, const text::SourceFile& file, std::uint32_t offset) {
  return span.file == &file && offset >= span.offset && offset - span.offset < std::max<std::uint32_t>(1, span.length);
}

/// Variables that belong to the script; all others belong to the message or the process.
bool is_own(const std::string& name) {
  for (const std::string_view own : {"var", "vn", "vz", "avp", "xavp", "xavu", "xavi", "sht", "shv", "dlg_var"})
    if (name == own) return true;
  return false;
}

void add_routes(const Index& index, const CallGraph& graph, std::vector<Symbol>& out) {
  const std::size_t first = out.size();
  for (const program::Route& route : index.program.routes) {
    Symbol symbol;
    symbol.name = shown(route);
    symbol.definition = place_of(route, index.program);
    out.push_back(std::move(symbol));
  }
  for (const CallEdge& edge : graph.edges)
    if (edge.kind != CallEdge::Kind::ByName) out[first + edge.to].references.push_back(index.expressions[edge.expression].e->span);
}

void add_variables(const Index& index, std::vector<Symbol>& out) {
  std::map<std::string, std::size_t> known;
  for (const Occurrence& o : index.occurrences) {
    if (!is_own(o.use->variable->name) || !o.span.file) continue;
    const auto [at, is_new] = known.emplace(o.name, out.size());
    if (is_new) out.push_back({Symbol::Kind::Variable, o.name, {}, {}});
    Symbol& symbol = out[at->second];
    if (o.writes && !o.reads && !symbol.definition.file) symbol.definition = o.span;
    symbol.references.push_back(o.span);
  }
}

void add_defines(const Index& index, std::vector<Symbol>& out) {
  std::map<std::string_view, std::size_t> known;
  for (const auto& [name, value] : index.program.ast->defines) {
    known.emplace(name, out.size());
    out.push_back({Symbol::Kind::Define, name, {}, {}});
  }
  // Every token that came out of a define points to the word that was written for it.
  for (const ExpressionSite& site : index.expressions) {
    const text::Span& span = site.e->span;
    if (!span.expansion) continue;
    const auto at = known.find(*span.expansion);
    if (at == known.end()) continue;
    std::vector<text::Span>& references = out[at->second].references;
    if (references.empty() || references.back().file != span.file || references.back().offset != span.offset) references.push_back(span);
  }
}

std::string signature(const modules::Function& f) {
  std::string out = "(";
  for (std::size_t i = 0; i < f.args.size(); ++i) out += (i ? ", " : "") + f.args[i].name + ": " + std::string(modules::name_of(f.args[i].kind));
  return out + ")";
}

std::string shown(const modules::Variable& v) {
  const char* type = v.type == modules::Type::Int ? "int" : v.type == modules::Type::Text ? "string" : "any";
  return std::string(type) + (v.nullable ? "?" : "") + (v.writable ? ", writable" : "");
}

}  // namespace

std::vector<Symbol> symbols(const Index& index, const CallGraph& graph) {
  std::vector<Symbol> out;
  add_routes(index, graph, out);
  add_variables(index, out);
  add_defines(index, out);
  return out;
}

const Symbol* symbol_at(const std::vector<Symbol>& symbols, const text::SourceFile& file, std::uint32_t offset) {
  const Symbol* best = nullptr;
  std::uint32_t shortest = UINT32_MAX;
  const auto consider = [&](const Symbol& symbol, const text::Span& span) {
    if (!covers(span, file, offset) || span.length >= shortest) return;
    shortest = span.length;
    best = &symbol;
  };
  for (const Symbol& symbol : symbols) {
    consider(symbol, symbol.definition);
    for (const text::Span& span : symbol.references) consider(symbol, span);
  }
  return best;
}

Place place_at(const Index& index, const text::SourceFile& file, std::uint32_t offset) {
  Place out;
  std::uint32_t shortest = UINT32_MAX;
  for (const ExpressionSite& site : index.expressions) {
    const text::Span& span = site.e->span;
    // Conversions have the place of what they convert; the inner one comes later and counts.
    if (!covers(span, file, offset) || span.length > shortest) continue;
    shortest = span.length;
    out.expression = site.e;
    out.route = site.statement == kNone ? kNone : index.route_of(site);
  }
  if (!out.expression) return out;
  out.function = out.expression->function;
  out.variable = out.expression->use.variable;
  out.transformation = out.expression->transformation;
  return out;
}

std::vector<Candidate> candidates(const program::Program& program, RouteKind kind, std::string_view prefix) {
  std::vector<Candidate> out;
  const auto add = [&](Candidate::Kind what, std::string text, std::string detail, std::string_view doc) {
    if (text.starts_with(prefix)) out.push_back({what, std::move(text), std::move(detail), doc});
  };
  for (const modules::ModuleInterface* module : program.loaded) {
    for (const modules::Function& f : module->functions)
      if ((f.routes & kind) != 0) add(Candidate::Kind::Function, f.name, signature(f), f.doc);
    for (const auto& [alias, name] : module->function_aliases) add(Candidate::Kind::Function, alias, "= " + name, {});
    for (const modules::Variable& v : module->variables)
      if ((v.routes & kind) != 0) add(Candidate::Kind::Variable, "$" + v.name, shown(v), v.doc);
    for (const modules::Transformation& t : module->transformations)
      add(Candidate::Kind::Transformation, "{" + t.klass + "." + t.op, module->name, t.doc);
  }
  for (const program::Route& route : program.routes)
    if (route.kind == kRequestRoute && !route.name.empty()) add(Candidate::Kind::Route, route.name, "route", {});
  std::stable_sort(out.begin(), out.end(), [](const Candidate& a, const Candidate& b) { return a.text < b.text; });
  return out;
}

}  // namespace strowger::lint
