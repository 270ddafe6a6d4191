// Numbers of the bounded writer.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/print.h"

namespace strowger::sip {

void Writer::put_number(Int number) {
  char digits[20];
  char* const end = digits + sizeof digits;
  char* p = end;
  std::uint64_t rest = number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  do {
    *--p = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (number < 0) *--p = '-';
  put(Text(p, static_cast<std::size_t>(end - p)));
}

void Writer::put_hex(std::uint64_t number, unsigned digits) {
  char text[16];
  char* const end = text + sizeof text;
  char* p = end;
  if (digits > sizeof text) digits = sizeof text;
  do {
    *--p = "0123456789abcdef"[number & 15];
    number >>= 4;
  } while (number != 0 || end - p < static_cast<std::ptrdiff_t>(digits));
  put(Text(p, static_cast<std::size_t>(end - p)));
}

}  // namespace strowger::sip
