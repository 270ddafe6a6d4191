// Gives up what is needed only to bind: root directory, working directory, group and user.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <string>

namespace strowger::server {

/// As the parameters chroot, workdir, user and group say; empty ones change nothing. Names or numbers.
struct Privileges {
  std::string root, directory, user, group;
};

/// In this order: resolve names, chroot, chdir, group, user. Nothing on success, else a sentence.
std::optional<std::string> drop_privileges(const Privileges& wanted);

}  // namespace strowger::server
