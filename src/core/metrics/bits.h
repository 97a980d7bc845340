// SPDX-License-Identifier: Apache-2.0
// A string of bits, most significant first, for the compressed chunks. Not thread-safe.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace tuesday::metrics {

class BitWriter {
 public:
  // Appends the low `count` bits of `value`, 0 <= count <= 64.
  void Write(std::uint64_t value, int count) {
    if (count > 32) {
      Put(value >> 32, count - 32);
      count = 32;
    }
    Put(value, count);
  }

  // The bytes, the last one filled up with zeroes. The writer is empty afterwards.
  std::string Take() {
    for (; used_ > 0; used_ -= 8) {
      bytes_.push_back(static_cast<char>(used_ >= 8 ? pending_ >> (used_ - 8) : pending_ << (8 - used_)));
    }
    used_ = 0;
    return std::move(bytes_);
  }

 private:
  void Put(std::uint64_t value, int count) {
    pending_ = pending_ << count | (value & ((1ULL << count) - 1));
    used_ += count;
    if (used_ < 32) return;
    used_ -= 32;
    const auto word = static_cast<std::uint32_t>(pending_ >> used_);
    for (int shift = 24; shift >= 0; shift -= 8) bytes_.push_back(static_cast<char>(word >> shift));
  }

  std::string bytes_;
  std::uint64_t pending_ = 0;  // Its low `used_` bits are not in `bytes_` yet.
  int used_ = 0;               // Below 32.
};

class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}

  // The next `count` bits, 0 <= count <= 64; 0 and `failed()` past the end.
  std::uint64_t Read(int count) {
    if (at_ + static_cast<std::size_t>(count) > bytes_.size() * 8) {
      failed_ = true;
      return 0;
    }
    if (count > kAtOnce) {
      const std::uint64_t high = Take(count - 32);
      return high << 32 | Take(32);
    }
    return Take(count);
  }

  // Reads ones up to a zero, which it takes too, or up to `limit` of them; returns their number.
  int ReadOnes(int limit) {
    int ones = 0;
    if (at_ + static_cast<std::size_t>(limit) <= bytes_.size() * 8) {
      ones = std::min(limit, std::countl_one(Word()));
      at_ += static_cast<std::size_t>(ones < limit ? ones + 1 : ones);
      return ones;
    }
    while (ones < limit && Read(1) == 1) ++ones;
    return ones;
  }

  // Calls `take(i, bits)` for `total` numbers of `width` bits each, 0 <= width <= 64; false and `failed()` past the end.
  template <typename Take>
  bool ReadEach(std::size_t total, int width, const Take& take) {
    if (at_ + total * static_cast<std::size_t>(width) > bytes_.size() * 8) {
      failed_ = true;
      return false;
    }
    if (width == 0 || width > kAtOnce) {
      for (std::size_t i = 0; i < total; ++i) take(i, Read(width));
      return true;
    }
    // The reader's place in a local, so that what `take` writes cannot be thought to change it.
    BitReader local = *this;
    for (std::size_t i = 0; i < total; ++i) take(i, local.Take(width));
    at_ = local.at_;
    return true;
  }

  bool failed() const { return failed_; }
  // Everything but the padding of the last byte has been read.
  bool AtEnd() const { return (at_ + 7) / 8 == bytes_.size(); }

 private:
  static constexpr int kAtOnce = 56;  // Bits that one word gives from any bit of its first byte on.

  // As Read, of at most kAtOnce bits that are there.
  std::uint64_t Take(int count) {
    if (count == 0) return 0;
    const std::uint64_t word = Word();
    at_ += static_cast<std::size_t>(count);
    return word >> (64 - count);
  }

  // What comes next, from the highest bit on: at least kAtOnce bits, behind the end zeroes.
  std::uint64_t Word() const {
    const std::size_t byte = at_ / 8;
    std::uint64_t word = 0;
    if (byte + 8 <= bytes_.size()) {
      std::memcpy(&word, bytes_.data() + byte, 8);
      if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
    } else {
      for (std::size_t i = byte; i < bytes_.size(); ++i) {
        word |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes_[i])) << (56 - 8 * (i - byte));
      }
    }
    return word << (at_ % 8);
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace tuesday::metrics
