// SPDX-License-Identifier: Apache-2.0
// What the reading of one workflow shares over its files: options, names of files, problems, and the size of what was read. An
// internal header of this folder.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/workflow/read.h"

namespace tuesday::workflow {

class ReadState {
 public:
  explicit ReadState(const ReadOptions& options) : options_(options) {}

  const ReadOptions& options() const { return options_; }
  const std::vector<std::string>& files() const { return files_; }
  const std::vector<WorkflowProblem>& problems() const { return problems_; }
  bool HasProblems() const { return !problems_.empty(); }

  // A problem at a place: the file's name alone when the place has no line, nothing when it has no file.
  void Add(Place at, std::string message);

  // Puts "In <caller> …: Error from called workflow" before every problem that does not begin with the caller's file.
  void PrefixWithCaller(Place ref);

  // The number of a file, the same each time. Fails when the size is too much.
  Result<int> FileId(const std::string& name);
  const std::string& FileName(int file) const { return files_.at(static_cast<std::size_t>(file - 1)); }

  // Counts one file read; a file read twice counts once. Fails above the limit.
  Result<void> CountFile(const std::string& name);
  Result<void> CountJob();

  // The size by GitHub's measure: 24 for an object, 26 and two for each UTF-16 unit of a text.
  Result<void> AddToken(const Token& token);
  Result<void> AddBytes(std::size_t bytes);

  // Nested sequences and mappings, over the file that is being read.
  Result<void> Enter();
  void Leave() { --depth_; }

 private:
  ReadOptions options_;
  std::vector<std::string> files_;
  std::set<std::string> counted_;
  std::vector<WorkflowProblem> problems_;
  std::size_t bytes_ = 0;
  int depth_ = 0;
  int jobs_ = 0;
};

std::string LineColumn(Place at);

}  // namespace tuesday::workflow
