// SPDX-License-Identifier: Apache-2.0
#include "app/cli/lint/lint_line.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace tuesday::cli {

void AddCheck(CLI::App& app, const Globals& globals, LintOptions& options, std::function<int()>& run) {
  CheckOptions& check = options.check;
  CLI::App* command = app.add_subcommand("check", "Reads and lints manifests and rules; all findings at once.");
  command->footer("Example:\n  tuesday check examples/playbook --format json");
  command->fallthrough();
  command->callback([&] { run = [&] { return RunCheck(globals, check); }; });
  command->add_option("paths", check.paths, "Files or folders; - is standard input");
  command->add_option("--format", check.format, "text, json or sarif")->check(CLI::IsMember({"text", "json", "sarif"}));
  command->add_flag("--strict", check.strict, "Exit 1 also on warnings");
  CLI::Option* baseline =
      command->add_option("--baseline", check.baseline, "Leaves out what this file has: rule, object and path");
  command->add_flag("--write-baseline", check.write_baseline, "Writes the findings to the baseline instead")->needs(baseline);
  command
      ->add_flag("--new-only", check.new_only,
                 "Only what was not there where the branch began: git's merge base with its upstream, or with --new-only=REF")
      ->excludes(baseline);
  CLI::Option* fix = command->add_flag("--fix", check.fix, "Mends in the files what has only one mend");
  command->add_flag("--dry-run", check.dry_run, "Shows what --fix would change")->needs(fix);
  command->add_flag("--rules", check.rules, "Prints the rules");
}

void AddRolloutLint(CLI::App& rollout, const Globals& globals, LintOptions& options, std::function<int()>& run) {
  CLI::App* lint = rollout.add_subcommand("lint", "Says what `kubectl argo rollouts lint` says: the same words and exit code.");
  lint->footer("Example:\n  tuesday rollout lint -f rollout.yaml");
  lint->fallthrough();
  lint->callback([&] { run = [&] { return RunRolloutLint(globals, options.lint_path); }; });
  lint->add_option("-f,--filename", options.lint_path, "The file; - is standard input")->required();
}

}  // namespace tuesday::cli
