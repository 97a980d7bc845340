// SPDX-License-Identifier: Apache-2.0
// `tuesday actions add|list|rm`.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstring>
#include <iostream>

#include "app/cli/render/table.h"
#include "app/cli/workflow/actions/actions_line.h"
#include "app/cli/workflow/actions/source.h"
#include "app/cli/workflow/known.h"

namespace tuesday::cli {
namespace {

constexpr std::size_t kShownDigits = 12;

Json EntryJson(const actions::MirrorEntry& entry) {
  return Json(Json::Object{{"name", Json(entry.Name())},
                           {"commit", Json(entry.commit)},
                           {"digest", Json("sha256:" + entry.digest)},
                           {"files", Json(entry.files)},
                           {"bytes", Json(entry.bytes)},
                           {"added", Json(WallText(entry.added))}});
}

// Without a path: the mirror keeps repositories whole.
Result<actions::ActionRef> RepositoryOf(const std::string& name) {
  TRY(actions::ActionRef ref, actions::ParseActionRef(name));
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("._-/", c) != nullptr;
  };
  const auto is_of_ref = [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; };
  if (!std::ranges::all_of(ref.repository, is_plain) || ref.repository.contains("..") ||
      !std::ranges::all_of(ref.ref, is_of_ref))
    return Fail(ErrorCode::kInvalid, fmt::format("'{}' is no owner/repo@ref.", name));
  if (!ref.path.empty())
    return Fail(ErrorCode::kInvalid, fmt::format("'{}' is an action within a repository.", name),
                fmt::format("Add the repository: {}", ref.Name()));
  return ref;
}

Result<actions::MirrorEntry> Add(const Globals& globals, const ActionsOptions& options) {
  TRY(const actions::ActionRef ref, RepositoryOf(options.name));
  TRY(const ActionSource source, OpenSource(options.path, ref.ref, options.commit));
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return MirrorOf(globals).Add(ref, source.commit, source.folder, now);
}

Result<actions::MirrorEntry> Remove(const Globals& globals, const ActionsOptions& options) {
  TRY(const actions::ActionRef ref, RepositoryOf(options.name));
  return MirrorOf(globals).Remove(ref);
}

}  // namespace

int RunActionsAdd(const Globals& globals, const ActionsOptions& options) {
  const auto entry = Add(globals, options);
  if (!entry) return ReportError(entry.error(), globals);
  if (globals.json) {
    PrintJson(EntryJson(*entry));
  } else {
    std::cout << fmt::format("{} is sha256:{}{} ({} files, {} bytes)\n", entry->Name(), entry->digest,
                             entry->commit.empty() ? "" : ", commit " + entry->commit, entry->files, entry->bytes);
  }
  return kExitPass;
}

int RunActionsList(const Globals& globals) {
  const auto entries = MirrorOf(globals).List();
  if (!entries) return ReportError(entries.error(), globals);
  if (globals.json) {
    Json::Array list;
    for (const actions::MirrorEntry& entry : *entries) list.push_back(EntryJson(entry));
    PrintJson(Json(Json::Object{{"actions", Json(std::move(list))}}));
    return kExitPass;
  }
  Table table({"NAME", "COMMIT", "DIGEST", "FILES", "BYTES", "ADDED"});
  for (const actions::MirrorEntry& entry : *entries) {
    table.Add({entry.Name(), entry.commit.empty() ? "-" : entry.commit.substr(0, kShownDigits),
               entry.digest.substr(0, kShownDigits), std::to_string(entry.files), std::to_string(entry.bytes),
               WallText(entry.added)});
  }
  std::cout << (entries->empty() ? "Nothing is mirrored here.\n" : table.Text());
  return kExitPass;
}

int RunActionsRemove(const Globals& globals, const ActionsOptions& options) {
  const auto entry = Remove(globals, options);
  if (!entry) return ReportError(entry.error(), globals);
  if (globals.json) {
    PrintJson(EntryJson(*entry));
  } else {
    std::cout << entry->Name() << " is not mirrored any more\n";
  }
  return kExitPass;
}

}  // namespace tuesday::cli
