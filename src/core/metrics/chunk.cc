// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/chunk.h"

#include <bit>
#include <cmath>

#include "base/check.h"
#include "core/metrics/bits.h"

namespace tuesday::metrics {

namespace {

// Two's complement without overflow: hostile bytes may hold any difference.
std::int64_t Plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t Minus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::uint64_t ZigZag(std::int64_t value) { return (static_cast<std::uint64_t>(value) << 1) ^ (value < 0 ? ~0ULL : 0ULL); }
std::int64_t UnZigZag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ ((value & 1) != 0 ? ~0ULL : 0ULL));
}

// Small numbers in few bits: a unary class, then the bits of that class.
constexpr int kClassBits[] = {0, 3, 6, 9, 13, 20, 32, 64};

void WriteSmall(BitWriter& out, std::int64_t value) {
  const std::uint64_t bits = ZigZag(value);
  int size = 0;
  while (kClassBits[size] < 64 && bits >> kClassBits[size] != 0) ++size;
  for (int i = 0; i < size; ++i) out.Write(1, 1);
  if (size < 7) out.Write(0, 1);
  out.Write(bits, kClassBits[size]);
}

std::int64_t ReadSmall(BitReader& in) {
  int size = 0;
  while (size < 7 && in.Read(1) == 1) ++size;
  return UnZigZag(in.Read(kClassBits[size]));
}

constexpr int kDecimalsMax = 4;
constexpr double kScales[kDecimalsMax + 1] = {1, 10, 100, 1000, 10000};
constexpr double kIntegerMax = 9007199254740992.0;  // 2^53.

// The integer that stands for `value` with `decimals` digits after the point, if it reads back bit for bit.
bool AsDecimal(double value, int decimals, std::int64_t& integer) {
  const double scaled = std::round(value * kScales[decimals]);
  if (!(std::fabs(scaled) < kIntegerMax)) return false;
  integer = static_cast<std::int64_t>(scaled);
  return std::bit_cast<std::uint64_t>(static_cast<double>(integer) / kScales[decimals]) == std::bit_cast<std::uint64_t>(value);
}

bool AllDecimal(std::span<const Sample> samples, int decimals, std::vector<std::int64_t>& integers) {
  integers.resize(samples.size());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (!AsDecimal(samples[i].value, decimals, integers[i])) return false;
  }
  return true;
}

enum class Coding : std::uint8_t { kXor = 0, kDelta = 1, kDeltaOfDelta = 2 };

void WriteTimes(BitWriter& out, std::span<const Sample> samples) {
  out.Write(static_cast<std::uint64_t>(samples[0].t), 64);
  std::int64_t step = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const std::int64_t next = Minus(samples[i].t, samples[i - 1].t);
    WriteSmall(out, Minus(next, step));
    step = next;
  }
}

void WriteXor(BitWriter& out, std::span<const Sample> samples) {
  std::uint64_t previous = std::bit_cast<std::uint64_t>(samples[0].value);
  out.Write(previous, 64);
  int lead = 65;  // Of the block in use; 65: none yet.
  int trail = 0;
  for (const Sample& sample : samples.subspan(1)) {
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(sample.value);
    const std::uint64_t difference = bits ^ previous;
    previous = bits;
    if (difference == 0) {
      out.Write(0, 1);
      continue;
    }
    const int new_lead = std::min(std::countl_zero(difference), 31);
    const int new_trail = std::countr_zero(difference);
    if (lead <= new_lead && trail <= new_trail) {
      out.Write(2, 2);
    } else {
      lead = new_lead;
      trail = new_trail;
      out.Write(3, 2);
      out.Write(static_cast<std::uint64_t>(lead), 5);
      out.Write(static_cast<std::uint64_t>(63 - lead - trail), 6);
    }
    out.Write(difference >> trail, 64 - lead - trail);
  }
}

void WriteDecimals(BitWriter& out, std::span<const std::int64_t> integers, Coding coding) {
  out.Write(static_cast<std::uint64_t>(integers[0]), 64);
  std::int64_t step = 0;
  for (std::size_t i = 1; i < integers.size(); ++i) {
    const std::int64_t next = integers[i] - integers[i - 1];
    WriteSmall(out, coding == Coding::kDelta ? next : next - step);
    step = next;
  }
}

bool ReadXor(BitReader& in, std::vector<Sample>& samples) {
  std::uint64_t bits = in.Read(64);
  samples[0].value = std::bit_cast<double>(bits);
  int lead = 65;
  int width = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    if (in.Read(1) == 1) {
      if (in.Read(1) == 1) {
        lead = static_cast<int>(in.Read(5));
        width = static_cast<int>(in.Read(6)) + 1;
      }
      if (lead + width > 64) return false;
      bits ^= in.Read(width) << (64 - lead - width);
    }
    samples[i].value = std::bit_cast<double>(bits);
  }
  return true;
}

void ReadDecimals(BitReader& in, std::vector<Sample>& samples, Coding coding, int decimals) {
  std::int64_t value = static_cast<std::int64_t>(in.Read(64));
  samples[0].value = static_cast<double>(value) / kScales[decimals];
  std::int64_t step = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const std::int64_t read = ReadSmall(in);
    step = coding == Coding::kDelta ? read : Plus(step, read);
    value = Plus(value, step);
    samples[i].value = static_cast<double>(value) / kScales[decimals];
  }
}

}  // namespace

std::string EncodeChunk(std::span<const Sample> samples) {
  CHECK(!samples.empty() && samples.size() <= kChunkSamplesMax, "a chunk has 1 to 4096 samples");
  const auto begin = [&](Coding coding, int decimals) {
    BitWriter out;
    out.Write(samples.size(), 16);
    out.Write(static_cast<std::uint64_t>(coding), 4);
    out.Write(static_cast<std::uint64_t>(decimals), 4);
    WriteTimes(out, samples);
    return out;
  };
  BitWriter best = begin(Coding::kXor, 0);
  WriteXor(best, samples);
  std::vector<std::int64_t> integers;
  for (int decimals = 0; decimals <= kDecimalsMax; ++decimals) {
    if (!AllDecimal(samples, decimals, integers)) continue;
    for (const Coding coding : {Coding::kDelta, Coding::kDeltaOfDelta}) {
      BitWriter other = begin(coding, decimals);
      WriteDecimals(other, integers, coding);
      if (other.size() < best.size()) best = std::move(other);
    }
    break;
  }
  return best.Take();
}

Result<std::vector<Sample>> DecodeChunk(std::string_view bytes) {
  const auto corrupt = [] { return Fail(ErrorCode::kCorrupt, "A chunk of samples does not read back."); };
  BitReader in(bytes);
  const std::size_t count = in.Read(16);
  const std::uint64_t coding = in.Read(4);
  const int decimals = static_cast<int>(in.Read(4));
  // Each sample takes at least two bits, so the claim cannot make a large allocation from few bytes.
  if (in.failed() || count == 0 || count > kChunkSamplesMax || coding > 2 || decimals > kDecimalsMax) return corrupt();
  if (count > bytes.size() * 4) return corrupt();
  std::vector<Sample> samples(count);
  samples[0].t = static_cast<std::int64_t>(in.Read(64));
  std::int64_t step = 0;
  for (std::size_t i = 1; i < count; ++i) {
    step = Plus(step, ReadSmall(in));
    samples[i].t = Plus(samples[i - 1].t, step);
    if (samples[i].t <= samples[i - 1].t) return corrupt();
  }
  if (static_cast<Coding>(coding) == Coding::kXor) {
    if (!ReadXor(in, samples)) return corrupt();
  } else {
    ReadDecimals(in, samples, static_cast<Coding>(coding), decimals);
  }
  if (in.failed() || !in.AtEnd()) return corrupt();
  return samples;
}

Chunk SealChunk(std::span<const Sample> samples) {
  Chunk chunk;
  chunk.bytes = EncodeChunk(samples);
  chunk.bytes.shrink_to_fit();
  chunk.first_ms = samples.front().t;
  chunk.last_ms = samples.back().t;
  chunk.count = static_cast<std::uint32_t>(samples.size());
  return chunk;
}

}  // namespace tuesday::metrics
