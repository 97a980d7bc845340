// SPDX-License-Identifier: Apache-2.0
#include "app/cli/access/access_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace tuesday::cli {
namespace {

CLI::App* Command(CLI::App& group, const std::string& name, const std::string& description, const std::string& example,
                  std::function<int()>& run, std::function<int()> act) {
  CLI::App* command = group.add_subcommand(name, description);
  command->footer("Example:\n  " + example);
  command->fallthrough();
  command->callback([&run, act = std::move(act)] { run = act; });
  return command;
}

CLI::App* Group(CLI::App& app, const std::string& name, const std::string& description) {
  CLI::App* group = app.add_subcommand(name, description);
  group->require_subcommand(1);
  group->fallthrough();
  return group;
}

}  // namespace

void AddAccess(CLI::App& app, const Globals& globals, AccessOptions& options, std::function<int()>& run) {
  CLI::App* token = Group(app, "token", "Who may come in from elsewhere.");
  CLI::App* create = Command(*token, "create", "Makes a token for a namespace (-n '*': all) and prints its secret, once.",
                             "tuesday token create ci --role deployer -n staging --expires 30d > ci.token", run,
                             [&] { return RunTokenCreate(globals, options); });
  create->add_option("name", options.name, "How the journal will call it")->required();
  create->add_option("--role", options.role, "Each may do what those before it may")
      ->capture_default_str()
      ->check(CLI::IsMember({"viewer", "deployer", "approver", "admin"}));
  create->add_option("--expires", options.expires, "How long it is good; at most 366d")->capture_default_str();
  CLI::App* list = Command(*token, "list", "Shows all tokens, without their secrets.", "tuesday token list --json", run,
                           [&] { return RunTokenList(globals); });
  static_cast<void>(list);
  CLI::App* revoke = Command(*token, "revoke", "Ends a token at once.", "tuesday token revoke ci --reason \"laptop stolen\"",
                             run, [&] { return RunTokenRevoke(globals, options); });
  revoke->add_option("name", options.name, "The token")->required();
  for (CLI::App* command : {create, revoke}) command->add_option("--reason", options.reason, "Why, for the journal");

  CLI::App* config = Group(app, "config", "The daemon's settings.");
  CLI::App* check =
      Command(*config, "check", "Reads a file of settings without effect; every finding at once (exit 2).",
              "tuesday config check /etc/tuesday/tuesday.yaml", run, [&] { return RunConfigCheck(globals, options); });
  check->add_option("file", options.file, "The file; - is standard input")->required();
  Command(*config, "keys", "Shows every key with its type, default and meaning.", "tuesday config keys", run,
          [&] { return RunConfigKeys(globals); });
}

}  // namespace tuesday::cli
