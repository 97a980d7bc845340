// SPDX-License-Identifier: Apache-2.0
// Numbers and times for people, to the letter as Prometheus writes them, and the methods of times.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "base/time.h"
#include "core/rules/template/functions.h"
#include "core/rules/template/literal.h"

namespace tuesday::rules::text {
namespace {

using A = const Arguments&;
using S = const Surroundings&;

constexpr double kNanosecondsPerSecond = 1e9;
constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;

bool IsPlain(double value) { return value != 0 && std::isfinite(value); }

// Makes a value below 1 readable with a small prefix; both are changed.
std::string_view SmallPrefix(double& value) {
  static constexpr std::array<std::string_view, 8> kPrefixes = {"m", "u", "n", "p", "f", "a", "z", "y"};
  std::string_view prefix;
  for (const std::string_view next : kPrefixes) {
    if (std::fabs(value) >= 1) break;
    prefix = next;
    value *= 1000;
  }
  return prefix;
}

Result<Value> Humanize(S, A a) {
  TRY(double value, AsFloat(a[0]));
  if (!IsPlain(value)) return Value::String(FourDigits(value));
  if (std::fabs(value) < 1) {
    const std::string_view prefix = SmallPrefix(value);
    return Value::String(FourDigits(value) + std::string(prefix));
  }
  static constexpr std::array<std::string_view, 8> kPrefixes = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
  std::string_view prefix;
  for (const std::string_view next : kPrefixes) {
    if (std::fabs(value) < 1000) break;
    prefix = next;
    value /= 1000;
  }
  return Value::String(FourDigits(value) + std::string(prefix));
}

Result<Value> Humanize1024(S, A a) {
  TRY(double value, AsFloat(a[0]));
  if (std::fabs(value) <= 1 || !std::isfinite(value)) return Value::String(FourDigits(value));
  static constexpr std::array<std::string_view, 8> kPrefixes = {"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"};
  std::string_view prefix;
  for (const std::string_view next : kPrefixes) {
    if (std::fabs(value) < 1024) break;
    prefix = next;
    value /= 1024;
  }
  return Value::String(FourDigits(value) + std::string(prefix));
}

Result<Value> HumanizeDuration(S, A a) {
  TRY(double value, AsFloat(a[0]));
  if (!std::isfinite(value)) return Value::String(FourDigits(value));
  if (value == 0) return Value::String("0s");
  if (std::fabs(value) < 1) {
    const std::string_view prefix = SmallPrefix(value);
    return Value::String(FourDigits(value) + std::string(prefix) + "s");
  }
  const std::string sign = value < 0 ? "-" : "";
  value = std::fabs(value);
  const auto whole = value < 9.2e18 ? static_cast<std::int64_t>(value) : std::numeric_limits<std::int64_t>::max();
  const std::int64_t seconds = whole % 60;
  const std::int64_t minutes = whole / 60 % 60;
  const std::int64_t hours = whole / 3600 % 24;
  const std::int64_t days = whole / 86400;
  if (days != 0) return Value::String(fmt::format("{}{}d {}h {}m {}s", sign, days, hours, minutes, seconds));
  if (hours != 0) return Value::String(fmt::format("{}{}h {}m {}s", sign, hours, minutes, seconds));
  if (minutes != 0) return Value::String(fmt::format("{}{}m {}s", sign, minutes, seconds));
  return Value::String(sign + FourDigits(value) + "s");
}

Result<Value> HumanizePercentage(S, A a) {
  TRY(const double value, AsFloat(a[0]));
  return Value::String(FourDigits(value * 100) + "%");
}

Result<std::int64_t> Nanoseconds(double seconds, std::string_view what) {
  const double nanoseconds = seconds * kNanosecondsPerSecond;
  if (!(nanoseconds < 9223372036854775808.0) || nanoseconds < -9223372036854775808.0) {
    return FunctionError(
        fmt::format("{} cannot be represented as a nanoseconds {} since it overflows int64", PrintFloat(seconds), what));
  }
  return static_cast<std::int64_t>(nanoseconds);
}

// Prometheus' times have milliseconds: the rest is cut off.
Result<std::int64_t> TimeOf(double seconds) {
  TRY(const std::int64_t nanoseconds, Nanoseconds(seconds, "timestamp"));
  return nanoseconds / kNanosecondsPerMillisecond * kNanosecondsPerMillisecond;
}

Result<Value> HumanizeTimestamp(S, A a) {
  TRY(const double value, AsFloat(a[0]));
  if (!std::isfinite(value)) return Value::String(FourDigits(value));
  TRY(const std::int64_t time, TimeOf(value));
  return Value::String(PrintTime(time));
}

Result<Value> ToTime(S, A a) {
  TRY(const double value, AsFloat(a[0]));
  TRY(const std::int64_t time, TimeOf(value));
  return Value::Time(time);
}

Result<Value> ToDuration(S, A a) {
  TRY(const double value, AsFloat(a[0]));
  TRY(const std::int64_t duration, Nanoseconds(value, "duration"));
  return Value::Duration(duration);
}

Result<Value> ParseDuration(S, A a) {
  std::string_view text = a[0].string;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto duration = ParsePromDuration(text);
  if (!duration) return FunctionError(fmt::format("not a valid duration string: {}", Quote(a[0].string)));
  const double seconds = static_cast<double>(duration->count()) / kNanosecondsPerSecond;
  return Value::Float(negative ? -seconds : seconds);
}

using Methods = std::map<std::string, Function, std::less<>>;

const Methods& TimeMethods() {
  static const Methods kMethods = {
      {"Format", {"as", [](S, A a) -> Result<Value> { return Value::String(FormatTime(a[0].integer, a[1].string)); }}},
      {"Add", {"ad", [](S, A a) -> Result<Value> { return Value::Time(a[0].integer + a[1].integer); }}},
      {"Unix", {"a", [](S, A a) -> Result<Value> { return Value::Int(a[0].integer / 1'000'000'000); }}},
      {"UnixMilli", {"a", [](S, A a) -> Result<Value> { return Value::Int(a[0].integer / kNanosecondsPerMillisecond); }}},
      {"UnixNano", {"a", [](S, A a) -> Result<Value> { return Value::Int(a[0].integer); }}},
      {"UTC", {"a", [](S, A a) -> Result<Value> { return a[0]; }}},
      {"String", {"a", [](S, A a) -> Result<Value> { return Value::String(PrintTime(a[0].integer)); }}},
  };
  return kMethods;
}

const Methods& DurationMethods() {
  const auto in = [](double unit) {
    return [unit](S, A a) -> Result<Value> { return Value::Float(static_cast<double>(a[0].integer) / unit); };
  };
  static const Methods kMethods = {
      {"Seconds", {"a", in(1e9)}},
      {"Minutes", {"a", in(60e9)}},
      {"Hours", {"a", in(3600e9)}},
      {"Milliseconds", {"a", [](S, A a) -> Result<Value> { return Value::Int(a[0].integer / kNanosecondsPerMillisecond); }}},
      {"String", {"a", [](S, A a) -> Result<Value> { return Value::String(PrintDuration(a[0].integer)); }}},
  };
  return kMethods;
}

}  // namespace

Result<double> AsFloat(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kFloat: return value.number;
    case Value::Kind::kInt: return static_cast<double>(value.integer);
    case Value::Kind::kUint: return static_cast<double>(value.natural);
    case Value::Kind::kDuration: return static_cast<double>(value.integer) / kNanosecondsPerSecond;
    case Value::Kind::kString:
    case Value::Kind::kHtml: {
      const std::optional<double> number = ReadFloat(value.string);
      if (number) return *number;
      return FunctionError(fmt::format("strconv.ParseFloat: parsing {}: invalid syntax", Quote(value.string)));
    }
    default: return FunctionError(fmt::format("can't convert {} to float", TypeName(value)));
  }
}

const Function* FindMethod(const Value& value, std::string_view name) {
  if (value.kind != Value::Kind::kTime && value.kind != Value::Kind::kDuration) return nullptr;
  const Methods& methods = value.kind == Value::Kind::kTime ? TimeMethods() : DurationMethods();
  const auto found = methods.find(name);
  return found == methods.end() ? nullptr : &found->second;
}

void AddHumanizers(FunctionTable& table) {
  table["humanize"] = {"a", Humanize};
  table["humanize1024"] = {"a", Humanize1024};
  table["humanizeDuration"] = {"a", HumanizeDuration};
  table["humanizePercentage"] = {"a", HumanizePercentage};
  table["humanizeTimestamp"] = {"a", HumanizeTimestamp};
  table["toTime"] = {"a", ToTime};
  table["toDuration"] = {"a", ToDuration};
  table["parseDuration"] = {"s", ParseDuration};
  table["now"] = {
      "", [](S around, A) -> Result<Value> { return Value::Float(static_cast<double>(around.expansion.now_ms) / 1000); }};
}

}  // namespace tuesday::rules::text
