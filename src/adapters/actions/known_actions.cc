// SPDX-License-Identifier: Apache-2.0
#include "adapters/actions/known_actions.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <set>

#include "adapters/files/files.h"
#include "core/workflow/action/uses.h"

namespace tuesday::actions {
namespace {

std::string HowToAdd(const ActionRef& ref) { return fmt::format("tuesday actions add PATH --as {}", ref.Name()); }

workflow::LoadedAction Problem(std::string why) { return {.problem = std::move(why)}; }

}  // namespace

Result<void> KnownActions::CheckLock(const ActionRef& ref, const std::optional<MirrorEntry>& entry) const {
  if (!lock_.has_value()) return {};
  const auto locked = lock_->find(ref.Name());
  if (locked == lock_->end()) {
    if (!entry.has_value()) return {};
    return Fail(ErrorCode::kDenied, fmt::format("{} does not stand in {}.", ref.Name(), workflow::kLockPath),
                "Look at what it is, and take it in: tuesday actions lock");
  }
  const std::string here = entry.has_value() ? "sha256:" + entry->digest : "";
  if (here == locked->second.digest) return {};
  return Fail(ErrorCode::kConflict,
              fmt::format("{} is not what was locked: {} says {}, the mirror has {}.", ref.Name(), workflow::kLockPath,
                          locked->second.digest, here.empty() ? "nothing" : here),
              "Mirror what was locked, or look at the change and lock it: tuesday actions lock");
}

Result<std::optional<MirrorEntry>> KnownActions::Find(const ActionRef& ref) const {
  TRY(const std::optional<MirrorEntry> entry, mirror_.Find(ref));
  TRY_OK(CheckLock(ref, entry));
  return entry;
}

workflow::LoadedAction KnownActions::LoadOwn(const std::string& uses) const {
  const std::filesystem::path path = std::filesystem::path(uses.substr(2)).lexically_normal();
  if (own_.empty() || path.empty() || path.is_absolute() || *path.begin() == "..")
    return Problem(fmt::format("{}: the run's own repository has no such action", uses));
  for (const char* name : {"action.yml", "action.yaml"}) {
    auto text = files::ReadFile(fmt::format("{}/{}/{}", own_, path.string(), name), kDefinitionBytesMax);
    if (text) return {.definition = *text, .folder = fmt::format("{}/{}", kOwnInside, path.string())};
  }
  return Problem(fmt::format("{}: the run's own repository has no action.yml there", uses));
}

Result<workflow::LoadedAction> KnownActions::Load(const std::string& uses) {
  if (uses.starts_with("docker://")) return workflow::LoadedAction();  // An image says all of itself.
  if (uses.starts_with("$/")) return LoadOwn(uses);
  const auto ref = ParseActionRef(uses);
  if (!ref) return Problem(ref.error().message);
  const auto entry = Find(*ref);
  if (!entry) {
    if (entry.error().code == ErrorCode::kConflict || entry.error().code == ErrorCode::kDenied)
      return Problem(ErrorText(entry.error()));
    return std::unexpected(entry.error());
  }
  if (entry->has_value()) {
    const std::string folder = ref->path.empty() ? "" : ref->path + "/";
    for (const char* name : {"action.yml", "action.yaml"}) {
      auto text = mirror_.Read(**entry, folder + name);
      if (text) return workflow::LoadedAction{.definition = *text, .folder = Mirror::InsideOf(**entry) + "/" + ref->path};
    }
    return Problem(fmt::format("{} as it is mirrored has no action.yml under '{}'", ref->Name(), ref->path));
  }
  if (const NativeAction* native = FindNative(*ref); native != nullptr)
    return workflow::LoadedAction{.definition = std::string(native->definition), .native = std::string(native->name)};
  return Problem(fmt::format("{} is not on this machine: neither mirrored nor one that tuesday has itself. Add it: {}", uses,
                             HowToAdd(*ref)));
}

Result<std::string> KnownActions::ReadFile(const std::string& name) const {
  TRY(const ActionRef ref, ParseActionRef(name));
  TRY(const std::optional<MirrorEntry> entry, Find(ref));
  if (!entry.has_value())
    return Fail(ErrorCode::kNotFound,
                fmt::format("'{}' stands in another repository, which is not mirrored here. Add it: {}", name, HowToAdd(ref)));
  return mirror_.Read(*entry, ref.path);
}

ReachedActions Reach(KnownActions& known, const std::vector<std::string>& uses,
                     const std::function<std::optional<std::string>(const std::string& uses)>& local) {
  ReachedActions reached;
  std::deque<std::string> waiting(uses.begin(), uses.end());
  std::set<std::string> seen;
  while (!waiting.empty()) {
    const std::string one = waiting.front();
    waiting.pop_front();
    // Those that cannot be had for another reason fail their step, which may never have its turn.
    if (!seen.insert(one).second || one.starts_with("docker://")) continue;
    std::string definition;
    const bool is_own = one.starts_with("$/");
    reached.needs_own = reached.needs_own || is_own;
    if (is_own || one.starts_with("./")) {
      definition = local(one).value_or("");
    } else {
      const auto loaded = known.Load(one);
      const std::string problem = loaded ? loaded->problem : ErrorText(loaded.error());
      if (!problem.empty()) {
        if (std::ranges::find(reached.problems, problem) == reached.problems.end()) reached.problems.push_back(problem);
        continue;
      }
      definition = loaded->definition;
      const auto ref = ParseActionRef(one);
      const auto entry = ref ? known.mirror().Find(*ref) : std::unexpected(ref.error());
      if (entry && entry->has_value() &&
          std::ranges::find(reached.mirrored, (*entry)->digest, &MirrorEntry::digest) == reached.mirrored.end())
        reached.mirrored.push_back(**entry);
    }
    for (const std::string& next : workflow::UsesOfDefinition(definition, one)) waiting.push_back(next);
  }
  return reached;
}

}  // namespace tuesday::actions
