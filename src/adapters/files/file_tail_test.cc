// SPDX-License-Identifier: Apache-2.0
#include "adapters/files/file_tail.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <fstream>
#include <vector>

#include "testing/temporary_folder.h"

namespace tuesday::files {
namespace {

class FileTailTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto started = FileTail::Start([this](const std::string& name, std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_.push_back(name + ": " + std::string(line));
      more_.notify_all();
    });
    ASSERT_TRUE(started.has_value());
    tail_ = std::move(*started);
  }
  void Append(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path(name), std::ios::app) << text << std::flush;
  }
  std::vector<std::string> WaitFor(std::size_t count) {
    std::unique_lock lock(mutex_);
    more_.wait_for(lock, std::chrono::seconds(20), [&] { return lines_.size() >= count; });
    return lines_;
  }

  TemporaryFolder folder_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<std::string> lines_;
  std::unique_ptr<FileTail> tail_;
};

using Lines = std::vector<std::string>;

TEST_F(FileTailTest, TellsLinesAsTheyAreWritten) {
  Append("a", "one\ntw");
  tail_->Follow("A", folder_.path("a"));
  EXPECT_EQ(WaitFor(1), (Lines{"A: one"}));
  Append("a", "o\n");
  EXPECT_EQ(WaitFor(2), (Lines{"A: one", "A: two"}));
}

TEST_F(FileTailTest, WaitsForAFileThatIsNotThereYet) {
  tail_->Follow("B", folder_.path("b"));
  Append("b", "x\n");
  EXPECT_EQ(WaitFor(1), (Lines{"B: x"}));
}

TEST_F(FileTailTest, FinishGivesTheRest) {
  Append("a", "one\nhalf");
  tail_->Follow("A", folder_.path("a"));
  tail_->Finish("A");
  EXPECT_EQ(WaitFor(2), (Lines{"A: one", "A: half"}));
  Append("a", "more\n");
  tail_->Follow("C", folder_.path("c"));
  Append("c", "z\n");
  EXPECT_EQ(WaitFor(3).back(), "C: z");
}

}  // namespace
}  // namespace tuesday::files
