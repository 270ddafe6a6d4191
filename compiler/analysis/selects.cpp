// `@ruri.user`: selects as the variables that read the same, and values of custom parameters.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "compiler/analysis/lower.h"
#include "compiler/syntax/parse.h"

namespace strowger::analysis {
namespace {

/// A select and the text of the variable. Where `only_if` is a variable, the select is undefined unless that is defined.
struct Equal {
  std::string_view select, variable, only_if;
};

constexpr Equal kEqual[] = {
    {"ruri", "$ru", ""},
    {"ruri.user", "$rU", ""},
    {"ruri.host", "$rd", ""},
    {"from", "$hdr(From)", ""},
    {"from.uri", "$fu", ""},
    {"from.uri.user", "$fU", ""},
    {"from.uri.host", "$fd", ""},
    {"from.tag", "$ft", ""},
    {"from.name", "$fn", ""},
    {"to", "$hdr(To)", ""},
    {"to.uri", "$tu", ""},
    {"to.uri.user", "$tU", ""},
    {"to.uri.host", "$td", ""},
    {"to.tag", "$tt", ""},
    {"to.name", "$tn", ""},
    {"ruri.hostport", "$_s($rd:$rp)", "$rd"},
    {"dst_uri", "$du", ""},
    {"dst_uri.hostport", "$_s($dd:$dp)", "$dd"},
    {"next_hop.hostport", "$_s($nh(d):$nh(p))", "$nh(d)"},
    {"dst_uri.host", "$dd", ""},
    {"next_hop", "$nh(u)", ""},
    {"next_hop.user", "$nh(U)", ""},
    {"next_hop.host", "$nh(d)", ""},
    {"next_hop.port", "$(nh(u){uri.port})", "$nh(u)"},
    {"next_hop.transport", "$nh(P)", ""},
    {"contact", "$ct", ""},
    {"contact.expires", "$(hfl(Contact){tobody.params}{param.value,expires})", "$ct"},
    {"contact.q", "$(hfl(Contact){tobody.params}{param.value,q})", "$ct"},
    {"contact.methods", "$(hfl(Contact){tobody.params}{param.value,methods})", "$ct"},
    {"contact.received", "$(hfl(Contact){tobody.params}{param.value,received})", "$ct"},
    {"refer_to", "$hdr(Refer-To)", ""},
    {"rpid", "$hdr(Remote-Party-ID)", ""},
    {"record_route", "$hdr(Record-Route)", ""},
    {"cseq", "$hdr(CSeq)", ""},
    {"cseq.num", "$cs", ""},
    {"cseq.method", "$(csb{s.select,-1, })", ""},
    {"method", "$rm", ""},
    {"msg.request.method", "$rm", ""},
    {"msg.req.method", "$rm", ""},
    {"msg.request.uri", "$ou", ""},
    {"msg.req.uri", "$ou", ""},
    {"msg.request.version", "$rv", "$ou"},
    {"msg.req.version", "$rv", "$ou"},
    {"msg.response.version", "$rv", "$rs"},
    {"msg.res.version", "$rv", "$rs"},
    {"version", "$rv", ""},
    {"msg.response.status", "$rs", ""},
    {"msg.res.status", "$rs", ""},
    {"msg.response.code", "$rs", ""},
    {"msg.res.code", "$rs", ""},
    {"msg.response.reason", "$rr", ""},
    {"msg.res.reason", "$rr", ""},
    {"status", "$rs", ""},
    {"code", "$rs", ""},
    {"reason", "$rr", ""},
    {"msg.first_line", "$msg(fline)", ""},
    {"msg.flags", "$mf", ""},
    {"msg.len", "$ml", ""},
    {"msg.id", "$mi", ""},
    {"msg.type", "$mt", ""},
    {"msg.body", "$rb", ""},
    {"msg.content", "$rb", ""},
    {"call_id", "$ci", ""},
    {"src.ip", "$si", ""},
    {"src.port", "$sp", ""},
    {"src.ip_port", "$_s($si:$sp)", ""},
    {"dst.ip", "$Ri", ""},
    {"dst.port", "$Rp", ""},
    {"dst.ip_port", "$_s($Ri:$Rp)", ""},
    {"received.ip", "$Ri", ""},
    {"received.port", "$Rp", ""},
    {"received.proto", "$pr", ""},
    {"received.ip_port", "$_s($Ri:$Rp)", ""},
    {"received.proto_ip_port", "$Ras", ""},
    {"user_agent", "$ua", ""},
    {"content_type", "$cT", ""},
    {"content_length", "$hdr(Content-Length)", ""},
    {"subject", "$hdr(Subject)", ""},
    {"organization", "$hdr(Organization)", ""},
    {"priority", "$hdr(Priority)", ""},
    {"sip_if_match", "$hdr(SIP-If-Match)", ""},
    {"date", "$hdr(Date)", ""},
    {"identity", "$hdr(Identity)", ""},
    {"identity_info", "$hdr(Identity-Info)", ""},
    {"event", "$hdr(Event)", ""},
    {"session_expires", "$hdr(Session-Expires)", ""},
    {"min_se", "$hdr(Min-SE)", ""},
    {"max_forwards", "$hdr(Max-Forwards)", ""},
    {"expires", "$hdr(Expires)", ""},
    {"branch.count", "$branch(count)", ""},
    {"via", "$hdr(Via)", ""},
    {"via.host", "$via0(host)", ""},
    {"via.port", "$via0(port)", ""},
    {"via.transport", "$via0(proto)", ""},
    {"via.branch", "$via0(branch)", ""},
    {"via.received", "$via0(received)", ""},
    {"via.i", "$via0(i)", ""},
    {"via.rport", "$via0(rport)", ""},
    {"via.name", "$(hdr(Via){s.select,0,/})", "$hdr(Via)"},
    {"via.version", "$(hdr(Via){s.select,1,/})", "$hdr(Via)"},
    {"via[2].rport", "$via1(rport)", ""},
    {"via[2].i", "$via1(i)", ""},
    {"via[-1].host", "$viaZ(host)", ""},
    {"via[-1].port", "$viaZ(port)", ""},
    {"via[-1].transport", "$viaZ(proto)", ""},
    {"via[-1].branch", "$viaZ(branch)", ""},
    {"via[-1].received", "$viaZ(received)", ""},
    {"via[-1].rport", "$viaZ(rport)", ""},
    {"via[-1].i", "$viaZ(i)", ""},
    {"via[2].host", "$via1(host)", ""},
    {"via[2].port", "$via1(port)", ""},
    {"via[2].transport", "$via1(proto)", ""},
    {"via[2].branch", "$via1(branch)", ""},
    {"via[2].received", "$via1(received)", ""},
    {"sys.pid", "$pp", ""},
    {"sys.server_id", "$sid", ""},
    {"sys.unique", "$sruid", ""},
};

/// Other names of the first step.
constexpr std::pair<std::string_view, std::string_view> kShort[] = {
    {"request_uri", "ruri"}, {"f", "from"}, {"t", "to"}, {"m", "contact"}, {"v", "via"}, {"rr", "record_route"},
    {"remote_party_id", "rpid"}, {"message", "msg"},
};

/// What a URI is read from, for `ROOT.user` and its like.
constexpr Equal kUris[] = {
    {"ruri", "ru", "$ru"},
    {"from.uri", "fu", "$fu"},
    {"to.uri", "tu", "$tu"},
    {"dst_uri", "du", "$du"},
    {"next_hop", "nh(u)", "$nh(u)"},
    {"contact.uri", "hfl(Contact){tobody.uri}", "$ct"},
    {"refer_to.uri", "hdr(Refer-To){nameaddr.uri}", "$hdr(Refer-To)"},
    {"rpid.uri", "hdr(Remote-Party-ID){nameaddr.uri}", "$hdr(Remote-Party-ID)"},
    {"record_route.uri", "hdr(Record-Route){nameaddr.uri}", "$hdr(Record-Route)"},
};
constexpr std::pair<std::string_view, std::string_view> kUriParts[] = {
    {"", ""},           {".user", "{uri.user}"}, {".pwd", "{uri.passwd}"},         {".host", "{uri.host}"},
    {".port", "{uri.port}"}, {".type", "{uri.scheme}"}, {".transport", "{uri.transport}"}, {".params", "{uri.params}"},
};
/// Headers with names and parameters: `ROOT.params["x"]`.
constexpr std::pair<std::string_view, std::string_view> kNamed[] = {
    {"from", "hdr(From)"}, {"to", "hdr(To)"}, {"contact", "hfl(Contact)"}, {"refer_to", "hdr(Refer-To)"},
    {"rpid", "hdr(Remote-Party-ID)"}, {"record_route", "hdr(Record-Route)"},
};

struct Reading {
  std::string variable, only_if;
};

/// `["x"]` or `.x` at the start: x. Names that a transformation could not hold are refused.
std::optional<std::string> name_in(std::string_view text) {
  if (text.starts_with("[\"") && text.ends_with("\"]") && text.size() > 4) text = text.substr(2, text.size() - 4);
  else if (text.starts_with('.') && text.size() > 1) text.remove_prefix(1);
  else return std::nullopt;
  for (const char c : text)
    if (!((c | 32) >= 'a' && (c | 32) <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_') return std::nullopt;
  return std::string(text);
}

std::optional<Reading> with_name(std::string_view path) {
  for (const Equal& uri : kUris) {
    if (!path.starts_with(uri.select)) continue;
    const std::string_view rest = path.substr(uri.select.size());
    if (rest.starts_with(".params"))
      if (const auto name = name_in(rest.substr(7)))
        return Reading{"$(" + std::string(uri.variable) + "{uri.param," + *name + "})", std::string(uri.only_if)};
    for (const auto& [part, transformation] : kUriParts)
      if (rest == part) return Reading{"$(" + std::string(uri.variable) + std::string(transformation) + ")", std::string(uri.only_if)};
  }
  for (const auto& [root, variable] : kNamed) {
    if (!path.starts_with(root)) continue;
    const std::string_view rest = path.substr(root.size());
    if (rest.starts_with(".params"))
      if (const auto name = name_in(rest.substr(7)))
        return Reading{"$(" + std::string(variable) + "{tobody.params}{param.value," + *name + "})", "$" + std::string(variable)};
    if (rest == ".name") {   // with the blank behind it in Record-Route, as in Kamailio 5.6.3
      const std::string cut = root == "record_route" ? "" : "{s.rtrim}";
      return Reading{"$(" + std::string(variable) + "{nameaddr.name}" + cut + ")", "$" + std::string(variable)};
    }
  }
  for (const std::string_view attribute : {"uri", "dst_uri"}) {   // branch.uri[1]
    const std::string start = "branch." + std::string(attribute) + "[";
    if (!path.starts_with(start) || !path.ends_with(']')) continue;
    const std::string_view index = path.substr(start.size(), path.size() - start.size() - 1);
    if (index.empty() || index.size() > 2 || index.find_first_not_of("0123456789") != index.npos) continue;
    return Reading{"$(branch(" + std::string(attribute) + ")[" + std::string(index) + "])", ""};
  }
  for (const auto& [root, index] : {std::pair{"via.params", "0"}, std::pair{"via[2].params", "1"}}) {
    if (!path.starts_with(root)) continue;
    const auto name = name_in(path.substr(std::string_view(root).size()));
    if (!name) continue;
    const std::string via = "(hfl(Via)[" + std::string(index) + "]";
    return Reading{"$" + via + "{s.after,;}{param.value," + *name + "})", "$" + via + ")"};
  }
  for (const std::string_view root : {"msg.header", "msg.h"}) {
    if (!path.starts_with(root)) continue;
    std::string_view rest = path.substr(root.size());
    std::string_view part;
    for (const std::string_view known : {".nameaddr.uri", ".nameaddr.name"})
      if (rest.ends_with(known)) part = known;
    rest.remove_suffix(part.size());
    auto name = name_in(rest);
    if (!name) continue;
    if (rest[0] == '.')
      for (char& c : *name)
        if (c == '_') c = '-';                       // header.Refer_To
    const std::string variable = "hdr(" + *name + ")";
    if (part.empty()) return Reading{"$" + variable, ""};
    return Reading{"$(" + variable + "{" + std::string(part.substr(1)) + "})", "$" + variable};
  }
  return std::nullopt;
}

std::optional<Reading> reading_of(std::string_view written) {
  std::string path(written);
  const std::string first = path.substr(0, path.find_first_of(".["));
  for (const auto& [from, to] : kShort)
    if (first == from) path.replace(0, from.size(), to);
  if (path.starts_with("via[1]")) path.replace(0, 6, "via");
  for (const Equal& equal : kEqual)
    if (equal.select == path) return Reading{std::string(equal.variable), std::string(equal.only_if)};
  return with_name(path);
}

/// What is an empty text where the variable is undefined, and undefined where it is empty.
constexpr std::string_view kNeverNull[] = {"from.name", "to.name", "to.tag"};
constexpr std::string_view kNeverEmpty[] = {"contact.expires", "contact.received"};

ExprPtr no_text(text::Span span) {
  ExprPtr nothing = make(Op::ToText, Type::Text, span, make_null(span));
  nothing->nullable = true;
  return nothing;
}

/// `value`, or `other` where it is undefined or empty; `again` is the same value.
ExprPtr unless_empty(ExprPtr value, ExprPtr again, ExprPtr other, text::Span span) {
  ExprPtr condition = make(Op::NeText, Type::Int, span, std::move(again), make_text("", span));
  ExprPtr out = make(Op::SelVal, Type::Text, span, std::move(condition), std::move(value), std::move(other));
  out->nullable = true;
  return out;
}

ExprPtr variable_named(Context& context, const std::string& text, text::Span span) {
  syntax::PvRef pv;
  std::size_t used = 0;
  if (!syntax::parse_pv(text, span, pv, used, context.findings)) return nullptr;
  pv.span = span;
  pv.inner_span = span;
  return lower_variable(context, pv);
}

/// With cfg_rpc loaded a custom parameter may change while the proxy runs; else it is a constant.
ExprPtr custom_parameter(Context& context, std::string_view path, text::Span span) {
  if (path == "core.debug" && context.set.find_variable("cfg_get", context.loaded)) return variable_named(context, "$cfg_get(core.debug)", span);
  for (const syntax::CustomParam& param : context.ast.custom) {
    if (param.has_instance || path != param.group + "." + param.name) continue;
    if (context.set.find_variable("cfg_get", context.loaded))
      return variable_named(context, "$cfg_get(" + std::string(path) + ")", span);
    ExprPtr value = make_text(param.is_text ? param.text : std::to_string(param.number), span);
    // It may be another one in the next start: no branch is dead for it.
    return context.building() ? std::move(value) : make(Op::Concat, Type::Text, span, std::move(value));
  }
  return nullptr;
}

}  // namespace

ExprPtr lower_select_variable(Context& context, std::string_view path, text::Span span) {
  ExprPtr value = lower_select(context, path, span);
  if (!value || path.starts_with("cfg_get.") || path == "contact.name") return value;
  ExprPtr again = lower_select(context, path, span);
  return again ? unless_empty(to_text(std::move(value)), to_text(std::move(again)), no_text(span), span) : nullptr;
}

ExprPtr lower_select(Context& context, std::string_view path, text::Span span) {
  constexpr std::string_view kCustom = "cfg_get.";
  if (path.substr(0, kCustom.size()) == kCustom) {
    const std::string_view name = path.substr(kCustom.size());
    if (ExprPtr value = custom_parameter(context, name, span)) return value;
    if (name.substr(0, 5) != "core.") {
      context.findings.add("E0222", span, {std::string(name)});
      return nullptr;
    }
  }
  if (path == "ruri.user" || path == "request_uri.user") {   // of a tel: URI without its visual separators
    ExprPtr scheme = variable_named(context, "$rz", span);
    ExprPtr digits = variable_named(context, "$(rU{re.subst,/[-.()]//g})", span), user = variable_named(context, "$rU", span);
    if (!scheme || !digits || !user) return nullptr;
    ExprPtr is_tel = make(Op::EqText, Type::Int, span, to_text(std::move(scheme)), make_text("tel", span));
    ExprPtr out = make(Op::SelVal, Type::Text, span, std::move(is_tel), to_text(std::move(digits)), to_text(std::move(user)));
    out->nullable = true;
    return out;
  }
  if (path == "callid") return no_text(span);            // the header is call_id
  if (const std::optional<Reading> reading = reading_of(path)) {
    ExprPtr value = variable_named(context, reading->variable, span);
    if (!value) return nullptr;
    value = to_text(std::move(value));
    const auto is_in = [&](const auto& list) { return std::find(std::begin(list), std::end(list), path) != std::end(list); };
    if (path == "branch.count" || is_in(kNeverNull) || is_in(kNeverEmpty)) {
      ExprPtr other = path == "branch.count" ? make_text("0", span) : is_in(kNeverNull) ? make_text("", span) : no_text(span);
      value = unless_empty(std::move(value), to_text(variable_named(context, reading->variable, span)), std::move(other), span);
    }
    if (reading->only_if.empty()) return value;
    ExprPtr condition = variable_named(context, reading->only_if, span);
    if (!condition) return nullptr;
    condition = make(Op::Defined, Type::Int, span, to_any(std::move(condition)));
    ExprPtr out = make(Op::SelVal, Type::Text, span, std::move(condition), std::move(value), no_text(span));
    out->nullable = true;
    return out;
  }
  if (context.building()) {
    context.report_pending("select '@" + std::string(path) + "'", span);
    return nullptr;
  }
  return no_text(span);  // a text that lint knows nothing of
}

}  // namespace strowger::analysis
