// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/chunk.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/check.h"
#include "core/metrics/packed.h"

namespace tuesday::metrics {

namespace {

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

// Chunks of the first form have the first three, a first time and value of 64 bits each, and times as kSmall has them.
enum class ValueCoding : std::uint8_t { kXor = 0, kDelta = 1, kDeltaOfDelta = 2, kPackedDelta = 3, kPacked = 4 };
enum class TimeCoding : std::uint8_t { kSmall = 0, kPackedStep = 1, kPackedLine = 2 };
constexpr std::uint64_t kSecondForm = 8;  // Added to the coding of values.

// How one column of a chunk is going to be written.
template <typename Coding>
struct Plan {
  Coding coding{};
  std::size_t bits = 0;  // Of what follows the first element, without the few bits of a shape.
  int decimals = 0;
  std::int64_t step = 0;  // Of kPackedLine.
  PackedShape shape;
  std::vector<std::int64_t> integers;  // Of kPacked..., what is packed; else the values as integers.
};
using TimePlan = Plan<TimeCoding>;
using ValuePlan = Plan<ValueCoding>;

std::size_t PackedBits(const PackedShape& shape, std::size_t count) { return static_cast<std::size_t>(shape.width) * count; }

TimePlan PlanTimes(std::span<const Sample> samples) {
  const std::size_t count = samples.size() - 1;
  std::vector<std::int64_t> steps(count);
  std::vector<std::int64_t> rests(count);
  const std::int64_t whole = WrappingDifference(samples.back().t, samples.front().t);
  const auto n = static_cast<std::int64_t>(std::max<std::size_t>(1, count));
  const std::int64_t step = whole / n + (whole % n * 2 >= n ? 1 : 0);
  std::size_t small_bits = 0;
  std::int64_t before = 0;
  for (std::size_t i = 0; i < count; ++i) {
    steps[i] = WrappingDifference(samples[i + 1].t, samples[i].t);
    const auto line = static_cast<std::int64_t>(static_cast<std::uint64_t>(step) * (i + 1));
    rests[i] = WrappingDifference(WrappingDifference(samples[i + 1].t, samples[0].t), line);
    small_bits += static_cast<std::size_t>(SmallBits(WrappingDifference(steps[i], before)));
    before = steps[i];
  }
  TimePlan line{TimeCoding::kPackedLine, 0, 0, step, ShapeOf(rests), std::move(rests)};
  line.bits = PackedBits(line.shape, count);
  TimePlan packed{TimeCoding::kPackedStep, 0, 0, 0, ShapeOf(steps), {}};
  packed.bits = PackedBits(packed.shape, count);
  if (small_bits < std::min(line.bits, packed.bits)) return {TimeCoding::kSmall, small_bits, 0, 0, {}, std::move(steps)};
  if (line.bits < packed.bits) return line;
  packed.integers = std::move(steps);
  return packed;
}

void WriteTimes(BitWriter& out, const TimePlan& plan, std::int64_t first) {
  out.Write(static_cast<std::uint64_t>(plan.coding), 2);
  WriteNumber(out, first);
  if (plan.coding == TimeCoding::kSmall) {
    std::int64_t before = 0;
    for (const std::int64_t step : plan.integers) {
      WriteSmall(out, WrappingDifference(step, before));
      before = step;
    }
    return;
  }
  if (plan.coding == TimeCoding::kPackedLine) WriteNumber(out, plan.step);
  WritePacked(out, plan.shape, plan.integers);
}

// Which of the ways of writing integers is the shortest.
ValuePlan PlanIntegers(std::vector<std::int64_t> integers, int decimals) {
  const std::size_t count = integers.size() - 1;
  std::vector<std::int64_t> deltas(count);
  std::size_t delta_bits = 0;
  std::size_t second_bits = 0;
  std::int64_t before = 0;
  for (std::size_t i = 0; i < count; ++i) {
    deltas[i] = integers[i + 1] - integers[i];
    delta_bits += static_cast<std::size_t>(SmallBits(deltas[i]));
    second_bits += static_cast<std::size_t>(SmallBits(deltas[i] - before));
    before = deltas[i];
  }
  const PackedShape delta_shape = ShapeOf(deltas);
  const PackedShape shape = ShapeOf(std::span(integers).subspan(1));
  ValuePlan best{ValueCoding::kPackedDelta, PackedBits(delta_shape, count), decimals, 0, delta_shape, std::move(deltas)};
  const auto offer = [&](ValueCoding coding, std::size_t bits, const PackedShape& its_shape) {
    if (bits < best.bits) best = {coding, bits, decimals, 0, its_shape, integers};
  };
  offer(ValueCoding::kPacked, PackedBits(shape, count), shape);
  offer(ValueCoding::kDelta, delta_bits, {});
  offer(ValueCoding::kDeltaOfDelta, second_bits, {});
  return best;
}

ValuePlan PlanValues(std::span<const Sample> samples) {
  std::vector<std::int64_t> integers;
  for (int decimals = 0; decimals <= kDecimalsMax; ++decimals) {
    if (AllDecimal(samples, decimals, integers)) return PlanIntegers(std::move(integers), decimals);
  }
  return {};
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

void WriteIntegers(BitWriter& out, const ValuePlan& plan, std::int64_t first) {
  WriteNumber(out, first);
  if (plan.coding == ValueCoding::kPackedDelta) return WritePacked(out, plan.shape, plan.integers);
  const auto rest = std::span(plan.integers).subspan(1);
  if (plan.coding == ValueCoding::kPacked) return WritePacked(out, plan.shape, rest);
  std::int64_t value = first;
  std::int64_t step = 0;
  for (const std::int64_t integer : rest) {
    const std::int64_t next = integer - value;
    WriteSmall(out, plan.coding == ValueCoding::kDelta ? next : next - step);
    value = integer;
    step = next;
  }
}

// False if the times do not ascend.
bool ReadTimes(BitReader& in, std::span<Sample> samples, bool second_form) {
  const auto coding = second_form ? static_cast<TimeCoding>(in.Read(2)) : TimeCoding::kSmall;
  if (coding > TimeCoding::kPackedLine) return false;
  std::int64_t before = second_form ? ReadNumber(in) : static_cast<std::int64_t>(in.Read(64));
  samples[0].t = before;
  const std::span<Sample> rest = samples.subspan(1);
  bool ascends = true;
  const auto put = [&](std::size_t i, std::int64_t t) {
    ascends = ascends && t > before;
    before = t;
    rest[i].t = t;
  };
  if (coding == TimeCoding::kSmall) {
    std::int64_t step = 0;
    for (std::size_t i = 0; i < rest.size(); ++i) {
      step = WrappingSum(step, ReadSmall(in));
      put(i, WrappingSum(before, step));
    }
  } else if (coding == TimeCoding::kPackedStep) {
    const PackedShape shape = ReadShape(in);
    ReadPacked(in, shape, rest.size(), [&](std::size_t i, std::int64_t step) { put(i, WrappingSum(before, step)); });
  } else {
    const std::int64_t step = ReadNumber(in);
    const PackedShape shape = ReadShape(in);
    std::int64_t line = before;
    ReadPacked(in, shape, rest.size(), [&](std::size_t i, std::int64_t later) {
      line = WrappingSum(line, step);
      put(i, WrappingSum(line, later));
    });
  }
  return ascends && !in.failed();
}

bool ReadXor(BitReader& in, std::span<Sample> samples) {
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

void ReadIntegers(BitReader& in, std::span<Sample> samples, ValueCoding coding, int decimals, bool second_form) {
  std::int64_t value = second_form ? ReadNumber(in) : static_cast<std::int64_t>(in.Read(64));
  const double scale = kScales[decimals];
  samples[0].value = static_cast<double>(value) / scale;
  const std::span<Sample> rest = samples.subspan(1);
  if (coding == ValueCoding::kPacked) {
    const PackedShape shape = ReadShape(in);
    ReadPacked(in, shape, rest.size(),
               [&](std::size_t i, std::int64_t read) { rest[i].value = static_cast<double>(read) / scale; });
  } else if (coding == ValueCoding::kPackedDelta) {
    const PackedShape shape = ReadShape(in);
    ReadPacked(in, shape, rest.size(), [&](std::size_t i, std::int64_t read) {
      value = WrappingSum(value, read);
      rest[i].value = static_cast<double>(value) / scale;
    });
  } else {
    std::int64_t step = 0;
    for (Sample& sample : rest) {
      const std::int64_t read = ReadSmall(in);
      step = coding == ValueCoding::kDelta ? read : WrappingSum(step, read);
      value = WrappingSum(value, step);
      sample.value = static_cast<double>(value) / scale;
    }
  }
}

}  // namespace

std::string EncodeChunk(std::span<const Sample> samples) {
  CHECK(!samples.empty() && samples.size() <= kChunkSamplesMax, "a chunk has 1 to 4096 samples");
  const ValuePlan values = PlanValues(samples);
  BitWriter out;
  out.Write(samples.size(), 16);
  out.Write(kSecondForm + static_cast<std::uint64_t>(values.coding), 4);
  out.Write(static_cast<std::uint64_t>(values.decimals), 4);
  WriteTimes(out, PlanTimes(samples), samples[0].t);
  if (values.coding == ValueCoding::kXor) {
    WriteXor(out, samples);
  } else {
    std::int64_t first = 0;
    CHECK(AsDecimal(samples[0].value, values.decimals, first), "the plan found it to be one");
    WriteIntegers(out, values, first);
  }
  return out.Take();
}

Result<void> DecodeChunkInto(std::string_view bytes, std::vector<Sample>& samples) {
  const auto corrupt = [] { return Fail(ErrorCode::kCorrupt, "A chunk of samples does not read back."); };
  BitReader in(bytes);
  const std::size_t count = in.Read(16);
  const std::uint64_t coding = in.Read(4);
  const int decimals = static_cast<int>(in.Read(4));
  const bool second_form = coding >= kSecondForm;
  const auto last = second_form ? kSecondForm + static_cast<std::uint64_t>(ValueCoding::kPacked)
                                : static_cast<std::uint64_t>(ValueCoding::kDeltaOfDelta);
  if (in.failed() || count == 0 || count > kChunkSamplesMax || coding > last || decimals > kDecimalsMax) return corrupt();
  const std::size_t before = samples.size();
  samples.resize(before + count);
  const auto read = std::span(samples).subspan(before);
  if (!ReadTimes(in, read, second_form)) return corrupt();
  const auto value_coding = static_cast<ValueCoding>(coding % kSecondForm);
  if (value_coding == ValueCoding::kXor) {
    if (!ReadXor(in, read)) return corrupt();
  } else {
    ReadIntegers(in, read, value_coding, decimals, second_form);
  }
  if (in.failed() || !in.AtEnd()) return corrupt();
  return {};
}

Result<std::vector<Sample>> DecodeChunk(std::string_view bytes) {
  std::vector<Sample> samples;
  TRY_OK(DecodeChunkInto(bytes, samples));
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
