// An abstract run over the routes: conditions split states, joins keep what is sure; a called route is run once for
// each state it is called in, up to a bound, and then once for their join.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/typestate.h"

#include <algorithm>

#include "compiler/lint/methods.h"

namespace strowger::lint {
namespace {

using modules::ArgKind;
using program::Expr;
using program::Op;
using program::Statement;

constexpr std::size_t kContexts = 6;   ///< states that a route is run for before they are joined
constexpr std::size_t kDepth = 100;    ///< of calls; deeper ones are taken to change nothing
constexpr std::uint32_t kReplyKinds = kCoreReplyRoute | kReplyRoute;

/// Facts that callbacks and events take for granted: their request passed the script before.
constexpr std::uint32_t kPolicy = kRecordRouted | kRouteLooked | kAuthenticated | kTrusted | kCleaned | kHops |
                                  kTransaction | kRateLimited | kDialog | kLocalTarget | kChallenged | kSanity |
                                  kLocalSource | kRelayTried;

State entry_state(std::uint32_t kind) {
  State out;
  out.kinds = kind;
  for (Cell& cell : out.cells) {
    cell.live = true;
    if (kind != kRequestRoute) cell.must = kPolicy;
  }
  // No request of these kinds has a tag in To (RFC 3261 9.1, RFC 3903), or has none.
  const std::uint32_t initial = kCancel | kRegister | kPublish;
  const std::uint32_t inside = kBye | kInfo | kPrack | kUpdate;
  for (std::size_t m = 0; m < kMethodClasses; ++m) {
    if ((initial >> m & 1u) != 0) out.cells[m * 2 + 1] = Cell{};
    if ((inside >> m & 1u) != 0) out.cells[m * 2] = Cell{};
  }
  return out;
}

struct Returned {
  State yes, no;
  bool comes_back() const { return yes.live() || no.live(); }
};

class Runner {
 public:
  Runner(const Index& index, Typestate& out) : index_(index), out_(out) {
    runs_.resize(index.program.routes.size());
    open_.resize(index.program.routes.size());
  }

  Returned run(std::size_t route, const State& in) {
    Runs& known = runs_[route];
    for (const auto& [before, after] : known.done)
      if (before == in) return after;
    if (open_[route] || depth_ >= kDepth) return {in, in};
    State entry = in;
    if (known.done.size() >= kContexts) {
      State all = known.joined;
      all.join(in);
      if (known.has_joined && all == known.joined) return known.joined_result;
      known.joined = entry = all;
    } else {
      known.joined.join(in);
    }
    open_[route] = true;
    ++depth_;
    Frame frame;
    std::swap(frame, frame_);
    State end = block(index_.program.routes[route].body, entry);
    out_.route_end[route].join(end);
    // What falls off the end gives the code of its last command.
    frame_.yes.join(end);
    frame_.no.join(end);
    std::swap(frame, frame_);
    --depth_;
    open_[route] = false;
    Returned result{frame.yes, frame.no};
    if (result.comes_back()) out_.returns[route] = true;
    if (known.done.size() < kContexts) {
      known.done.push_back({in, result});
    } else {
      known.has_joined = true;
      known.joined_result = result;
    }
    return result;
  }

 private:
  struct Runs {
    std::vector<std::pair<State, Returned>> done;
    State joined;
    bool has_joined = false;
    Returned joined_result;
  };
  struct Frame {
    State yes, no, breaks;
  };

  static State joined(State a, const State& b) {
    a.join(b);
    return a;
  }

  Branches both(const State& s) { return {s, s}; }

  Branches split_methods(const State& in, std::uint32_t sure, std::uint32_t maybe) {
    Branches out{in, in};
    out.yes.keep(maybe);
    out.no.keep(kAllMethods & ~sure);
    return out;
  }

  /// `$rm == "X"`, `method == "X"`.
  bool is_method_word(const Expr& e) {
    if (e.op == Op::ToAny || e.op == Op::ToText) return is_method_word(*e.args[0]);
    return (e.op == Op::Variable && e.use.variable->name == "rm") ||
           (e.op == Op::ConditionText && e.word == syntax::CoreWord::Method);
  }

  bool is_source(const Expr& e) {
    if (e.op == Op::ToAny || e.op == Op::ToText) return is_source(*e.args[0]);
    return (e.op == Op::Variable && (e.use.variable->name == "si" || e.use.variable->name == "su")) ||
           (e.op == Op::ConditionText && e.word == syntax::CoreWord::SrcIp);
  }

  Branches with(const State& in, std::uint32_t when_true, std::uint32_t when_false = 0) {
    Branches out = both(in);
    out.yes.add(when_true);
    out.no.add(when_false);
    return out;
  }

  Branches call(const Expr& e, State in) {
    for (const program::Operand& operand : e.operands)
      if (operand.value) in = value(*operand.value, in);
    const auto [at, fresh] = out_.at_call.try_emplace(&e, in);
    if (!fresh) at->second.join(in);
    const std::string& name = e.function->name;
    if (name == "is_method" && !e.operands.empty()) {
      const Int mask = e.operands[0].number;
      const std::uint32_t classes = classes_of(mask);
      return split_methods(in, classes & ~kOthers, classes);
    }
    if (name == "has_totag" || name == "is_known_dlg") {
      Branches out = both(in);
      out.yes.keep(kAllMethods, kInDialog);
      if (name == "has_totag") out.no.keep(kAllMethods, kInitial);
      return out;
    }
    if (name == "is_request" || name == "is_reply") {
      Branches out = both(in);
      State& request = name == "is_request" ? out.yes : out.no;
      State& reply = name == "is_request" ? out.no : out.yes;
      request.kinds &= ~kReplyKinds;
      reply.kinds &= kReplyKinds;
      if (request.kinds == 0) request = State{};
      if (reply.kinds == 0) reply = State{};
      return out;
    }
    Effects effects = effects_of(*e.function);
    if (is_silent_save(e)) effects.when_true &= ~kReplied;
    in.clear(effects.clears);
    in.add(effects.always);
    // What asks only whether a domain is ours says with "no" that it is not.
    Branches out = with(in, effects.when_true | reply_of(e), effects.when_true == kLocalTarget ? kForeignTarget : 0);
    // A route block that a function runs at once.
    for (const program::Operand& operand : e.operands)
      if (operand.kind == ArgKind::RouteRequest && !operand.value) {
        const std::ptrdiff_t to = index_.program.routes_named[operand.constant].route;
        if (to < 0) continue;
        const Returned r = run(static_cast<std::size_t>(to), in);
        out.yes.join(r.yes);
        out.no.join(r.no);
      }
    return out;
  }

  /// What a call that answers the request makes true: a final or a provisional reply.
  static std::uint32_t reply_of(const Expr& e) {
    if (e.op != Op::Call) return 0;
    const Effects effects = effects_of(*e.function);
    if ((effects.traits & kReplies) == 0 || effects.always != 0 || (effects.when_true & kReplied) != 0) return 0;
    const Int code = reply_code(e);
    return code >= 100 && code < 200 ? kProvisional : kReplied;
  }

  /// save("location", "0x02") leaves the reply to the script.
  static bool is_silent_save(const Expr& e) {
    constexpr Int kNoReply = 2;
    return e.function->name == "save" && e.operands.size() > 1 && e.operands[1].kind == ArgKind::Int && !e.operands[1].value &&
           (e.operands[1].number & kNoReply) != 0;
  }

  /// Runs an expression for its effects. A reply whose result nobody asks for is taken to be sent.
  State value(const Expr& e, const State& in) {
    const Branches b = condition(e, in);
    State out = joined(b.yes, b.no);
    out.add(reply_of(e.op == Op::Truth ? *e.args[0] : e));
    return out;
  }

  Branches condition(const Expr& e, const State& in) {
    if (!in.live()) return both(in);
    switch (e.op) {
      case Op::Int: {
        Branches out = both(in);
        (e.number > 0 ? out.no : out.yes) = State{};
        return out;
      }
      case Op::Truth:
        return condition(*e.args[0], in);
      case Op::Not: {
        Branches b = condition(*e.args[0], in);
        std::swap(b.yes, b.no);
        return b;
      }
      case Op::And: {
        const Branches a = condition(*e.args[0], in);
        Branches b = condition(*e.args[1], a.yes);
        b.no.join(a.no);
        return b;
      }
      case Op::Or: {
        const Branches a = condition(*e.args[0], in);
        Branches b = condition(*e.args[1], a.no);
        b.yes.join(a.yes);
        return b;
      }
      case Op::Call:
        return call(e, in);
      case Op::CallRoute: {
        const auto [at, fresh] = out_.at_call.try_emplace(&e, in);
        if (!fresh) at->second.join(in);
        const Returned r = run(e.route, in);
        return {r.yes, r.no};
      }
      case Op::Myself:
        if (e.word == syntax::CoreWord::FromUri) return with(in, kLocalSource);
        if (e.word == syntax::CoreWord::SrcIp) return with(in, kTrusted);
        return with(in, kLocalTarget, e.word == syntax::CoreWord::Uri ? kForeignTarget : 0);
      case Op::InNetwork:
      case Op::IsHost: {
        const State s = e.args.empty() ? in : value(*e.args[0], in);
        return e.word == syntax::CoreWord::SrcIp ? with(s, kTrusted) : both(s);
      }
      case Op::EqText:
      case Op::EqTextNoCase:
      case Op::NeText:
      case Op::NeTextNoCase: {
        const bool negated = e.op == Op::NeText || e.op == Op::NeTextNoCase;
        Branches out = both(in);
        if (is_method_word(*e.args[0]) && e.args[1]->op == Op::Text) {
          const std::uint32_t classes = class_of_method(e.args[1]->text);
          out = split_methods(in, classes & ~kOthers, classes);
        } else if (is_source(*e.args[0])) {
          out = with(value(*e.args[1], in), kTrusted);
        } else {
          out = both(value(*e.args[1], value(*e.args[0], in)));
        }
        if (negated) std::swap(out.yes, out.no);
        return out;
      }
      case Op::Match: {
        if (is_method_word(*e.args[0])) {
          const auto& regex = index_.program.regexes[e.constant];
          if (const auto classes = classes_matching(regex.pattern)) return split_methods(in, *classes & ~kOthers, *classes);
        }
        if (is_source(*e.args[0])) return with(in, kTrusted);
        return both(value(*e.args[0], in));
      }
      case Op::Block:
        return both(block(e.body, in));
      default: {
        State s = in;
        for (const program::ExprPtr& arg : e.args) s = value(*arg, s);
        if (e.op == Op::CallRouteNamed) return both(s);
        // `$sht(ips=>$si) != $null` and its kin look a source up.
        return both(s);
      }
    }
  }

  State block(const program::Block& statements, State in) {
    for (const auto& s : statements) in = statement(*s, in);
    return in;
  }

  void set_target(const Statement& s, State& in) {
    if (!s.use.variable) return;
    const std::string& name = s.use.variable->name;
    if (name == "du" || name == "ru" || name == "rd") in.add(kNewTarget);
  }

  State statement(const Statement& s, const State& in) {
    if (!in.live()) return in;
    const std::size_t here = index_.statement_of.at(&s);
    out_.kinds[here] |= in.kinds;
    out_.methods[here] |= in.methods();
    switch (s.kind) {
      case Statement::Kind::Evaluate:
        return value(*s.value, in);
      case Statement::Kind::Assign: {
        State after = value(*s.value, in);
        set_target(s, after);
        return after;
      }
      case Statement::Kind::If: {
        const Branches b = condition(*s.value, in);
        const auto [at, fresh] = out_.at_test.try_emplace(&s, b);
        if (!fresh) {
          at->second.yes.join(b.yes);
          at->second.no.join(b.no);
        }
        const State then = block(s.then, b.yes);
        return joined(then, block(s.otherwise, b.no));
      }
      case Statement::Kind::While: {
        State outer = frame_.breaks;
        frame_.breaks = State{};
        State at_top = in;
        State after;
        for (int round = 0; round < 4; ++round) {
          const Branches b = condition(*s.value, at_top);
          after.join(b.no);
          State again = joined(at_top, block(s.then, b.yes));
          if (again == at_top) break;
          at_top = again;
        }
        after.join(frame_.breaks);
        frame_.breaks = outer;
        return after;
      }
      case Statement::Kind::Switch:
        return switch_statement(s, in);
      case Statement::Kind::Return: {
        if (!s.value) {
          frame_.yes.join(in);
          return State{};
        }
        if (s.value->op == Op::Int && s.value->number == 0) return State{};
        const Branches b = condition(*s.value, in);
        frame_.yes.join(b.yes);
        frame_.no.join(b.no);
        return State{};
      }
      case Statement::Kind::Exit:
      case Statement::Kind::Drop:
        if (s.value) value(*s.value, in);
        return State{};
      case Statement::Kind::Break:
        frame_.breaks.join(in);
        return State{};
      case Statement::Kind::Empty:
        return in;
    }
    return in;
  }

  State switch_statement(const Statement& s, const State& in) {
    using Label = program::SwitchCase::Kind;
    const State outer = frame_.breaks;
    frame_.breaks = State{};
    const bool on_method = is_method_word(*s.value);
    State rest = value(*s.value, in);  // what no label took
    State falling;
    bool has_default = false;
    for (const program::SwitchCase& c : s.cases) {
      State here = rest;
      if (c.kind == Label::Default) has_default = true;
      if (on_method && c.kind == Label::Text) {
        const std::uint32_t classes = class_of_method(c.text);
        here.keep(classes);
        rest.keep(kAllMethods & ~(classes & ~kOthers));
      } else if (on_method && c.kind == Label::Regex) {
        if (const auto classes = classes_matching(c.text)) {
          here.keep(*classes);
          rest.keep(kAllMethods & ~(*classes & ~kOthers));
        }
      }
      here.join(falling);
      falling = block(c.body, here);
    }
    State after = joined(falling, frame_.breaks);
    if (!has_default) after.join(rest);
    frame_.breaks = outer;
    return after;
  }

  const Index& index_;
  Typestate& out_;
  std::vector<Runs> runs_;
  std::vector<bool> open_;
  std::size_t depth_ = 0;
  Frame frame_;
};

}  // namespace

Typestate::Typestate(const Index& index, const CallGraph& graph)
    : kinds(index.statements.size()), methods(index.statements.size()), route_end(index.program.routes.size()),
      returns(index.program.routes.size()) {
  Runner runner(index, *this);
  for (std::size_t i = 0; i < index.program.routes.size(); ++i)
    if (graph.entry[i]) {
      // What resumes a request goes on behind what the script did with it before.
      State start = entry_state(graph.resumed[i] ? kFailureRoute : index.program.routes[i].kind);
      start.kinds = index.program.routes[i].kind;
      runner.run(i, start);
    }
  // Routes whose name is made at run time, and what only they call: in any state.
  for (const CallEdge& edge : graph.edges)
    if (edge.kind == CallEdge::Kind::ByName) {
      State any = entry_state(kFailureRoute);
      any.kinds = graph.kinds[edge.to];
      runner.run(edge.to, any);
    }
}

}  // namespace strowger::lint
