// SPDX-License-Identifier: Apache-2.0
// What the rules of one attempt may see. Only identity is stored with our own series; the roles of revisions are rows of a
// table, and this view adds the labels that depend on them. See docs/architecture/metrics.md.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "core/metrics/source.h"

namespace tuesday::metrics {

inline constexpr std::string_view kCanaryLabel = "canary";
inline constexpr std::string_view kServiceLabel = "service";
inline constexpr std::string_view kPodLabel = "pod";
inline constexpr std::string_view kContainerLabel = "container";

// One revision (or one instance of it) in one role for a time. Samples with from_ms <= t < to_ms are seen, at t + shift_ms.
struct RoleRow {
  std::string revision;
  std::string instance;  // Empty: every instance of the revision.
  std::int64_t from_ms = 0;
  std::int64_t to_ms = INT64_MAX;
  bool canary = false;
  std::string service;
  std::int64_t shift_ms = 0;  // Forward: the predecessor's frozen window, seen as if it were now.
};

// Whose attempt it is.
struct ViewIdentity {
  std::string namespace_name;
  std::string rollout;
  std::string container;
};

// The labels that a row adds to a series of our own: canary="true" or "false", service, pod (`<instance>-canary` while the
// role is canary) and container.
Labels WithRole(const Labels& own, const RoleRow& row, const std::string& container);

// Whether a series is one of tuesday's own: it carries namespace, rollout, revision and instance.
bool IsOwnSeries(const Labels& labels);

// Labels with a role, each made once: rules ask for the same ones at every tick. One thread at a time.
class RoleLabels {
 public:
  // As WithRole.
  const Labels& Of(const Labels& own, const RoleRow& row, const std::string& container);

 private:
  using Role = std::tuple<bool, std::string, std::string>;  // Canary, service, container.
  std::map<Role, std::unordered_map<Labels, Labels, LabelsHash>> made_;
  std::size_t count_ = 0;
};

inline constexpr std::size_t kRoleLabelsMax = 100'000;  // Then all are forgotten and made anew.

// Own series of this rollout appear once for each row that covers them, own series of other rollouts not at all, foreign
// series as they are, and `recorded` is merged in. Where two rows make the same series and time, the first row's sample counts.
class AttemptView : public Source {
 public:
  // `base` holds everything; `recorded` the series that rules of the same group recorded for the attempt, or null.
  // `role_labels`, if any, must outlive the view.
  AttemptView(ViewIdentity identity, std::shared_ptr<const Source> base, std::vector<RoleRow> rows,
              std::shared_ptr<const Source> recorded = nullptr, RoleLabels* role_labels = nullptr);

  Result<std::vector<Series>> Select(const std::vector<LabelMatcher>& matchers, std::int64_t from,
                                     std::int64_t to) const override;

 private:
  // What one row lets be seen, behind what `all` has.
  Result<void> SelectRole(const RoleRow& row, const std::vector<LabelMatcher>& matchers, std::int64_t from, std::int64_t to,
                          std::vector<Series>& all) const;

  ViewIdentity identity_;
  std::shared_ptr<const Source> base_;
  std::vector<RoleRow> rows_;
  std::shared_ptr<const Source> recorded_;
  RoleLabels* role_labels_;
};

}  // namespace tuesday::metrics
