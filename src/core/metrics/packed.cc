// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/packed.h"

#include <algorithm>
#include <array>
#include <bit>

namespace tuesday::metrics {

namespace {

constexpr std::array<int, 8> kClassBits = {0, 3, 6, 9, 13, 20, 32, 64};

// By the number of significant bits.
constexpr std::array<std::uint8_t, 65> MakeClasses() {
  std::array<std::uint8_t, 65> classes{};
  for (std::size_t bits = 0; bits < classes.size(); ++bits) {
    std::uint8_t size = 0;
    while (static_cast<std::size_t>(kClassBits[size]) < bits) ++size;
    classes[bits] = size;
  }
  return classes;
}
constexpr std::array<std::uint8_t, 65> kClasses = MakeClasses();

std::uint64_t ZigZag(std::int64_t value) { return (static_cast<std::uint64_t>(value) << 1) ^ (value < 0 ? ~0ULL : 0ULL); }
std::int64_t UnZigZag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ ((value & 1) != 0 ? ~0ULL : 0ULL));
}

std::size_t ClassOf(std::uint64_t bits) { return kClasses[static_cast<std::size_t>(std::bit_width(bits))]; }

}  // namespace

void WriteNumber(BitWriter& out, std::int64_t value) {
  const std::uint64_t bits = ZigZag(value);
  const int bytes = std::max(1, (static_cast<int>(std::bit_width(bits)) + 7) / 8);
  out.Write(static_cast<std::uint64_t>(bytes - 1), 3);
  out.Write(bits, bytes * 8);
}

std::int64_t ReadNumber(BitReader& in) {
  const int bytes = static_cast<int>(in.Read(3)) + 1;
  return UnZigZag(in.Read(bytes * 8));
}

void WriteSmall(BitWriter& out, std::int64_t value) {
  const std::uint64_t bits = ZigZag(value);
  const std::size_t size = ClassOf(bits);
  out.Write((1ULL << size) - 1, static_cast<int>(size));
  if (size < 7) out.Write(0, 1);
  out.Write(bits, kClassBits[size]);
}

std::int64_t ReadSmall(BitReader& in) {
  const auto size = static_cast<std::size_t>(in.ReadOnes(7));
  return UnZigZag(in.Read(kClassBits[size]));
}

int SmallBits(std::int64_t value) {
  const std::size_t size = ClassOf(ZigZag(value));
  return static_cast<int>(size) + (size < 7 ? 1 : 0) + kClassBits[size];
}

PackedShape ShapeOf(std::span<const std::int64_t> integers) {
  if (integers.empty()) return {};
  const auto [least, most] = std::minmax_element(integers.begin(), integers.end());
  std::uint64_t differing = 0;
  for (const std::int64_t integer : integers) differing |= static_cast<std::uint64_t>(WrappingDifference(integer, *least));
  if (differing == 0) return {*least, 0, 0};
  const int shift = std::countr_zero(differing);
  const auto width = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(WrappingDifference(*most, *least)) >> shift));
  return {*least, shift, width};
}

void WritePacked(BitWriter& out, const PackedShape& shape, std::span<const std::int64_t> integers) {
  WriteNumber(out, shape.base);
  out.Write(static_cast<std::uint64_t>(shape.shift), 6);
  out.Write(static_cast<std::uint64_t>(shape.width), 7);
  if (shape.width == 0) return;
  for (const std::int64_t integer : integers) {
    out.Write(static_cast<std::uint64_t>(WrappingDifference(integer, shape.base)) >> shape.shift, shape.width);
  }
}

PackedShape ReadShape(BitReader& in) {
  PackedShape shape;
  shape.base = ReadNumber(in);
  shape.shift = static_cast<int>(in.Read(6));
  shape.width = std::min(64, static_cast<int>(in.Read(7)));
  return shape;
}

}  // namespace tuesday::metrics
