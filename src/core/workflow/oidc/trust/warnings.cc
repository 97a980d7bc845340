// SPDX-License-Identifier: Apache-2.0
// What goes wrong with trust policies in the field: a role that everybody of an issuer may have, and conditions that hold for
// what is not there.
#include <fmt/format.h>

#include <algorithm>

#include "core/workflow/oidc/issuer.h"
#include "core/workflow/oidc/trust/conditions.h"
#include "core/workflow/oidc/trust/evaluate.h"

namespace tuesday::workflow {
namespace {

bool IsOf(const TrustCondition& condition, const std::string& provider, std::string_view claim) {
  return SameWithoutCase(condition.key, fmt::format("{}:{}", provider, claim));
}

// "repo:acme/*": which repository, or which of its runs, is left open.
bool IsWide(std::string_view value) {
  const std::size_t star = value.find_first_of("*?");
  if (star == std::string_view::npos) return false;
  const std::string_view before = value.substr(0, star);
  return std::ranges::count(before, ':') < 2;
}

class Warnings {
 public:
  explicit Warnings(std::string provider) : provider_(std::move(provider)) {}

  void Look(const TrustStatement& statement) {
    if (statement.effect != TrustEffect::kAllow) return;
    bool has_subject = false;
    bool has_audience = false;
    for (const TrustCondition& condition : statement.conditions) {
      const auto operation = ReadOperation(condition.operation);
      if (!operation.has_value()) continue;
      const bool binds = !operation->is_negated && !operation->if_exists &&
                         operation->compare != TrustOperation::Compare::kNull &&
                         operation->set != TrustOperation::Set::kAllValues;
      has_subject = has_subject || (IsOf(condition, provider_, "sub") && binds);
      has_audience = has_audience || (IsOf(condition, provider_, "aud") && binds);
      LookAtOne(condition, *operation);
    }
    if (!has_subject) {
      Say(statement.at, "trust-no-subject", "No condition binds sub: every repository of the issuer gets the role.",
          fmt::format("Add StringEquals {}:sub.", provider_));
    }
    if (!has_audience) {
      Say(statement.at, "trust-no-audience", "No condition binds aud: a token that was made for somebody else is taken.",
          fmt::format("Add StringEquals {}:aud with sts.amazonaws.com.", provider_));
    }
  }

  std::vector<Finding> Take() { return std::move(findings_); }

 private:
  void Say(const SourcePos& at, std::string rule, std::string message, std::string mend) {
    findings_.push_back({at, Severity::kWarning, std::move(rule), std::move(message), std::move(mend)});
  }

  void LookAtOne(const TrustCondition& condition, const TrustOperation& operation) {
    if (operation.set == TrustOperation::Set::kAllValues) {
      Say(condition.at, "trust-all-values", "ForAllValues holds when the claim is not there at all.",
          "Claims of tokens are single values: leave the prefix out.");
    }
    const bool is_like = operation.compare == TrustOperation::Compare::kLike;
    for (const std::string& value : condition.values) {
      if (!is_like && value.contains('*')) {
        Say(condition.at, "trust-star-is-text", fmt::format("{} takes the * of \"{}\" as a star.", condition.operation, value),
            "Write StringLike.");
      }
      if (is_like && !operation.is_negated && IsOf(condition, provider_, "sub") && IsWide(value)) {
        Say(condition.at, "trust-wide-subject",
            fmt::format("\"{}\" leaves open which repository or which of its runs it is; changes that are not merged are among "
                        "them.",
                        value),
            "Name the repository and the branch or environment.");
      }
    }
  }

  std::string provider_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> WarningsOf(const TrustPolicy& policy, std::string_view issuer) {
  Warnings warnings(ProviderOf(issuer));
  for (const TrustStatement& statement : policy.statements) warnings.Look(statement);
  return warnings.Take();
}

}  // namespace tuesday::workflow
