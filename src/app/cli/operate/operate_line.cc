// SPDX-License-Identifier: Apache-2.0
#include "app/cli/operate/operate_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "app/cli/completion.h"

namespace tuesday::cli {
namespace {

CLI::App* Command(CLI::App& app, const std::string& name, const std::string& description, const std::string& example,
                  std::function<int()>& run, std::function<int()> act) {
  CLI::App* command = app.add_subcommand(name, description);
  command->footer("Example:\n  " + example);
  command->fallthrough();
  command->callback([&run, act = std::move(act)] { run = act; });
  return command;
}

}  // namespace

void AddOperate(CLI::App& app, const Globals& globals, OperateOptions& options, std::function<int()>& run) {
  CLI::App* backup = Command(app, "backup", "Writes the whole state to one file, also while the daemon runs.",
                             "tuesday backup /var/backups/tuesday.tar", run, [&] { return RunBackup(globals, options); });
  backup->add_option("file", options.file, "Where to; - is standard output")->required();
  backup->add_flag("--with-keys", options.with_keys,
                   "Also what opens sealed secrets, and private keys: keep it as safe as they are");
  CLI::App* restore =
      Command(app, "restore", "Puts a backup in the place of the state. What runs goes on, and the next daemon takes it over.",
              "tuesday restore /var/backups/tuesday.tar --replace", run, [&] { return RunRestore(globals, options); });
  restore->add_option("file", options.file, "The backup; - is standard input")->required();
  restore->add_flag("--replace", options.replace, "Also where there is a state: it is kept beside the restored one");
  for (CLI::App* command : {backup, restore}) {
    command->add_flag("--check", options.check,
                      "Only reads the backup: every digest, the database, the journal (exit 1: damaged)");
  }
  CLI::App* install = Command(
      app, "install", "Installs tuesday as a service of systemd; again: mends what is missing, keeps what is yours.",
      "tuesday install --dry-run", run, [&] {
        return RunInstall(globals, options, [&app](const char* shell) { return CompletionScript(shell, CommandTree(app)); });
      });
  CLI::App* uninstall = Command(app, "uninstall", "Removes what install made; services go on running, the state stays.",
                                "tuesday uninstall", run, [&] { return RunUninstall(globals, options); });
  uninstall->add_flag("--purge", options.purge, "Also removes the state; asks first");
  uninstall->add_flag("--yes", options.yes, "Asks nothing");
  for (CLI::App* command : {install, uninstall}) {
    command->add_option("--prefix", options.prefix, "Where the program is installed: PREFIX/bin")->capture_default_str();
    command->add_option("--root", options.root, "Works below this folder and asks systemd nothing: for images of machines");
    command->add_flag("--dry-run", options.dry_run, "Only prints what would be done");
  }
}

}  // namespace tuesday::cli
