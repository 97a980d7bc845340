// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"
#include "ports/workloads.h"

namespace tuesday {
namespace {

constexpr std::size_t kNameCharsMax = 40;  // An instance's name is a file's and a label's too.
constexpr std::size_t kOwnerChars = 6;

}  // namespace

InstanceId InstanceIdOf(const RolloutName& rollout, const Uid& uid, const RevisionId& revision, int ordinal) {
  // The hash keeps apart what the name does not: namespaces, and a rollout that was deleted and made again.
  const std::string owner = Sha256Hex(rollout.Text() + "\n" + uid.str()).substr(0, kOwnerChars);
  return InstanceId(rollout.name.substr(0, kNameCharsMax) + "-" + revision.str() + "-" + owner + "-" + std::to_string(ordinal));
}

}  // namespace tuesday
