// SPDX-License-Identifier: Apache-2.0
#include "core/workflow/oidc/key_ring.h"

#include <algorithm>

namespace tuesday::workflow {
namespace {

WallTime Plus(WallTime time, Duration duration) {
  return time + std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

}  // namespace

void SortKeys(std::vector<SigningKey>& keys) {
  std::ranges::stable_sort(keys, {}, [](const SigningKey& key) { return std::pair(key.signs_from, key.id); });
}

const SigningKey* SignerAt(const std::vector<SigningKey>& keys, WallTime now) {
  const SigningKey* signer = nullptr;
  for (const SigningKey& key : keys) {
    // The wall clock may have been set back: the first key is better than none.
    if (signer == nullptr || key.signs_from <= now) signer = &key;
  }
  return signer;
}

KeyPlan PlanKeys(const std::vector<SigningKey>& keys, WallTime now, const KeyTerms& terms) {
  KeyPlan plan;
  if (keys.empty()) {
    plan.next_from = now;  // Nobody has a set that lacks it.
    return plan;
  }
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    if (Plus(keys[i + 1].signs_from, terms.known_after) <= now) plan.gone.push_back(keys[i].id);
  }
  const SigningKey& last = keys.back();
  const WallTime due = Plus(last.signs_from, terms.signs);
  if (Plus(now, terms.known_before) >= due && keys.size() < kSigningKeysMax)
    plan.next_from = std::max(due, Plus(now, terms.known_before));
  return plan;
}

KeyPlan PlanRotation(const std::vector<SigningKey>& keys, WallTime now, Rotation rotation, const KeyTerms& terms) {
  KeyPlan plan;
  if (rotation == Rotation::kAtOnce) {
    for (const SigningKey& key : keys) plan.gone.push_back(key.id);
    plan.next_from = now;
    return plan;
  }
  plan = PlanKeys(keys, now, terms);
  // One that is on its way is what was asked for.
  const bool is_coming = !keys.empty() && keys.back().signs_from > now;
  if (!plan.next_from.has_value() && !is_coming) plan.next_from = Plus(now, terms.known_before);
  return plan;
}

}  // namespace tuesday::workflow
