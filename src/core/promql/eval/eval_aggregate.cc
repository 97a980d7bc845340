// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/metrics/text.h"
#include "core/promql/eval/eval_state.h"
#include "core/promql/eval/label_hash.h"
#include "core/promql/eval/operators.h"

namespace tuesday::promql {

using metrics::Labels;

namespace {

constexpr std::size_t kLookedAhead = 4;  // Labels lie all over the memory.

// Which group each row is in. The groups are in the order in which they first come.
struct Grouping {
  std::vector<Identity> groups;
  std::vector<std::uint32_t> group_of;  // One for each row.
};

Grouping GroupRows(const Rows& rows, const AggregateExpr& aggregate) {
  Grouping grouping;
  grouping.group_of.reserve(rows.size());
  HashIndex known(rows.size());
  const auto keeps = [&](const std::string& label) {
    const bool listed = std::find(aggregate.grouping.begin(), aggregate.grouping.end(), label) != aggregate.grouping.end();
    return aggregate.without ? !listed && !metrics::IsNameLabel(label) : listed;
  };
  std::vector<Identity>& groups = grouping.groups;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + kLookedAhead < rows.size()) rows[i + kLookedAhead].identity.Fetch();
    Identity kept = rows[i].identity.Kept(keeps);
    const std::size_t number = known.FindOrAdd(kept.Hash(), [&](std::size_t n) { return kept == groups[n]; });
    if (number == groups.size()) groups.push_back(std::move(kept));
    grouping.group_of.push_back(static_cast<std::uint32_t>(number));
  }
  return grouping;
}

// The rows of each group, ascending.
std::vector<std::vector<std::size_t>> MembersOf(const Grouping& grouping) {
  std::vector<std::vector<std::size_t>> members(grouping.groups.size());
  for (std::size_t row = 0; row < grouping.group_of.size(); ++row) members[grouping.group_of[row]].push_back(row);
  return members;
}

// Population variance by Welford, not compensated, as upstream; anything not finite makes it NaN.
double VarianceOf(const std::vector<double>& values) {
  double mean = 0;
  double sum = 0;
  double count = 0;
  if (!std::isfinite(values.front())) return std::numeric_limits<double>::quiet_NaN();
  for (const double value : values) {
    ++count;
    const double delta = value - mean;
    mean += delta / count;
    sum += delta * (value - mean);
  }
  return sum / count;
}

double Fold(AggregateOp op, const std::vector<double>& values, double parameter) {
  switch (op) {
    case AggregateOp::kAvg: {
      CompensatedMean mean;
      for (const double value : values) mean.Add(value);
      return mean.Value();
    }
    case AggregateOp::kCount: return static_cast<double>(values.size());
    case AggregateOp::kGroup: return 1;
    case AggregateOp::kStdvar: return VarianceOf(values);
    case AggregateOp::kStddev: return std::sqrt(VarianceOf(values));
    case AggregateOp::kQuantile: return Quantile(parameter, values);
    default: break;
  }
  double best = values.front();
  for (const double value : values) {
    const bool better = op == AggregateOp::kMax ? value > best : value < best;
    if (better || std::isnan(best)) best = value;
  }
  return best;
}

// An empty row for each group; the name of one goes at the end when that of any of its members does.
Rows RowsOf(Grouping& grouping, const Rows& rows, std::size_t steps) {
  Rows results;
  results.reserve(grouping.groups.size());
  for (Identity& group : grouping.groups) results.emplace_back(std::move(group), steps);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].drop_name) results[grouping.group_of[i]].drop_name = true;
  }
  return results;
}

// Row by row, so that each is walked once in the order of its steps.
Rows SumGroups(Grouping grouping, const Rows& rows, std::size_t steps) {
  Rows results = RowsOf(grouping, rows, steps);
  std::vector<CompensatedSum> sums(results.size() * steps);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    Row& result = results[grouping.group_of[i]];
    CompensatedSum* into = &sums[grouping.group_of[i] * steps];
    for (std::size_t step = 0; step < steps; ++step) {
      if (row.present[step] == 0) continue;
      into[step].Add(row.values[step]);
      result.present[step] = 1;
    }
  }
  for (std::size_t group = 0; group < results.size(); ++group) {
    for (std::size_t step = 0; step < steps; ++step) results[group].values[step] = sums[group * steps + step].Total();
  }
  return results;
}

Rows FoldGroups(const AggregateExpr& aggregate, const Rows& rows, const std::vector<double>& parameter, std::size_t steps) {
  Grouping grouping = GroupRows(rows, aggregate);
  if (aggregate.op == AggregateOp::kSum) return SumGroups(std::move(grouping), rows, steps);
  const std::vector<std::vector<std::size_t>> members = MembersOf(grouping);
  Rows results = RowsOf(grouping, rows, steps);
  std::vector<double> values;
  for (std::size_t group = 0; group < results.size(); ++group) {
    for (std::size_t step = 0; step < steps; ++step) {
      values.clear();
      for (const std::size_t member : members[group]) {
        if (rows[member].present[step] != 0) values.push_back(rows[member].values[step]);
      }
      if (!values.empty()) results[group].Set(step, Fold(aggregate.op, values, parameter.empty() ? 0 : parameter[step]));
    }
  }
  return results;
}

// NaN is the worst in both orders; the order is total, as std::sort needs.
bool Better(double a, double b, bool largest) {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return largest ? a > b : a < b;
}

// Which members of a group stay at one step, best first.
std::vector<std::size_t> Chosen(AggregateOp op, const std::vector<std::size_t>& members, const Rows& rows, std::size_t step,
                                double parameter) {
  std::vector<std::size_t> there;
  for (const std::size_t member : members) {
    if (rows[member].present[step] != 0) there.push_back(member);
  }
  if (op == AggregateOp::kLimitRatio) {
    std::erase_if(there, [&](std::size_t member) { return !InRatio(rows[member].identity.Whole(), parameter); });
    return there;
  }
  if (op != AggregateOp::kLimitK) {
    std::stable_sort(there.begin(), there.end(), [&](std::size_t a, std::size_t b) {
      return Better(rows[a].values[step], rows[b].values[step], op == AggregateOp::kTopK);
    });
  }
  if (parameter < static_cast<double>(there.size())) there.resize(parameter < 1 ? 0 : static_cast<std::size_t>(parameter));
  return there;
}

// topk and its like: rows of the input with some steps left out.
Rows ChooseRows(const AggregateExpr& aggregate, const Rows& rows, const std::vector<double>& parameter, std::size_t steps) {
  Rows masked = rows;
  for (Row& row : masked) std::fill(row.present.begin(), row.present.end(), 0);
  std::vector<std::size_t> order;
  for (const std::vector<std::size_t>& members : MembersOf(GroupRows(rows, aggregate))) {
    for (std::size_t step = 0; step < steps; ++step) {
      const std::vector<std::size_t> chosen = Chosen(aggregate.op, members, rows, step, parameter[step]);
      for (const std::size_t member : chosen) masked[member].present[step] = 1;
      if (steps == 1) order.insert(order.end(), chosen.begin(), chosen.end());
    }
    if (steps != 1) order.insert(order.end(), members.begin(), members.end());
  }
  Rows results;
  for (const std::size_t member : order) {
    if (masked[member].AnyPresent()) results.push_back(std::move(masked[member]));
  }
  return results;
}

Result<Rows> CountValues(const AggregateExpr& aggregate, const Rows& rows, const std::string& label, std::size_t steps) {
  if (label.empty()) return Fail(ErrorCode::kInvalid, "invalid label name \"\"");
  Rows results;
  std::map<Labels, std::size_t> known;
  const Grouping grouping = GroupRows(rows, aggregate);
  const std::vector<std::vector<std::size_t>> members = MembersOf(grouping);
  for (std::size_t group = 0; group < members.size(); ++group) {
    const Labels group_labels = grouping.groups[group].Whole();
    for (const std::size_t member : members[group]) {
      for (std::size_t step = 0; step < steps; ++step) {
        if (rows[member].present[step] == 0) continue;
        Labels labels = group_labels.With(label, metrics::FixedText(rows[member].values[step]));
        const auto [at, made] = known.try_emplace(labels, results.size());
        if (made) results.emplace_back(std::move(labels), steps);
        Row& row = results[at->second];
        row.Set(step, row.present[step] != 0 ? row.values[step] + 1 : 1);
      }
    }
  }
  return results;
}

Result<void> CheckParameter(AggregateOp op, const std::vector<double>& parameter) {
  for (const double value : parameter) {
    if (op == AggregateOp::kLimitRatio) {
      if (std::isnan(value)) return Fail(ErrorCode::kInvalid, "Ratio value is NaN");
    } else if (op != AggregateOp::kQuantile) {
      if (std::isnan(value)) return Fail(ErrorCode::kInvalid, "Parameter value is NaN");
      if (value >= 9223372036854775808.0) {
        return Fail(ErrorCode::kInvalid, fmt::format("Scalar value {} overflows int64", metrics::NumberText(value)));
      }
      if (value <= -9223372036854775808.0) {
        return Fail(ErrorCode::kInvalid, fmt::format("Scalar value {} underflows int64", metrics::NumberText(value)));
      }
    }
  }
  return {};
}

}  // namespace

Result<Evaluated> Evaluator::EvaluateAggregate(const AggregateExpr& aggregate) {
  Evaluated parameter;
  if (aggregate.parameter != nullptr) {
    TRY(parameter, Evaluate(*aggregate.parameter));
  }
  TRY(const Evaluated inner, Evaluate(*aggregate.inner));
  Evaluated result;
  switch (aggregate.op) {
    case AggregateOp::kCountValues: {
      TRY(result.rows, CountValues(aggregate, inner.rows, parameter.text, grid_.count));
      break;
    }
    case AggregateOp::kTopK:
    case AggregateOp::kBottomK:
    case AggregateOp::kLimitK:
    case AggregateOp::kLimitRatio:
      TRY_OK(CheckParameter(aggregate.op, parameter.scalar));
      if (aggregate.op == AggregateOp::kLimitRatio) NoteRatio(aggregate, parameter.scalar);
      result.rows = ChooseRows(aggregate, inner.rows, parameter.scalar, grid_.count);
      break;
    default:
      if (aggregate.op == AggregateOp::kQuantile) NoteQuantile(parameter.scalar, aggregate.parameter->pos);
      result.rows = FoldGroups(aggregate, inner.rows, parameter.scalar, grid_.count);
      break;
  }
  return result;
}

void Evaluator::NoteQuantile(const std::vector<double>& quantiles, PosRange pos) const {
  for (const double q : quantiles) {
    if (q >= 0 && q <= 1) continue;
    AddNote(Note::Level::kWarning,
            fmt::format("PromQL warning: quantile value should be between 0 and 1, got {}", metrics::ShortText(q)), pos);
  }
}

void Evaluator::NoteRatio(const AggregateExpr& aggregate, std::vector<double>& ratios) const {
  for (double& ratio : ratios) {
    if (ratio >= -1 && ratio <= 1) continue;
    const double capped = ratio > 1 ? 1 : -1;
    AddNote(Note::Level::kWarning,
            fmt::format("PromQL warning: ratio value should be between -1 and 1, got {}, capping to {}",
                        metrics::ShortText(ratio), metrics::ShortText(capped)),
            aggregate.parameter->pos);
    ratio = capped;
  }
}

}  // namespace tuesday::promql
