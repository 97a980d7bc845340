// SPDX-License-Identifier: Apache-2.0
#include "core/metrics/view.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "core/metrics/matchers.h"

namespace tuesday::metrics {

namespace {

// The labels that a role adds, in their order.
constexpr std::array<std::string_view, 4> kAddedLabels = {kCanaryLabel, kContainerLabel, kPodLabel, kServiceLabel};
static_assert(std::ranges::is_sorted(kAddedLabels));

bool IsAddedLabel(std::string_view name) { return std::ranges::find(kAddedLabels, name) != kAddedLabels.end(); }

// The value that a role gives to an added label.
std::string AddedValue(std::string_view label, std::string_view instance, const RoleRow& row, const std::string& container) {
  if (label == kCanaryLabel) return row.canary ? "true" : "false";
  if (label == kContainerLabel) return container;
  if (label == kServiceLabel) return row.service;
  return std::string(instance) + (row.canary ? "-canary" : "");
}

// Of two samples at one time that of `first` stays.
Samples Merged(const Samples& first, const Samples& second) {
  if (!first.empty() && !second.empty() && first.back().t < second.front().t) {
    std::vector<Sample> both(first.begin(), first.end());
    both.insert(both.end(), second.begin(), second.end());
    return both;
  }
  std::vector<Sample> merged;
  merged.reserve(first.size() + second.size());
  const auto earlier = [](const Sample& a, const Sample& b) { return a.t < b.t; };
  std::merge(first.begin(), first.end(), second.begin(), second.end(), std::back_inserter(merged), earlier);
  const auto same = [](const Sample& a, const Sample& b) { return a.t == b.t; };
  merged.erase(std::unique(merged.begin(), merged.end(), same), merged.end());
  return merged;
}

// Sorts by labels and makes one of series with equal labels; of two samples at one time the earlier given one stays.
void SortAndMerge(std::vector<Series>& all) {
  const auto before = [](const Series& a, const Series& b) { return a.labels < b.labels; };
  // One role's series come in order: mostly there is nothing to sort.
  if (!std::is_sorted(all.begin(), all.end(), before)) std::stable_sort(all.begin(), all.end(), before);
  std::size_t kept = 0;
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[kept].labels == all[i].labels) {
      all[kept].samples = Merged(all[kept].samples, all[i].samples);
    } else if (++kept != i) {
      all[kept] = std::move(all[i]);
    }
  }
  if (!all.empty()) all.resize(kept + 1);
}

std::int64_t Minus(std::int64_t time, std::int64_t shift) {
  std::int64_t result = 0;
  if (__builtin_sub_overflow(time, shift, &result)) return shift > 0 ? INT64_MIN : INT64_MAX;
  return result;
}

Samples Shifted(const Samples& samples, std::int64_t shift_ms) {
  if (shift_ms == 0) return samples;
  std::vector<Sample> shifted(samples.begin(), samples.end());
  for (Sample& sample : shifted) sample.t += shift_ms;
  return shifted;
}

// Conditions of which exactly one holds for every series that is not our own.
std::vector<std::vector<LabelMatcher>> ForeignConditions() {
  std::vector<std::vector<LabelMatcher>> conditions;
  std::vector<LabelMatcher> there;
  for (const char* label : {"namespace", "rollout", "revision", "instance"}) {
    conditions.push_back(there);
    conditions.back().push_back({MatchOp::kEqual, label, ""});
    there.push_back({MatchOp::kNotEqual, label, ""});
  }
  return conditions;
}

}  // namespace

bool IsOwnSeries(const Labels& labels) {
  return !labels.Get("namespace").empty() && !labels.Get("rollout").empty() && !labels.Get("revision").empty() &&
         !labels.Get("instance").empty();
}

Labels WithRole(const Labels& own, const RoleRow& row, const std::string& container) {
  std::vector<Labels::Pair> pairs;
  pairs.reserve(own.size() + kAddedLabels.size());
  const std::string_view instance = own.Get("instance");
  const Labels::Pair* next = own.begin();
  for (const std::string_view label : kAddedLabels) {
    for (; next != own.end() && next->first < label; ++next) pairs.push_back(*next);
    if (next != own.end() && next->first == label) ++next;
    std::string value = AddedValue(label, instance, row, container);
    if (!value.empty()) pairs.emplace_back(label, std::move(value));
  }
  pairs.insert(pairs.end(), next, own.end());
  return Labels(std::move(pairs));
}

const Labels& RoleLabels::Of(const Labels& own, const RoleRow& row, const std::string& container) {
  if (count_ >= kRoleLabelsMax) {
    made_.clear();
    count_ = 0;
  }
  auto& of_role = made_[Role(row.canary, row.service, container)];
  const auto known = of_role.find(own);
  if (known != of_role.end()) return known->second;
  ++count_;
  return of_role.emplace(own, WithRole(own, row, container)).first->second;
}

AttemptView::AttemptView(ViewIdentity identity, std::shared_ptr<const Source> base, std::vector<RoleRow> rows,
                         std::shared_ptr<const Source> recorded, RoleLabels* role_labels)
    : identity_(std::move(identity)),
      base_(std::move(base)),
      rows_(std::move(rows)),
      recorded_(std::move(recorded)),
      role_labels_(role_labels) {}

Result<void> AttemptView::SelectRole(const RoleRow& row, const std::vector<LabelMatcher>& matchers, std::int64_t from,
                                     std::int64_t to, std::vector<Series>& all) const {
  if (row.revision.empty()) return {};
  TRY(const CompiledMatchers compiled, CompiledMatchers::Compile(matchers));
  std::vector<LabelMatcher> stored = {{MatchOp::kEqual, "namespace", identity_.namespace_name},
                                      {MatchOp::kEqual, "rollout", identity_.rollout},
                                      {MatchOp::kEqual, "revision", row.revision},
                                      {row.instance.empty() ? MatchOp::kNotEqual : MatchOp::kEqual, "instance", row.instance}};
  std::vector<std::size_t> of_pod;
  for (std::size_t i = 0; i < matchers.size(); ++i) {
    const std::string& name = matchers[i].name;
    if (!IsAddedLabel(name)) {
      // The base knows nothing of roles, so it is asked without the labels that roles add.
      stored.push_back(matchers[i]);
    } else if (name == kPodLabel) {
      of_pod.push_back(i);
    } else if (!compiled.MatchValue(i, AddedValue(name, "", row, identity_.container))) {
      return {};
    }
  }
  const std::int64_t after = std::max(Minus(from, row.shift_ms), Minus(row.from_ms, 1));
  const std::int64_t until = std::min(Minus(to, row.shift_ms), Minus(row.to_ms, 1));
  if (after >= until) return {};
  TRY(std::vector<Series> found, base_->Select(stored, after, until));
  for (const Series& series : found) {
    const bool matches = std::ranges::all_of(of_pod, [&](std::size_t i) {
      return compiled.MatchValue(i, AddedValue(kPodLabel, series.labels.Get("instance"), row, identity_.container));
    });
    if (!matches) continue;
    Labels labels = role_labels_ == nullptr ? WithRole(series.labels, row, identity_.container)
                                            : role_labels_->Of(series.labels, row, identity_.container);
    all.push_back({std::move(labels), Shifted(series.samples, row.shift_ms)});
  }
  return {};
}

Result<std::vector<Series>> AttemptView::Select(const std::vector<LabelMatcher>& matchers, std::int64_t from,
                                                std::int64_t to) const {
  std::vector<Series> all;
  for (const RoleRow& row : rows_) TRY_OK(SelectRole(row, matchers, from, to, all));
  const auto take = [&](std::vector<Series> found) {
    all.insert(all.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  };
  for (std::vector<LabelMatcher>& foreign :
       base_->MayHaveForeign() ? ForeignConditions() : std::vector<std::vector<LabelMatcher>>()) {
    foreign.insert(foreign.end(), matchers.begin(), matchers.end());
    TRY(std::vector<Series> found, base_->Select(foreign, from, to));
    take(std::move(found));
  }
  if (recorded_ != nullptr) {
    TRY(std::vector<Series> found, recorded_->Select(matchers, from, to));
    take(std::move(found));
  }
  SortAndMerge(all);
  return all;
}

}  // namespace tuesday::metrics
