// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "core/promql/eval/eval_state.h"
#include "core/promql/eval/operators.h"

namespace tuesday::promql {

using metrics::Labels;

namespace {

bool Listed(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The labels by which two sides are matched.
Labels SignatureOf(const Labels& labels, const VectorMatching& matching) {
  std::vector<Labels::Pair> kept;
  for (const Labels::Pair& pair : labels) {
    const bool listed = Listed(matching.labels, pair.first);
    if (matching.on ? listed : !listed && pair.first != metrics::kNameLabel) kept.push_back(pair);
  }
  return Labels(std::move(kept));
}

Labels ResultLabels(const Labels& many, const Labels& one, const BinaryExpr& binary) {
  const VectorMatching& matching = binary.matching;
  Labels labels = binary.op < BinaryOp::kEqual ? WithoutName(many) : many;
  if (matching.card == MatchCard::kOneToOne) {
    std::vector<Labels::Pair> kept;
    for (const Labels::Pair& pair : labels) {
      if (Listed(matching.labels, pair.first) == matching.on) kept.push_back(pair);
    }
    labels = Labels(std::move(kept));
  }
  for (const std::string& name : matching.include) labels = labels.With(name, one.Get(name));
  return labels;
}

// Rows of one side that share a signature.
using Groups = std::map<Labels, std::vector<std::size_t>>;

Groups GroupRows(const Rows& rows, const VectorMatching& matching) {
  Groups groups;
  for (std::size_t i = 0; i < rows.size(); ++i) groups[SignatureOf(rows[i].labels, matching)].push_back(i);
  return groups;
}

std::vector<char> AnyPresent(const Rows& rows, std::size_t steps) {
  std::vector<char> any(steps, 0);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < steps; ++i) any[i] = any[i] | row.present[i];
  }
  return any;
}

// One vector-to-vector operation: `many` is the side whose elements may repeat.
class Matcher {
 public:
  Matcher(const BinaryExpr& binary, const Rows& many, const Rows& one, std::size_t steps, bool delayed)
      : binary_(binary), many_(many), one_(one), steps_(steps), delayed_(delayed) {
    swapped_ = binary.matching.card == MatchCard::kOneToMany;
    fill_many_ = swapped_ ? binary.matching.fill_right : binary.matching.fill_left;
    fill_one_ = swapped_ ? binary.matching.fill_left : binary.matching.fill_right;
  }

  Result<Rows> Run() {
    const Groups ones = GroupRows(one_, binary_.matching);
    Groups manies = GroupRows(many_, binary_.matching);
    const std::vector<char> any_many = AnyPresent(many_, steps_);
    const std::vector<char> any_one = AnyPresent(one_, steps_);
    for (const auto& [signature, rows] : ones) {
      TRY_OK(CheckUnique(signature, rows, any_many));
      if (fill_many_) manies.try_emplace(signature);
    }
    static const std::vector<std::size_t> kNone;
    std::vector<std::pair<std::size_t, const Labels*>> order;
    for (const auto& [signature, rows] : manies) {
      order.emplace_back(rows.empty() ? many_.size() : rows.front(), &signature);
    }
    // Results follow the order of the side that they come from, as upstream.
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [first, signature] : order) {
      const auto one = ones.find(*signature);
      TRY_OK(MatchGroup(*signature, manies.at(*signature), one == ones.end() ? kNone : one->second));
    }
    return std::move(results_);
  }

 private:
  Result<void> CheckUnique(const Labels& signature, const std::vector<std::size_t>& rows,
                           const std::vector<char>& any_many) const {
    if (rows.size() < 2) return {};
    for (std::size_t step = 0; step < steps_; ++step) {
      if (any_many[step] == 0) continue;
      const Row* seen = nullptr;
      for (const std::size_t index : rows) {
        if (one_[index].present[step] == 0) continue;
        if (seen != nullptr) {
          return Fail(ErrorCode::kInvalid,
                      "found duplicate series for the match group " + signature.Text() + " on the " +
                          (swapped_ ? "left" : "right") + " hand-side of the operation: [" + one_[index].labels.Text() + ", " +
                          seen->labels.Text() +
                          "];many-to-many matching not allowed: matching labels must be unique on one side");
        }
        seen = &one_[index];
      }
    }
    return {};
  }

  Result<void> MatchGroup(const Labels& signature, const std::vector<std::size_t>& manies,
                          const std::vector<std::size_t>& ones) {
    const bool one_to_one = binary_.matching.card == MatchCard::kOneToOne;
    for (std::size_t step = 0; step < steps_; ++step) {
      const Row* one = nullptr;
      for (const std::size_t index : ones) {
        if (one_[index].present[step] != 0) one = &one_[index];
      }
      int matched = 0;
      for (const std::size_t index : manies) {
        const Row& many = many_[index];
        if (many.present[step] == 0 || (one == nullptr && !fill_one_)) continue;
        if (++matched > 1 && one_to_one) {
          return Fail(ErrorCode::kInvalid,
                      "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
        }
        static const Labels kNoLabels;
        TRY_OK(Put(step, many.labels, one == nullptr ? kNoLabels : one->labels, many.values[step],
                   one == nullptr ? *fill_one_ : one->values[step], &many));
      }
      if (matched == 0 && one != nullptr && fill_many_) {
        TRY_OK(Put(step, signature, one->labels, *fill_many_, one->values[step], nullptr));
      }
    }
    return {};
  }

  Result<void> Put(std::size_t step, const Labels& many_labels, const Labels& one_labels, double many, double one,
                   const Row* row) {
    const double left = swapped_ ? one : many;
    const double right = swapped_ ? many : one;
    const bool filter = IsComparison(binary_.op) && !binary_.returns_bool;
    const auto key = std::pair(&many_labels, &one_labels);
    auto known = by_pair_.find(key);
    if (known == by_pair_.end()) {
      Labels labels = ResultLabels(many_labels, one_labels, binary_);
      if (binary_.returns_bool && !delayed_) labels = WithoutName(labels);
      const auto [at, made] = by_labels_.try_emplace(labels, results_.size());
      if (made) {
        results_.emplace_back(std::move(labels), steps_);
        results_.back().drop_name = delayed_ && (binary_.returns_bool || (row != nullptr && row->drop_name));
        taken_.emplace_back(steps_, 0);
      }
      known = by_pair_.emplace(key, at->second).first;
    }
    // A second match is an error even where a filter drops it.
    if (taken_[known->second][step] != 0) {
      return Fail(ErrorCode::kInvalid, "multiple matches for labels: grouping labels must ensure unique matches");
    }
    taken_[known->second][step] = 1;
    if (filter && !Compare(binary_.op, left, right)) return {};
    results_[known->second].Set(step, filter ? left : Calculate(binary_.op, left, right));
    return {};
  }

  const BinaryExpr& binary_;
  const Rows& many_;
  const Rows& one_;
  std::size_t steps_;
  bool delayed_;
  bool swapped_ = false;
  std::optional<double> fill_many_;
  std::optional<double> fill_one_;
  Rows results_;
  std::vector<std::vector<char>> taken_;
  std::map<Labels, std::size_t> by_labels_;
  std::map<std::pair<const Labels*, const Labels*>, std::size_t> by_pair_;  // Looked up only.
};

}  // namespace

Result<Evaluated> Evaluator::VectorVector(const BinaryExpr& binary, Evaluated left, Evaluated right) const {
  const bool swapped = binary.matching.card == MatchCard::kOneToMany;
  Matcher matcher(binary, swapped ? right.rows : left.rows, swapped ? left.rows : right.rows, grid_.count,
                  options_.delayed_name_removal);
  Evaluated result;
  TRY(result.rows, matcher.Run());
  std::erase_if(result.rows, [](const Row& row) { return !row.AnyPresent(); });
  return result;
}

Evaluated Evaluator::SetOperation(const BinaryExpr& binary, Evaluated left, Evaluated right) const {
  // For `or` the right side is filtered by the left, for `and` and `unless` the left by the right.
  const bool is_or = binary.op == BinaryOp::kOr;
  Rows& filtered = is_or ? right.rows : left.rows;
  const Rows& by = is_or ? left.rows : right.rows;
  const Groups groups = GroupRows(by, binary.matching);
  for (Row& row : filtered) {
    const auto group = groups.find(SignatureOf(row.labels, binary.matching));
    for (std::size_t i = 0; i < grid_.count; ++i) {
      if (row.present[i] == 0) continue;
      bool there = false;
      if (group != groups.end()) {
        for (const std::size_t index : group->second) there = there || by[index].present[i] != 0;
      }
      row.present[i] = there == (binary.op == BinaryOp::kAnd) ? 1 : 0;
    }
  }
  if (is_or) {
    for (Row& row : right.rows) left.rows.push_back(std::move(row));
  }
  std::erase_if(left.rows, [](const Row& row) { return !row.AnyPresent(); });
  return left;
}

}  // namespace tuesday::promql
