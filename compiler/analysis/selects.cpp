// `@ruri.user`: selects that are exactly a variable, and values of custom parameters, which are constants.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <utility>

#include "compiler/analysis/lower.h"
#include "compiler/syntax/parse.h"

namespace strowger::analysis {
namespace {

struct Equal {
  std::string_view select, variable;
};

constexpr Equal kEqual[] = {
    {"ruri", "$ru"},
    {"ruri.user", "$rU"},
    {"ruri.host", "$rd"},
    {"request_uri", "$ru"},
    {"request_uri.user", "$rU"},
    {"request_uri.host", "$rd"},
    {"from.uri", "$fu"},
    {"f.uri", "$fu"},
    {"from.uri.user", "$fU"},
    {"from.uri.host", "$fd"},
    {"from.tag", "$ft"},
    {"f.tag", "$ft"},
    {"to.uri", "$tu"},
    {"t.uri", "$tu"},
    {"to.uri.user", "$tU"},
    {"to.uri.host", "$td"},
    {"to.tag", "$tt"},
    {"t.tag", "$tt"},
    {"dst_uri", "$du"},
    {"dst_uri.host", "$dd"},
    {"cseq.num", "$cs"},
    {"method", "$rm"},
    {"call_id", "$ci"},
    {"callid", "$ci"},
    {"src.ip", "$si"},
    {"src.port", "$sp"},
    {"dst.ip", "$Ri"},
    {"dst.port", "$Rp"},
    {"received.ip", "$Ri"},
    {"received.port", "$Rp"},
    {"received.proto", "$pr"},
    {"user_agent", "$ua"},
    {"content_type", "$cT"},
    {"subject", "$hdr(Subject)"},
    {"organization", "$hdr(Organization)"},
    {"priority", "$hdr(Priority)"},
    {"sip_if_match", "$hdr(SIP-If-Match)"},
    {"date", "$hdr(Date)"},
    {"identity", "$hdr(Identity)"},
    {"event", "$hdr(Event)"},
    {"session_expires", "$hdr(Session-Expires)"},
    {"min_se", "$hdr(Min-SE)"},
    {"max_forwards", "$hdr(Max-Forwards)"},
    {"expires", "$hdr(Expires)"},
    {"msg.len", "$ml"},
    {"message.len", "$ml"},
    {"from.name", "$fn"},
    {"f.name", "$fn"},
    {"to.name", "$tn"},
    {"t.name", "$tn"},
    {"cseq.method", "$(csb{s.select,-1, })"},
    {"msg.body", "$rb"},
    {"contact.uri", "$(ct{nameaddr.uri})"},
    {"m.uri", "$(ct{nameaddr.uri})"},
    {"via.host", "$via0(host)"},
    {"via.branch", "$via0(branch)"},
    {"via.received", "$via0(received)"},
    {"v.host", "$via0(host)"},
    {"v.branch", "$via0(branch)"},
    {"v.received", "$via0(received)"},
    {"via[1].host", "$via0(host)"},
    {"via[1].branch", "$via0(branch)"},
    {"via[1].received", "$via0(received)"},
    {"v[1].host", "$via0(host)"},
    {"v[1].branch", "$via0(branch)"},
    {"v[1].received", "$via0(received)"},
    {"via[2].host", "$via1(host)"},
    {"via[2].branch", "$via1(branch)"},
    {"via[2].received", "$via1(received)"},
    {"v[2].host", "$via1(host)"},
    {"v[2].branch", "$via1(branch)"},
    {"v[2].received", "$via1(received)"},
    {"code", "$rs"},
    {"reason", "$rr"},
    {"sys.pid", "$pp"},
};

ExprPtr custom_parameter(Context& context, std::string_view path, text::Span span) {
  for (const syntax::CustomParam& param : context.ast.custom)
    if (!param.has_instance && path == param.group + "." + param.name)
      return make_text(param.is_text ? param.text : std::to_string(param.number), span);
  return nullptr;
}

}  // namespace

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
  for (const Equal& equal : kEqual) {
    if (equal.select != path) continue;
    syntax::PvRef pv;
    std::size_t used = 0;
    if (!syntax::parse_pv(equal.variable, span, pv, used, context.findings)) return nullptr;
    pv.span = span;
    pv.inner_span = span;
    ExprPtr value = lower_variable(context, pv);
    return value ? to_text(std::move(value)) : nullptr;
  }
  if (context.building()) {
    context.report_pending("select '@" + std::string(path) + "'", span);
    return nullptr;
  }
  return make_null(span);
}

}  // namespace strowger::analysis
