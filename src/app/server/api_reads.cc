// SPDX-License-Identifier: Apache-2.0
// Reads that block or take long: the journal and queries. They run on the pool over values that do not change.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "app/server/api.h"
#include "app/server/prometheus_json.h"
#include "core/promql/engine.h"
#include "core/promql/parser.h"

namespace tuesday::server {
namespace {

constexpr int kEntriesMax = 100'000;
constexpr std::int64_t kRangePointsMax = 11'000;  // As Prometheus: beyond it a person means another step.

std::uint64_t NumberOf(const std::string& text, std::uint64_t fallback) {
  std::uint64_t value = fallback;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() ? value : fallback;
}

// Seconds since 1970 with a fraction, or RFC 3339; milliseconds.
Result<std::int64_t> TimeOf(const std::string& text, std::int64_t now_ms) {
  if (text.empty()) return now_ms;
  double seconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size() && std::abs(seconds) < 9e15)
    return std::llround(seconds * 1000);
  TRY(const WallTime time, ParseWall(text));
  return time.time_since_epoch().count();
}

Result<std::int64_t> StepOf(const std::string& text) {
  double seconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  std::int64_t step = 0;
  if (read.ec == std::errc() && read.ptr == text.data() + text.size() && seconds < 9e12) {
    step = std::llround(seconds * 1000);
  } else {
    TRY(const Duration duration, ParsePromDuration(text));
    step = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  }
  if (step <= 0)
    return Fail(ErrorCode::kInvalid, "zero or negative query resolution step widths are not accepted. Try a positive integer");
  return step;
}

// The answer of a blocking piece of work, sent when it is there.
template <typename Work>
void AnswerFromPool(control::Executor& executor, const std::string& lane, const std::shared_ptr<http::Responder>& responder,
                    Work work) {
  auto answer = std::make_shared<Result<Json>>(Json());
  executor.Run(
      lane, [answer, work = std::move(work)] { *answer = work(); },
      [answer, responder] {
        if (!answer->has_value()) return SendError(*responder, answer->error());
        SendJson(*responder, **answer);
      });
}

// `ns`, when it is not empty, is the only one whose entries are given.
Result<Json> ReadJournal(Store& store, const EntryFilter& filter, bool verify, const std::string& ns) {
  if (verify) TRY_OK(store.VerifyJournal());
  TRY(const std::vector<StoredEntry> entries, store.Entries(filter));
  Json::Array list;
  for (const StoredEntry& entry : entries) {
    TRY(Json json, ParseJson(entry.bytes));
    if (!ns.empty() && json.At("object").At("namespace").StringOr("") != ns) continue;
    json.as_object()->emplace("hash", entry.hash);
    list.push_back(std::move(json));
  }
  return Json(Json::Object{{"entries", std::move(list)}});
}

}  // namespace

void Api::Audit(Call call) {
  EntryFilter filter;
  filter.after = NumberOf(call.request.Query("after"), 0);
  filter.limit = static_cast<int>(std::min<std::uint64_t>(NumberOf(call.request.Query("limit"), 1000), kEntriesMax));
  const std::string rollout = call.request.Query("rollout");
  const std::string ns = call.request.Query("namespace");
  if (!rollout.empty()) filter.object = ObjectName{Namespace(ns.empty() ? "default" : ns), "Rollout", rollout};
  const bool verify = !call.request.Query("verify").empty();
  AnswerFromPool(parts_.executor, "audit", call.responder,
                 [this, filter, verify, ns] { return ReadJournal(parts_.store, filter, verify, ns); });
}

void Api::Query(Call call) {
  const std::string text = call.request.Query("query");
  const std::int64_t now_ms = parts_.clock.Wall().time_since_epoch().count();
  const std::string time_text = call.request.Query("time");
  AnswerFromPool(parts_.executor, "query", call.responder,
                 [text, time_text, now_ms, snapshot = parts_.snapshot()]() -> Result<Json> {
                   TRY(const promql::ExprPtr expr, promql::ParseExpr(text));
                   TRY(const std::int64_t time, TimeOf(time_text, now_ms));
                   TRY(const promql::Value value, promql::EvaluateInstant(*expr, *snapshot, time, {}, nullptr));
                   return PrometheusAnswer(value, time);
                 });
}

void Api::QueryRange(Call call) {
  const http::HttpRequest& request = call.request;
  const std::int64_t now_ms = parts_.clock.Wall().time_since_epoch().count();
  AnswerFromPool(
      parts_.executor, "query", call.responder,
      [text = request.Query("query"), from = request.Query("start"), to = request.Query("end"), width = request.Query("step"),
       now_ms, snapshot = parts_.snapshot()]() -> Result<Json> {
        TRY(const promql::ExprPtr expr, promql::ParseExpr(text));
        TRY(const std::int64_t start, TimeOf(from, now_ms));
        TRY(const std::int64_t end, TimeOf(to, now_ms));
        TRY(const std::int64_t step, StepOf(width));
        if (end < start) return Fail(ErrorCode::kInvalid, "end timestamp must not be before start time");
        if ((end - start) / step > kRangePointsMax) {
          return Fail(
              ErrorCode::kInvalid,
              "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)");
        }
        TRY(promql::Matrix matrix, promql::EvaluateRange(*expr, *snapshot, start, end, step, {}));
        return PrometheusAnswer(promql::Value(std::move(matrix)), end);
      });
}

}  // namespace tuesday::server
