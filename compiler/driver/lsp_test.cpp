// The language server as an editor sees it: whole sessions with the strowger that was built beside this test.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <llvm/Support/JSON.h>
#include <llvm/Support/raw_ostream.h>

#include <vector>

#include "compiler/driver/driver_for_tests.h"

namespace strowger::driver {
namespace {

namespace json = llvm::json;

constexpr const char* kScript =
    "loadmodule \"pv.so\"\n"                      // 0
    "loadmodule \"sl.so\"\n"                      // 1
    "modparam(\"sl\", \"default_code\", 500)\n"   // 2
    "request_route {\n"                            // 3
    "    # t_relay() \xc3\xa4\n"                  // 4
    "    xlog(\"\xf0\x9f\x93\x9e $rU $(ru{uri.user})\\n\");\n"  // 5: a character of two UTF-16 units
    "    $var(x) = 1;\n"                           // 6
    "    route(NEXT);\n"                           // 7
    "}\n"                                          // 8
    "route[NEXT] {\n"                              // 9
    "    sl_send_reply(\"200\", \"OK\");\n"        // 10
    "    if ($var(x) == 1) exit;\n"                // 11
    "}\n";

struct LanguageServer : Driver {
  std::string input;
  int next_id = 1;
  std::vector<json::Value> said;

  std::string uri(const std::string& name) const { return "file://" + (dir / name).string(); }

  void send(json::Object message) {
    message["jsonrpc"] = "2.0";
    std::string body;
    llvm::raw_string_ostream(body) << json::Value(std::move(message));
    input += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  int ask(const char* method, json::Object params) {
    send(json::Object{{"id", next_id}, {"method", method}, {"params", std::move(params)}});
    return next_id++;
  }
  void tell(const char* method, json::Object params) { send(json::Object{{"method", method}, {"params", std::move(params)}}); }
  json::Object document(const std::string& name) const { return json::Object{{"textDocument", json::Object{{"uri", uri(name)}}}}; }
  int ask_at(const char* method, const std::string& name, int line, int character) {
    json::Object params = document(name);
    params["position"] = json::Object{{"line", line}, {"character", character}};
    return ask(method, std::move(params));
  }
  void open(const std::string& name, const std::string& text) {
    tell("textDocument/didOpen", json::Object{{"textDocument", json::Object{{"uri", uri(name)}, {"languageId", "kamailio"}, {"version", 1}, {"text", text}}}});
  }
  void begin() {
    ask("initialize", json::Object{{"capabilities", json::Object{}}});
    tell("initialized", json::Object{});
  }
  /// Ends the session and reads what the server said; its exit code.
  int play(bool properly = true) {
    if (properly) {
      ask("shutdown", json::Object{});
      tell("exit", json::Object{});
    }
    write("session", input);
    const Outcome outcome = strowger("lsp <session");
    EXPECT_EQ(outcome.err, "");
    for (std::size_t at = 0; at < outcome.out.size();) {
      const std::size_t head = outcome.out.find("\r\n\r\n", at);
      if (head == std::string::npos) {
        ADD_FAILURE() << "no header: " << outcome.out.substr(at);
        break;
      }
      const std::size_t length = std::stoul(outcome.out.substr(at + std::string("Content-Length: ").size()));
      auto message = json::parse(llvm::StringRef(outcome.out).substr(head + 4, length));
      if (!message) {
        ADD_FAILURE() << llvm::toString(message.takeError());
        break;
      }
      said.push_back(std::move(*message));
      at = head + 4 + length;
    }
    return outcome.code;
  }
  /// The answer to a question, printed.
  std::string answer(int id) const {
    for (const json::Value& message : said) {
      const json::Object& object = *message.getAsObject();
      if (object.getInteger("id") != id) continue;
      std::string out;
      llvm::raw_string_ostream(out) << (object.get("error") ? *object.get("error") : *object.get("result"));
      return out;
    }
    return "no answer";
  }
  /// The last diagnostics of a file, printed; "none" where there were none ever.
  std::string diagnostics(const std::string& name) const {
    std::string out = "none";
    for (const json::Value& message : said) {
      const json::Object* params = message.getAsObject()->getObject("params");
      if (message.getAsObject()->getString("method") != "textDocument/publishDiagnostics" || params->getString("uri") != uri(name)) continue;
      out.clear();
      llvm::raw_string_ostream(out) << *params->get("diagnostics");
    }
    return out;
  }
};

std::string range(int line, int from, int to) {
  const auto place = [&](int character) { return "{\"character\":" + std::to_string(character) + ",\"line\":" + std::to_string(line) + "}"; };
  return "\"range\":{\"end\":" + place(to) + ",\"start\":" + place(from) + "}";
}

TEST_F(LanguageServer, KeepsTheOrderOfASession) {
  const int early = ask_at("textDocument/hover", "a.cfg", 0, 0);
  begin();
  const int unknown = ask("textDocument/foldingRange", document("a.cfg"));
  const int closed = ask_at("textDocument/hover", "a.cfg", 0, 0);
  EXPECT_EQ(play(), 0);
  EXPECT_TRUE(contains(answer(early), "-32002")) << answer(early);
  EXPECT_TRUE(contains(answer(2), "\"positionEncoding\":\"utf-16\"")) << answer(2);
  EXPECT_TRUE(contains(answer(unknown), "-32601")) << answer(unknown);
  EXPECT_TRUE(contains(answer(closed), "-32602")) << answer(closed);
}

TEST_F(LanguageServer, FailsWhereTheEditorHangsUpOrSpeaksNothing) {
  begin();
  EXPECT_EQ(play(false), 1);
  write("noise", "Content-Length: 999999999999\r\n\r\n{}");
  EXPECT_EQ(strowger("lsp <noise").code, 1);
  write("noise", "GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(strowger("lsp <noise").code, 1);
  write("noise", "Content-Length: 3\r\n\r\n{]}Content-Length: 2\r\n\r\n[]");
  const Outcome broken = strowger("lsp <noise");
  EXPECT_TRUE(contains(broken.out, "-32700")) << broken.out;
  EXPECT_TRUE(contains(broken.out, "-32600")) << broken.out;
}

TEST_F(LanguageServer, ChecksWhatIsInTheEditor) {
  write("a.cfg", kScript);
  begin();
  open("a.cfg", "request_route {\n    no_such_function();\n}\n");
  ask("textDocument/documentSymbol", document("a.cfg"));
  open("b.cfg", "request_route {\n    other_wrong_one();\n}\n");
  ask("textDocument/documentSymbol", document("b.cfg"));
  EXPECT_EQ(play(), 0);
  EXPECT_TRUE(contains(diagnostics("a.cfg"), "no_such_function")) << diagnostics("a.cfg");
  EXPECT_TRUE(contains(diagnostics("a.cfg"), range(1, 4, 22))) << diagnostics("a.cfg");
  EXPECT_TRUE(contains(diagnostics("a.cfg"), "\"severity\":1"));
  EXPECT_TRUE(contains(diagnostics("b.cfg"), "other_wrong_one")) << diagnostics("b.cfg");
}

TEST_F(LanguageServer, TakesBackWhatIsMended) {
  begin();
  open("a.cfg", "request_route {\n    no_such_function();\n}\n");
  ask("textDocument/documentSymbol", document("a.cfg"));
  json::Object change = document("a.cfg");
  change["contentChanges"] = json::Array{json::Object{{"text", "request_route {\n    exit;\n}\n"}}};
  tell("textDocument/didChange", std::move(change));
  ask("textDocument/documentSymbol", document("a.cfg"));
  EXPECT_EQ(play(), 0);
  EXPECT_FALSE(contains(diagnostics("a.cfg"), "no_such_function")) << diagnostics("a.cfg");
  EXPECT_NE(diagnostics("a.cfg"), "none");
}

TEST_F(LanguageServer, ChecksIncludedFilesAsPartsOfTheirScript) {
  write("part.cfg", "route[PART] {\n    exit;\n}\n");
  begin();
  open("part.cfg", "route[PART] {\n    wrong_in_part();\n}\n");
  open("main.cfg", "include_file \"part.cfg\"\nrequest_route {\n    route(PART);\n}\n");
  const int file = ask_at("textDocument/definition", "main.cfg", 0, 16);
  const int route = ask_at("textDocument/definition", "main.cfg", 2, 12);
  const int symbols = ask("textDocument/documentSymbol", document("part.cfg"));
  EXPECT_EQ(play(), 0);
  EXPECT_TRUE(contains(diagnostics("part.cfg"), "wrong_in_part")) << diagnostics("part.cfg");
  EXPECT_TRUE(contains(answer(file), "part.cfg")) << answer(file);
  EXPECT_TRUE(contains(answer(route), "part.cfg")) << answer(route);
  EXPECT_TRUE(contains(answer(route), range(0, 6, 10))) << answer(route);
  EXPECT_TRUE(contains(answer(symbols), "route[PART]")) << answer(symbols);
  EXPECT_FALSE(contains(answer(symbols), "request_route")) << answer(symbols);
}

TEST_F(LanguageServer, TellsWhatANameIs) {
  begin();
  open("a.cfg", kScript);
  const int function = ask_at("textDocument/hover", "a.cfg", 10, 8), variable = ask_at("textDocument/hover", "a.cfg", 5, 14);
  const int transformation = ask_at("textDocument/hover", "a.cfg", 5, 24), module = ask_at("textDocument/hover", "a.cfg", 1, 13);
  const int parameter = ask_at("textDocument/hover", "a.cfg", 2, 18), route = ask_at("textDocument/hover", "a.cfg", 7, 11);
  const int comment = ask_at("textDocument/hover", "a.cfg", 4, 8);
  EXPECT_EQ(play(), 0);
  EXPECT_TRUE(contains(answer(function), "sl_send_reply(")) << answer(function);
  EXPECT_TRUE(contains(answer(variable), "### `$rU`")) << answer(variable);
  EXPECT_TRUE(contains(answer(variable), range(5, 14, 16))) << "behind a character of two units: " << answer(variable);
  EXPECT_TRUE(contains(answer(transformation), "### `{uri.user}`")) << answer(transformation);
  EXPECT_TRUE(contains(answer(module), "### sl")) << answer(module);
  EXPECT_TRUE(contains(answer(parameter), "`default_code`")) << answer(parameter);
  EXPECT_TRUE(contains(answer(route), "a.cfg:10")) << answer(route);
  EXPECT_EQ(answer(comment), "null");
}

TEST_F(LanguageServer, OffersWhatFits) {
  begin();
  open("a.cfg", kScript);
  const int function = ask_at("textDocument/completion", "a.cfg", 10, 6), variable = ask_at("textDocument/completion", "a.cfg", 6, 5);
  const int transformation = ask_at("textDocument/completion", "a.cfg", 5, 22), route = ask_at("textDocument/completion", "a.cfg", 7, 10);
  const int parameter = ask_at("textDocument/completion", "a.cfg", 2, 16), module = ask_at("textDocument/completion", "a.cfg", 0, 12);
  EXPECT_EQ(play(), 0);
  EXPECT_TRUE(contains(answer(function), "\"sl_send_reply\"")) << answer(function);
  EXPECT_FALSE(contains(answer(function), "\"t_relay\"")) << "tm is not loaded";
  EXPECT_TRUE(contains(answer(variable), "\"fU\"")) << answer(variable);
  EXPECT_TRUE(contains(answer(transformation), "\"uri.host\"")) << answer(transformation);
  EXPECT_TRUE(contains(answer(route), "\"NEXT\"")) << answer(route);
  EXPECT_TRUE(contains(answer(parameter), "\"default_reason\"")) << answer(parameter);
  EXPECT_FALSE(contains(answer(parameter), "\"fr_timer\"")) << answer(parameter);
  EXPECT_TRUE(contains(answer(module), "\"dispatcher\"")) << answer(module);
}

TEST_F(LanguageServer, FindsUses) {
  begin();
  open("a.cfg", kScript);
  const int variable = ask_at("textDocument/references", "a.cfg", 6, 6), route = ask_at("textDocument/references", "a.cfg", 9, 8);
  EXPECT_EQ(play(), 0);
  EXPECT_TRUE(contains(answer(variable), "\"line\":6")) << answer(variable);
  EXPECT_TRUE(contains(answer(variable), "\"line\":11")) << answer(variable);
  EXPECT_TRUE(contains(answer(route), "\"line\":7")) << answer(route);
}

TEST_F(LanguageServer, FormatsAndMends) {
  begin();
  open("a.cfg", "loadmodule \"xlog.so\"\nrequest_route {\nxlog(\"L_WRN\", \"x\");\n}\n");
  open("broken.cfg", "request_route {\n\"\n");
  const int layout = ask("textDocument/formatting", document("a.cfg")), broken = ask("textDocument/formatting", document("broken.cfg"));
  json::Object all = document("a.cfg");
  all["range"] = json::Object{{"start", json::Object{{"line", 0}, {"character", 0}}}, {"end", json::Object{{"line", 9}, {"character", 0}}}};
  all["context"] = json::Object{{"diagnostics", json::Array{}}};
  const int mend = ask("textDocument/codeAction", std::move(all));
  EXPECT_EQ(play(), 0);
  EXPECT_TRUE(contains(answer(layout), "request_route {\\n    xlog(")) << answer(layout);
  EXPECT_TRUE(contains(answer(broken), "-32803")) << answer(broken);
  EXPECT_TRUE(contains(answer(mend), "\"newText\":\"L_WARN\"," + range(2, 6, 11))) << answer(mend);
}

}  // namespace
}  // namespace strowger::driver
