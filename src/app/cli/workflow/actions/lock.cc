// SPDX-License-Identifier: Apache-2.0
// `tuesday actions lock`.
#include <fmt/format.h>

#include <iostream>

#include "adapters/files/files.h"
#include "app/cli/workflow/actions/actions_line.h"
#include "app/cli/workflow/known.h"
#include "app/cli/workflow/workflows.h"
#include "core/workflow/action/uses.h"

namespace tuesday::cli {
namespace {

workflow::LockedAction LockedOf(const actions::MirrorEntry& entry) { return {entry.commit, "sha256:" + entry.digest}; }

// Every repository that the workflows call or whose actions they use, as it is mirrored now.
Result<workflow::ActionLock> LockOf(actions::KnownActions& known, const std::string& root) {
  WorkflowErrors errors;
  auto workflows = ReadWorkflows(root, "", errors, &known);
  for (const std::string& line : errors.lines) std::cerr << line << "\n";
  if (!workflows) return std::unexpected(workflows.error());
  workflow::ActionLock lock;
  std::vector<std::string> uses;
  for (const LocalWorkflow& local : *workflows) {
    for (const std::string& one : workflow::UsesOf(local.workflow.jobs, {})) uses.push_back(one);
    for (const runs::SourceFile& file : local.files) {
      const auto ref = actions::ParseActionRef(file.name);
      const auto entry = ref ? known.mirror().Find(*ref) : std::unexpected(ref.error());
      if (entry && entry->has_value()) lock[ref->Name()] = LockedOf(**entry);
    }
  }
  const actions::ReachedActions reached =
      actions::Reach(known, uses, [&root](const std::string& one) { return LocalDefinition(root, one); });
  if (!reached.problems.empty())
    return Fail(ErrorCode::kNotFound, fmt::format("Nothing was locked:\n  {}", fmt::join(reached.problems, "\n  ")));
  for (const actions::MirrorEntry& entry : reached.mirrored) lock[entry.Name()] = LockedOf(entry);
  return lock;
}

Result<int> Lock(const Globals& globals, const ActionsOptions& options) {
  TRY(const std::string root, RepositoryRoot());
  actions::KnownActions known(MirrorOf(globals));  // Without the lock that is there: it is what changes.
  TRY(const workflow::ActionLock lock, LockOf(known, root));
  const std::string path = fmt::format("{}/{}", root, workflow::kLockPath);
  const std::string text = workflow::PrintLock(lock);
  const bool is_same = files::ReadFile(path, workflow::kLockBytesMax).value_or("") == text;
  if (!options.check) TRY_OK(files::WriteFileDurably(path, text));
  if (globals.json) {
    Json::Object entries;
    for (const auto& [name, action] : lock)
      entries[name] = Json(Json::Object{{"commit", Json(action.commit)}, {"digest", Json(action.digest)}});
    PrintJson(Json(Json::Object{{"same", Json(is_same)}, {"actions", Json(std::move(entries))}}));
  } else {
    std::cout << fmt::format("{}: {} actions, {}\n", workflow::kLockPath, lock.size(),
                             is_same         ? "as they were"
                             : options.check ? "not what the mirror has"
                                             : "written");
  }
  return options.check && !is_same ? kExitFail : kExitPass;
}

}  // namespace

int RunActionsLock(const Globals& globals, const ActionsOptions& options) {
  const Result<int> code = Lock(globals, options);
  return code.has_value() ? *code : ReportError(code.error(), globals);
}

}  // namespace tuesday::cli
