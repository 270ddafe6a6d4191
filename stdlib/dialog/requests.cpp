// Requests of our own within a dialog (RFC 3261 §12.2.1.1): BYE to its ends, OPTIONS to see whether they are still there.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <string>

#include "stdlib/dialog/state.h"
#include "stdlib/tm/local_request.h"

namespace strowger::dialog {
namespace {

using P = ::strowger::Dialog::Param;

Text text_of(const std::string& text) { return Text(std::string_view(text)); }

/// A request to one side, as if the other one had sent it.
struct Request {
  std::string uri, next_hop, headers;
  const Socket* socket = nullptr;
};

std::int64_t number_of(const std::string& cseq, int added) {
  return std::max<std::int64_t>(std::int64_t{sip::parse_number(text_of(cseq)).value_or(0)} + added, 0);
}

/// With the table's lock held. Nothing where the dialog has no such side yet. `cseq` is added to the number of the side that is thought to
/// send it.
std::optional<Request> make_request(const Dialog& dialog, Side to, Text headers, int cseq, const std::string& method) {
  const Leg& target = dialog.legs[to];
  const Leg& sender = dialog.legs[other(to)];
  if (!target.known || !sender.known || target.contact.empty()) return std::nullopt;
  Request out;
  out.uri = target.contact;
  out.socket = target.socket;
  const auto party = [&](const char* name, Side side) {
    out.headers.append(name).append(": <").append(side == kCaller ? dialog.from_uri : dialog.to_uri).append(">;tag=");
    out.headers.append(dialog.legs[side].tag).append("\r\n");
  };
  party("To", to);
  party("From", other(to));
  out.headers.append("CSeq: ").append(std::to_string(number_of(sender.cseq, cseq))).append(" ").append(method);
  out.headers.append("\r\nCall-ID: ").append(dialog.call_id).append("\r\n");
  if (!target.route_set.empty()) {
    out.headers.append("Route: ").append(target.route_set).append("\r\n");
    Text routes = text_of(target.route_set);
    if (const auto first = sip::next_name_addr(routes)) out.next_hop = first->uri.view();
  }
  const auto more = [&](Text lines) {
    out.headers.append(lines.view());
    if (!out.headers.ends_with('\n')) out.headers += "\r\n";
  };
  more(headers);
  if (to == kCallee) more(P::lreq_callee_headers);
  return out;
}

/// Waits for the reply to a BYE: the first one ends the dialog.
class ByeWaiter : public tm::LocalWaiter {
 public:
  ByeWaiter(Worker& worker, DialogPtr dialog) : worker_(worker), shared_(shared_of(worker.process)), dialog_(std::move(dialog)) {
    const Table::Lock lock = shared_.table.lock();
    ++dialog_->holders;
  }
  ~ByeWaiter() override {
    const Table::Lock lock = shared_.table.lock();
    --dialog_->holders;
    shared_.table.remove_if_over(*dialog_);
  }
  ByeWaiter(const ByeWaiter&) = delete;
  ByeWaiter& operator=(const ByeWaiter&) = delete;

  void ended(Int, Text) override {
    {
      const Table::Lock lock = shared_.table.lock();
      const bool was_active = dialog_->is_active();
      if (!end(shared_, dialog_, Event::Bye, worker_.now)) return;
      if (was_active) --shared_.active;
      shared_.table.remove(*dialog_);
    }
    tell_end(worker_, nullptr, dialog_, Ending::Expired);
  }

 private:
  Worker& worker_;
  Shared& shared_;
  DialogPtr dialog_;
};

}  // namespace

namespace {

bool send_bye(Worker& worker, const DialogPtr& dialog, Side to, Text headers) {
  const Shared& shared = shared_of(worker.process);
  std::optional<Request> request;
  {
    const Table::Lock lock = shared.table.lock();
    std::string lines = "Max-Forwards: 70\r\n";
    for (const Text more : {headers, P::dlg_extra_hdrs}) lines.append(more.view()).append(more.empty() || more.view().ends_with('\n') ? "" : "\r\n");
    request = make_request(*dialog, to, text_of(lines), 1, "BYE");
  }
  if (!request) return false;
  const tm::LocalRequest wanted{"BYE", text_of(request->uri), text_of(request->next_hop), text_of(request->headers), Text(""), request->socket};
  return tm::send_local_request(worker, wanted, std::make_unique<ByeWaiter>(worker, dialog));
}

/// Waits for the reply to OPTIONS.
class KeepWaiter : public tm::LocalWaiter {
 public:
  KeepWaiter(Worker& worker, DialogPtr dialog, Side side) : worker_(worker), dialog_(std::move(dialog)), side_(side) {}

  void ended(Int code, Text) override {
    Shared& shared = shared_of(worker_.process);
    bool gone = false;
    {
      const Table::Lock lock = shared.table.lock();
      std::uint8_t& failures = dialog_->keep_failures[side_];
      failures = code == 408 || code == 481 ? static_cast<std::uint8_t>(failures + 1) : 0;
      gone = failures >= P::ka_failed_limit;
      if (gone) failures = 0;
    }
    if (gone) give_up(worker_, dialog_);
  }

 private:
  Worker& worker_;
  const DialogPtr dialog_;
  const Side side_;
};

void send_options(Worker& worker, const DialogPtr& dialog, Side to) {
  std::optional<Request> request;
  {
    const Table::Lock lock = shared_of(worker.process).table.lock();
    request = make_request(*dialog, to, Text(""), -1, "OPTIONS");   // one that no end takes for a new request
  }
  if (!request) return;
  const tm::LocalRequest wanted{"OPTIONS", text_of(request->uri), text_of(request->next_hop), text_of(request->headers), Text(""), request->socket};
  tm::send_local_request(worker, wanted, std::make_unique<KeepWaiter>(worker, dialog, to));
}

}  // namespace

void ask_ends(Worker& worker, const DialogPtr& dialog) {
  Shared& shared = shared_of(worker.process);
  std::uint32_t properties = 0;
  {
    const Table::Lock lock = shared.table.lock();
    if (!dialog->is_active()) return;
    properties = dialog->properties;
    shared.table.arm_keep(dialog, Table::due_in(P::ka_interval + 1, worker.now.mono));
  }
  if (properties & kKeepCaller) send_options(worker, dialog, kCaller);
  if (properties & kKeepCallee) send_options(worker, dialog, kCallee);
}

bool send_byes(Worker& worker, const DialogPtr& dialog, Sides sides, Text headers) {
  const Shared& shared = shared_of(worker.process);
  bool begun = false;
  {
    const Table::Lock lock = shared.table.lock();
    begun = dialog->state >= State::Answered;
    if (sides != kTellBoth) dialog->flags |= sides == kTellCaller ? kByeToCaller : kByeToCallee;
  }
  run_event_alone(worker, dialog, begun ? shared.on_end : shared.on_failed);
  bool sent = (sides & kTellCaller) && send_bye(worker, dialog, kCaller, headers);
  if (sides & kTellCallee) sent = send_bye(worker, dialog, kCallee, headers) || sent;
  return sent;
}

}  // namespace strowger::dialog
