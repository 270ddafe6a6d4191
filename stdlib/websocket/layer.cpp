// One message goes up at a time; what came behind it is kept until the transport asks again.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/websocket/layer.h"

#include <algorithm>
#include <utility>

namespace strowger::websocket {
namespace {

/// CRLF CRLF is a ping over WebSockets, too (RFC 7118 §6): of the SIP client, for the proxy.
bool is_line_ends(std::string_view message) {
  return message.size() <= 8 && std::all_of(message.begin(), message.end(), [](char c) { return c == '\r' || c == '\n'; });
}

}  // namespace

void Layer::put(std::string& down, Opcode opcode, std::string_view payload) {
  put_frame(down, opcode, payload);
  ++counters_.transmitted;
}

/// False when there is nothing for above in it.
bool Layer::pass_on(std::string& message, std::string& up, std::string& down) {
  if (stage() != Stage::Open) return false;
  if (!is_line_ends(message)) {
    up.append(message);
    return true;
  }
  if (std::count(message.begin(), message.end(), '\n') >= 2) put(down, Opcode::Text, "\r\n");
  return false;
}

Layer::State Layer::receive(Text bytes, std::string& up, std::string& down) {
  if (!kept_.empty() && bytes.len > 0) kept_.append(bytes.view());
  std::string_view rest = kept_.empty() ? bytes.view() : std::string_view(kept_).substr(at_);
  std::string payload;
  for (;;) {
    const FrameReader::Event event = reader_.next(rest, payload);
    if (event == FrameReader::Event::More) {
      kept_ = std::string();
      at_ = 0;
      return State::Open;
    }
    ++counters_.received;
    switch (event) {
      case FrameReader::Event::Message:
        if (!pass_on(payload, up, down)) break;
        if (kept_.empty()) {
          kept_ = rest;
          at_ = 0;
        } else {
          at_ = kept_.size() - rest.size();
        }
        return State::Open;
      case FrameReader::Event::Ping:
        if (stage() == Stage::Open) put(down, Opcode::Pong, payload);
        break;
      case FrameReader::Event::Pong: awaits_pong_ = false; break;
      case FrameReader::Event::Close:
        if (stage() == Stage::Open) {
          stage_->store(Stage::ClosedThere, std::memory_order_relaxed);
          put_close(down, 1000, "Normal closure");
          ++counters_.transmitted;
        }
        return State::Ended;
      default:
        if (stage() == Stage::Open) {
          put_close(down, reader_.reason().code, reader_.reason().words);
          ++counters_.transmitted;
        }
        stage_->store(Stage::Failed, std::memory_order_relaxed);
        fault = "WebSocket: ";
        fault += reader_.reason().words;
        return State::Failed;
    }
  }
}

Layer::State Layer::send(Text plain, std::string& down) {
  if (stage() != Stage::Open) return fault = "WebSocket: there is a message for a connection that is closing", State::Failed;
  // A client has to end the connection when a text frame is no UTF-8 (RFC 6455 §8.1).
  put(down, is_utf8(plain.view()) ? Opcode::Text : Opcode::Binary, plain.view());
  return State::Open;
}

void Layer::finish(std::string& down) { close(down, 1000, "Normal closure"); }

bool Layer::close(std::string& down, std::uint16_t code, std::string_view words) {
  if (stage() != Stage::Open) return false;
  stage_->store(Stage::ClosedHere, std::memory_order_relaxed);
  put_close(down, code, words);
  ++counters_.transmitted;
  return true;
}

bool Layer::ping(std::string& down, Opcode opcode, std::string_view payload) {
  if (stage() != Stage::Open) return false;
  awaits_pong_ = awaits_pong_ || opcode == Opcode::Ping;
  put(down, opcode, payload.substr(0, kMostControl));
  return true;
}

}  // namespace strowger::websocket
