// $hdr, $hdrc, $hfl, $hflc: header lines and the values in them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/sip/message.h"
#include "stdlib/pv/text_output.h"

namespace strowger {
namespace {

using sip::Header;
using sip::HeaderId;
using sip::Message;

HeaderId id_of(const HeaderName& name) { return static_cast<HeaderId>(name.id); }

Int count_lines(const Message& message, const HeaderName& name) {
  Int count = 0;
  for (const Header* h = message.find(id_of(name), name.name); h; h = message.find_next(h, name.name)) ++count;
  return count;
}

/// Values gathered for $hfl and for [*].
class Values {
 public:
  explicit Values(Call& call) : call_(call) {}

  bool add(Text value) {
    if (count_ == capacity_) {
      const std::size_t wider = capacity_ ? capacity_ * 2 : 16;
      Text* more = call_.arena->make_array<Text>(wider);
      if (!more) return false;
      if (count_) std::memcpy(static_cast<void*>(more), items_, count_ * sizeof(Text));
      items_ = more;
      capacity_ = wider;
    }
    items_[count_++] = value;
    return true;
  }
  void reverse_from(std::size_t at) {
    for (std::size_t end = count_; at + 1 < end; ++at) std::swap(items_[at], items_[--end]);
  }
  std::size_t size() const { return count_; }
  Text operator[](std::size_t i) const { return items_[i]; }
  Text joined() const {
    if (count_ == 0) return Text::null();
    std::size_t length = count_ - 1;
    for (std::size_t i = 0; i < count_; ++i) length += items_[i].len;
    pv::Output out(call_, length);
    for (std::size_t i = 0; i < count_; ++i) {
      if (i) out.put(',');
      out.put(items_[i]);
    }
    return out.done();
  }

 private:
  Call& call_;
  Text* items_ = nullptr;
  std::size_t count_ = 0, capacity_ = 0;
};

/// Those that $hfl takes apart; all others are lines to it.
bool is_list(HeaderId id) {
  return id == HeaderId::Via || id == HeaderId::Contact || id == HeaderId::Route || id == HeaderId::RecordRoute;
}

/// The values of a list header; of one Contact line the last comes first, as Kamailio has it.
bool gather_list(Message& message, const HeaderName& name, Values& out) {
  for (const Header* h = message.find(id_of(name), name.name); h; h = message.find_next(h, name.name)) {
    Text rest = message.value(*h);
    const std::size_t line = out.size();
    if (id_of(name) == HeaderId::Via) {
      while (const std::optional<sip::Via> via = sip::next_via(rest))
        if (!out.add(via->whole)) return false;
    } else {
      while (const std::optional<sip::NameAddr> address = sip::next_name_addr(rest))
        if (!out.add(address->whole)) return false;
    }
    if (id_of(name) == HeaderId::Contact) out.reverse_from(line);
  }
  return true;
}

}  // namespace

Text Pv::get_hdr(Call& call, const HeaderName& name, Index index) {
  const Message& message = call.live->message;
  const Header* h = message.find(id_of(name), name.name);
  if (!h) return Text::null();
  if (index == kNoIndex) return message.value(*h);
  if (index == kAllIndex) {
    Values all(call);
    for (; h; h = message.find_next(h, name.name))
      if (!all.add(message.value(*h))) return Text::failed();
    return all.joined();
  }
  if (index < 0) index += count_lines(message, name);
  if (index < 0) return Text::null();
  for (; h && index > 0; --index) h = message.find_next(h, name.name);
  return h ? message.value(*h) : Text::null();
}

Int Pv::get_hdrc(Call& call, const HeaderName& name) { return count_lines(call.live->message, name); }

Text Pv::get_hfl(Call& call, const HeaderName& name, Index index) {
  if (index == kAllIndex || !is_list(id_of(name))) return get_hdr(call, name, index);
  Values values(call);
  if (!gather_list(call.live->message, name, values)) return Text::failed();
  if (index == kNoIndex) index = 0;
  if (index < 0) index += static_cast<Index>(values.size()) + 1;   // as in Kamailio 5.6.3: -2 is the last one
  return index >= 0 && static_cast<std::uint64_t>(index) < values.size() ? values[static_cast<std::size_t>(index)]
                                                                           : Text::null();
}

Int Pv::get_hflc(Call& call, const HeaderName& name) {
  if (!is_list(id_of(name))) return count_lines(call.live->message, name);
  Values values(call);
  gather_list(call.live->message, name, values);
  return static_cast<Int>(values.size());
}

}  // namespace strowger
