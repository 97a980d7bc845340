// SPDX-License-Identifier: Apache-2.0
#include "wire/state/keys.h"

namespace tuesday::state {

namespace {

// Ten digits, so that text order is number order.
std::string TenDigits(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return std::string(digits.size() < 10 ? 10 - digits.size() : 0, '0') + digits;
}

}  // namespace

std::string ObjectKey(const ObjectName& name) { return name.ns.str() + "/" + name.kind + "/" + name.name; }
std::string RolloutKey(const RolloutName& name) { return name.Text(); }
std::string RevisionKey(const RevisionRecord& record) { return record.rollout.Text() + "/" + record.id.str(); }
std::string AttemptKey(const AttemptRecord& record) { return record.rollout.Text() + "/" + TenDigits(record.attempt.ordinal); }
std::string ReleaseKey(std::uint64_t number) { return TenDigits(number); }

}  // namespace tuesday::state
