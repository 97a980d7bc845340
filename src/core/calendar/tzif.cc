// SPDX-License-Identifier: Apache-2.0
#include "core/calendar/tzif.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/calendar/posix_rule.h"

namespace tuesday::calendar {
namespace {

constexpr std::string_view kMagic = "TZif";
constexpr std::size_t kHeaderBytes = 44;
constexpr std::size_t kCountsAt = 20;
constexpr std::size_t kTypeBytes = 6;

std::int64_t Number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return size == 4 ? static_cast<std::int32_t>(value) : static_cast<std::int64_t>(value);
}

// How many of each there are, in the order of the header.
struct Counts {
  std::size_t ut = 0;
  std::size_t standard = 0;
  std::size_t leap = 0;
  std::size_t times = 0;
  std::size_t types = 0;
  std::size_t chars = 0;

  std::size_t Bytes(std::size_t time_bytes) const {
    return times * time_bytes + times + types * kTypeBytes + chars + leap * (time_bytes + 4) + standard + ut;
  }
};

std::optional<Counts> ReadHeader(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  Counts counts;
  std::size_t at = kCountsAt;
  for (std::size_t* count : {&counts.ut, &counts.standard, &counts.leap, &counts.times, &counts.types, &counts.chars}) {
    const std::int64_t number = Number(bytes, at, 4);
    if (number < 0 || static_cast<std::size_t>(number) > bytes.size()) return std::nullopt;
    *count = static_cast<std::size_t>(number);
    at += 4;
  }
  return counts;
}

struct Change {
  SysSeconds at;
  Seconds offset;  // From here on.
};

class TableZone : public TimeZone {
 public:
  TableZone(Seconds first, std::vector<Change> changes, std::optional<PosixRule> rule)
      : first_(first), changes_(std::move(changes)), rule_(std::move(rule)) {}

  ZonePeriod PeriodAt(SysSeconds instant) const override {
    const auto next = std::ranges::upper_bound(changes_, instant, {}, &Change::at);
    ZonePeriod period;
    if (next != changes_.begin()) period.begin = std::prev(next)->at;
    if (next == changes_.end() && rule_) {
      const ZonePeriod by_rule = rule_->PeriodAt(instant);
      return {.begin = std::max(period.begin, by_rule.begin), .end = by_rule.end, .offset = by_rule.offset};
    }
    if (next != changes_.end()) period.end = next->at;
    period.offset = next == changes_.begin() ? first_ : std::prev(next)->offset;
    return period;
  }

 private:
  Seconds first_;  // Before the first change.
  std::vector<Change> changes_;
  std::optional<PosixRule> rule_;
};

std::unexpected<Error> NoZone() { return Fail(ErrorCode::kCorrupt, "The bytes are no time zone (RFC 9636)."); }

}  // namespace

Result<std::shared_ptr<const TimeZone>> ReadTzif(std::string_view bytes) {
  const std::optional<Counts> old = ReadHeader(bytes);
  if (!old) return NoZone();
  if (bytes[4] < '2')
    return Fail(ErrorCode::kUnsupported, "The time zone is in the first version of its format.", "Install tzdata.");
  // The first block is for readers of the first version.
  const std::size_t skipped = kHeaderBytes + old->Bytes(4);
  if (skipped > bytes.size()) return NoZone();
  bytes.remove_prefix(skipped);
  const std::optional<Counts> counts = ReadHeader(bytes);
  if (!counts || counts->types == 0) return NoZone();
  const std::size_t footer_at = kHeaderBytes + counts->Bytes(8);
  if (footer_at >= bytes.size()) return NoZone();

  const std::size_t indexes = kHeaderBytes + counts->times * 8;
  const std::size_t types = indexes + counts->times;
  std::vector<Change> changes;
  for (std::size_t i = 0; i < counts->times; ++i) {
    const auto type = static_cast<unsigned char>(bytes[indexes + i]);
    const SysSeconds at(Seconds(Number(bytes, kHeaderBytes + i * 8, 8)));
    if (type >= counts->types || (i > 0 && at <= changes.back().at)) return NoZone();
    changes.push_back({at, Seconds(Number(bytes, types + type * kTypeBytes, 4))});
  }
  const std::string_view footer = bytes.substr(footer_at);
  const std::size_t end = footer.find('\n', 1);
  if (footer[0] != '\n' || end == std::string_view::npos) return NoZone();
  std::optional<PosixRule> rule;
  if (end > 1) {
    TRY(rule, ParsePosixRule(footer.substr(1, end - 1)));
  }
  return std::make_shared<TableZone>(Seconds(Number(bytes, types, 4)), std::move(changes), std::move(rule));
}

}  // namespace tuesday::calendar
