// SPDX-License-Identifier: Apache-2.0
#include "app/cli/workflow/known.h"

#include <fmt/format.h>

#include "adapters/files/files.h"
#include "core/workflow/action/uses.h"

namespace tuesday::cli {

actions::Mirror MirrorOf(const Globals& globals) { return actions::Mirror(StateDirOf(globals) + "/actions"); }

Result<actions::KnownActions> KnownFor(const Globals& globals, const std::string& root) {
  const std::string path = fmt::format("{}/{}", root, workflow::kLockPath);
  if (!files::Exists(path)) return actions::KnownActions(MirrorOf(globals));
  TRY(const std::string text, files::ReadFile(path, workflow::kLockBytesMax));
  TRY(workflow::ActionLock lock, workflow::ReadLock(text));
  return actions::KnownActions(MirrorOf(globals), std::move(lock));
}

std::optional<std::string> LocalDefinition(const std::string& root, const std::string& uses) {
  for (const char* name : {"action.yml", "action.yaml"}) {
    auto text = files::ReadFile(fmt::format("{}/{}/{}", root, uses.substr(2), name), actions::kDefinitionBytesMax);
    if (text) return *std::move(text);
  }
  return std::nullopt;
}

Result<ActionNeeds> NeedsOf(actions::KnownActions& known, const std::string& root, const std::vector<workflow::Job>& jobs,
                            const std::vector<std::string>& ids) {
  const auto uses = workflow::UsesOf(jobs, {ids.begin(), ids.end()});
  const actions::ReachedActions reached =
      actions::Reach(known, uses, [&root](const std::string& one) { return LocalDefinition(root, one); });
  if (!reached.problems.empty())
    return Fail(ErrorCode::kNotFound, fmt::format("Nothing was started:\n  {}", fmt::join(reached.problems, "\n  ")));
  ActionNeeds needs{.mounts = {}, .own = reached.needs_own};
  for (const actions::MirrorEntry& entry : reached.mirrored)
    needs.mounts.push_back({known.mirror().FolderOf(entry), actions::Mirror::InsideOf(entry)});
  return needs;
}

}  // namespace tuesday::cli
