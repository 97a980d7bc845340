// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/shell/shell_order.h"

#include <fmt/format.h>

#include "app/cli/workflow/shell/held_places.h"

namespace tuesday::cli {
namespace {

constexpr std::string_view kProgramInside = "/run/tuesday/tuesday";

// For a shell: nothing in it is looked at.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) c == '\'' ? quoted += "'\\''" : quoted += c;
  return quoted + "'";
}

// The step's command, its script being a file that the shell makes.
std::string CommandOf(const workflow::StepOrder& order) {
  std::string command;
  for (const std::string& word : order.argv) {
    std::string quoted = Quoted(word);
    for (std::size_t at = quoted.find("{0}"); at != std::string::npos; at = quoted.find("{0}", at))
      quoted.replace(at, 3, "'\"$_tuesday_script\"'");
    command += (command.empty() ? "" : " ") + quoted;
  }
  return command;
}

// A shell's plain `exit` and its end of input give the code of the last command, which says nothing about the step: both are
// made to mean that the failure stands.
constexpr std::string_view kLeaving = R"RC(unset HISTFILE
PS1='failed step \w \$ '
_tuesday_left=
exit() { _tuesday_left=${1-}; builtin exit "${1-1}"; }
trap '[ -n "$_tuesday_left" ] || builtin exit 1' EXIT
)RC";

std::string StartFileOf(const workflow::StepOrder& failed) {
  return fmt::format("{}_tuesday_script=$(mktemp --suffix={} /tmp/failed-step-XXXXXX)\nprintf %s {} > \"$_tuesday_script\"\n",
                     kLeaving, Quoted(failed.script_suffix), Quoted(failed.script)) +
         fmt::format("again() {{ {}; local code=$?; echo \"(exit code $code)\"; return $code; }}\n", CommandOf(failed));
}

}  // namespace

workflow::StepOrder ShellOrder(const workflow::StepOrder& failed, int turn, const std::string& socket,
                               const std::string& term) {
  workflow::StepOrder order = failed;
  order.id = fmt::format("{}.{}.shell", failed.id, turn);
  order.ordinal = kShellOrdinals * turn + failed.ordinal;
  order.argv = {std::string(kProgramInside), "supervise", "terminal", socket, "{0}"};
  order.script = StartFileOf(failed);
  order.script_suffix = ".sh";
  order.timeout.reset();
  if (!term.empty()) order.environment["TERM"] = term;
  return order;
}

workflow::StepReport MendedReport(workflow::StepReport failed, const workflow::StepReport& shell) {
  const auto merge = [](const auto& more, auto& all) {
    for (const auto& [name, value] : more) {
      std::erase_if(all, [&](const auto& pair) { return pair.first == name; });
      all.emplace_back(name, value);
    }
  };
  failed.end = workflow::StepEnd::kExited;
  failed.exit_code = 0;
  failed.problem.clear();
  failed.ended = shell.ended;
  merge(shell.outputs, failed.outputs);
  merge(shell.environment, failed.environment);
  merge(shell.state, failed.state);
  failed.path.insert(failed.path.end(), shell.path.begin(), shell.path.end());
  failed.masks.insert(failed.masks.end(), shell.masks.begin(), shell.masks.end());
  failed.summary += shell.summary;
  return failed;
}

}  // namespace tuesday::cli
