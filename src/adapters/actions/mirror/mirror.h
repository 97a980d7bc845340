// SPDX-License-Identifier: Apache-2.0
// The mirror of this machine: a folder of trees, and an index that says which tree an `owner/repo@ref` is. Blocks; several
// processes may use one folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/actions/action_ref.h"
#include "base/result.h"
#include "base/time.h"

namespace tuesday::actions {

// Where jobs see the trees: each under its digest.
inline constexpr std::string_view kTreesInside = "/opt/tuesday/actions";
inline constexpr std::size_t kDefinitionBytesMax = 1 << 20;

struct MirrorEntry {
  std::string repository;  // In lower case.
  std::string ref;
  std::string commit;  // Empty: not known.
  std::string digest;  // Of the tree, in hex.
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  WallTime added{};
  std::string Name() const { return repository + "@" + ref; }
  friend bool operator==(const MirrorEntry&, const MirrorEntry&) = default;
};

class Mirror {
 public:
  // An empty folder name is a mirror of nothing.
  explicit Mirror(std::string folder) : folder_(std::move(folder)) {}

  // By name. None when nothing was ever added; kCorrupt when the index cannot be read.
  Result<std::vector<MirrorEntry>> List() const;
  Result<std::optional<MirrorEntry>> Find(const ActionRef& ref) const;

  // Takes what is in `source` under the name. The tree that had it stays for runs that go on, until something is removed.
  // kDenied and kLimit as ReadTree.
  Result<MirrorEntry> Add(const ActionRef& ref, const std::string& commit, const std::string& source, WallTime now) const;

  // Forgets the name, and every tree that has none any more. kNotFound when there is no such name.
  Result<MirrorEntry> Remove(const ActionRef& ref) const;

  // The tree on this machine, and where a job sees it.
  std::string FolderOf(const MirrorEntry& entry) const;
  static std::string InsideOf(const MirrorEntry& entry);

  // A file of the tree, by its path from the root. kNotFound when it is not there, kDenied for a path that leads out.
  Result<std::string> Read(const MirrorEntry& entry, const std::string& path) const;

 private:
  Result<void> Write(const std::vector<MirrorEntry>& entries) const;

  std::string folder_;
};

}  // namespace tuesday::actions
