// Header names to ids: every name in every case, compact forms, near misses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/header_id.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

namespace strowger::sip {
namespace {

TEST(HeaderId, knows_each_name_in_any_case) {
  for (int i = 1; i < kHeaderIds; ++i) {
    const auto id = static_cast<HeaderId>(i);
    std::string name(name_of(id));
    ASSERT_FALSE(name.empty());
    EXPECT_EQ(header_id_of(name), id) << name;
    for (char& c : name) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(header_id_of(name), id) << name;
    for (char& c : name) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(header_id_of(name), id) << name;
    EXPECT_EQ(header_id_of(name + "X"), HeaderId::Other);
    name.back() = '!';
    EXPECT_EQ(header_id_of(name), HeaderId::Other) << name;
  }
}

TEST(HeaderId, has_the_spelling_of_the_rfcs) {
  EXPECT_EQ(name_of(HeaderId::CallId), "Call-ID");
  EXPECT_EQ(name_of(HeaderId::WwwAuthenticate), "WWW-Authenticate");
  EXPECT_EQ(name_of(HeaderId::PAssertedIdentity), "P-Asserted-Identity");
  EXPECT_EQ(name_of(HeaderId::SipEtag), "SIP-ETag");
  EXPECT_EQ(name_of(HeaderId::MinSE), "Min-SE");
  EXPECT_EQ(name_of(HeaderId::Other), "");
}

TEST(HeaderId, knows_compact_forms) {
  struct Row { const char* name; HeaderId id; };
  for (const Row& row : {Row{"v", HeaderId::Via}, Row{"F", HeaderId::From}, Row{"t", HeaderId::To}, Row{"i", HeaderId::CallId},
                         Row{"M", HeaderId::Contact}, Row{"l", HeaderId::ContentLength}, Row{"c", HeaderId::ContentType},
                         Row{"s", HeaderId::Subject}, Row{"k", HeaderId::Supported}, Row{"o", HeaderId::Event},
                         Row{"r", HeaderId::ReferTo}, Row{"b", HeaderId::ReferredBy}, Row{"e", HeaderId::ContentEncoding},
                         Row{"x", HeaderId::SessionExpires}, Row{"u", HeaderId::AllowEvents}, Row{"z", HeaderId::Other},
                         Row{"", HeaderId::Other}, Row{"&", HeaderId::Other}, Row{"X-Header", HeaderId::Other}})
    EXPECT_EQ(header_id_of(row.name), row.id) << row.name;
}

}  // namespace
}  // namespace strowger::sip
