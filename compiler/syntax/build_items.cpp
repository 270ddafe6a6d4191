// Items of the top level: parameters, modules, routes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>

#include "compiler/syntax/build.h"
#include "compiler/syntax/literal.h"

namespace strowger::syntax {
namespace {

using grammar::CfgLexer;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

const char* name_of(RouteKind kind) {
  switch (kind) {
    case kRequestRoute: return "route";
    case kFailureRoute: return "failure_route";
    case kCoreReplyRoute:
    case kReplyRoute: return "onreply_route";
    case kBranchRoute: return "branch_route";
    case kOnsendRoute: return "onsend_route";
    default: return "event_route";
  }
}

}  // namespace

Span AstBuilder::span_of(const antlr4::ParserRuleContext* tree) {
  auto* context = const_cast<antlr4::ParserRuleContext*>(tree);
  if (!context || !context->getStart()) return {};
  if (!context->getStop() || context->getStop()->getTokenIndex() < context->getStart()->getTokenIndex())
    return at(context->getStart()).span;
  return Span::join(at(context->getStart()).span, at(context->getStop()).span);
}

/// The tokens' texts joined: a host, a port.
std::string AstBuilder::text_of(antlr4::ParserRuleContext* tree) { return tree ? tree->getText() : std::string(); }

std::string AstBuilder::string_value(Grammar::StringContext* tree) {
  std::string value;
  for (antlr4::tree::ParseTree* child : tree->children)
    if (auto* leaf = dynamic_cast<antlr4::tree::TerminalNode*>(child)) value += at(leaf->getSymbol()).value;
  return value;
}

void AstBuilder::item(Grammar::ItemContext* tree) {
  if (tree->routeBlock()) return route(tree->routeBlock());
  if (!usable(tree)) return;
  if (tree->globalParameter()) global(tree->globalParameter());
  if (tree->customParameter()) custom(tree->customParameter());
  if (tree->flagDeclaration()) flags(tree->flagDeclaration());
  if (tree->socketParameter()) sockets(tree->socketParameter());
  if (tree->socketBlock()) socket_block(tree->socketBlock());
  if (tree->moduleStatement()) module(tree->moduleStatement());
}

void AstBuilder::global(Grammar::GlobalParameterContext* tree) {
  Grammar::ParameterValueContext* value = tree->parameterValue();
  GlobalParam::Item item;
  item.span = span_of(value);
  item.text = text_of(value);
  if (value->NUMBER()) {
    item.kind = GlobalParam::Item::Kind::Number;
    item.number = value_of(value->NUMBER()->getSymbol());
    if (value->MINUS()) item.number = -item.number;
  } else if (value->string()) {
    item.kind = GlobalParam::Item::Kind::String;
    item.text = string_value(value->string());
  } else if (value->BOOLEAN() || value->ADDRESS_FAMILY()) {
    item.number = number_value(item.text);
  } else if (value->address() && value->address()->children.size() == 1 && value->address()->NUMBER()) {
    item.kind = GlobalParam::Item::Kind::Number;
    item.number = number_value(item.text);
  }
  GlobalParam param;
  param.name = text_of(tree->parameterName());
  param.name_span = span_of(tree->parameterName());
  param.span = span_of(tree);
  param.values.push_back(std::move(item));
  ast_.globals.push_back(std::move(param));
}

void AstBuilder::custom(Grammar::CustomParameterContext* tree) {
  CustomParam param;
  param.group = text_of(tree->group);
  param.name = text_of(tree->name);
  param.span = span_of(tree);
  if (tree->NUMBER()) {
    param.has_instance = true;
    param.instance = number_value(tree->NUMBER()->getText());
  }
  Grammar::CustomValueContext* value = tree->customValue();
  if (value->string()) {
    param.is_text = true;
    param.text = string_value(value->string());
  } else {
    param.number = number_value(value->BOOLEAN() ? value->BOOLEAN()->getText() : value->NUMBER()->getText());
    if (value->MINUS()) findings_.add("E0021", at(value->MINUS()->getSymbol()).span, {"'-'"}).note("a custom parameter cannot be negative");
  }
  if (tree->string()) param.description = string_value(tree->string());
  for (const CustomParam& known : ast_.custom)
    if (known.group == param.group && known.name == param.name && known.has_instance == param.has_instance && known.instance == param.instance) {
      findings_.add("E0005", param.span, {param.group + "." + param.name}).note("first defined here", known.span);
      return;
    }
  ast_.custom.push_back(std::move(param));
}

void AstBuilder::flags(Grammar::FlagDeclarationContext* tree) {
  auto& out = tree->AVPFLAGS() ? ast_.avpflags : ast_.flags;
  for (Grammar::FlagContext* flag : tree->flag()) {
    FlagDecl decl;
    decl.name = flag->string() ? string_value(flag->string()) : flag->ID()->getText();
    if (flag->NUMBER()) decl.number = number_value(flag->NUMBER()->getText());
    if (flag->NUMBER() && tree->AVPFLAGS()) findings_.add("E0021", span_of(flag), {"':'"}).note("the flags of avpflags have no numbers");
    decl.span = span_of(flag);
    out.push_back(std::move(decl));
  }
}

// ---- sockets ---------------------------------------------------------------------------------------------------

std::string AstBuilder::host_text(Grammar::HostContext* tree) {
  if (tree->string()) return string_value(tree->string());
  std::string text = text_of(tree);
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  return text;
}

void AstBuilder::endpoint(Grammar::EndpointContext* tree, std::string& protocol, std::string& host, Int& port,
                          std::vector<std::string>* more_hosts) {
  if (tree->PROTOCOL()) protocol = lower(tree->PROTOCOL()->getText());
  const auto hosts = tree->hosts()->host();
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (i == 0) {
      host = host_text(hosts[i]);
    } else if (more_hosts) {
      more_hosts->push_back(host_text(hosts[i]));
    }
  }
  if (tree->port() && tree->port()->NUMBER(0)) {
    port = number_value(tree->port()->NUMBER(0)->getText());
    if (port < 0 || port > 65535) {
      const Int taken = port & 0xffff;
      findings_.add("W0212", span_of(tree->port()), {std::to_string(port) + " is no port; Kamailio takes its last 16 bits, " + std::to_string(taken)});
      port = taken;
    }
  }
}

/// "127.0.0.256": four numbers, but no address.
static bool is_false_ipv4(const std::string& host) {
  std::size_t dots = 0, number = 0;
  bool too_big = false;
  for (const char c : host) {
    if (c == '.') {
      ++dots;
      number = 0;
    } else if (c >= '0' && c <= '9') {
      number = std::min<std::size_t>(number * 10 + static_cast<std::size_t>(c - '0'), 256);
      too_big |= number > 255;
    } else {
      return false;
    }
  }
  return dots == 3 && too_big;
}

static bool is_ipv6(const std::string& host) {
  in6_addr address = {};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

/// What the grammar takes and Kamailio does not: false where the socket is good.
bool AstBuilder::refuses(Grammar::SocketSpecContext* spec, const SocketSpec& socket) {
  const std::string name = socket.is_alias ? "alias" : "listen";
  Grammar::EndpointContext* at_first = spec->endpoint(0);
  const auto hosts = at_first->hosts()->host();
  const auto refuse = [&](std::string why) -> diagnostics::Finding& { return findings_.add("E0119", socket.span, {name, std::move(why)}); };
  if (socket.protocol == "ws" || socket.protocol == "wss") {
    refuse("cannot have the protocol '" + socket.protocol + "'").help("WebSockets come in over tcp, or over tls, by the module websocket");
  } else if (hosts.size() == 1 && hosts[0]->STAR()) {
    refuse("cannot have the host '*'").help(socket.is_alias ? "name the host" : "0.0.0.0 is every address of this machine, [::] every IPv6 one");
  } else if (is_false_ipv4(socket.host)) {
    refuse("has no such address: '" + socket.host + "'");
  } else if (at_first->port() && at_first->port()->MINUS()) {
    refuse("takes one port, not a range");
  } else if (socket.is_alias && (spec->ADVERTISE() || spec->NAME() || spec->VIRTUAL())) {
    refuse("takes a host and a port only").help("advertise, name and virtual belong to listen");
  } else if (!socket.is_alias && hosts.size() == 1 && hosts[0]->string() && socket.host.find(':') != std::string::npos &&
             !is_ipv6(socket.host)) {
    refuse("has no such host: '" + socket.host + "'")
        .help("what is in quotes is the host as a whole; write protocol and port outside of them, as listen=udp:\"a.example\":5060");
  } else {
    return false;
  }
  return true;
}

void AstBuilder::sockets(Grammar::SocketParameterContext* tree) {
  for (Grammar::SocketSpecContext* spec : tree->socketSpec()) {
    SocketSpec socket;
    socket.is_alias = tree->ALIAS() != nullptr;
    socket.span = span_of(spec);
    const auto endpoints = spec->endpoint();
    endpoint(endpoints[0], socket.protocol, socket.host, socket.port, &socket.more_hosts);
    if (refuses(spec, socket)) continue;
    if (spec->advertised) {
      std::string protocol;
      endpoint(spec->advertised, protocol, socket.advertise_host, socket.advertise_port, nullptr);
    }
    if (spec->string()) socket.name = string_value(spec->string());
    socket.is_virtual = spec->VIRTUAL() != nullptr;
    ast_.sockets.push_back(std::move(socket));
  }
}

void AstBuilder::socket_block(Grammar::SocketBlockContext* tree) {
  if (tree->ID()->getText() != "socket") {
    findings_.add("E0021", at(tree->LBRACE()->getSymbol()).span, {"'{'"});
    return;
  }
  SocketSpec socket;
  socket.span = span_of(tree);
  for (Grammar::SocketEntryContext* entry : tree->socketEntry()) {
    if (!entry->socketKey()) continue;
    const std::string key = text_of(entry->socketKey());
    if (key == "bind" && entry->endpoint()) {
      endpoint(entry->endpoint(), socket.protocol, socket.host, socket.port, &socket.more_hosts);
    } else if (key == "advertise" && entry->endpoint()) {
      std::string protocol;
      endpoint(entry->endpoint(), protocol, socket.advertise_host, socket.advertise_port, nullptr);
    } else if (key == "advertise" && entry->string()) {
      socket.advertise_host = string_value(entry->string());
    } else if (key == "bind" && entry->string()) {
      socket.host = string_value(entry->string());
    } else if (key == "name" && entry->string()) {
      socket.name = string_value(entry->string());
    } else if (key == "workers" && (entry->NUMBER() || entry->endpoint())) {
      socket.workers = number_value(entry->NUMBER() ? entry->NUMBER()->getText() : text_of(entry->endpoint()));
    } else if (key == "virtual" && entry->BOOLEAN()) {
      socket.is_virtual = number_value(entry->BOOLEAN()->getText()) != 0;
    } else if (key != "agname") {
      findings_.add("E0018", span_of(entry), {"socket", "has no such entry or not with such a value"})
          .note("its entries are bind, advertise, name, workers, virtual and agname");
    }
  }
  if (socket.host.empty()) findings_.add("E0018", socket.span, {"socket", "needs an entry 'bind'"});
  ast_.sockets.push_back(std::move(socket));
}

// ---- modules ---------------------------------------------------------------------------------------------------

std::string AstBuilder::evaluated(std::string text, const Span& place) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const bool env = text.compare(i, 5, "$env(") == 0;
    const bool def = text.compare(i, 5, "$def(") == 0;
    const std::size_t close = env || def ? text.find(')', i) : std::string::npos;
    if (close == std::string::npos) {
      if (text[i] == '$' && i + 1 < text.size() && text[i + 1] != '$')
        findings_.add("E0009", place, {text.substr(i), "only $env(NAME) and $def(NAME) have a value at this time"});
      out += text[i++];
      continue;
    }
    const std::string name = text.substr(i + 5, close - i - 5);
    if (env) {
      const char* value = std::getenv(name.c_str());
      if (!value) findings_.add("W0016", place, {name});
      out += value ? value : "<null>";
    } else if (const Define* define = preprocessor_.find_define(name)) {
      std::string value = define->value;
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = decode_double_quoted(value.substr(1, value.size() - 2));
      out += value;
    } else {
      findings_.add("W0016", place, {name});
      out += "<null>";
    }
    i = close + 1;
  }
  return out;
}

void AstBuilder::module(Grammar::ModuleStatementContext* tree) {
  if (tree->MODPARAM() || tree->MODPARAMX()) return modparam(tree);
  Grammar::StringContext* string = tree->string(0);
  std::string value = string_value(string);
  const Span place = span_of(string);
  if (tree->LOADPATH() || tree->CFGENGINE()) {
    GlobalParam param;
    antlr4::Token* name = tree->getStart();
    param.name = name->getText();
    param.name_span = at(name).span;
    param.span = span_of(tree);
    param.values.push_back({GlobalParam::Item::Kind::String, 0, std::move(value), place});
    (tree->CFGENGINE() ? ast_.globals : ast_.load_paths).push_back(std::move(param));
    return;
  }
  if (tree->LOADMODULEX()) value = evaluated(std::move(value), place);
  value = value.substr(value.find_last_of('/') + 1);
  if (value.ends_with(".so")) value.resize(value.size() - 3);
  ast_.modules.push_back({std::move(value), span_of(tree)});
}

void AstBuilder::modparam(Grammar::ModuleStatementContext* tree) {
  ModParam param;
  param.module_pattern = string_value(tree->module);
  param.module_span = span_of(tree->module);
  param.name = string_value(tree->name);
  param.name_span = span_of(tree->name);
  param.span = span_of(tree);
  param.modules_before = ast_.modules.size();
  Grammar::ModparamValueContext* value = tree->modparamValue();
  param.value_span = span_of(value);
  if (value->string()) {
    param.is_text = true;
    param.text = string_value(value->string());
    if (tree->MODPARAMX()) param.text = evaluated(std::move(param.text), param.value_span);
  } else if (value->VARIABLE()) {
    param.is_text = true;
    if (!tree->MODPARAMX()) {
      findings_.add("E0001", param.value_span, {"'" + value->getText() + "'", "a number or a string"})
          .help("write the variable as a text if the parameter takes a variable: \"" + value->getText() + "\"");
      return;
    }
    const std::string text = value->getText();
    if (text.starts_with("$defn(")) {
      const Define* define = preprocessor_.find_define(text.substr(6, text.size() - 7));
      param.is_text = false;
      param.number = define ? std::atoi(define->value.c_str()) : 0;
    } else {
      param.text = evaluated(text, param.value_span);
    }
  } else {
    param.number = value->NUMBER() ? value_of(value->NUMBER()->getSymbol()) : number_value(value->getText());
    if (value->MINUS()) param.number = -param.number;
  }
  ast_.modparams.push_back(std::move(param));
}

// ---- routes ----------------------------------------------------------------------------------------------------

std::string AstBuilder::route_name(Grammar::RouteNameContext* tree) {
  if (tree->string()) return string_value(tree->string());
  const std::string text = tree->getText();
  return tree->ID() ? text : std::to_string(number_value(text));
}

void AstBuilder::route(Grammar::RouteBlockContext* tree) {
  Grammar::RouteHeadContext* head = tree->routeHead();
  if (!usable(head) || (head->LBRACK() && !usable(head->routeName()) && !head->EVENT_ROUTE())) return;
  Route route;
  route.span = span_of(tree);
  route.name_span = span_of(head);
  if (head->routeName()) {
    route.name = route_name(head->routeName());
    route.name_span = span_of(head->routeName());
  }
  if (head->REQUEST_ROUTE() || head->ROUTE()) {
    route.kind = kRequestRoute;
  } else if (head->REPLY_ROUTE()) {
    route.kind = route.name.empty() || route.name == "0" ? kCoreReplyRoute : kReplyRoute;
    if (head->LBRACK() && head->REPLY_ROUTE()->getText() == "reply_route")
      findings_.add("E0021", route.name_span, {"'['"}).help("reply_route has no name; a named one is an onreply_route[" + route.name + "]");
  } else if (head->FAILURE_ROUTE()) {
    route.kind = kFailureRoute;
  } else if (head->BRANCH_ROUTE()) {
    route.kind = kBranchRoute;
  } else if (head->ONSEND_ROUTE()) {
    route.kind = kOnsendRoute;
  } else {
    antlr4::tree::TerminalNode* name = head->EVENT_NAME() ? head->EVENT_NAME() : head->DOUBLE_QUOTED();
    if (!name) return;
    route.name = name->getText();
    route.name_span = at(name->getSymbol()).span;
    if (head->DOUBLE_QUOTED()) route.name = route.name.substr(1, route.name.size() - 2);
    const std::size_t colon = route.name.find(':');
    bool is_name = colon != std::string::npos && colon != 0;
    for (std::size_t i = colon; is_name && i != std::string::npos; i = route.name.find(':', i + 1))
      is_name = i + 1 < route.name.size() && std::isalpha(static_cast<unsigned char>(route.name[i + 1]));
    if (!is_name) findings_.add("E0020", route.name_span, {route.name});
    route.kind = route.name.starts_with("tm:branch-failure:") ? kBranchFailureRoute : kEventRoute;
  }
  // The number 0 is the name of what is written without one; t_on_failure("0") arms such a block.
  if (route.kind == kFailureRoute || route.kind == kBranchRoute) {
    if (route.name.empty()) route.name = "0";
  } else if (route.name == "0") {
    route.name.clear();
  }
  if (tree->block()) {
    Grammar::BlockContext* body = tree->block();
    block_items(body->blockItem(), route.body);
    refuse_empty(body);
  }
  const auto [known, is_new] = routes_.emplace(std::pair{route.kind, route.name}, route.name_span);
  if (!is_new && !route.name.empty()) {
    findings_.add("E0121", route.name_span, {std::string(name_of(route.kind)) + "[" + route.name + "]"}).note("first defined here", known->second);
    return;
  }
  if (!is_new) {
    const std::string_view shown = route.kind == kRequestRoute ? "request_route" : name_of(route.kind);
    findings_.add("W0122", route.name_span, {std::string(shown)}).note("the first one is here", known->second);
    for (Route& first : ast_.routes)
      if (first.kind == route.kind && first.name.empty()) {
        std::move(route.body.begin(), route.body.end(), std::back_inserter(first.body));
        return;
      }
  }
  ast_.routes.push_back(std::move(route));
}

}  // namespace strowger::syntax
