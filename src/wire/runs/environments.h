// SPDX-License-Identifier: Apache-2.0
// Stored rows of environments, of what reviewers said, and of releases to environments. See docs/formats/runs.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/workflow/environment/rules.h"

namespace tuesday::runs {

inline constexpr std::string_view kEnvironmentTable = "environment";  // Key: "<repository>/<name in lower case>".
inline constexpr std::string_view kReviewTable = "review";            // Key: "<attempt>/<environment>/<who>".
inline constexpr std::string_view kDeploymentTable = "deployment";  // Key: "<repository>/<environment>/<run>/<attempt>/<leg>".

struct EnvironmentRecord {
  std::string repository;
  std::string ns;
  std::string name;
  workflow::EnvironmentRules rules;
  WallTime changed_at{};
  std::string changed_by;
  friend bool operator==(const EnvironmentRecord&, const EnvironmentRecord&) = default;
};

struct ReviewRecord {
  std::string run;  // The attempt.
  std::string environment;
  std::string sha;  // What was reviewed.
  std::string by;
  bool approves = false;
  bool bypasses = false;
  std::string reason;
  WallTime at{};
  friend bool operator==(const ReviewRecord&, const ReviewRecord&) = default;
};

enum class DeploymentStatus { kWaiting, kInProgress, kSuccess, kFailure, kCancelled };
std::string_view StatusText(DeploymentStatus status);

// What one job released to an environment, or did not.
struct DeploymentRecord {
  std::string repository;
  std::string ns;
  std::string environment;
  std::string run;
  int attempt = 1;
  std::string leg;
  std::string sha;
  std::string ref;
  std::string actor;
  DeploymentStatus status = DeploymentStatus::kWaiting;
  std::string reason;  // Why it did not succeed.
  std::string url;
  WallTime asked_at{};
  std::optional<WallTime> began_at;
  std::optional<WallTime> ended_at;
  std::vector<ReviewRecord> reviews;
  friend bool operator==(const DeploymentRecord&, const DeploymentRecord&) = default;
};

std::string KeyOf(const EnvironmentRecord& record);
std::string KeyOf(const ReviewRecord& record);
std::string KeyOf(const DeploymentRecord& record);

std::string Encode(const EnvironmentRecord& record);
std::string Encode(const ReviewRecord& record);
std::string Encode(const DeploymentRecord& record);
Result<EnvironmentRecord> DecodeEnvironment(std::string_view text);
Result<ReviewRecord> DecodeReview(std::string_view text);
Result<DeploymentRecord> DecodeDeployment(std::string_view text);

}  // namespace tuesday::runs
