// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/promql/eval/eval_state.h"
#include "core/promql/eval/operators.h"

namespace tuesday::promql {

using metrics::Labels;

namespace {

bool Listed(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Identity ResultIdentity(Identity many, const Identity& one, const BinaryExpr& binary) {
  const VectorMatching& matching = binary.matching;
  if (binary.op < BinaryOp::kEqual) many.HideName();
  if (matching.card == MatchCard::kOneToOne) {
    many = many.Kept([&](const std::string& label) { return Listed(matching.labels, label) == matching.on; });
  }
  if (matching.include.empty()) return many;
  Labels labels = many.Whole();
  for (const std::string& name : matching.include) labels = labels.With(name, one.Get(name));
  return labels;
}

// Rows of one side by their signatures: the labels by which two sides are matched.
class Groups {
 public:
  struct Group {
    Identity signature;
    std::vector<std::size_t> rows;
  };

  Groups(const Rows& rows, const VectorMatching& matching) : matching_(matching), known_(rows.size()) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      Identity signature = SignatureOf(rows[i].identity);
      const std::size_t number =
          known_.FindOrAdd(signature.Hash(), [&](std::size_t n) { return all_[n].signature == signature; });
      if (number == all_.size()) all_.push_back({std::move(signature), {}});
      all_[number].rows.push_back(i);
    }
  }

  Identity SignatureOf(const Identity& identity) const {
    return identity.Kept([&](const std::string& label) {
      const bool listed = Listed(matching_.labels, label);
      return matching_.on ? listed : !listed && label != metrics::kNameLabel;
    });
  }

  // Null when no row has it.
  const Group* Find(const Identity& signature) const {
    const std::size_t number = known_.Find(signature.Hash(), [&](std::size_t n) { return all_[n].signature == signature; });
    return number == all_.size() ? nullptr : &all_[number];
  }
  // In the order of their first rows.
  const std::vector<Group>& all() const { return all_; }

 private:
  const VectorMatching& matching_;
  HashIndex known_;
  std::vector<Group> all_;
};

void SortBySignature(std::vector<const Groups::Group*>& groups) {
  std::ranges::sort(groups, {}, [](const Groups::Group* group) { return group->signature.Whole(); });
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
    const Groups ones(one_, binary_.matching);
    const Groups manies(many_, binary_.matching);
    const std::vector<char> any_many = AnyPresent(many_, steps_);
    TRY_OK(CheckUniques(ones, any_many));
    // Results follow the order of the side that they come from, as upstream.
    for (const Groups::Group& many : manies.all()) {
      const Groups::Group* one = ones.Find(many.signature);
      TRY_OK(MatchGroup(many.signature, many.rows, one == nullptr ? kNone : one->rows));
    }
    if (!fill_many_) return std::move(results_);
    std::vector<const Groups::Group*> lonely;
    for (const Groups::Group& one : ones.all()) {
      if (manies.Find(one.signature) == nullptr) lonely.push_back(&one);
    }
    SortBySignature(lonely);
    for (const Groups::Group* one : lonely) TRY_OK(MatchGroup(one->signature, kNone, one->rows));
    return std::move(results_);
  }

 private:
  inline static const std::vector<std::size_t> kNone;

  // Speaks of the least signature that is not unique.
  Result<void> CheckUniques(const Groups& ones, const std::vector<char>& any_many) const {
    std::vector<const Groups::Group*> repeated;
    for (const Groups::Group& one : ones.all()) {
      if (one.rows.size() > 1) repeated.push_back(&one);
    }
    SortBySignature(repeated);
    for (const Groups::Group* one : repeated) TRY_OK(CheckUnique(one->signature.Whole(), one->rows, any_many));
    return {};
  }

  Result<void> CheckUnique(const Labels& signature, const std::vector<std::size_t>& rows,
                           const std::vector<char>& any_many) const {
    for (std::size_t step = 0; step < steps_; ++step) {
      if (any_many[step] == 0) continue;
      const Row* seen = nullptr;
      for (const std::size_t index : rows) {
        if (one_[index].present[step] == 0) continue;
        if (seen != nullptr) {
          return Fail(ErrorCode::kInvalid,
                      "found duplicate series for the match group " + signature.Text() + " on the " +
                          (swapped_ ? "left" : "right") + " hand-side of the operation: [" +
                          one_[index].identity.Whole().Text() + ", " + seen->identity.Whole().Text() +
                          "];many-to-many matching not allowed: matching labels must be unique on one side");
        }
        seen = &one_[index];
      }
    }
    return {};
  }

  Result<void> MatchGroup(const Identity& signature, const std::vector<std::size_t>& manies,
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
        static const Identity kNobody;
        TRY_OK(Put(step, many.identity, one == nullptr ? kNobody : one->identity, many.values[step],
                   one == nullptr ? *fill_one_ : one->values[step], &many));
      }
      if (matched == 0 && one != nullptr && fill_many_) {
        TRY_OK(Put(step, signature, one->identity, *fill_many_, one->values[step], nullptr));
      }
    }
    return {};
  }

  Result<void> Put(std::size_t step, const Identity& many_identity, const Identity& one_identity, double many, double one,
                   const Row* row) {
    const double left = swapped_ ? one : many;
    const double right = swapped_ ? many : one;
    const bool filter = IsComparison(binary_.op) && !binary_.returns_bool;
    const auto key = std::pair(&many_identity, &one_identity);
    auto known = by_pair_.find(key);
    if (known == by_pair_.end()) {
      Identity identity = ResultIdentity(many_identity, one_identity, binary_);
      if (binary_.returns_bool && !delayed_) identity.HideName();
      const std::size_t number =
          by_identity_.FindOrAdd(identity.Hash(), [&](std::size_t n) { return results_[n].identity == identity; });
      if (number == results_.size()) {
        results_.emplace_back(std::move(identity), steps_);
        results_.back().drop_name = delayed_ && (binary_.returns_bool || (row != nullptr && row->drop_name));
        taken_.emplace_back(steps_, 0);
      }
      known = by_pair_.emplace(key, number).first;
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
  HashIndex by_identity_{0};
  std::map<std::pair<const Identity*, const Identity*>, std::size_t> by_pair_;  // Looked up only.
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
  const Groups groups(by, binary.matching);
  for (Row& row : filtered) {
    const Groups::Group* group = groups.Find(groups.SignatureOf(row.identity));
    for (std::size_t i = 0; i < grid_.count; ++i) {
      if (row.present[i] == 0) continue;
      bool there = false;
      if (group != nullptr) {
        for (const std::size_t index : group->rows) there = there || by[index].present[i] != 0;
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
