// SPDX-License-Identifier: Apache-2.0
#include "control/loop/reboot.h"

namespace tuesday::control {

rollout::Status AfterReboot(rollout::Status status, Instant now) {
  for (rollout::RevisionState& revision : status.revisions) {
    if (revision.scale_down_at) revision.scale_down_at = now;
  }
  if (status.removal) {
    status.removal->began = now;
    if (status.removal->unrouted_at) status.removal->unrouted_at = now;
    if (status.removal->gone_at) status.removal->gone_at = now;
  }
  if (!status.attempt) return status;
  rollout::Attempt& attempt = *status.attempt;
  attempt.started_at = now;
  attempt.step_started_at = now;
  attempt.progressed_at = now;
  if (attempt.pause) attempt.pause->since = now;
  if (attempt.evidence_due_from) attempt.evidence_due_from = now;
  if (attempt.switched_at) attempt.switched_at = now;
  if (attempt.promoted_at) attempt.promoted_at = now;
  if (attempt.aborted_at) attempt.aborted_at = now;
  return status;
}

}  // namespace tuesday::control
