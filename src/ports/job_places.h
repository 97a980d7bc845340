// SPDX-License-Identifier: Apache-2.0
// Where the jobs of workflows run: each job in a place of its own, shut off from the machine, step by step as it is ordered. A
// place outlives the daemon. A step is a command: it is done once under its id, and its report stays until the place is closed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "core/workflow/output/step_order.h"
#include "core/workflow/output/step_report.h"

namespace tuesday {

using workflow::StepEnd;
using workflow::StepOrder;
using workflow::StepReport;

using PlaceId = StrongId<struct PlaceTag>;  // Of one attempt of a job: letters, digits, `.`, `-`, `_`; also its folder's name.

// Paths that every place has beside its workspace, and `/tmp`. Programs find them in HOME and RUNNER_TEMP.
inline constexpr std::string_view kPlaceHome = "/home/runner";
inline constexpr std::string_view kPlaceTemp = "/home/runner/work/_temp";

// Something of the machine that the place sees, under a path of its own.
struct Mount {
  enum class Access { kRead, kWrite };
  std::string host;
  std::string inside;
  Access access = Access::kRead;
  friend bool operator==(const Mount&, const Mount&) = default;
};

inline constexpr int kStepsAtOnceMax = 11;  // Ten in the background and one before them.

enum class Network { kNone, kOutside };

struct PlaceLimits {
  double cpus = 2;
  std::uint64_t memory_bytes = 4ULL << 30;
  int processes = 2048;
  std::uint64_t disk_bytes = 10ULL << 30;  // Of all that the job writes.
  std::uint64_t log_bytes = 256ULL << 20;  // Of one step; what comes after is counted and dropped.
  friend bool operator==(const PlaceLimits&, const PlaceLimits&) = default;
};

// `workspace` is a path inside; the folder behind it is `workspace_host`, or one of the place's own when that is empty.
// `service_socket` is a unix socket of the machine that programs of the job reach at 127.0.0.1:`service_port`. `masks` are
// never written to disk by whoever keeps the place.
struct PlaceSpec {
  PlaceId id;
  std::string workspace;
  std::string workspace_host;
  std::string home = std::string(kPlaceHome);  // Paths inside.
  std::string temp = std::string(kPlaceTemp);
  PlaceId continues;  // A closed place whose workspace, home and temporary files this one takes over; empty: none.
  std::vector<Mount> mounts;
  std::map<std::string, std::string> hosts;  // Name → address, beside localhost.
  std::string service_socket;
  int service_port = 0;
  Network network = Network::kOutside;
  PlaceLimits limits;
  std::vector<std::string> masks;
  Duration time_max = std::chrono::hours(6);  // After it everything in the place is ended.
};

enum class PlacePhase { kOpen, kClosed, kLost };

// What is known of a place. `running` has the ids of the steps that run, sorted.
struct PlaceView {
  PlacePhase phase = PlacePhase::kOpen;
  std::string message;  // Why it was lost or ended itself.
  std::vector<std::string> running;
  std::vector<StepReport> reports;  // In the order in which the steps ended, which never changes.
};

enum class StepSignal { kInterrupt, kTerminate, kKill };

// May block; thread-safe.
class JobPlaces {
 public:
  virtual ~JobPlaces() = default;

  // Makes the place and what keeps it; returns when steps can be ordered. A place that is there changes nothing.
  virtual Result<void> Open(const PlaceSpec& spec) = 0;

  // Orders a step; returns when it was begun. A step that is running or has a report changes nothing. At most kStepsAtOnceMax
  // steps run at the same time.
  virtual Result<void> Start(const PlaceId& place, const StepOrder& step) = 0;

  // To all processes of the step. A step that has ended changes nothing.
  virtual Result<void> Signal(const PlaceId& place, const std::string& step, StepSignal signal) = 0;

  // What is known now, or as soon as more than `seen` steps have a report or the place is gone, but after `patience` at the
  // latest. The first `seen` reports are left out: steps beside each other end in another order than they began.
  virtual Result<PlaceView> Look(const PlaceId& place, int seen, Duration patience) = 0;

  // The digest of the files that match (core/workflow/glob), in hex; empty when none does. Nothing outside the workspace is
  // read.
  virtual Result<std::string> HashFiles(const PlaceId& place, const std::vector<std::string>& patterns) = 0;

  // A file as it is seen inside, at most `bytes_max` long. No link leads out of the place.
  virtual Result<std::string> ReadFile(const PlaceId& place, const std::string& path, std::size_t bytes_max) = 0;

  // Ends everything in the place. Its workspace, home and temporary files stay until they are taken over or dropped. Logs and
  // reports stay for `Logs`.
  virtual Result<void> Close(const PlaceId& place) = 0;

  // Forgets a closed place with its logs.
  virtual Result<void> Forget(const PlaceId& place) = 0;
};

}  // namespace tuesday
