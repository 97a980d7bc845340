// SPDX-License-Identifier: Apache-2.0
// How a place stands, as its supervisor writes it down: there from the moment at which steps can be ordered.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/sandbox/record/place_folder.h"
#include "ports/job_places.h"

namespace tuesday::sandbox {

struct PlaceRecord {
  PlacePhase phase = PlacePhase::kOpen;  // One that says open and has no supervisor is lost too.
  std::string message;
  std::string boot_id;
  std::vector<std::string> groups;  // cgroup folders.
  friend bool operator==(const PlaceRecord&, const PlaceRecord&) = default;
};

// Durably.
Result<void> WritePlaceRecord(const PlaceFolder& folder, const PlaceRecord& record);
// Nothing when the place never opened. kCorrupt when it does not read back.
Result<std::optional<PlaceRecord>> ReadPlaceRecord(const PlaceFolder& folder);

}  // namespace tuesday::sandbox
