// SPDX-License-Identifier: Apache-2.0
// A working tree beside a hosted repository, for tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "adapters/git/git.h"

namespace tuesday::git {

class TestClone {
 public:
  TestClone(std::string folder, const std::string& origin) : folder_(std::move(folder)) {
    EXPECT_TRUE(RunGit({"init", "--quiet", "-b", "main", folder_}).has_value());
    Git({"remote", "add", "origin", origin});
    Git({"config", "user.name", "Ada"});
    Git({"config", "user.email", "ada@example.com"});
  }

  const std::string& folder() const { return folder_; }

  std::string Git(const std::vector<std::string>& words) const {
    const auto line = GitLine(words, {.folder = folder_, .environment = {}});
    EXPECT_TRUE(line.has_value()) << line.error().message;
    return line.value_or("");
  }
  std::string Head() const { return Git({"rev-parse", "HEAD"}); }

  // The commit; its message is the file's name when there is none.
  std::string Commit(const std::string& file, const std::string& text, const std::string& message = "") const {
    const std::filesystem::path path = std::filesystem::path(folder_) / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    Git({"add", "--all"});
    Git({"commit", "--quiet", "-m", message.empty() ? file : message});
    return Head();
  }

 private:
  std::string folder_;
};

}  // namespace tuesday::git
