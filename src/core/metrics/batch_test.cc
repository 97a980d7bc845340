// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/batch.h"

#include <gtest/gtest.h>

namespace tuesday::metrics {
namespace {

constexpr int kSeries = 50;
constexpr int kTimes = 200;

Labels LabelsOf(int series) { return {{"__name__", "requests_total"}, {"instance", "api-" + std::to_string(series)}}; }

// One batch for each second, as the recorder makes them.
std::vector<std::string> OneASecond() {
  std::vector<std::string> batches;
  for (int t = 0; t < kTimes; ++t) {
    SampleBatch batch;
    for (int i = 0; i < kSeries; ++i) batch.series.push_back({LabelsOf(i), {{t * 1000, static_cast<double>(t * i)}}});
    batches.push_back(EncodeBatch(batch));
  }
  return batches;
}

std::vector<std::string_view> Views(const std::vector<std::string>& batches) { return {batches.begin(), batches.end()}; }

std::size_t BytesOf(const std::vector<std::string>& batches) {
  std::size_t bytes = 0;
  for (const std::string& batch : batches) bytes += batch.size();
  return bytes;
}

TEST(MergeBatches, SaysTheSameInAFractionOfTheBytes) {
  const std::vector<std::string> batches = OneASecond();
  const Result<std::vector<std::string>> merged = MergeBatches(Views(batches), kBatchBytesMax);
  ASSERT_TRUE(merged.has_value());
  ASSERT_EQ(merged->size(), 1);
  EXPECT_LT(BytesOf(*merged) * 10, BytesOf(batches));
  const Result<SampleBatch> read = DecodeBatch(merged->front());
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->series.size(), kSeries);
  for (const Series& series : read->series) {
    ASSERT_EQ(series.samples.size(), kTimes) << series.labels.Text();
    for (int t = 0; t < kTimes; ++t) EXPECT_EQ(series.samples[static_cast<std::size_t>(t)].t, t * 1000);
  }
}

TEST(MergeBatches, StaysWithinTheLimitOfOneBatch) {
  const std::vector<std::string> batches = OneASecond();
  const Result<std::vector<std::string>> merged = MergeBatches(Views(batches), 20'000);
  ASSERT_TRUE(merged.has_value());
  EXPECT_GT(merged->size(), 1);
  std::size_t series = 0;
  for (const std::string& batch : *merged) {
    EXPECT_LE(batch.size(), 20'000);
    series += DecodeBatch(batch)->series.size();
  }
  EXPECT_EQ(series, kSeries);
}

TEST(MergeBatches, ASampleThatIsNotNewerIsLeftOutAndDamageIsSaid) {
  const std::string batch = EncodeBatch({{{LabelsOf(1), {{1000, 1}, {2000, 2}}}}});
  const Result<std::vector<std::string>> merged = MergeBatches({batch, batch}, kBatchBytesMax);
  ASSERT_TRUE(merged.has_value());
  EXPECT_EQ(DecodeBatch(merged->front())->series.front().samples.size(), 2);
  EXPECT_EQ(MergeBatches({batch, "no batch"}, kBatchBytesMax).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace tuesday::metrics
