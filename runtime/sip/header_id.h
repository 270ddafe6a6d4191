// Header names that the proxy knows, and the lookup from name (long or compact, any case) to id.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler uses the same table (HeaderName constants), so this file has no other dependencies.
#pragma once

#include <cstdint>
#include <string_view>

namespace strowger::sip {

enum class HeaderId : std::uint8_t {
  Other = 0, Via, From, To, CallId, CSeq, Contact, MaxForwards, Route, RecordRoute, ContentLength, ContentType,
  Expires, Authorization, ProxyAuthorization, WwwAuthenticate, ProxyAuthenticate, Require, ProxyRequire, Supported,
  Unsupported, Allow, Event, Date, UserAgent, Server, Subject, Path, ServiceRoute, Accept, AcceptLanguage,
  ContentEncoding, ContentDisposition, Diversion, Identity, IdentityInfo, InReplyTo, MinExpires, MinSE,
  SessionExpires, Organization, PAssertedIdentity, PPreferredIdentity, Priority, Privacy, Reason, ReferTo, ReferredBy,
  RemotePartyId, Replaces, RetryAfter, RAck, RSeq, SipIfMatch, SipEtag, SubscriptionState, Timestamp, Warning,
  AllowEvents, CallInfo, AlertInfo, ErrorInfo, MimeVersion,
  Count
};
inline constexpr int kHeaderIds = static_cast<int>(HeaderId::Count);

/// Other for a name that is not known.
HeaderId header_id_of(std::string_view name);
/// The canonical spelling, "" for Other.
std::string_view name_of(HeaderId id);

}  // namespace strowger::sip
