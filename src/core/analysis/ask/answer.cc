// SPDX-License-Identifier: Apache-2.0
#include "core/analysis/ask/answer.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "core/analysis/ask/json_path.h"
#include "core/analysis/ask/question.h"

namespace tuesday::analysis {
namespace {

constexpr std::size_t kShownBytesMax = 200;

std::string Shown(std::string_view body) {
  std::string out(body.substr(0, kShownBytesMax));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return out + (body.size() > kShownBytesMax ? "…" : "");
}

// Prometheus writes numbers as Go does: "NaN", "+Inf", "-Inf", "1e+06".
Result<Json> NumberOf(const Json& sample) {
  const Json::Array* pair = sample.as_array();
  const std::string text = pair == nullptr || pair->size() != 2 ? "" : (*pair)[1].StringOr("");
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "NaN") return Json(std::numeric_limits<double>::quiet_NaN());
  if (text == "+Inf" || text == "Inf") return Json(kInfinity);
  if (text == "-Inf") return Json(-kInfinity);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    return Fail(ErrorCode::kInvalid, "The answer of Prometheus holds a value that is no number (a native histogram?).",
                "Take a function that gives numbers, like histogram_quantile.");
  return Json(value);
}

}  // namespace

Result<Json> ValueOfPrometheus(int status, std::string_view body) {
  const Result<Json> json = ParseJson(body, {.bytes_max = 16 << 20, .depth_max = kAnswerDepthMax});
  if (!json.has_value() || json->as_object() == nullptr)
    return Fail(ErrorCode::kInvalid, fmt::format("Prometheus answered with status {} and no JSON: {}", status, Shown(body)));
  if (json->At("status").StringOr("") != "success") {
    return Fail(ErrorCode::kInvalid,
                fmt::format("Prometheus refused with status {}: {}: {}", status, json->At("errorType").StringOr("error"),
                            Shown(json->At("error").StringOr(Shown(body)))));
  }
  const Json& data = json->At("data");
  const std::string type = data.At("resultType").StringOr("");
  const Json& result = data.At("result");
  if (type == "scalar") return NumberOf(result);
  const Json::Array* series = result.as_array();
  if ((type != "vector" && type != "matrix") || series == nullptr) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("The query gives a {}, neither numbers nor a number.", type.empty() ? "nothing" : type),
                "Take an expression whose result is a vector or a scalar.");
  }
  Json::Array numbers;
  const auto check_count = [&numbers](std::size_t more) -> Result<void> {
    if (numbers.size() + more <= kRangeValuesMax) return {};
    return Fail(ErrorCode::kLimit, fmt::format("The answer of Prometheus has more than {} values.", kRangeValuesMax),
                "Add the series up, or give a longer step.");
  };
  for (const Json& one : *series) {
    if (type == "vector") {
      TRY(Json number, NumberOf(one.At("value")));
      numbers.push_back(std::move(number));
      continue;
    }
    const Json::Array* samples = one.At("values").as_array();
    TRY_OK(check_count(samples == nullptr ? 0 : samples->size()));
    for (const Json& sample : samples == nullptr ? Json::Array() : *samples) {
      TRY(Json number, NumberOf(sample));
      numbers.push_back(std::move(number));
    }
  }
  return Json(std::move(numbers));
}

Result<Json> ValueOfWeb(int status, std::string_view body, std::string_view json_path) {
  if (status < 200 || status > 299)
    return Fail(ErrorCode::kInvalid, fmt::format("The answer has the status {}: {}", status, Shown(body)));
  Result<Json> json = ParseJson(body, {.bytes_max = 16 << 20, .depth_max = kAnswerDepthMax});
  const bool whole = json_path.empty() || json_path == "{$}";
  if (!json.has_value()) {
    if (whole) return Json(std::string(body));
    return Fail(ErrorCode::kInvalid,
                fmt::format("The answer is no JSON, in which {} could be looked for: {}", json_path, Shown(body)));
  }
  if (whole) return json;
  TRY(const JsonPath path, JsonPath::Parse(json_path));
  return path.First(*json);
}

Json ValueOfJob(int exit_code, int tries, std::string_view last_line) {
  return Json::Object{{"exit", exit_code}, {"last_line", Shown(last_line)}, {"tries", tries}};
}

}  // namespace tuesday::analysis
