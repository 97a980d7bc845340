// SPDX-License-Identifier: Apache-2.0
// The commands on tokens and settings, and their flags.
#pragma once

#include <functional>
#include <string>

#include "app/cli/client/session.h"

namespace CLI {
class App;
}

namespace tuesday::cli {

struct AccessOptions {
  std::string name;
  std::string role = "viewer";
  std::string expires = "30d";
  std::string reason;
  std::string file;
};
int RunTokenCreate(const Globals& globals, const AccessOptions& options);
int RunTokenList(const Globals& globals);
int RunTokenRevoke(const Globals& globals, const AccessOptions& options);
int RunConfigCheck(const Globals& globals, const AccessOptions& options);
int RunConfigKeys(const Globals& globals);

// Adds them to `app`; the one that is chosen becomes `run`.
void AddAccess(CLI::App& app, const Globals& globals, AccessOptions& options, std::function<int()>& run);

}  // namespace tuesday::cli
