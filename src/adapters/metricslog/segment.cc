// SPDX-License-Identifier: Apache-2.0
#include "adapters/metricslog/segment.h"

#include <array>

namespace tuesday::metricslog {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78U;  // Castagnoli's, reversed.

constexpr std::array<std::uint32_t, 256> MakeTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1U) != 0 ? kPolynomial : 0U);
    table[byte] = rest;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kTable = MakeTable();

void AppendNumber(std::string& out, std::uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(number >> shift & 0xFFU);
}

std::uint32_t NumberAt(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return number;
}

// The length is part of the checksum, so that a changed length cannot pass.
std::uint32_t ChecksumOf(std::string_view length, std::string_view batch) { return Crc32c(batch, Crc32c(length)); }

}  // namespace

std::uint32_t Crc32c(std::string_view bytes, std::uint32_t before) {
  std::uint32_t rest = ~before;
  for (const char c : bytes) rest = kTable[(rest ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (rest >> 8);
  return ~rest;
}

std::string FrameBatch(std::string_view batch) {
  std::string frame;
  frame.reserve(kBatchHeaderBytes + batch.size());
  AppendNumber(frame, static_cast<std::uint32_t>(batch.size()));
  AppendNumber(frame, ChecksumOf(frame, batch));
  frame += batch;
  return frame;
}

SegmentRead ReadSegment(std::string_view bytes, const std::function<void(std::string_view batch)>& take) {
  SegmentRead read;
  if (!bytes.starts_with(kSegmentMagic)) {
    read.end = kSegmentMagic.starts_with(bytes) ? SegmentEnd::kTorn : SegmentEnd::kDamaged;
    return read;
  }
  read.whole_bytes = kSegmentMagic.size();
  while (read.whole_bytes < bytes.size()) {
    const std::string_view rest = bytes.substr(read.whole_bytes);
    const std::uint32_t length = rest.size() < kBatchHeaderBytes ? 0 : NumberAt(rest, 0);
    if (length > kBatchBytesMax) {
      read.end = SegmentEnd::kDamaged;
      return read;
    }
    if (rest.size() < kBatchHeaderBytes + length) {
      read.end = SegmentEnd::kTorn;
      return read;
    }
    const std::string_view batch = rest.substr(kBatchHeaderBytes, length);
    if (ChecksumOf(rest.substr(0, 4), batch) != NumberAt(rest, 4)) {
      read.end = SegmentEnd::kDamaged;
      return read;
    }
    take(batch);
    ++read.batches;
    read.whole_bytes += kBatchHeaderBytes + length;
  }
  return read;
}

}  // namespace tuesday::metricslog
