// The protocol's order of things, and when scripts are checked.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lsp/server.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "compiler/lsp/fault.h"
#include "compiler/lsp/knowledge.h"
#include "compiler/lsp/places.h"
#include "compiler/lsp/report.h"
#include "compiler/lsp/wire.h"

namespace strowger::lsp {

namespace json = llvm::json;
namespace fs = std::filesystem;

namespace {

json::Object capabilities() {
  return json::Object{
      {"positionEncoding", "utf-16"},
      {"textDocumentSync", json::Object{{"openClose", true}, {"change", 1}, {"save", true}}},
      {"hoverProvider", true},
      {"completionProvider", json::Object{{"triggerCharacters", json::Array{"$", "{", ".", "(", "\""}}}},
      {"definitionProvider", true},
      {"referencesProvider", true},
      {"documentSymbolProvider", true},
      {"documentFormattingProvider", true},
      {"codeActionProvider", json::Object{{"codeActionKinds", json::Array{"quickfix"}}}},
  };
}

std::string absolute(const std::string& path) { return fs::absolute(path).lexically_normal().string(); }

}  // namespace

Server::Server(const modules::ModuleSet& modules, Check check, std::string version, std::istream& in, std::ostream& out)
    : modules_(modules), check_(std::move(check)), version_(std::move(version)), in_(in), out_(out) {}

bool Server::run() {
  while (!exited_) {
    // What was typed meanwhile is read first: only the last text is checked.
    if (!changed_.empty() && in_.rdbuf()->in_avail() <= 0) check_changed();
    const std::optional<std::string> bytes = read_message(in_);
    if (!bytes) break;
    llvm::Expected<json::Value> message = json::parse(*bytes);
    if (!message) {
      send(json::Object{{"id", nullptr}, {"error", json::Object{{"code", kParseError}, {"message", llvm::toString(message.takeError())}}}});
    } else if (const json::Object* object = message->getAsObject()) {
      handle(*object);
    } else {
      send(json::Object{{"id", nullptr}, {"error", json::Object{{"code", kInvalidRequest}, {"message", "not an object"}}}});
    }
  }
  return shut_down_;
}

void Server::send(json::Object message) {
  message["jsonrpc"] = "2.0";
  write_message(out_, std::move(message));
}

void Server::log(const std::string& words) {
  send(json::Object{{"method", "window/logMessage"}, {"params", json::Object{{"type", 1}, {"message", json::fixUTF8(words)}}}});
}

void Server::handle(const json::Object& message) {
  const auto method = message.getString("method");
  if (!method) return;                             // an answer to a question: this server asks none
  static const json::Object kNone;
  const json::Object* params = message.getObject("params");
  const json::Value* id = message.get("id");
  if (!id) return notice(*method, params ? *params : kNone);

  Result result = !initialized_ && *method != "initialize" ? Result(llvm::make_error<Fault>(kNotInitialized, "not initialized yet"))
                  : shut_down_                             ? Result(llvm::make_error<Fault>(kInvalidRequest, "shut down already"))
                                                           : answer(*method, params ? *params : kNone);
  if (result) return send(json::Object{{"id", *id}, {"result", std::move(*result)}});
  llvm::handleAllErrors(result.takeError(), [&](const Fault& fault) {
    send(json::Object{{"id", *id}, {"error", json::Object{{"code", fault.code}, {"message", json::fixUTF8(fault.words)}}}});
  });
}

void Server::notice(llvm::StringRef method, const json::Object& params) {
  if (method == "exit") {
    exited_ = true;
    return;
  }
  if (!initialized_ || shut_down_ || !method.starts_with("textDocument/did")) return;
  const json::Object* document = params.getObject("textDocument");
  const auto uri = document ? document->getString("uri") : std::nullopt;
  const auto path = uri ? path_of_uri(*uri) : std::nullopt;
  if (!path) return;
  if (method == "textDocument/didOpen") {
    const auto text = document->getString("text");
    if (!text) return;
    open_[*path] = text->str();
    changed(*path);
  } else if (method == "textDocument/didChange") {
    const json::Array* changes = params.getArray("contentChanges");
    const json::Object* last = changes && !changes->empty() ? changes->back().getAsObject() : nullptr;
    const auto text = last && !last->get("range") ? last->getString("text") : std::nullopt;
    const auto known = open_.find(*path);
    if (!text || known == open_.end()) return;
    known->second = text->str();
    changed(*path);
  } else if (method == "textDocument/didSave") {
    changed(*path);
  } else if (method == "textDocument/didClose") {
    open_.erase(*path);
    forget(*path);
    changed(*path);                                // for scripts that include it: its file counts again
  }
}

Server::Result Server::answer(llvm::StringRef method, const json::Object& params) {
  if (method == "initialize") {
    initialized_ = true;
    return json::Object{{"capabilities", capabilities()}, {"serverInfo", json::Object{{"name", "strowger"}, {"version", version_}}}};
  }
  if (method == "shutdown") {
    shut_down_ = true;
    return nullptr;
  }
  const auto is = [&](llvm::StringRef name) { return method == name; };
  const bool at_a_place = is("textDocument/hover") || is("textDocument/completion") || is("textDocument/definition") || is("textDocument/references");
  const bool of_a_file = is("textDocument/documentSymbol") || is("textDocument/formatting") || is("textDocument/codeAction");
  if (!at_a_place && !of_a_file) return llvm::make_error<Fault>(kUnknownMethod, "'" + method.str() + "' is not known");
  const auto path = open_path(params);
  if (!path) return llvm::make_error<Fault>(kInvalidParams, "no such document is open");
  check_changed();
  if (of_a_file) {
    if (is("textDocument/documentSymbol")) return symbols(*path);
    if (is("textDocument/codeAction")) return actions(*path, params);
    return formatting(*path);
  }
  const auto at = place(params);
  if (!at) return llvm::make_error<Fault>(kInvalidParams, "no position");
  if (is("textDocument/hover")) return hover(*at);
  if (is("textDocument/definition")) return definition(*at);
  if (is("textDocument/references")) return references(*path, *at);
  return complete(at->word, *at->text, modules_, at->ast);
}

// ---- checking ------------------------------------------------------------------------------------------------------

void Server::changed(const std::string& path) {
  bool included = false;
  for (const auto& [root, checked] : checked_) {
    if (root == path || !checked->files.contains(path)) continue;
    changed_.insert(root);
    included = true;
  }
  if (!included && open_.contains(path)) changed_.insert(path);
}

void Server::check_changed() {
  for (const std::string& root : std::exchange(changed_, {}))
    if (open_.contains(root)) check(root);
}

void Server::check(const std::string& root) {
  auto fresh = std::make_unique<Checked>();
  for (const auto& [path, text] : open_) fresh->script.sources.preset(path, text);
  if (const std::string why = check_(root, fresh->script); !why.empty()) log(why);
  for (const auto& file : fresh->script.sources.all()) fresh->files.insert(absolute(file->path));
  for (const std::string& path : fresh->files)
    if (path != root && checked_.contains(path)) forget(path);   // it has been taken for a script of its own
  std::unique_ptr<Checked>& kept = checked_[root];
  if (kept) fresh->published = std::move(kept->published);
  kept = std::move(fresh);
  publish(*kept);
}

void Server::publish(Checked& checked) {
  std::map<std::string, json::Array> by_uri;
  for (const std::string& uri : checked.published) by_uri[uri];   // what has no findings any more
  by_uri[uri_of_path(checked.script.ast.root ? checked.script.ast.root->path : "")];
  for (const diagnostics::Finding& finding : checked.script.findings.all())
    if (finding.span.file) by_uri[uri_of_path(finding.span.file->path)].push_back(diagnostic_of(finding));
  checked.published.clear();
  for (auto& [uri, all] : by_uri) {
    if (!all.empty()) checked.published.insert(uri);
    send(json::Object{{"method", "textDocument/publishDiagnostics"}, {"params", json::Object{{"uri", uri}, {"diagnostics", std::move(all)}}}});
  }
}

void Server::forget(const std::string& root) {
  const auto known = checked_.find(root);
  if (known == checked_.end()) return;
  for (const std::string& uri : known->second->published)
    send(json::Object{{"method", "textDocument/publishDiagnostics"}, {"params", json::Object{{"uri", uri}, {"diagnostics", json::Array{}}}}});
  checked_.erase(known);
  changed_.erase(root);
}

const Server::Checked* Server::script_of(const std::string& path) const {
  if (const auto own = checked_.find(path); own != checked_.end()) return own->second.get();
  for (const auto& [root, checked] : checked_)
    if (checked->files.contains(path)) return checked.get();
  return nullptr;
}

// ---- where a question points ---------------------------------------------------------------------------------------

std::optional<std::string> Server::open_path(const json::Object& params) const {
  const json::Object* document = params.getObject("textDocument");
  const auto uri = document ? document->getString("uri") : std::nullopt;
  const auto path = uri ? path_of_uri(*uri) : std::nullopt;
  return path && open_.contains(*path) ? path : std::nullopt;
}

std::optional<Server::Place> Server::place(const json::Object& params) const {
  const std::string path = *open_path(params);
  const std::string& text = open_.at(path);
  const auto offset = offset_of(text, params.getObject("position"));
  if (!offset) return std::nullopt;
  const Checked* script = script_of(path);
  return Place{&text, *offset, word_at(text, *offset, modules_), script ? &script->script.ast : nullptr};
}

}  // namespace strowger::lsp
