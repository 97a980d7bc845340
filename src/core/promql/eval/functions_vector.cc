// SPDX-License-Identifier: Apache-2.0
#include "core/promql/eval/functions_vector.h"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <numbers>

namespace tuesday::promql {

namespace {

// Beyond these seconds the calendar of <chrono> ends (year 32767).
constexpr double kDateSecondsMax = 9.0e11;

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

template <typename F>
double OfDate(double value, F function) {
  if (!(std::fabs(value) < kDateSecondsMax)) return std::nan("");
  const auto seconds = static_cast<std::int64_t>(value);
  std::int64_t day = seconds / 86400;
  if (seconds % 86400 < 0) --day;
  return static_cast<double>(function(sys_days(days(day)), seconds - day * 86400));
}

double DayOfYear(sys_days day) {
  const year_month_day date(day);
  return static_cast<double>((day - sys_days(date.year() / 1 / 1)).count() + 1);
}

double DaysInMonth(sys_days day) {
  const year_month_day date(day);
  return static_cast<unsigned>((date.year() / date.month() / std::chrono::last).day());
}

double Sign(double value) { return value < 0 ? -1 : value > 0 ? 1 : value; }

const std::map<std::string_view, ValueFunction>& DateFunctions() {
  static const std::map<std::string_view, ValueFunction> kFunctions = {
      {"minute", [](double v) { return OfDate(v, [](sys_days, std::int64_t s) { return s / 60 % 60; }); }},
      {"hour", [](double v) { return OfDate(v, [](sys_days, std::int64_t s) { return s / 3600; }); }},
      {"day_of_week",
       [](double v) { return OfDate(v, [](sys_days d, std::int64_t) { return std::chrono::weekday(d).c_encoding(); }); }},
      {"day_of_month",
       [](double v) { return OfDate(v, [](sys_days d, std::int64_t) { return unsigned(year_month_day(d).day()); }); }},
      {"day_of_year", [](double v) { return OfDate(v, [](sys_days d, std::int64_t) { return DayOfYear(d); }); }},
      {"days_in_month", [](double v) { return OfDate(v, [](sys_days d, std::int64_t) { return DaysInMonth(d); }); }},
      {"month",
       [](double v) { return OfDate(v, [](sys_days d, std::int64_t) { return unsigned(year_month_day(d).month()); }); }},
      {"year", [](double v) { return OfDate(v, [](sys_days d, std::int64_t) { return int(year_month_day(d).year()); }); }},
  };
  return kFunctions;
}

}  // namespace

bool IsDateFunction(std::string_view name) { return DateFunctions().contains(name); }

ValueFunction FindValueFunction(std::string_view name) {
  static const std::map<std::string_view, ValueFunction> kFunctions = {
      {"abs", [](double v) { return std::fabs(v); }},
      {"ceil", [](double v) { return std::ceil(v); }},
      {"floor", [](double v) { return std::floor(v); }},
      {"exp", [](double v) { return std::exp(v); }},
      {"sqrt", [](double v) { return std::sqrt(v); }},
      {"ln", [](double v) { return std::log(v); }},
      {"log2", [](double v) { return std::log2(v); }},
      {"log10", [](double v) { return std::log10(v); }},
      {"sin", [](double v) { return std::sin(v); }},
      {"cos", [](double v) { return std::cos(v); }},
      {"tan", [](double v) { return std::tan(v); }},
      {"asin", [](double v) { return std::asin(v); }},
      {"acos", [](double v) { return std::acos(v); }},
      {"atan", [](double v) { return std::atan(v); }},
      {"sinh", [](double v) { return std::sinh(v); }},
      {"cosh", [](double v) { return std::cosh(v); }},
      {"tanh", [](double v) { return std::tanh(v); }},
      {"asinh", [](double v) { return std::asinh(v); }},
      {"acosh", [](double v) { return std::acosh(v); }},
      {"atanh", [](double v) { return std::atanh(v); }},
      {"rad", [](double v) { return v * std::numbers::pi / 180; }},
      {"deg", [](double v) { return v * 180 / std::numbers::pi; }},
      {"sgn", &Sign},
  };
  const auto at = kFunctions.find(name);
  if (at != kFunctions.end()) return at->second;
  const auto date = DateFunctions().find(name);
  return date == DateFunctions().end() ? nullptr : date->second;
}

double RoundTo(double value, double to_nearest) {
  // Multiplying by the inverse keeps decimal steps such as 0.1 exact more often than dividing.
  const double inverse = 1 / to_nearest;
  return std::floor(value * inverse + 0.5) / inverse;
}

}  // namespace tuesday::promql
