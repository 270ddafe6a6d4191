// Analyses small scripts against a few modules of its own, for tests.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/analysis/analyse.h"
#include "compiler/program/program.h"
#include "compiler/syntax/parse.h"

namespace strowger::analysis {

/// One analysed script with all that its program points into.
struct Analysed {
  text::Sources sources;
  diagnostics::Findings findings;
  modules::ModuleSet set;
  syntax::Ast ast;
  std::unique_ptr<program::Program> program;

  /// Codes of all findings, joined with blanks.
  std::string codes() const {
    std::string out;
    for (const diagnostics::Finding& f : findings.all()) out += (out.empty() ? "" : " ") + f.code;
    return out;
  }
  /// Messages and remarks, one a line.
  std::string words() const {
    std::string out;
    for (const diagnostics::Finding& f : findings.all()) {
      out += f.code + " " + std::to_string(f.span.line()) + ": " + f.message + "\n";
      for (const diagnostics::Remark& r : f.remarks) out += (r.help ? "  help: " : "  note: ") + r.words + "\n";
    }
    return out;
  }
  std::string printed() const { return program ? program::print(*program) : "refused: " + words(); }
};

/// The modules that the tests' scripts load.
inline const char* const kTestModules[] = {
    R"(module core
event core:worker-one-init
event core:tkv pending
function force_rport() : outcome in request_route failure_route core_reply_route reply_route branch_route event_route
function setflag(flag: flag) : outcome in any_route
function isflagset(flag: flag) : outcome in any_route
function forward() : verdict in request_route
function forward(host: literal, port: literal) : verdict in request_route
alias add_rport = force_rport
variable $rc : int
)",
    R"(module db_text
)",
    R"(module plans
param db_url : string = "mysql://localhost/x"
)",
    R"(module ledger
param db_url : string stored
)",
    R"(module cache
param db_url : string
)",
    R"(module db_flat sql
)",
    R"(module asks
param con : string repeated asked
function ask(con: literal declared con, into: fields separated ", ;" writable) : outcome in any_route
variable $asked(con: word declared con) : any?
param some : string
param others : string
function join(name: literal declared some declared others) : outcome in any_route
variable $cell(key: path cells form "[a-z]+=>(rows|name[[].*[]]|[[].*,.*[]]) *" "table=>[row,column]") : any?
)",
    R"(module pv
param varset : string form "[a-z]+=[is]:.*" "name=i:number or name=s:text" repeated
variable $var(name: slot) : any readwrite
variable $vn(name: slot) : any? readwrite
variable $avp(name: name)[index] : any? readwrite
variable $xavp(path: path) : any? readwrite
variable $sht(item: table) : any? readwrite
variable $hdr(name: header)[index] : string?
variable $rU : string? readwrite
alias $(ruri.user) = $rU
variable $rz : string?
variable $ru : string? readwrite
variable $du : string? readwrite
variable $rm : string
variable $si : string
variable $ml : int
variable $T_req(pv: variable) : any?
variable $time(k: word among "sec min hour mday mon year wday yday isdst") : int
variable $timef(f: format) : string?
variable $cnt(list: word form "[$]avp[(].*" "an attribute") : int
variable $TV(k: word) : int pending
function pv_isset(pv: variable dynamic) : outcome in any_route
transformation {s.len} : int
transformation {s.toupper} : string?
transformation {s.rm,text: string} : string?
transformation {re.subst,expression: subst} : string?
transformation {s.substr,offset: int,length: int} : string?
transformation {s.prefixes,max: int?} : string?
transformation {s.select,raw: literal} : string?
transformation {s.new} : string? pending
)",
    R"(module sl
param default_code : int = 500 within 100..699
param default_reason : string = "Internal Server Error"
param event_callback : string pending
param stir : int = 1 ignored
function sl_send_reply(code: int, reason: string) : verdict in request_route branch_failure_route event_route
function sl_reply_error() : verdict in request_route
)",
    R"(module tm
event tm:branch-failure:*
event tm:local-response once
param fr_timer : int = 30000
function t_relay() : verdict in request_route failure_route
function t_on_failure(route: route_failure) : outcome in request_route failure_route
function t_on_branch(route: route_branch) : outcome in request_route failure_route
function t_on_reply(route: route_reply) : outcome in request_route failure_route
)",
    R"(module textops
requires core
function is_method(methods: methods) : outcome in any_route
function is_present_hf(name: header dynamic) : outcome in any_route
function append_hf(text: string) : outcome in any_route
function search(re: regex) : outcome in any_route
function subst(expression: subst) : outcome in any_route
function is_privacy(type: literal among "id user") : outcome in any_route
function set_gflag(flag: int within 0..31) : outcome in any_route
function lock(item: string form "[^=]*=>.*" "table=>key") : outcome in any_route
function fill(target: variable writable, both: fields writable) : outcome in any_route
function later(x: string) : outcome in any_route pending
function expand(text: string dynamic) : outcome in any_route evaluates
)",
    R"(module corex
function append_branch(uri: string dynamic, q: string dynamic) : outcome in request_route failure_route
function setbflag(flag: int dynamic) : outcome in any_route
)",
    R"(module other_tm pending
provides tm
)",
    R"(module busy pending acts
)",
    R"(module idle pending
param url : string
param enable : int = 0 pending
)",
    R"(module usrloc
param preload : string repeated
)",
    R"(module lists
param allow : string repeated
param deny : string repeated
function passes(allow: literal) : outcome in any_route does preload
function passes(allow: literal, deny: literal) : outcome in any_route does preload
)",
    R"(module registrar
requires sl tm
param received_avp : variable
param noted : attributes
function save(table: literal) : verdict in request_route does preload
)",
};

inline std::unique_ptr<Analysed> analyse_script(const std::string& script, Purpose purpose = Purpose::Build) {
  auto out = std::make_unique<Analysed>();
  for (const char* module : kTestModules)
    out->set.add(modules::parse_module(*out->sources.add("test.module", module), out->findings));
  out->ast = syntax::parse_text("test.cfg", script, out->sources, {}, out->findings);
  out->program = analyse(out->ast, out->set, purpose, out->findings);
  return out;
}

inline constexpr const char* kLoadAll =
    "#!KAMAILIO\nloadmodule \"pv\"\nloadmodule \"sl\"\nloadmodule \"tm\"\nloadmodule \"textops\"\nloadmodule "
    "\"corex\"\n";

/// One statement in a request_route with all modules: its line in the printed program, or the findings.
inline std::string lowered(const std::string& statement) {
  const auto script =
      analyse_script(std::string(kLoadAll) + "request_route {\n" + statement + "\n}\nroute[A] { return 5; }\n");
  const std::string all = script->printed();
  const std::size_t start = all.find("request_route\n");
  if (start == std::string::npos) return all;
  const std::size_t from = start + 14;
  const std::size_t end = all.find("\nroute_A", from);
  std::string body = all.substr(from, end - from);
  return body.substr(0, 2) == "  " ? body.substr(2) : body;
}

}  // namespace strowger::analysis
