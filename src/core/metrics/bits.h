// SPDX-License-Identifier: Apache-2.0
// A string of bits, most significant first, for the compressed chunks. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tuesday::metrics {

class BitWriter {
 public:
  // Appends the low `count` bits of `value`, 0 <= count <= 64.
  void Write(std::uint64_t value, int count) {
    while (count > 0) {
      if (free_ == 0) {
        bytes_.push_back('\0');
        free_ = 8;
      }
      const int take = count < free_ ? count : free_;
      const std::uint64_t piece = (value >> (count - take)) & ((1ULL << take) - 1);
      bytes_.back() = static_cast<char>(static_cast<std::uint8_t>(bytes_.back()) | (piece << (free_ - take)));
      free_ -= take;
      count -= take;
    }
  }

  std::size_t size() const { return bytes_.size(); }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
  int free_ = 0;  // Unused bits of the last byte.
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
    std::uint64_t value = 0;
    while (count > 0) {
      const int left = 8 - static_cast<int>(at_ % 8);
      const int take = count < left ? count : left;
      const std::uint64_t byte = static_cast<std::uint8_t>(bytes_[at_ / 8]);
      value = (value << take) | ((byte >> (left - take)) & ((1ULL << take) - 1));
      at_ += static_cast<std::size_t>(take);
      count -= take;
    }
    return value;
  }

  bool failed() const { return failed_; }
  // Everything but the padding of the last byte has been read.
  bool AtEnd() const { return (at_ + 7) / 8 == bytes_.size(); }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace tuesday::metrics
