// RPC commands: what a handler is given and what it answers, whatever the wire format is (jsonrpcs, ctl).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/script/worker.h"

namespace strowger {

/// A parameter as the client wrote it.
struct RpcParam {
  enum class Kind : std::uint8_t { Int, Double, Text, Other };   ///< Other: JSON's words, lists and objects; true is the number 1
  Kind kind = Kind::Int;
  Int number = 0;
  double real = 0;
  std::string text;
};

/// An answer as a tape: values in order, structs and arrays bracketed by Begin and End. Front ends print it.
class RpcReply {
 public:
  enum class Kind : std::uint8_t { Int, Double, Text, Null, BeginStruct, EndStruct, BeginArray, EndArray };
  struct Item {
    Kind kind = Kind::Null;
    bool is_unsigned = false;            ///< an Int that JSON prints as unsigned 32 bits
    std::string name;                    ///< within a struct
    std::string text;
    Int number = 0;
    double real = 0;
  };
  static constexpr std::size_t kMaxBytes = 512 * 1024;   ///< names, texts and 16 for each item
  static constexpr int kMaxDepth = 16;

  /// Values of the top level or of an array.
  void add(Int number) { put(Kind::Int, {}).number = number; }
  void add(std::string_view text) { put(Kind::Text, {}).text = text; }
  void add(Text text) { add_named({}, text); }
  void add(double real) { put(Kind::Double, {}).real = real; }
  /// Values of a struct. A null text is JSON's null.
  void add_named(std::string_view name, Int number) { put(Kind::Int, name).number = number; }
  void add_named(std::string_view name, std::string_view text) { put(Kind::Text, name).text = text; }
  void add_named(std::string_view name, const char* text) { put(Kind::Text, name).text = text; }
  void add_named(std::string_view name, Text text);
  void add_named(std::string_view name, double real) { put(Kind::Double, name).real = real; }
  void add_unsigned(std::string_view name, std::uint32_t number);
  void begin_struct(std::string_view name = {}) { begin(Kind::BeginStruct, name); }
  void end_struct() { end(Kind::BeginStruct, Kind::EndStruct); }
  void begin_array(std::string_view name = {}) { begin(Kind::BeginArray, name); }
  void end_array() { end(Kind::BeginArray, Kind::EndArray); }

  /// An error in place of values; the last one counts.
  void fault(Int code, std::string_view text);
  bool failed() const { return fault_code_ != 0; }
  Int fault_code() const { return fault_code_; }
  const std::string& fault_text() const { return fault_text_; }

  /// What was added; open structs and arrays are closed. Nothing more may be added.
  const std::vector<Item>& finish();

 private:
  Item& put(Kind kind, std::string_view name);
  void begin(Kind kind, std::string_view name);
  void end(Kind opened, Kind kind);
  std::vector<Item> items_;
  std::vector<Kind> open_;
  std::size_t bytes_ = 0;
  Int fault_code_ = 0;
  std::string fault_text_;
  Item lost_;                            ///< takes what is too much
};

/// One call of a command. Handlers run on worker 0's thread between batches; what takes time is deferred, and the scripts
/// they run may wait.
struct RpcCall {
  using Answer = std::function<void(RpcReply&)>;   ///< prints and sends; called once, on the worker's thread

  /// `typed`: a number counts only where one is wanted, as over binrpc; in JSON everything is some int.
  RpcCall(Worker& worker, const std::vector<RpcParam>& params, Answer answer, bool typed = false);

  Worker& worker;
  Process& process() const { return worker.process; }
  RpcReply reply;

  /// Parameters in order; nothing is given past the end, nor for what is of another kind (typed, or no text where one is wanted).
  bool more() const { return at_ < params_.size(); }
  std::optional<Int> next_int();        ///< JSON: a text is 0, a fraction is cut
  std::optional<double> next_double();  ///< JSON: a text is 0
  std::optional<std::string> next_text();
  /// Of the commands that convert: numbers as texts, and over binrpc texts that are numbers as such.
  std::optional<Int> next_int_of_any();
  std::optional<std::string> next_text_of_any();
  /// As it was written; null at the end.
  const RpcParam* next() { return more() ? &params_[at_++] : nullptr; }

  void fault(Int code, std::string_view text) { reply.fault(code, text); }
  /// The parameter that was asked for last was not there, or of another kind: binrpc has a text of its own for that.
  void refuse(Int code, std::string_view text);
  /// As refuse(), but only over binrpc, and where the first parameter was of another kind.
  void refuse_kind();

  /// To answer later: keep a copy of answer(), say defer(), and call it once, on this worker's thread.
  const Answer& answer() const { return answer_; }
  void defer() { deferred_ = true; }
  bool deferred() const { return deferred_; }

 private:
  const RpcParam* next_of(const char* kind);
  const std::vector<RpcParam>& params_;
  std::size_t at_ = 0;
  bool typed_ = false;
  const char* wanted_ = "";              ///< what was asked for last, and where
  std::size_t wanted_at_ = 0;
  Answer answer_;
  bool deferred_ = false;
};

/// The command of a name; null when no loaded module has it.
const RpcRef* find_rpc(const Process& process, std::string_view name);
/// Runs a command and answers, unless it was deferred: perhaps later, when a script has waited. `rpc` as find_rpc() gave it.
void run_rpc(Worker& worker, const RpcRef& rpc, const std::vector<RpcParam>& params, RpcCall::Answer answer,
             bool typed = false);

/// A counter of another worker, read without a lock; it may be a little old.
inline std::uint64_t read_counter(const std::uint64_t& counter) {
  return __atomic_load_n(&counter, __ATOMIC_RELAXED);
}

}  // namespace strowger
