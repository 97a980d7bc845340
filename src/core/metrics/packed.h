// SPDX-License-Identifier: Apache-2.0
// Integers as bits, in the three ways that chunks have (docs/formats/metrics.md): one number by itself, small numbers in few
// bits, and many numbers as a base and equally wide rests. Pure; the arithmetic wraps, since hostile bytes may say anything.
#pragma once

#include <cstdint>
#include <span>

#include "core/metrics/bits.h"

namespace tuesday::metrics {

inline std::int64_t WrappingSum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
inline std::int64_t WrappingDifference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

// One number: 3 bits with the count of its bytes less one, and the bytes of its zigzag.
void WriteNumber(BitWriter& out, std::int64_t value);
std::int64_t ReadNumber(BitReader& in);

// A small number: a class in unary, and the bits of that class.
void WriteSmall(BitWriter& out, std::int64_t value);
std::int64_t ReadSmall(BitReader& in);
int SmallBits(std::int64_t value);

// What all of some integers have in common: each is base + (rest << shift), and a rest has `width` bits.
struct PackedShape {
  std::int64_t base = 0;
  int shift = 0;
  int width = 0;
};

PackedShape ShapeOf(std::span<const std::int64_t> integers);
void WritePacked(BitWriter& out, const PackedShape& shape, std::span<const std::int64_t> integers);

PackedShape ReadShape(BitReader& in);
// Calls `take(i, integer)` for `total` packed numbers; false past the end.
template <typename Take>
bool ReadPacked(BitReader& in, const PackedShape& shape, std::size_t total, const Take& take) {
  return in.ReadEach(total, shape.width, [&](std::size_t i, std::uint64_t bits) {
    take(i, WrappingSum(shape.base, static_cast<std::int64_t>(bits << shape.shift)));
  });
}

}  // namespace tuesday::metrics
