// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/chunk.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <string_view>

#include "core/metrics/batch.h"

namespace tuesday::metrics {
namespace {

void ExpectSame(std::span<const Sample> a, std::span<const Sample> b) {
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

TEST(Chunk, EqualDistancesAndStepsOfPowersOfTwoTakeNoBits) {
  std::vector<Sample> samples;
  for (int i = 0; i < 120; ++i) samples.push_back({1'700'000'000'000 + i * 5000, 1e6 + 4096.0 * (i % 8)});
  EXPECT_LT(EncodeChunk(samples).size(), 24U + 120 * 3 / 8);
}

TEST(Chunk, ClocksThatJitterOrDriftReadBack) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<Sample> samples;
    std::int64_t t = static_cast<std::int64_t>(random() >> (random() % 60));
    for (std::size_t i = 0; i <= random() % 200; ++i) {
      t += 1 + static_cast<std::int64_t>(random() % (1ULL << (round % 30)));
      samples.push_back({t, static_cast<double>(i / 7)});
    }
    const Result<std::vector<Sample>> back = DecodeChunk(EncodeChunk(samples));
    ASSERT_TRUE(back.has_value());
    ExpectSame(samples, *back);
  }
}

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

TEST(Chunk, FirstFormIsStillRead) {
  struct Row {
    const char* what;
    const char* hex;
    std::vector<double> values;
  };
  const Row rows[] = {
      {"Differences", "00041000000000000003e8f809c42530000000000000001a3bdc", {1, 3, 3, 250}},
      {"Xor",
       "00040000000000000003e8f809c42533fb999999999999ad3b6ccccccccccccf60f3acd5548b56ddf960",
       {0.1, 1.0 / 3, 1.0 / 3, -7e100}},
      {"DifferencesOfDifferences", "00042200000000000003e8f809c4253000000000000020de6400", {5.25, 6.25, 7.25, 8.25}},
  };
  for (const Row& row : rows) {
    const Result<std::vector<Sample>> back = DecodeChunk(FromHex(row.hex));
    ASSERT_TRUE(back.has_value()) << row.what;
    const std::int64_t times[] = {1000, 6000, 11001, 16000};
    std::vector<Sample> expected;
    for (std::size_t i = 0; i < 4; ++i) expected.push_back({times[i], row.values[i]});
    ExpectSame(expected, *back);
  }
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
    ExpectSame(back->series[i].samples.span(), batch.series[i].samples.span());
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
