// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/actions/actions_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace tuesday::cli {
namespace {

CLI::App* Command(CLI::App& parent, const std::string& name, const std::string& description, const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, description);
  command->footer("Example:\n  " + example);
  command->fallthrough();
  return command;
}

}  // namespace

void AddActions(CLI::App& app, const Globals& globals, ActionsOptions& options, std::function<int()>& run) {
  CLI::App* group = app.add_subcommand("actions", "Actions and workflows of other repositories, mirrored on this machine.");
  group->require_subcommand(1);
  group->fallthrough();
  CLI::App* add = Command(*group, "add", "Mirrors an action from a folder, a git repository or an archive; fetches nothing.",
                          "tuesday actions add ./setup-go --as actions/setup-go@v5");
  add->callback([&] { run = [&] { return RunActionsAdd(globals, options); }; });
  add->add_option("path", options.path, "A folder (of a git repository: the commit that the ref is), a .tar, .tar.gz or .zip")
      ->required();
  add->add_option("--as", options.name, "owner/repo@ref, as workflows name it")->required();
  add->add_option("--commit", options.commit, "The commit that it is; of a git repository the one that is taken");
  CLI::App* list = Command(*group, "list", "Shows what is mirrored.", "tuesday actions list");
  list->callback([&] { run = [&] { return RunActionsList(globals); }; });
  CLI::App* remove = Command(*group, "rm", "Forgets a mirrored action.", "tuesday actions rm actions/setup-go@v5");
  remove->callback([&] { run = [&] { return RunActionsRemove(globals, options); }; });
  remove->add_option("name", options.name, "owner/repo@ref")->required();
  CLI::App* lock =
      Command(*group, "lock", "Writes .github/actions.lock: which content each mirrored action is that workflows here use.",
              "tuesday actions lock --check");
  lock->callback([&] { run = [&] { return RunActionsLock(globals, options); }; });
  lock->add_flag("--check", options.check, "Writes nothing; exit 1 when the lock is not what the mirror has");
}

}  // namespace tuesday::cli
