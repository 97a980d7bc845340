// SPDX-License-Identifier: Apache-2.0
// The commands `tuesday actions …` and their flags.
#pragma once

#include <functional>
#include <string>

#include "app/cli/client/session.h"

namespace CLI {
class App;
}

namespace tuesday::cli {

struct ActionsOptions {
  std::string path;    // A folder, a git repository or an archive.
  std::string name;    // "owner/repo@ref"
  std::string commit;  // What it is; of a git repository: what is taken.
  bool check = false;
};
int RunActionsAdd(const Globals& globals, const ActionsOptions& options);
int RunActionsList(const Globals& globals);
int RunActionsRemove(const Globals& globals, const ActionsOptions& options);
int RunActionsLock(const Globals& globals, const ActionsOptions& options);

// Adds them to `app`; the one that is chosen becomes `run`.
void AddActions(CLI::App& app, const Globals& globals, ActionsOptions& options, std::function<int()>& run);

}  // namespace tuesday::cli
