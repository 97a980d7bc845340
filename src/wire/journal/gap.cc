// SPDX-License-Identifier: Apache-2.0
#include "wire/journal/gap.h"

#include <utility>

#include "base/json.h"

namespace tuesday::journal {

namespace {

constexpr std::size_t kKeyDigits = 20;
constexpr std::size_t kHashDigits = 64;

}  // namespace

std::string GapKey(std::uint64_t first) {
  const std::string digits = std::to_string(first);
  return std::string(kKeyDigits - digits.size(), '0') + digits;
}

std::string Encode(const Gap& gap) {
  return CanonicalJson(Json(Json::Object{
      {"first", static_cast<std::int64_t>(gap.first)}, {"hash", gap.hash}, {"last", static_cast<std::int64_t>(gap.last)}}));
}

Result<Gap> DecodeGap(std::string_view text) {
  TRY(const Json json, ParseJson(text));
  const std::int64_t first = json.At("first").IntOr(0);
  const std::int64_t last = json.At("last").IntOr(0);
  std::string hash = json.At("hash").StringOr("");
  if (first < 1 || last < first || hash.size() != kHashDigits) {
    return Fail(ErrorCode::kCorrupt, "A gap of the journal is not one: " + std::string(text.substr(0, 100)));
  }
  return Gap{static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(last), std::move(hash)};
}

Result<void> Gaps::Take(std::string_view text) {
  TRY(Gap gap, DecodeGap(text));
  const std::uint64_t first = gap.first;
  gaps_.insert_or_assign(first, std::move(gap));
  return {};
}

void Gaps::Add(std::uint64_t number, const std::string& hash) {
  auto next = gaps_.upper_bound(number);
  auto gap = next;
  if (next != gaps_.begin() && std::prev(next)->second.last + 1 == number) {
    gap = std::prev(next);
    gap->second.last = number;
    gap->second.hash = hash;
  } else {
    gap = gaps_.emplace_hint(next, number, Gap{number, number, hash});
  }
  if (next == gaps_.end() || next->first != number + 1) return;
  gap->second.last = next->second.last;
  gap->second.hash = next->second.hash;
  gaps_.erase(next);
}

Result<void> ChainWalk::Next(std::uint64_t number, std::string_view bytes, std::string_view hash) {
  if (number != end_.number + 1) {
    const auto gap = gaps_.all().find(end_.number + 1);
    if (gap == gaps_.all().end() || gap->second.last + 1 != number) {
      return Fail(ErrorCode::kCorrupt, "Journal entry " + std::to_string(end_.number + 1) + " is missing.");
    }
    end_ = {gap->second.last, gap->second.hash};
  }
  TRY(end_, VerifyNext(end_, bytes, hash));
  return {};
}

}  // namespace tuesday::journal
