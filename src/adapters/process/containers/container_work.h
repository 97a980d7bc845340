// SPDX-License-Identifier: Apache-2.0
// What a supervisor asks of the engine for one instance. Every call blocks, for as long as a pull takes; made on the body's own
// thread. Holds nothing but what it was given.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "adapters/containers/engine.h"
#include "adapters/process/instance/body.h"

namespace tuesday::process {

// A pull cannot be ended from here: who stops the instance meanwhile does not wait for it, and nothing is made after it.
enum class PullStage { kNone, kPulling, kAbandoned };

struct WorkOrder {
  InstanceSpec spec;
  std::string folder;                   // Of the instance.
  containers::ContainerSpec container;  // To be made.
  std::optional<WallTime> since;        // One that runs, or that ended unseen, is taken over, with what it wrote from then on.
  std::function<void(std::string)> says;
  std::atomic<PullStage>* pull = nullptr;
};

struct Begun {
  containers::ContainerFacts facts;
  std::optional<containers::LogStream> log;  // Nothing: it ended already.
};

struct NotBegun {
  Error error;
  Counts counts = Counts::kNo;
};

class ContainerWork {
 public:
  ContainerWork(containers::Engine engine) : engine_(std::move(engine)) {}

  // Takes over the container that there is, or makes and starts a new one; any other of the instance is removed.
  std::expected<Begun, NotBegun> Begin(const WorkOrder& order) const;

  // How a container is whose log has ended. Running: the engine was started anew, and its log goes on from `since`.
  // kUnavailable: nobody can say. One that is gone is shown as removed.
  Result<Begun> Look(const std::string& id, const supervise::Process& process, WallTime since) const;

  Result<void> Kill(const std::string& id, const std::string& signal) const { return engine_.Kill(id, signal); }

  Result<void> RemoveAll(const InstanceSpec& spec, const std::string& folder) const;

 private:
  std::expected<std::optional<Begun>, NotBegun> TakeOver(const WorkOrder& order) const;
  std::expected<void, NotBegun> HaveImage(const WorkOrder& order) const;

  containers::Engine engine_;
};

}  // namespace tuesday::process
