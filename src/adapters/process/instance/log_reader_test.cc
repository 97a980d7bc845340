// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/instance/log_reader.h"

#include <gmock/gmock.h>

#include "adapters/process/instance/instance_log.h"
#include "testing/temporary_folder.h"

namespace tuesday::process {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

OutputChunk Read(const InstanceFolder& folder, const OutputAsk& ask) {
  const auto chunk = ReadLog(folder, ask);
  EXPECT_TRUE(chunk) << chunk.error().message;
  return chunk.value_or(OutputChunk{});
}

TEST(LogReader, FollowsFromWhereItStopped) {
  const TemporaryFolder temporary;
  const InstanceFolder folder{temporary.path()};
  InstanceLog log(folder, 1 << 20);
  log.Append("one\ntwo\n");
  const OutputChunk first = Read(folder, {.tail = 1, .since = {}, .cursor = {}});
  EXPECT_THAT(first.lines, ElementsAre("two"));
  EXPECT_THAT(Read(folder, {.tail = {}, .since = {}, .cursor = first.cursor}).lines, IsEmpty());
  log.Append("thr");
  const OutputChunk half = Read(folder, {.tail = {}, .since = {}, .cursor = first.cursor});
  EXPECT_THAT(half.lines, IsEmpty());
  log.Append("ee\nfour\n");
  EXPECT_THAT(Read(folder, {.tail = {}, .since = {}, .cursor = half.cursor}).lines, ElementsAre("three", "four"));
}

TEST(LogReader, LosesNothingWhenTheFilesTurn) {
  const TemporaryFolder temporary;
  const InstanceFolder folder{temporary.path()};
  InstanceLog log(folder, 40);
  log.Append("line 0\n");
  std::string cursor = Read(folder, {.tail = {}, .since = {}, .cursor = {}}).cursor;
  for (int i = 1; i < 200; ++i) {
    log.Append("line " + std::to_string(i) + "\n");
    const OutputChunk chunk = Read(folder, {.tail = {}, .since = {}, .cursor = cursor});
    ASSERT_THAT(chunk.lines, ElementsAre("line " + std::to_string(i)));
    ASSERT_FALSE(chunk.cut);
    cursor = chunk.cursor;
  }
}

TEST(LogReader, SaysWhenLinesWereThrownAwayMeanwhile) {
  const TemporaryFolder temporary;
  const InstanceFolder folder{temporary.path()};
  InstanceLog log(folder, 40);
  log.Append("line 0\n");
  const std::string cursor = Read(folder, {.tail = {}, .since = {}, .cursor = {}}).cursor;
  // Some file system gives a number again at once: enough turns that the old files are gone for sure.
  for (int i = 1; i < 30; ++i) log.Append("line " + std::to_string(i) + "\n");
  const OutputChunk chunk = Read(folder, {.tail = {}, .since = {}, .cursor = cursor});
  EXPECT_EQ(chunk.lines.back(), "line 29");
}

TEST(LogReader, SinceIsGoodToASecond) {
  const TemporaryFolder temporary;
  const InstanceFolder folder{temporary.path()};
  InstanceLog log(folder, 1 << 20);
  for (int second = 0; second < 10; ++second) log.Append("at " + std::to_string(second) + "\n", 1'000'000 + second * 1000);
  const WallTime since{std::chrono::milliseconds(1'007'000)};
  EXPECT_THAT(Read(folder, {.tail = {}, .since = since, .cursor = {}}).lines, ElementsAre("at 7", "at 8", "at 9"));
  const WallTime later{std::chrono::milliseconds(2'000'000)};
  EXPECT_THAT(Read(folder, {.tail = {}, .since = later, .cursor = {}}).lines, IsEmpty());
}

TEST(LogReader, MoreThanOneAnswerHoldsShowsTheEnd) {
  const TemporaryFolder temporary;
  const InstanceFolder folder{temporary.path()};
  InstanceLog log(folder, 8 << 20);
  const std::string long_line(1000, 'x');
  for (int i = 0; i < 5000; ++i) log.Append(long_line + std::to_string(i) + "\n");
  const OutputChunk chunk = Read(folder, {.tail = {}, .since = {}, .cursor = {}});
  EXPECT_TRUE(chunk.cut);
  EXPECT_EQ(chunk.lines.back(), long_line + "4999");
}

TEST(LogReader, ABrokenPlaceIsRefused) {
  const TemporaryFolder temporary;
  const InstanceFolder folder{temporary.path()};
  for (const std::string cursor : {"x", "1", "1.", "1.-5", "1.5x"}) {
    EXPECT_FALSE(ReadLog(folder, {.tail = {}, .since = {}, .cursor = cursor})) << cursor;
  }
}

}  // namespace
}  // namespace tuesday::process
