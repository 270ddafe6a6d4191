// W0904: a define with the name of a function, a route or a word of the language.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>
#include <string_view>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

static const std::set<std::string_view> kWords = {"if", "else", "while", "switch", "case", "default", "break", "return", "exit", "drop", "route", "request_route",
                                                  "failure_route", "branch_route", "onreply_route", "reply_route", "event_route", "onsend_route", "loadmodule",
                                                  "modparam", "method", "uri", "proto", "listen", "alias", "flags", "INVITE", "ACK", "BYE", "CANCEL", "REGISTER",
                                                  "OPTIONS", "udp", "tcp", "tls", "yes", "no"};

}  // namespace

RULE(W0904) {
  const text::SourceFile* root = model.program.ast->root;
  if (!root) return;
  for (const auto& [name, value] : model.program.ast->defines) {
    std::string what;
    if (kWords.count(name)) what = "a word of the language";
    for (const program::Route& route : model.program.routes)
      if (route.name == name && value != name) what = "the name of " + shown(route);
    for (const modules::ModuleInterface* module : model.program.loaded)
      for (const modules::Function& f : module->functions)
        if (f.name == name) what = "a function of module " + module->name;
    if (what.empty() || value.empty()) continue;
    for (const char* word : {"define", "trydef", "redefine"}) {
      const std::size_t at = root->content.find(std::string("!") + word + " " + name);
      if (at == std::string::npos) continue;
      findings.add("W0904", {root, static_cast<std::uint32_t>(at + std::string_view(word).size() + 2), static_cast<std::uint32_t>(name.size()), nullptr}, {name, what});
      break;
    }
  }
}

}  // namespace strowger::lint
