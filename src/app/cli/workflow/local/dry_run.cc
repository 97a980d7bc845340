// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/local/dry_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app/cli/client/session.h"
#include "app/cli/manifests/manifest_files.h"
#include "app/cli/workflow/show/changes.h"
#include "app/cli/workflow/show/printer.h"
#include "control/runs/run_spec.h"
#include "core/workflow/output/masks.h"
#include "core/workflow/run/groups.h"
#include "core/workflow/run/run.h"

namespace tuesday::cli {
namespace {

using workflow::CommandKind;
using workflow::RunCommand;
using workflow::RunEvent;

// Any moment but the one that means none.
constexpr workflow::Moment kNow{Instant{} + std::chrono::hours(1), WallTime{} + std::chrono::hours(1)};

class DryWorld {
 public:
  DryWorld(const workflow::RunSpec& spec, std::string root, actions::KnownActions known)
      : spec_(spec), root_(std::move(root)), known_(std::move(known)) {}

  workflow::RunState Play() {
    Give(workflow::RunBegun{});
    while (state_.phase != workflow::RunPhase::kDone) {
      for (const workflow::GroupMove& move : workflow::SettleGroups(workflow::GroupMembers(spec_.id, state_))) {
        if (move.granted) Give(workflow::GroupGranted{move.leg});
      }
      const std::vector<RunCommand> commands = workflow::Outstanding(spec_, state_);
      const auto next =
          std::find_if(commands.begin(), commands.end(), [&](const RunCommand& c) { return !done_.contains(c.id); });
      if (next == commands.end()) break;
      done_.insert(next->id);
      Answer(*next);
    }
    return state_;
  }

 private:
  void Give(const RunEvent& event) { state_ = workflow::StepRun(spec_, std::move(state_), event, kNow).state; }

  void Answer(const RunCommand& command) {
    switch (command.kind) {
      case CommandKind::kOpenPlace: return Give(workflow::PlaceOpened{command.leg});
      case CommandKind::kClosePlace: return Give(workflow::PlaceClosed{command.leg});
      case CommandKind::kHashFiles: return Give(workflow::FilesHashed{command.leg, command.patterns, std::string(64, '0')});
      case CommandKind::kLoadAction: {
        return Give(workflow::ActionLoaded{command.leg, command.text, Load(command.text)});
      }
      case CommandKind::kSignalStep: return;
      case CommandKind::kStartStep: {
        workflow::StepReport report;
        report.id = command.id;
        report.ordinal = command.ordinal;
        return Give(workflow::StepEnded{command.leg, report});
      }
    }
  }

  workflow::LoadedAction Load(const std::string& uses) {
    if (!uses.starts_with("./")) return known_.Load(uses).value_or(workflow::LoadedAction{});
    workflow::LoadedAction action;
    action.folder = root_ + uses.substr(1);
    for (const char* name : {"/action.yml", "/action.yaml"}) {
      if (auto text = ReadInput(action.folder + name, kManifestBytesMax); text.has_value())
        action.definition = std::move(*text);
    }
    if (action.definition.empty()) action.problem = "there is no action.yml in " + action.folder;
    return action;
  }

  const workflow::RunSpec& spec_;
  const std::string root_;
  actions::KnownActions known_;
  workflow::RunState state_;
  std::set<std::string> done_;
};

}  // namespace

Result<std::string> DryRun(const runs::RunRecord& record, const std::map<std::string, std::string>& secrets,
                           const std::string& root, actions::KnownActions known) {
  std::vector<std::pair<std::string, expression::Value>> values(secrets.begin(), secrets.end());
  TRY(const workflow::RunSpec spec, control::SpecOf(record, expression::Value::Object(std::move(values))));
  workflow::Masks masks;
  for (const auto& [name, value] : secrets) masks.Add(value);
  std::string text;
  for (const Change& change : ChangesBetween({}, DryWorld(spec, root, std::move(known)).Play())) {
    const std::string indent(static_cast<std::size_t>(change.depth) * 2 + 2, ' ');
    const bool skipped = change.result == workflow::RunResult::kSkipped;
    const std::string why = change.reason.empty() ? "" : (skipped ? " (skipped: " : " (") + change.reason + ")";
    if (change.kind == ChangeKind::kJobBegan) text += fmt::format("{}\n", change.leg);
    if (change.kind == ChangeKind::kStepEnded)
      text += masks.Mask(fmt::format("{}{} {}{}", indent, SignOf(change.result).first, change.name, why)) + "\n";
    if (change.kind == ChangeKind::kJobEnded && change.result != workflow::RunResult::kSuccess)
      text += fmt::format("{}: {}{}\n", change.leg, ResultText(change.result), why);
  }
  return text;
}

}  // namespace tuesday::cli
