// SPDX-License-Identifier: Apache-2.0
#include "app/server/daemon/disk.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "testing/fake_clock.h"
#include "testing/temporary_folder.h"

namespace tuesday::server {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

// A minute after the other, as the daemon measures, on virtual time.
void Live(DiskHistory& history, testing::FakeClock& clock, Duration time, std::uint64_t& total, std::uint64_t each_minute) {
  for (Duration lived{}; lived < time; lived += kDiskInterval) {
    clock.Set(clock.Now() + kDiskInterval);
    history.Take(total += each_minute, clock.Wall());
  }
}

TEST(DiskHistory, SaysWhatADayAddsOnceItKnows) {
  testing::FakeClock clock;
  DiskHistory history;
  std::uint64_t total = 100 * kMiB;
  EXPECT_FALSE(history.GrowthPerDay().has_value());
  Live(history, clock, std::chrono::minutes(20), total, kMiB);
  EXPECT_FALSE(history.GrowthPerDay().has_value()) << "twenty minutes say nothing about a day";
  Live(history, clock, std::chrono::hours(3), total, kMiB);
  EXPECT_EQ(history.GrowthPerDay(), static_cast<std::int64_t>(24 * 60 * kMiB));
  Live(history, clock, std::chrono::hours(24 * 3), total, 0);
  EXPECT_EQ(history.GrowthPerDay(), 0) << "the day before yesterday is forgotten";
}

TEST(DiskHistory, SurvivesARestartAndAClockThatGoesBack) {
  testing::FakeClock clock;
  DiskHistory history;
  std::uint64_t total = 0;
  Live(history, clock, std::chrono::hours(30), total, kMiB);
  DiskHistory again = DiskHistory::Decode(history.Encode());
  EXPECT_EQ(again.Encode(), history.Encode());
  again.Take(total, clock.Wall());
  EXPECT_EQ(again.GrowthPerDay(), history.GrowthPerDay());
  clock.JumpWall(-std::chrono::hours(12));
  again.Take(total, clock.Wall());
  EXPECT_GT(again.GrowthPerDay().value_or(-1), 0);
}

TEST(DiskHistory, OfAnythingElseIsEmpty) {
  for (const char* text : {"", "{}", "[]", R"({"samples":[{"at":"x","total_bytes":1}]})",
                           R"({"samples":[{"at":"2026-01-01T00:00:00.000Z","total_bytes":-1}]})"}) {
    EXPECT_EQ(DiskHistory::Decode(text).Encode(), DiskHistory().Encode()) << text;
  }
}

TEST(MeasureDisk, CountsEachPart) {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& path, std::size_t bytes) {
    const std::filesystem::path whole = std::filesystem::path(folder.path()) / path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << std::string(bytes, 'x');
  };
  write("tuesday.db", 100);
  write("tuesday.db-wal", 10);
  write("metrics/1", 7);
  write("blobs/a/b/c", 1000);
  write("instances/api-1/log.1", 30);
  write("instances/api-1/spec", 500);
  write("logs/api-0", 3);
  EXPECT_EQ(MeasureDisk(folder.path()), (DiskUse{.database = 110, .metrics = 7, .blobs = 1000, .logs = 33}));
  EXPECT_EQ(MeasureDisk(folder.path() + "/nothing").total(), 0U);
}

}  // namespace
}  // namespace tuesday::server
