// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb_line.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace tuesday::cli {
namespace {

struct Line {
  CLI::App& app;
  const Globals& globals;
  VerbOptions& options;
  std::function<int()>& run;
};

CLI::App* Verb(Line& line, CLI::App& parent, const std::string& name, const std::string& description,
               const std::string& example, std::function<int()> call) {
  CLI::App* verb = parent.add_subcommand(name, description);
  verb->footer("Example:\n  " + example);
  verb->fallthrough();
  verb->callback([&run = line.run, call = std::move(call)] { run = call; });
  return verb;
}

void AddRollback(Line& line) {
  RollbackOptions& options = line.options.rollback;
  CLI::App* rollback =
      Verb(line, line.app, "rollback", "Takes the present version back at once; works without a daemon too.",
           "tuesday rollback api", [&globals = line.globals, &options] { return RunRollback(globals, options); });
  rollback->add_option("name", options.name, "The rollout")->required();
  rollback->add_option("--reason", options.reason, "Why, for the journal; may be given later, by the same command");
}

void AddSelection(CLI::App& verb, Selection& selection) {
  verb.add_flag("--canary", selection.canary, "Of the new version that is on its way");
  verb.add_flag("--stable", selection.stable, "Of the version that serves");
  verb.add_option("--revision", selection.revision, "Of the revision with this number")->check(CLI::Range(1, 1'000'000'000));
  verb.add_option("--instance", selection.instance, "Of one instance, by its name");
}

void AddLogs(Line& line) {
  LogsOptions& options = line.options.logs;
  CLI::App* logs = Verb(line, line.app, "logs", "Shows what the instances of a rollout write.", "tuesday logs api -f --canary",
                        [&globals = line.globals, &options] { return RunLogs(globals, options); });
  logs->add_option("name", options.name, "The rollout")->required();
  logs->add_flag("-f,--follow", options.follow, "Goes on with what comes");
  AddSelection(*logs, options.selection);
  logs->add_option("--since", options.since, "Only what is younger: 10m, or an instant by RFC 3339");
  logs->add_option("--tail", options.tail, "At most this many last lines of each instance")->check(CLI::Range(0, 100'000));
}

void AddExec(Line& line) {
  ExecOptions& options = line.options.exec;
  CLI::App* exec =
      Verb(line, line.app, "exec", "Runs a command as an instance would: its environment, folder, user and limits.",
           "tuesday exec api --canary -- env", [&globals = line.globals, &options] { return RunExec(globals, options); });
  exec->add_option("name", options.name, "The rollout")->required();
  AddSelection(*exec, options.selection);
  exec->add_option("command", options.command, "The command and its arguments, after --")->required();
}

void AddDeploy(Line& line) {
  DeployOptions& options = line.options.deploy;
  CLI::App* deploy = Verb(
      line, line.app, "deploy", "Brings a new version of a service out: a reference, or a folder or archive.",
      "tuesday deploy dir:./build -s api --wait", [&globals = line.globals, &options] { return RunDeploy(globals, options); });
  deploy->add_option("image", options.image, "A reference; dir:PATH, file:PATH.tar.gz or oci:PATH is bound first")->required();
  deploy->add_option("-s,--service", options.service, "The rollout; without it the one that has this image");
  deploy->add_flag("--wait", options.wait, "Shows the rollout's way and ends with its verdict");
  deploy->add_option("--timeout", options.timeout, "Stops waiting after this long (exit 4); the rollout goes on");
}

void AddInit(Line& line) {
  InitOptions& options = line.options.init;
  CLI::App* init = Verb(line, line.app, "init", "Writes the manifests of a first service; asks for what is not given.",
                        "tuesday init --image ./build --name api --port 3000 --host api.test --health /health",
                        [&globals = line.globals, &options] { return RunInit(globals, options); });
  init->add_option("--image", options.image, "A reference, or the folder with the service");
  init->add_option("--name", options.name, "What the service is called");
  init->add_option("--port", options.port, "The port of the container; the instance gets its own in PORT")
      ->check(CLI::Range(1, 65535));
  init->add_option("--host", options.host, "The host name that leads to it");
  init->add_option("--health", options.health_path, "The path that answers 200 when it is ready");
  init->add_option("--folder", options.folder, "Where the files go")->capture_default_str();
}

void AddSecret(Line& line) {
  SecretOptions& options = line.options.secret;
  CLI::App* secret = line.app.add_subcommand("secret", "Passwords and keys of services: written, never read back.");
  secret->require_subcommand(1);
  secret->fallthrough();
  CLI::App* set = Verb(line, *secret, "set", "Sets a value, which is read from standard input or asked for.",
                       "tuesday secret set database PASSWORD < password.txt", [&globals = line.globals, &options] {
                         if (options.key.empty()) options.key = "value";
                         return RunSecretSet(globals, options);
                       });
  set->add_option("name", options.name, "The secret")->required();
  set->add_option("key", options.key, "Its key; without one it is called `value`");
  Verb(line, *secret, "list", "Shows names and keys.", "tuesday secret list",
       [&globals = line.globals] { return RunSecretList(globals); });
  CLI::App* remove = Verb(line, *secret, "rm", "Takes a secret or one key of it away.", "tuesday secret rm database PASSWORD",
                          [&globals = line.globals, &options] { return RunSecretRemove(globals, options); });
  remove->add_option("name", options.name, "The secret")->required();
  remove->add_option("key", options.key, "Only this key");
}

}  // namespace

void AddVerbs(CLI::App& app, const Globals& globals, VerbOptions& options, std::function<int()>& run) {
  Line line{app, globals, options, run};
  AddRollback(line);
  AddLogs(line);
  AddExec(line);
  AddDeploy(line);
  AddInit(line);
  AddSecret(line);
}

}  // namespace tuesday::cli
