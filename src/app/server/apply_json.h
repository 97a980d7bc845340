// SPDX-License-Identifier: Apache-2.0
// Plans, applies and deletes as the API shows them. Names of members are public: they are added to, never renamed.
#pragma once

#include "base/json.h"
#include "control/view.h"

namespace tuesday::server {

Json ApplyJson(const control::ApplyReport& report);

Json FindingJson(const Finding& finding);

}  // namespace tuesday::server
