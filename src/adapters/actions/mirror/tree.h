// SPDX-License-Identifier: Apache-2.0
// A folder as a tree of plain files and links, and the digest by which it is known. Blocks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace tuesday::actions {

inline constexpr std::uint64_t kTreeBytesMax = 1ULL << 30;
inline constexpr std::size_t kTreeFilesMax = 50'000;

struct TreeFile {
  std::string path;  // From the root.
  bool is_executable = false;
  std::string digest;  // SHA-256 in hex; of a link, empty.
  std::string target;  // Of a link.
};

struct Tree {
  std::vector<TreeFile> files;  // By path.
  std::uint64_t bytes = 0;
};

// What is in the folder, without a `.git` of its root. kDenied for a link that leads out, and for what is neither file nor link
// nor folder; kLimit for too much; kNotFound when there is no such folder.
Result<Tree> ReadTree(const std::string& folder);

// SHA-256 in hex, of a line for each file: names, contents and whether they can be run, nothing else.
std::string DigestOf(const Tree& tree);

// Copies the tree's files from `folder` to `target`, which is made; readable by everybody.
Result<void> CopyTree(const Tree& tree, const std::string& folder, const std::string& target);

}  // namespace tuesday::actions
