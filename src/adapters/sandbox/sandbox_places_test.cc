// SPDX-License-Identifier: Apache-2.0
// Real sandboxes with real supervisors, started and killed. Waits for conditions, never for time.
#include "adapters/sandbox/sandbox_places.h"

#include <gmock/gmock.h>

#include "adapters/sandbox/place_machine_test.h"
#include "testing/contracts/job_places_contract.h"

namespace tuesday::testing {

INSTANTIATE_TYPED_TEST_SUITE_P(Sandbox, JobPlacesContract, sandbox::Machine);

}  // namespace tuesday::testing
