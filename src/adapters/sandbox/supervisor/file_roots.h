// SPDX-License-Identifier: Apache-2.0
// Files of a place read from outside, for what cannot wait for the sandbox: below the folders that the place
// writes, and never over a link that leads out of them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "core/workflow/output/step_output.h"

namespace tuesday::sandbox {

class FileRoots : public workflow::MatcherFiles {
 public:
  // (path inside, folder of the machine); the longest path inside that fits is taken.
  explicit FileRoots(std::vector<std::pair<std::string, std::string>> roots) : roots_(std::move(roots)) {}

  Result<std::string> Read(std::string_view path) const override;

 private:
  // The folder of the machine, and what follows it in the path.
  struct Split {
    std::string folder;
    std::string relative;
  };
  std::optional<Split> Find(std::string_view path) const;

  std::vector<std::pair<std::string, std::string>> roots_;
};

}  // namespace tuesday::sandbox
