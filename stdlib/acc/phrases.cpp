// The reason phrases that are accounted where no reply came with one.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/acc/phrases.h"

namespace strowger::acc {
namespace {

struct Phrase {
  int code;
  Text text;
};

constexpr Phrase kPhrases[] = {
    {200, "OK"}, {300, "Multiple Choices"}, {301, "Moved Permanently"}, {302, "Moved Temporarily"},
    {305, "Use Proxy"}, {380, "Alternative Service"}, {400, "Bad Request"}, {401, "Unauthorized"},
    {402, "Payment Required"}, {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
    {406, "Not Acceptable"}, {407, "Proxy Authentication Required"}, {408, "Request Timeout"}, {410, "Gone"},
    {413, "Request Entity Too Large"}, {414, "Request-URI Too Long"}, {415, "Unsupported Media Type"},
    {416, "Unsupported URI Scheme"}, {417, "Bad Extension"}, {421, "Extension Required"}, {423, "Interval Too Brief"},
    {480, "Temporarily Unavailable"}, {481, "Call/Transaction Does Not Exist"}, {482, "Loop Detected"},
    {483, "Too Many Hops"}, {484, "Address Incomplete"}, {485, "Ambiguous"}, {486, "Busy Here"},
    {487, "Request Terminated"}, {488, "Not Acceptable Here"}, {491, "Request Pending"},
    {500, "Server Internal Error"}, {501, "Not Implemented"}, {502, "Bad Gateway"}, {503, "Service Unavailable"},
    {504, "Server Time-Out"}, {505, "Version Not Supported"}, {513, "Message Too Large"}, {600, "Busy Everywhere"},
    {603, "Decline"}, {604, "Does Not Exist Anywhere"}, {606, "Not Acceptable"},
};

}  // namespace

Text phrase_of(int code) {
  for (const Phrase& phrase : kPhrases)
    if (phrase.code == code) return phrase.text;
  switch (code / 100) {
    case 1: return "Provisional";
    case 2: return "Successful";
    case 3: return "Redirection";
    case 4: return "Request Failure";
    case 5: return "Server Failure";
    case 6: return "Global Failure";
    default: return "Unspecified";
  }
}

}  // namespace strowger::acc
