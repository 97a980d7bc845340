// SPDX-License-Identifier: Apache-2.0
#include "core/access/policy.h"

#include <gtest/gtest.h>

namespace tuesday::access {
namespace {

const WallTime kNow = WallTime(std::chrono::milliseconds(1'700'000'000'000));

Caller Somebody(Role role, const std::string& ns) { return {.name = "ci (token)", .role = role, .ns = Namespace(ns)}; }

struct Case {
  const char* name;
  std::optional<Caller> caller;
  Need need;
  Ruling ruling;
  const char* reason = "";  // A part of it.
};

TEST(Decide, RulesByRoleNamespaceAndExpiry) {
  Caller expired = Somebody(Role::kAdmin, "*");
  expired.expires_at = kNow;
  Caller living = expired;
  living.expires_at = kNow + std::chrono::milliseconds(1);
  Caller revoked = Somebody(Role::kAdmin, "*");
  revoked.is_revoked = true;
  const Namespace here("default");
  const std::vector<Case> cases = {
      {"OpenAddressesAskNobody", std::nullopt, {std::nullopt, here}, Ruling::kAllowed},
      {"StrangersSeeNothing", std::nullopt, {Role::kViewer, here}, Ruling::kUnknown, "who asks"},
      {"ViewersLook", Somebody(Role::kViewer, "default"), {Role::kViewer, here}, Ruling::kAllowed},
      {"ViewersDoNotDeploy",
       Somebody(Role::kViewer, "default"),
       {Role::kDeployer, here},
       Ruling::kForbidden,
       "role viewer; this takes deployer"},
      {"DeployersDoNotApprove",
       Somebody(Role::kDeployer, "*"),
       {Role::kApprover, here},
       Ruling::kForbidden,
       "this takes approver"},
      {"ApproversDeployToo", Somebody(Role::kApprover, "default"), {Role::kDeployer, here}, Ruling::kAllowed},
      {"OtherNamespacesAreClosed",
       Somebody(Role::kAdmin, "staging"),
       {Role::kViewer, here},
       Ruling::kForbidden,
       "is for namespace staging; this is about namespace default"},
      {"AllNamespacesNeedATokenForAll",
       Somebody(Role::kAdmin, "staging"),
       {Role::kViewer, std::nullopt},
       Ruling::kForbidden,
       "about all namespaces"},
      {"ClusterWideObjectsNeedOneToo",
       Somebody(Role::kAdmin, "default"),
       {Role::kViewer, Namespace()},
       Ruling::kForbidden,
       "about all namespaces"},
      {"TheStarIsEveryNamespace", Somebody(Role::kAdmin, "*"), {Role::kAdmin, std::nullopt}, Ruling::kAllowed},
      {"AStarThatIsAskedForIsNoNamespace",
       Somebody(Role::kAdmin, "default"),
       {Role::kViewer, Namespace("*")},
       Ruling::kForbidden},
      {"ExpiryIsExact", expired, {Role::kViewer, here}, Ruling::kUnknown, "expired at 2023-11-14T22:13:20.000Z"},
      {"UntilThenItIsGood", living, {Role::kViewer, here}, Ruling::kAllowed},
      {"RevokedIsRevoked", revoked, {Role::kViewer, here}, Ruling::kUnknown, "was revoked"},
  };
  for (const Case& row : cases) {
    const Decision decision = Decide(row.caller ? &*row.caller : nullptr, row.need, kNow);
    EXPECT_EQ(decision.ruling, row.ruling) << row.name;
    EXPECT_NE(decision.reason.find(row.reason), std::string::npos) << row.name << ": " << decision.reason;
    EXPECT_EQ(decision.reason.empty(), row.ruling == Ruling::kAllowed) << row.name;
  }
}

TEST(Access, IsForAdminsUnlessSaidOtherwise) {
  EXPECT_EQ(Access().role, Role::kAdmin);
  EXPECT_EQ(Access().scope, Scope::kAll);
}

TEST(Roles, AreReadByTheirNames) {
  for (const Role role : {Role::kViewer, Role::kDeployer, Role::kApprover, Role::kAdmin})
    EXPECT_EQ(RoleOf(RoleName(role)), role);
  EXPECT_FALSE(RoleOf("root").has_value());
}

}  // namespace
}  // namespace tuesday::access
