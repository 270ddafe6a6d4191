// What the server says about a place or a file.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <filesystem>

#include "compiler/format/format.h"
#include "compiler/lint/call_graph.h"
#include "compiler/lsp/fault.h"
#include "compiler/lsp/knowledge.h"
#include "compiler/lsp/places.h"
#include "compiler/lsp/report.h"
#include "compiler/lsp/server.h"

namespace strowger::lsp {

namespace json = llvm::json;

namespace {

bool is_in(const text::Span& span, const std::string& path) {
  return span.file && std::filesystem::absolute(span.file->path).lexically_normal() == path;
}
bool covers(const text::Span& span, std::size_t offset) { return span.offset <= offset && offset <= std::size_t{span.offset} + span.length; }

constexpr int kFunctionSymbol = 12;

}  // namespace

json::Value Server::hover(const Place& place) const {
  const std::string text = describe(place.word, modules_, place.ast);
  if (text.empty()) return nullptr;
  return json::Object{{"contents", json::Object{{"kind", "markdown"}, {"value", json::fixUTF8(text)}}},
                      {"range", range_of(*place.text, place.word.begin, place.word.end)}};
}

json::Value Server::definition(const Place& place) const {
  json::Array out;
  if (!place.ast) return out;
  if (place.word.kind == Word::Kind::Route) {
    for (const syntax::Route* route : routes_named(*place.ast, place.word.route, place.word.text)) out.push_back(location_of(route->name_span));
  } else if (place.word.kind == Word::Kind::File) {
    const std::filesystem::path wanted = std::filesystem::path(place.word.text).lexically_normal();
    for (const auto& [root, checked] : checked_)
      if (&checked->script.ast == place.ast)
        for (const auto& file : checked->script.sources.all())
          if (file->included_from && std::filesystem::path(file->path).filename() == wanted.filename()) out.push_back(location_of({file.get(), 0, 0}));
  }
  return out;
}

/// Of a route: who calls or arms it. Of a variable: where it is used.
json::Value Server::references(const std::string& path, const Place& place) const {
  json::Array out;
  const Checked* script = script_of(path);
  if (!script || !script->script.program) return out;
  const lint::Index index(*script->script.program);
  if (place.word.kind == Word::Kind::Variable) {
    for (const auto& occurrence : index.occurrences) {
      if (!is_in(occurrence.span, path) || !covers(occurrence.span, place.offset)) continue;
      for (const std::size_t use : index.uses_of(occurrence.name)) out.push_back(location_of(index.occurrences[use].span));
      break;
    }
    return out;
  }
  const lint::CallGraph graph(index);
  const auto is_it = [&](const program::Route& route) {
    if (place.word.kind == Word::Kind::Route) return route.name == place.word.text;
    const text::Span name = lint::place_of(route, *script->script.program);
    return is_in(name, path) && covers(name, place.offset);
  };
  for (const lint::CallEdge& edge : graph.edges)
    if (is_it(script->script.program->routes[edge.to])) out.push_back(location_of(index.expressions[edge.expression].e->span));
  return out;
}

json::Value Server::symbols(const std::string& path) const {
  json::Array out;
  const Checked* script = script_of(path);
  if (!script) return out;
  for (const syntax::Route& route : script->script.ast.routes) {
    if (!is_in(route.span, path)) continue;
    const bool named = route.name_span.file == route.span.file && route.name_span.length > 0;
    text::Span keyword = route.span;
    keyword.length = std::min<std::uint32_t>(keyword.length, 1);
    out.push_back(json::Object{{"name", json::fixUTF8(name_of(route))},
                               {"kind", kFunctionSymbol},
                               {"range", range_of(route.span)},
                               {"selectionRange", range_of(named ? route.name_span : keyword)}});
  }
  return out;
}

Server::Result Server::formatting(const std::string& path) const {
  const std::string& text = open_.at(path);
  format::Fault fault;
  const std::optional<std::string> formatted = format::format(text, fault);
  if (!formatted) return llvm::make_error<Fault>(kFailed, "line " + std::to_string(fault.line) + ": " + fault.words);
  if (*formatted == text) return json::Array{};
  return json::Array{json::Object{{"range", range_of(text, 0, text.size())}, {"newText", json::fixUTF8(*formatted)}}};
}

json::Value Server::actions(const std::string& path, const json::Object& params) const {
  json::Array out;
  const Checked* script = script_of(path);
  const json::Object* range = params.getObject("range");
  if (!script || !range) return out;
  const std::string& text = open_.at(path);
  const auto begin = offset_of(text, range->getObject("start")), end = offset_of(text, range->getObject("end"));
  if (!begin || !end) return out;
  for (const diagnostics::Finding& finding : script->script.findings.all()) {
    const std::size_t from = finding.span.offset, to = from + finding.span.length;
    if (!finding.edits.empty() && is_in(finding.span, path) && from <= *end && *begin <= to) out.push_back(action_of(finding));
  }
  return out;
}

}  // namespace strowger::lsp
