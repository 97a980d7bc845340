// SPDX-License-Identifier: Apache-2.0
#include "adapters/metricslog/batch_log.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "adapters/metricslog/segment.h"
#include "testing/temporary_folder.h"

namespace tuesday::metricslog {
namespace {

using Batches = std::vector<std::string>;
using std::chrono::minutes;

BatchLog OpenLog(const std::string& folder, Batches& batches, Replayed& replayed, LogLimits limits = {}) {
  Result<BatchLog> log = BatchLog::Open(folder, limits, [&](std::string_view batch) { batches.emplace_back(batch); }, replayed);
  EXPECT_TRUE(log.has_value()) << ErrorText(log.error());
  return *std::move(log);
}

Batches ReadBack(const std::string& folder, Replayed& replayed) {
  Batches batches;
  OpenLog(folder, batches, replayed);
  return batches;
}

void Write(const std::string& folder, const Batches& batches) {
  Batches ignored;
  Replayed replayed;
  BatchLog log = OpenLog(folder, ignored, replayed);
  for (const std::string& batch : batches) ASSERT_TRUE(log.Append(batch, Instant()).has_value());
  ASSERT_TRUE(log.Sync().has_value());
}

std::vector<std::string> Files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(folder)) files.push_back(file.path().string());
  std::ranges::sort(files);
  return files;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const std::string& path, std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }

const Batches kThree = {"one", std::string("t\0wo", 4), std::string(5000, 'x')};

// RFC 3720, B.4, and the check value of the CRC catalogue.
TEST(Crc32c, GivesTheStandardsValues) {
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62A8AB43U);
  EXPECT_EQ(Crc32c("6789", Crc32c("12345")), 0xE3069283U);
}

TEST(BatchLog, GivesBackWhatWasAppendedAcrossRestarts) {
  const TemporaryFolder folder;
  Write(folder.path("log"), kThree);
  Write(folder.path("log"), {"four", ""});
  Replayed replayed;
  EXPECT_EQ(ReadBack(folder.path("log"), replayed), (Batches{kThree[0], kThree[1], kThree[2], "four", ""}));
  EXPECT_EQ(replayed.batches, 5U);
  EXPECT_EQ(replayed.segments, 2U);
  EXPECT_EQ(replayed.torn_bytes, 0U);
  EXPECT_TRUE(replayed.complaints.empty());
}

TEST(BatchLog, OpeningAloneLeavesNoFile) {
  const TemporaryFolder folder;
  Replayed replayed;
  for (int i = 0; i < 3; ++i) ReadBack(folder.path(), replayed);
  EXPECT_TRUE(Files(folder.path()).empty());
}

TEST(BatchLog, ATornTailIsCutOffWhereverItWasTorn) {
  const TemporaryFolder folder;
  Write(folder.path("log"), {"first", "second"});
  const std::string path = Files(folder.path("log")).front();
  const std::string whole = ReadFile(path);
  const std::size_t after_first = kSegmentMagic.size() + FrameBatch("first").size();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    WriteFile(path, whole.substr(0, size));
    Replayed replayed;
    EXPECT_EQ(ReadBack(folder.path("log"), replayed), size < after_first ? Batches() : Batches{"first"}) << size;
    EXPECT_TRUE(replayed.complaints.empty()) << size;
    const std::size_t kept = size >= after_first ? after_first : size >= kSegmentMagic.size() ? kSegmentMagic.size() : 0;
    EXPECT_EQ(replayed.torn_bytes, size - kept) << size;
    EXPECT_EQ(std::filesystem::file_size(path), kept) << size;
  }
  Write(folder.path("log"), {"third"});
  Replayed replayed;
  EXPECT_EQ(ReadBack(folder.path("log"), replayed), (Batches{"first", "third"}));
}

TEST(BatchLog, AFlippedBitNeverGivesAWrongBatchAndOtherSegmentsAreRead) {
  const TemporaryFolder folder;
  Write(folder.path("log"), {"first", "second"});
  Write(folder.path("log"), {"third"});
  const std::string path = Files(folder.path("log")).front();
  const std::string whole = ReadFile(path);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x04);
    WriteFile(path, bytes);
    Replayed replayed;
    const Batches batches = ReadBack(folder.path("log"), replayed);
    EXPECT_TRUE(batches == Batches{"third"} || batches == (Batches{"first", "third"})) << at;
    ASSERT_EQ(replayed.complaints.size(), 1U) << at;
    EXPECT_TRUE(replayed.complaints[0].contains(path)) << replayed.complaints[0];
    EXPECT_EQ(ReadFile(path), bytes) << "Damage is left for whoever wants to look.";
  }
}

TEST(BatchLog, RotatesBySizeAndByTime) {
  const TemporaryFolder folder;
  Batches ignored;
  Replayed replayed;
  BatchLog log = OpenLog(folder.path(), ignored, replayed, {.segment_bytes_max = 1000, .segment_time_max = minutes(15)});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(log.Append(std::string(400, 'x'), Instant()).has_value());
  EXPECT_EQ(Files(folder.path()).size(), 2U);
  ASSERT_TRUE(log.Append("x", Instant() + minutes(14)).has_value());
  EXPECT_EQ(Files(folder.path()).size(), 2U);
  ASSERT_TRUE(log.Append("x", Instant() + minutes(15)).has_value());
  EXPECT_EQ(Files(folder.path()).size(), 3U);
  ASSERT_TRUE(log.Append(std::string(5000, 'x'), Instant() + minutes(15)).has_value())
      << "A batch over a segment's size has its own.";
  EXPECT_EQ(Files(folder.path()).size(), 4U);
}

TEST(BatchLog, TheOldestSegmentGoesWhenTheLogIsFull) {
  const TemporaryFolder folder;
  const LogLimits limits = {.segment_bytes_max = 1000, .total_bytes_max = 5000};
  Batches ignored;
  Replayed replayed;
  {
    BatchLog log = OpenLog(folder.path(), ignored, replayed, limits);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(log.Append(fmt::format("{:0400}", i), Instant()).has_value());
      EXPECT_LE(log.total_bytes(), limits.total_bytes_max);
    }
  }
  const Batches left = ReadBack(folder.path(), replayed);
  ASSERT_GE(left.size(), 8U);
  for (std::size_t i = 0; i < left.size(); ++i) EXPECT_EQ(left[i], fmt::format("{:0400}", 100 - left.size() + i));
  OpenLog(folder.path(), ignored, replayed, {.total_bytes_max = 1000});
  EXPECT_LE(Files(folder.path()).size(), 1U) << "A smaller limit holds from the next start on.";
}

TEST(BatchLog, ASmallerLimitHoldsAtOnceAndALargerOneFromThenOn) {
  const TemporaryFolder folder;
  Batches ignored;
  Replayed replayed;
  BatchLog log = OpenLog(folder.path(), ignored, replayed, {.segment_bytes_max = 1000, .total_bytes_max = 5000});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(log.Append(fmt::format("{:0400}", i), Instant()).has_value());
  ASSERT_GT(log.total_bytes(), 2000U);
  ASSERT_TRUE(log.SetTotalBytesMax(2000).has_value());
  EXPECT_LE(log.total_bytes(), 2000U);
  EXPECT_GE(ReadBack(folder.path(), replayed).size(), 1U) << "what is written to stays";
  ASSERT_TRUE(log.SetTotalBytesMax(8000).has_value());
  for (int i = 20; i < 60; ++i) ASSERT_TRUE(log.Append(fmt::format("{:0400}", i), Instant()).has_value());
  EXPECT_GT(log.total_bytes(), 5000U);
  EXPECT_LE(log.total_bytes(), 8000U);
}

TEST(BatchLog, RefusesABatchOverTheLimit) {
  const TemporaryFolder folder;
  Batches ignored;
  Replayed replayed;
  BatchLog log = OpenLog(folder.path(), ignored, replayed);
  EXPECT_EQ(log.Append(std::string(kBatchBytesMax + 1, 'x'), Instant()).error().code, ErrorCode::kLimit);
  EXPECT_TRUE(log.Append("x", Instant()).has_value());
}

TEST(BatchLog, AProcessThatIsKilledLosesNoBatchThatWasAppended) {
  const TemporaryFolder folder;
  std::uint64_t total = 0;
  for (int round = 0; round < 8; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t writer = fork();
    if (writer == 0) {
      Batches ignored;
      Replayed replayed;
      BatchLog log = OpenLog(folder.path(), ignored, replayed);
      while (log.Append(std::string(20'000, 'x'), Instant()).has_value() && write(ends[1], "x", 1) == 1) {}
      _exit(1);
    }
    close(ends[1]);
    char byte = 0;
    for (int i = 0; i < 5 + 3 * round; ++i, ++total) ASSERT_EQ(read(ends[0], &byte, 1), 1);
    kill(writer, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(writer, &status, 0), writer);
    EXPECT_TRUE(WIFSIGNALED(status));
    while (read(ends[0], &byte, 1) == 1) ++total;
    close(ends[0]);
    Replayed replayed;
    const Batches batches = ReadBack(folder.path(), replayed);
    EXPECT_GE(batches.size(), total);
    EXPECT_TRUE(replayed.complaints.empty());
    for (const std::string& batch : batches) EXPECT_EQ(batch, std::string(20'000, 'x'));
    total = batches.size();
  }
}

TEST(BatchLog, AFullDiskCostsThatBatchOnly) {
  const TemporaryFolder folder;
  // A limit of the file size fails writes in mid-batch as a full disk does. In a process of its own.
  const pid_t writer = fork();
  if (writer == 0) {
    Batches ignored;
    Replayed replayed;
    BatchLog log = OpenLog(folder.path(), ignored, replayed);
    signal(SIGXFSZ, SIG_IGN);
    if (!log.Append("before", Instant()).has_value()) _exit(1);
    rlimit room{log.total_bytes() + 100, RLIM_INFINITY};
    if (setrlimit(RLIMIT_FSIZE, &room) != 0) _exit(2);
    const Result<void> refused = log.Append(std::string(5000, 'x'), Instant());
    if (refused.has_value() || refused.error().code != ErrorCode::kLimit) _exit(3);
    room.rlim_cur = RLIM_INFINITY;
    if (setrlimit(RLIMIT_FSIZE, &room) != 0) _exit(4);
    _exit(log.Append("after", Instant()).has_value() ? 0 : 5);
  }
  int status = 0;
  ASSERT_EQ(waitpid(writer, &status, 0), writer);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  Replayed replayed;
  EXPECT_EQ(ReadBack(folder.path(), replayed), (Batches{"before", "after"}));
  EXPECT_TRUE(replayed.complaints.empty());
}

// All batches of a segment as one, with a comma between.
Result<Batches> Joined(const std::vector<std::string_view>& batches) {
  std::string joined;
  for (const std::string_view batch : batches) joined += std::string(batch) + ",";
  return Batches{joined};
}

const Batches kSix = {"a", "b", "c", "d", "e", "f"};

TEST(BatchLogMerge, AnEndedSegmentOfManyBatchesIsReplacedByWhatTheySayTogether) {
  const TemporaryFolder folder;
  Write(folder.path(), kSix);
  Batches ignored;
  Replayed replayed;
  BatchLog log = OpenLog(folder.path(), ignored, replayed);
  EXPECT_EQ(log.MergeOldest(Joined), Result<bool>(true));
  EXPECT_EQ(log.MergeOldest(Joined), Result<bool>(false)) << "once is enough";
  ASSERT_TRUE(log.Append("g", Instant()).has_value());
  EXPECT_EQ(ReadBack(folder.path(), replayed), (Batches{"a,b,c,d,e,f,", "g"}));
  std::uint64_t bytes = 0;
  for (const std::string& path : Files(folder.path())) bytes += ReadFile(path).size();
  EXPECT_EQ(log.total_bytes(), bytes);
}

TEST(BatchLogMerge, TheSegmentThatIsWrittenToIsLeftAlone) {
  const TemporaryFolder folder;
  Batches ignored;
  Replayed replayed;
  BatchLog log = OpenLog(folder.path(), ignored, replayed);
  for (const std::string& batch : kSix) ASSERT_TRUE(log.Append(batch, Instant()).has_value());
  EXPECT_EQ(log.MergeOldest(Joined), Result<bool>(false));
  EXPECT_EQ(ReadBack(folder.path(), replayed), kSix);
}

TEST(BatchLogMerge, WhatCannotBeMergedOrIsDamagedStaysAsItIs) {
  const TemporaryFolder folder;
  Write(folder.path(), kSix);
  Batches ignored;
  Replayed replayed;
  {
    BatchLog log = OpenLog(folder.path(), ignored, replayed);
    const auto refuse = [](const std::vector<std::string_view>&) -> Result<Batches> { return Fail(ErrorCode::kCorrupt, "no"); };
    EXPECT_FALSE(log.MergeOldest(refuse).has_value());
    EXPECT_EQ(log.MergeOldest(refuse), Result<bool>(false)) << "not again and again";
  }
  const std::string path = Files(folder.path()).front();
  BatchLog log = OpenLog(folder.path(), ignored, replayed);
  std::string bytes = ReadFile(path);
  bytes[bytes.size() - 1] ^= 1;
  WriteFile(path, bytes);
  EXPECT_EQ(log.MergeOldest(Joined), Result<bool>(true));
  EXPECT_EQ(ReadFile(path), bytes);
}

TEST(BatchLogMerge, AMergeThatWasCutOffLeavesTheSegmentAndNoFile) {
  const TemporaryFolder folder;
  Write(folder.path(), kSix);
  const std::string unfinished = Files(folder.path()).front() + ".new";
  WriteFile(unfinished, "half of it");
  Replayed replayed;
  EXPECT_EQ(ReadBack(folder.path(), replayed), kSix);
  EXPECT_FALSE(std::filesystem::exists(unfinished));
}

}  // namespace
}  // namespace tuesday::metricslog
