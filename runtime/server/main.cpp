// main() of every compiled proxy; the script's image is linked in.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/proxy.h"

int main(int argc, char** argv) { return strowger::server::run_proxy(strowger::stw_script, argc, argv); }
