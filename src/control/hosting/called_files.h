// SPDX-License-Identifier: Apache-2.0
// The reusable workflows that a workflow at one commit calls: of its own repository, of a neighbour, or of elsewhere. Blocks.
#pragma once

#include <string>
#include <vector>

#include "control/hosting/sight.h"
#include "core/workflow/read.h"

namespace tuesday::control {

class FilesAt : public workflow::CalledFiles {
 public:
  // `files` are the workflows of the record's repository at `sha`. All of them outlive this.
  FilesAt(const Sources& sources, const runs::RepositoryRecord& record, const std::string& sha,
          const std::vector<GitFile>& files)
      : sources_(sources), record_(record), sha_(sha), files_(files) {}

  Result<workflow::CalledFile> Find(std::string_view caller, std::string_view ref) const override;

  // What was found, each file once.
  std::vector<runs::SourceFile> Take() { return std::move(called_); }

 private:
  Result<std::string> Read(const std::string& name) const;
  Result<std::string> ReadNeighbour(const std::string& repository, const std::string& path, const std::string& ref) const;

  const Sources& sources_;
  const runs::RepositoryRecord& record_;
  const std::string& sha_;
  const std::vector<GitFile>& files_;
  mutable std::vector<runs::SourceFile> called_;
};

}  // namespace tuesday::control
