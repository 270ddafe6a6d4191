// What editors ask.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/queries.h"

#include <gtest/gtest.h>

#include "compiler/analysis/script_for_tests.h"

namespace strowger::lint {
namespace {

const char* const kScript =
    "#!KAMAILIO\n"
    "#!define LIMIT 5\n"
    "loadmodule \"pv\"\nloadmodule \"sl\"\nloadmodule \"tm\"\n"
    "request_route {\n"
    "  $var(n) = LIMIT;\n"
    "  if ($var(n) > 3 && $rU == \"a\") route(OUT);\n"
    "  route(OUT);\n"
    "}\n"
    "route[OUT] { t_on_failure(\"F\"); t_relay(); }\n"
    "failure_route[F] { exit; }\n";

class Queries : public testing::Test {
 protected:
  Queries() : script(analysis::analyse_script(kScript, analysis::Purpose::Lint)), index(*script->program), graph(index) {
    for (const auto& file : script->sources.all())
      if (file->path == "test.cfg") root = file.get();
    all = symbols(index, graph);
  }
  const Symbol* named(std::string_view name) const {
    for (const Symbol& symbol : all)
      if (symbol.name == name) return &symbol;
    return nullptr;
  }
  /// The first byte of the n-th place where the text stands.
  std::uint32_t at(std::string_view text, int n = 1) const {
    std::size_t offset = root->content.find(text);
    while (--n > 0) offset = root->content.find(text, offset + 1);
    return static_cast<std::uint32_t>(offset);
  }
  std::unique_ptr<analysis::Analysed> script;
  Index index;
  CallGraph graph;
  const text::SourceFile* root = nullptr;
  std::vector<Symbol> all;
};

TEST_F(Queries, RoutesHaveDefinitionsAndCalls) {
  const Symbol* out = named("route[OUT]");
  ASSERT_TRUE(out);
  EXPECT_EQ(out->definition.line(), 11u);
  ASSERT_EQ(out->references.size(), 2u);
  EXPECT_EQ(out->references[0].line(), 8u);
  EXPECT_EQ(out->references[1].line(), 9u);
  const Symbol* failure = named("failure_route[F]");
  ASSERT_TRUE(failure);
  ASSERT_EQ(failure->references.size(), 1u);
  EXPECT_EQ(failure->references[0].line(), 11u);
}

TEST_F(Queries, VariablesAndDefinesHaveTheirPlaces) {
  const Symbol* n = named("$var(n)");
  ASSERT_TRUE(n);
  EXPECT_EQ(n->definition.line(), 7u);
  EXPECT_EQ(n->references.size(), 2u);
  EXPECT_FALSE(named("$rU"));  // the message's
  const Symbol* limit = named("LIMIT");
  ASSERT_TRUE(limit);
  ASSERT_EQ(limit->references.size(), 1u);
  EXPECT_EQ(limit->references[0].line(), 7u);
}

TEST_F(Queries, SymbolAtAPlace) {
  EXPECT_EQ(symbol_at(all, *root, at("OUT", 2)), named("route[OUT]"));
  EXPECT_EQ(symbol_at(all, *root, at("$var(n)", 2)), named("$var(n)"));
  EXPECT_EQ(symbol_at(all, *root, at("LIMIT", 2)), named("LIMIT"));
  EXPECT_EQ(symbol_at(all, *root, at("#!KAMAILIO")), nullptr);
}

TEST_F(Queries, TheInnermostExpressionAtAPlace) {
  const Place relay = place_at(index, *root, at("t_relay"));
  ASSERT_TRUE(relay.function);
  EXPECT_EQ(relay.function->name, "t_relay");
  EXPECT_EQ(script->program->routes[relay.route].name, "OUT");
  const Place user = place_at(index, *root, at("$rU"));
  ASSERT_TRUE(user.variable);
  EXPECT_EQ(user.variable->name, "rU");
  EXPECT_FALSE(place_at(index, *root, at("loadmodule")).expression);
}

TEST_F(Queries, CandidatesAreWhatTheBlockAllows) {
  const auto texts = [&](RouteKind kind, std::string_view prefix) {
    std::string out;
    for (const Candidate& c : candidates(*script->program, kind, prefix)) out += (out.empty() ? "" : " ") + c.text;
    return out;
  };
  EXPECT_EQ(texts(kRequestRoute, "sl_"), "sl_reply_error sl_send_reply");
  EXPECT_EQ(texts(kReplyRoute, "sl_"), "");
  EXPECT_EQ(texts(kRequestRoute, "$r"), "$rU $rc $rm $ru $rz");
  EXPECT_EQ(texts(kRequestRoute, "{s.s"), "{s.select {s.substr");
  EXPECT_EQ(texts(kRequestRoute, "O"), "OUT");
  const auto reply = candidates(*script->program, kRequestRoute, "sl_send_reply");
  ASSERT_EQ(reply.size(), 1u);
  EXPECT_EQ(reply[0].detail, "(code: int, reason: string)");
}

}  // namespace
}  // namespace strowger::lint
