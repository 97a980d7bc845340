// SPDX-License-Identifier: Apache-2.0
#include "app/cli/oidc/oidc_line.h"

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

void AddOidc(CLI::App& app, const Globals& globals, OidcOptions& options, std::function<int()>& run) {
  CLI::App* group = app.add_subcommand("oidc", "Tokens with which jobs of workflows are known to clouds.");
  group->require_subcommand(1);
  group->fallthrough();
  CLI::App* explain = Command(
      *group, "explain",
      "Says which claims the token of a job has, and whether a role's trust policy takes it (exit 1: no token, or refused).",
      "tuesday oidc explain .github/workflows/deploy.yaml --job deploy --issuer https://ci.example.com --trust-policy "
      "role.json");
  explain->callback([&] { run = [&] { return RunOidcExplain(globals, options); }; });
  explain->add_option("file", options.file, "The workflow's file")->required();
  explain->add_option("-j,--job", options.job, "The job; one of a called workflow as caller.job")->required();
  explain->add_option("--event", options.event, "The event that begins the run")->capture_default_str();
  explain->add_option("--ref", options.ref, "The complete ref; left out: the default branch, or the merge of a change");
  explain->add_option("--environment", options.environment, "The job's environment, where the file has an expression");
  explain->add_option("--repository", options.repository, "NAMESPACE/NAME; left out: the folder's name in the namespace");
  explain->add_option("--default-branch", options.default_branch, "Of the repository")->capture_default_str();
  explain->add_option("--secrets-for", options.secret_branches, "As of `repo create`; may be repeated");
  explain->add_option("--subject", options.subject, "As of `repo set`: the claims that sub is made of")->delimiter(',');
  explain->add_option("--issuer", options.issuer, "As in the settings (`oidc.issuer`)");
  explain->add_option("--audience", options.audience, "For whom the token is")->capture_default_str();
  explain->add_flag("--granted", options.granted, "As if the operator had granted id-token to this workflow");
  explain->add_option("--trust-policy", options.trust_policy, "The trust policy of an AWS role, as JSON");
  CLI::App* keys = Command(*group, "keys", "Shows the keys by which tokens are signed.", "tuesday oidc keys");
  keys->callback([&] { run = [&] { return RunOidcKeys(globals); }; });
  CLI::App* rotate = Command(*group, "rotate", "Brings the next key: it is published now and signs in a day.",
                             "tuesday oidc rotate --reason 'yearly'");
  rotate->callback([&] { run = [&] { return RunOidcRotate(globals, options); }; });
  rotate->add_flag("--at-once", options.at_once,
                   "The new key signs now and all others are gone: for a key that somebody else may have");
  rotate->add_option("--reason", options.reason, "Why; it goes into the journal");
}

}  // namespace tuesday::cli
