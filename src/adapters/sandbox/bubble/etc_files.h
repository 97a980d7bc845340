// SPDX-License-Identifier: Apache-2.0
// The files of /etc that a place has of its own: whom it knows, which names, whom it asks for others.
#pragma once

#include <string>

#include "base/result.h"
#include "ports/job_places.h"

namespace tuesday::sandbox {

// Who a job is in its sandbox, whoever it is outside.
constexpr int kInsideUid = 1001;
constexpr int kInsideGid = 1001;
constexpr std::string_view kInsideUser = "runner";

// The files' names, as written by WriteEtc.
constexpr const char* kEtcFiles[] = {"passwd", "group", "hosts", "resolv.conf", "nsswitch.conf", "hostname"};

// Writes them into `folder`. `nameserver` is empty where there is no network. kInvalid for a name or an address that would
// break out of its line.
Result<void> WriteEtc(const std::string& folder, const PlaceSpec& spec, const std::string& nameserver);

}  // namespace tuesday::sandbox
