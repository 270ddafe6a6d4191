// chroot(), chdir(), setgid(), setuid(), each checked: a proxy that cannot give up rights does not run.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace strowger::server {
namespace {

bool parse_id(const std::string& text, unsigned& id) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  return error == std::errc{} && end == text.data() + text.size();
}

std::string failed(const std::string& what) { return what + ": " + std::strerror(errno); }

}  // namespace

std::optional<std::string> drop_privileges(const Privileges& wanted) {
  unsigned user = 0, group = 0;
  bool change_user = !wanted.user.empty(), change_group = !wanted.group.empty();
  if (change_user && !parse_id(wanted.user, user)) {
    const passwd* entry = getpwnam(wanted.user.c_str());
    if (entry == nullptr) return "there is no user '" + wanted.user + "'";
    user = entry->pw_uid;
    if (!change_group) {
      group = entry->pw_gid;
      change_group = true;
    }
  }
  if (!wanted.group.empty() && !parse_id(wanted.group, group)) {
    const struct group* entry = getgrnam(wanted.group.c_str());
    if (entry == nullptr) return "there is no group '" + wanted.group + "'";
    group = entry->gr_gid;
  }
  if (!wanted.root.empty() && (::chdir(wanted.root.c_str()) != 0 || ::chroot(wanted.root.c_str()) != 0))
    return failed("chroot to " + wanted.root);
  if (!wanted.directory.empty() && ::chdir(wanted.directory.c_str()) != 0) return failed("changing to directory " + wanted.directory);
  if (change_group && group != getegid()) {
    if (::setgroups(1, &group) != 0 || ::setgid(group) != 0) return failed("becoming group " + std::to_string(group));
  }
  if (change_user && user != geteuid()) {
    if (!change_group && ::setgroups(0, nullptr) != 0) return failed("giving up groups");
    if (::setuid(user) != 0) return failed("becoming user " + std::to_string(user));
  }
  return std::nullopt;
}

}  // namespace strowger::server
