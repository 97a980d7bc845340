// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/chunk.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <random>

#include "core/metrics/batch.h"

namespace tuesday::metrics {
namespace {

void ExpectSame(const std::vector<Sample>& a, const std::vector<Sample>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].t, b[i].t);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(a[i].value), std::bit_cast<std::uint64_t>(b[i].value)) << i;
  }
}

std::vector<Sample> Mixed(std::uint32_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Sample> samples;
  std::int64_t t = 1'700'000'000'000;
  double value = 0;
  for (int i = 0; i < 120; ++i) {
    t += 5000 + static_cast<std::int64_t>(random() % 3) - 1;
    switch (seed % 5) {
      case 0: break;
      case 1: value += static_cast<double>(random() % 50); break;
      case 2: value = static_cast<double>(random() % 10000) / 100; break;
      case 3: value = std::bit_cast<double>(random()); break;
      default: value = std::ldexp(static_cast<double>(random() % 1000), 40); break;
    }
    samples.push_back({t, value});
  }
  return samples;
}

TEST(Chunk, EveryKindOfSeriesReadsBackBitForBit) {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    const std::vector<Sample> samples = Mixed(seed);
    const Result<std::vector<Sample>> back = DecodeChunk(EncodeChunk(samples));
    ASSERT_TRUE(back.has_value());
    ExpectSame(samples, *back);
  }
}

TEST(Chunk, SpecialValuesReadBackBitForBit) {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Sample> samples = {{INT64_MIN, -0.0}, {-5, 0.0},   {0, nan},   {1, StaleMarker()}, {2, inf},
                                       {3, -inf},         {4, 5e-324}, {5, 1e308}, {6, 0.1},           {INT64_MAX, -0.001}};
  const Result<std::vector<Sample>> back = DecodeChunk(EncodeChunk(samples));
  ASSERT_TRUE(back.has_value());
  ExpectSame(samples, *back);
}

TEST(Chunk, SteadyCounterTakesLessThanAByteASample) {
  std::vector<Sample> samples;
  for (int i = 0; i < 120; ++i) samples.push_back({i * 5000, i * 50.0});
  EXPECT_LT(EncodeChunk(samples).size(), 120U);
}

TEST(Chunk, HostileBytesFailAndNeverCrash) {
  std::mt19937_64 random(7);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = EncodeChunk(Mixed(static_cast<std::uint32_t>(round % 5)));
    if (round % 2 == 0) bytes.resize(random() % bytes.size());
    for (int i = 0; i < 3 && !bytes.empty(); ++i)
      bytes[random() % std::min<std::size_t>(bytes.size(), 20)] = static_cast<char>(random());
    if (!DecodeChunk(bytes).has_value()) ++refused;
  }
  EXPECT_GT(refused, 1500);
}

TEST(Batch, ReadsBackAndRefusesEveryChangedByte) {
  SampleBatch batch;
  for (std::uint32_t seed = 0; seed < 5; ++seed) {
    batch.series.push_back({Labels{{"__name__", "m"}, {"seed", std::to_string(seed)}}, Mixed(seed)});
  }
  const std::string bytes = EncodeBatch(batch);
  const Result<SampleBatch> back = DecodeBatch(bytes);
  ASSERT_TRUE(back.has_value()) << ErrorText(back.error());
  ASSERT_EQ(back->series.size(), batch.series.size());
  for (std::size_t i = 0; i < batch.series.size(); ++i) {
    EXPECT_EQ(back->series[i].labels, batch.series[i].labels);
    ExpectSame(back->series[i].samples, batch.series[i].samples);
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 4);
    EXPECT_FALSE(DecodeBatch(changed).has_value()) << i;
    EXPECT_FALSE(DecodeBatch(std::string_view(bytes).substr(0, i)).has_value()) << i;
  }
}

TEST(Batch, LaterVersionIsNamedUnsupported) {
  std::string bytes = EncodeBatch({});
  bytes[4] = 9;
  EXPECT_EQ(DecodeBatch(bytes).error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace tuesday::metrics
