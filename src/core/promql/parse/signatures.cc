// SPDX-License-Identifier: Apache-2.0
#include "core/promql/parse/signatures.h"

#include <map>

namespace tuesday::promql {

namespace {

constexpr ValueType kV = ValueType::kVector;
constexpr ValueType kM = ValueType::kMatrix;
constexpr ValueType kS = ValueType::kScalar;
constexpr ValueType kT = ValueType::kString;

std::map<std::string_view, Signature> MakeSignatures() {
  std::map<std::string_view, Signature> all;
  const auto add = [&](Signature signature) { all.emplace(signature.name, signature); };
  for (const char* name : {"abs",
                           "absent",
                           "acos",
                           "acosh",
                           "asin",
                           "asinh",
                           "atan",
                           "atanh",
                           "ceil",
                           "cos",
                           "cosh",
                           "deg",
                           "exp",
                           "floor",
                           "ln",
                           "log10",
                           "log2",
                           "rad",
                           "sgn",
                           "sin",
                           "sinh",
                           "sort",
                           "sort_desc",
                           "sqrt",
                           "tan",
                           "tanh",
                           "timestamp",
                           "histogram_avg",
                           "histogram_count",
                           "histogram_sum",
                           "histogram_stddev",
                           "histogram_stdvar"}) {
    add({name, {kV}, 0, kV, false});
  }
  for (const char* name : {"day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month", "year"}) {
    add({name, {kV}, 1, kV, false});
  }
  for (const char* name : {"absent_over_time", "avg_over_time", "changes", "count_over_time", "delta", "deriv",
                           "first_over_time", "idelta", "increase", "irate", "last_over_time", "max_over_time", "min_over_time",
                           "present_over_time", "rate", "resets", "stddev_over_time", "stdvar_over_time", "sum_over_time"}) {
    add({name, {kM}, 0, kV, false});
  }
  for (const char* name :
       {"mad_over_time", "ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time"}) {
    add({name, {kM}, 0, kV, true});
  }
  for (const char* name : {"start", "end", "range", "step"}) add({name, {}, 0, kS, true});
  for (const char* name : {"max_of", "min_of"}) add({name, {kS, kS}, 0, kS, true});
  add({"clamp", {kV, kS, kS}, 0, kV, false});
  add({"clamp_max", {kV, kS}, 0, kV, false});
  add({"clamp_min", {kV, kS}, 0, kV, false});
  add({"round", {kV, kS}, 1, kV, false});
  add({"scalar", {kV}, 0, kS, false});
  add({"vector", {kS}, 0, kV, false});
  add({"time", {}, 0, kS, false});
  add({"pi", {}, 0, kS, false});
  add({"predict_linear", {kM, kS}, 0, kV, false});
  add({"quantile_over_time", {kS, kM}, 0, kV, false});
  add({"double_exponential_smoothing", {kM, kS, kS}, 0, kV, true});
  add({"histogram_quantile", {kS, kV}, 0, kV, false});
  add({"histogram_quantiles", {kV, kT, kS}, 9, kV, true});
  add({"histogram_fraction", {kS, kS, kV}, 0, kV, false});
  add({"label_replace", {kV, kT, kT, kT, kT}, 0, kV, false});
  add({"label_join", {kV, kT, kT, kT}, kAnyNumber, kV, false});
  add({"sort_by_label", {kV, kT}, kAnyNumber, kV, true});
  add({"sort_by_label_desc", {kV, kT}, kAnyNumber, kV, true});
  add({"info", {kV, kV}, 1, kV, true});
  add({"start_timestamp", {kV}, 0, kV, true});
  return all;
}

}  // namespace

const Signature* FindSignature(std::string_view name) {
  static const std::map<std::string_view, Signature> kSignatures = MakeSignatures();
  const auto at = kSignatures.find(name);
  return at == kSignatures.end() ? nullptr : &at->second;
}

}  // namespace tuesday::promql
