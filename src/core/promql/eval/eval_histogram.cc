// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/metrics/text.h"
#include "core/promql/eval/eval_state.h"
#include "core/promql/eval/histogram.h"

namespace tuesday::promql {

using metrics::Labels;

namespace {

// The buckets of one histogram: which rows, and their bounds.
struct HistogramRows {
  Identity identity;
  bool drop_name = false;
  std::vector<std::pair<double, const Row*>> buckets;
  std::string name;  // Of the metric, for notes.
};

// A bound as Go reads a float.
std::optional<double> BoundOf(std::string_view text) {
  const bool negative = text.starts_with("-");
  if (negative || text.starts_with("+")) text.remove_prefix(1);
  if (text.empty() || text.starts_with("-") || text.starts_with("+")) return std::nullopt;
  double value = 0;
  if (text == "Inf" || text == "inf" || text == "Infinity") {
    value = std::numeric_limits<double>::infinity();
  } else {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  }
  return negative ? -value : value;
}

std::vector<Bucket> BucketsAt(const HistogramRows& histogram, std::size_t step) {
  std::vector<Bucket> buckets;
  for (const auto& [upper, row] : histogram.buckets) {
    if (row->present[step] != 0) buckets.push_back({upper, row->values[step]});
  }
  return buckets;
}

std::vector<HistogramRows> GroupHistograms(const Rows& rows, bool delayed, const std::function<void(const Row&)>& bad_bucket) {
  std::vector<HistogramRows> histograms;
  HashIndex known(0);
  for (const Row& row : rows) {
    const std::optional<double> upper = BoundOf(row.identity.Get("le"));
    if (!upper) {
      bad_bucket(row);
      continue;
    }
    Identity kept =
        row.identity.Kept([&](const std::string& label) { return label != "le" && (delayed || !metrics::IsNameLabel(label)); });
    const std::size_t number = known.FindOrAdd(kept.Hash(), [&](std::size_t n) { return kept == histograms[n].identity; });
    if (number == histograms.size()) histograms.push_back({std::move(kept), delayed, {}, std::string(row.identity.Name())});
    std::vector<std::pair<double, const Row*>>& buckets = histograms[number].buckets;
    if (buckets.empty() && number == 0) buckets.reserve(rows.size());  // Mostly there is one histogram.
    buckets.emplace_back(*upper, &row);
  }
  // In order once for all steps; equal bounds stay as they came.
  for (HistogramRows& histogram : histograms) {
    std::stable_sort(histogram.buckets.begin(), histogram.buckets.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  return histograms;
}

// The greatest finite bound of a bucket that has a value at the first step; 0 without one.
double LastBound(const HistogramRows& histogram) {
  for (auto bucket = histogram.buckets.rbegin(); bucket != histogram.buckets.rend(); ++bucket) {
    if (bucket->second->present[0] != 0 && std::isfinite(bucket->first)) return bucket->first;
  }
  return 0;
}

std::string BadBucketText(const Row& row) {
  const std::string_view name = row.identity.Name();
  std::string text =
      "PromQL warning: bucket label \"le\" is missing or has a malformed value of " + metrics::Quoted(row.identity.Get("le"));
  if (!name.empty()) text += " for metric name " + metrics::Quoted(name);
  return text;
}

}  // namespace

Rows Evaluator::QuantileRows(const std::vector<double>& q, const Rows& rows, PosRange pos, double* last_bound) const {
  const auto bad = [&](const Row& row) { AddNote(Note::Level::kWarning, BadBucketText(row), pos); };
  Rows results;
  for (HistogramRows& histogram : GroupHistograms(rows, options_.delayed_name_removal, bad)) {
    if (last_bound != nullptr) *last_bound = std::max(*last_bound, LastBound(histogram));
    Row row(std::move(histogram.identity), grid_.count);
    row.drop_name = histogram.drop_name;
    for (std::size_t i = 0; i < grid_.count; ++i) {
      std::vector<Bucket> buckets = BucketsAt(histogram, i);
      if (buckets.empty()) continue;
      const BucketQuantile quantile = QuantileOfBuckets(q[i], std::move(buckets));
      row.Set(i, quantile.value);
      if (quantile.forced_monotonic) {
        AddNote(Note::Level::kInfo,
                "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see "
                "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) for metric name " +
                    metrics::Quoted(histogram.name),
                pos);
      }
    }
    if (row.AnyPresent()) results.push_back(std::move(row));
  }
  return results;
}

Result<Evaluated> Evaluator::HistogramQuantile(const Expr& expr, const CallExpr& call) {
  TRY(const Evaluated q, Evaluate(*call.arguments[0]));
  TRY(const Evaluated vector, Evaluate(*call.arguments[1]));
  NoteQuantile(q.scalar, call.arguments[0]->pos);
  Evaluated result;
  double* last_bound = keeps_inner_ ? &recorder_->last_bounds[&expr] : nullptr;
  result.rows = QuantileRows(q.scalar, vector.rows, call.arguments[1]->pos, last_bound);
  TRY_OK(MergeEqual(result.rows));
  return result;
}

Result<Evaluated> Evaluator::HistogramQuantiles(const CallExpr& call) {
  TRY(const Evaluated vector, Evaluate(*call.arguments[0]));
  TRY(const Evaluated label, Evaluate(*call.arguments[1]));
  Evaluated result;
  for (std::size_t argument = 2; argument < call.arguments.size(); ++argument) {
    TRY(const Evaluated q, Evaluate(*call.arguments[argument]));
    NoteQuantile(q.scalar, call.arguments[argument]->pos);
    for (Row& row : QuantileRows(q.scalar, vector.rows, call.arguments[0]->pos)) {
      if (!row.identity.Get(label.text).empty()) {
        return Fail(ErrorCode::kInvalid, "The label " + label.text + " of histogram_quantiles is on the histogram already.");
      }
      // A quantile may differ from step to step, and so may its label.
      std::map<std::string, Row> by_text;
      for (std::size_t i = 0; i < grid_.count; ++i) {
        if (row.present[i] == 0) continue;
        std::string text = metrics::ShortText(q.scalar[i]);
        if (std::isfinite(q.scalar[i]) && text.find_first_of(".e") == std::string::npos) text += ".0";
        const auto [at, made] = by_text.try_emplace(text, row.identity.Whole().With(label.text, text), grid_.count);
        at->second.drop_name = row.drop_name;
        at->second.Set(i, row.values[i]);
      }
      for (auto& [text, one] : by_text) result.rows.push_back(std::move(one));
    }
  }
  TRY_OK(MergeEqual(result.rows));
  return result;
}

Result<Evaluated> Evaluator::HistogramFraction(const CallExpr& call) {
  TRY(const Evaluated lower, Evaluate(*call.arguments[0]));
  TRY(const Evaluated upper, Evaluate(*call.arguments[1]));
  TRY(const Evaluated vector, Evaluate(*call.arguments[2]));
  const auto bad = [&](const Row& row) { AddNote(Note::Level::kWarning, BadBucketText(row), call.arguments[2]->pos); };
  Evaluated result;
  for (HistogramRows& histogram : GroupHistograms(vector.rows, options_.delayed_name_removal, bad)) {
    Row row(std::move(histogram.identity), grid_.count);
    row.drop_name = histogram.drop_name;
    for (std::size_t i = 0; i < grid_.count; ++i) {
      std::vector<Bucket> buckets = BucketsAt(histogram, i);
      if (!buckets.empty()) row.Set(i, FractionOfBuckets(lower.scalar[i], upper.scalar[i], std::move(buckets)));
    }
    if (row.AnyPresent()) result.rows.push_back(std::move(row));
  }
  return result;
}

}  // namespace tuesday::promql
