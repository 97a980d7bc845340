// SPDX-License-Identifier: Apache-2.0
#include "adapters/git/hosted/packet_line.h"

#include <fmt/format.h>

#include <charconv>
#include <istream>

namespace tuesday::git {
namespace {

constexpr std::size_t kLengthDigits = 4;
constexpr std::size_t kPacketsMax = 100'000;

}  // namespace

Result<std::vector<std::string>> ReadPackets(std::istream& in) {
  std::vector<std::string> packets;
  while (packets.size() < kPacketsMax) {
    std::string digits(kLengthDigits, '\0');
    std::size_t length = 0;
    if (!in.read(digits.data(), static_cast<std::streamsize>(digits.size())))
      return Fail(ErrorCode::kInvalid, "git ended before a list did.");
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length, 16);
    if (error != std::errc() || end != digits.data() + digits.size() || (length > 0 && length < kLengthDigits))
      return Fail(ErrorCode::kInvalid, "git sent what is no packet line.");
    if (length == 0) return packets;
    std::string packet(length - kLengthDigits, '\0');
    if (!in.read(packet.data(), static_cast<std::streamsize>(packet.size())))
      return Fail(ErrorCode::kInvalid, "git ended within a packet.");
    while (packet.ends_with('\n')) packet.pop_back();
    packets.push_back(std::move(packet));
  }
  return Fail(ErrorCode::kLimit, "git sent too many packets at once.");
}

std::string PacketOf(std::string_view text) { return fmt::format("{:04x}{}", text.size() + kLengthDigits, text); }

}  // namespace tuesday::git
