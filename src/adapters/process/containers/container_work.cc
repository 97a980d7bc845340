// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/containers/container_work.h"

#include <poll.h>
#include <sys/resource.h>

#include <algorithm>

#include "adapters/process/containers/container_terms.h"
#include "adapters/process/containers/image_pull.h"
#include "adapters/supervise/poll_loop.h"

namespace tuesday::process {
namespace {

using containers::ContainerFacts;

constexpr std::string_view kRemoved = "removed";
// The engine says that it runs, and its first process has ended: it will say so.
constexpr Duration kEndIsTold = std::chrono::seconds(10);
constexpr int kLookAgainMs = 20;
constexpr std::int64_t kOpenFilesMax = 65536;

std::unexpected<NotBegun> Not(Error error, Counts counts = Counts::kNo) {
  return std::unexpected(NotBegun{std::move(error), counts});
}

// As many as we ourselves may have: an engine that is given less would be refused more by the kernel.
void SetOpenFiles(containers::ContainerSpec& spec) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const auto own = std::min<std::int64_t>(static_cast<std::int64_t>(limit.rlim_max), kOpenFilesMax);
  for (containers::UserLimit& one : spec.limits) {
    if (one.name == "nofile") one.soft = one.hard = own;
  }
}

// What the engine refuses although it is there and has the image is the container's own fault.
Counts CountsOf(const Error& error) { return error.code == ErrorCode::kUnavailable ? Counts::kNo : Counts::kYes; }

}  // namespace

Result<void> ContainerWork::RemoveAll(const InstanceSpec& spec, const std::string& folder) const {
  TRY(const std::vector<ContainerFacts> all, engine_.List(InstanceLabels(spec, folder)));
  for (const ContainerFacts& one : all) TRY_OK(engine_.Remove(one.id));
  return {};
}

// Nothing: there is none to take over, and none is left.
std::expected<std::optional<Begun>, NotBegun> ContainerWork::TakeOver(const WorkOrder& order) const {
  const auto all = engine_.List(InstanceLabels(order.spec, order.folder));
  if (!all.has_value()) return Not(all.error());
  std::optional<Begun> found;
  for (const ContainerFacts& one : *all) {
    const auto label = one.labels.find(std::string(kGenerationLabel));
    const bool is_ours =
        order.since && !found && label != one.labels.end() && label->second == std::to_string(order.spec.generation.value);
    const auto facts = is_ours ? engine_.Inspect(one.id) : Result<ContainerFacts>(Fail(ErrorCode::kNotFound, ""));
    if (facts.has_value() && facts->status != "created") {
      auto look = Look(one.id, {static_cast<pid_t>(facts->pid), 0}, *order.since);
      if (!look.has_value()) return Not(look.error());
      found.emplace(std::move(*look));
      continue;
    }
    if (const auto removed = engine_.Remove(one.id); !removed.has_value()) return Not(removed.error());
  }
  return found;
}

std::expected<void, NotBegun> ContainerWork::HaveImage(const WorkOrder& order) const {
  const std::string& image = order.spec.container->image;
  const auto known = engine_.FindImage(image);
  if (!known.has_value()) return Not(known.error());
  if (known->has_value()) return {};
  PullStage none = PullStage::kNone;
  if (!order.pull->compare_exchange_strong(none, PullStage::kPulling))
    return Not({ErrorCode::kConflict, "It was stopped.", ""});
  order.says("The image " + image + " is being pulled.");
  const auto pulled = PullByDigest(engine_, image, order.spec.container->logins);
  PullStage pulling = PullStage::kPulling;
  if (!order.pull->compare_exchange_strong(pulling, PullStage::kNone))
    return Not({ErrorCode::kConflict, "It was stopped.", ""});
  if (!pulled.has_value()) return Not(pulled.error());
  return {};
}

std::expected<Begun, NotBegun> ContainerWork::Begin(const WorkOrder& order) const {
  auto taken = TakeOver(order);
  if (!taken.has_value()) return std::unexpected(taken.error());
  if (taken->has_value()) return std::move(**taken);
  if (const auto have = HaveImage(order); !have.has_value()) return std::unexpected(have.error());
  containers::ContainerSpec spec = order.container;
  SetOpenFiles(spec);
  const auto id = engine_.Create(spec);
  if (!id.has_value()) return Not(id.error(), CountsOf(id.error()));
  auto log = engine_.Attach(*id);
  if (!log.has_value()) return Not(log.error(), CountsOf(log.error()));
  if (const auto started = engine_.Start(*id); !started.has_value()) return Not(started.error(), CountsOf(started.error()));
  const auto facts = engine_.Inspect(*id);
  if (!facts.has_value()) return Not(facts.error());
  Begun begun{*facts, std::nullopt};
  begun.log.emplace(std::move(*log));
  return begun;
}

Result<Begun> ContainerWork::Look(const std::string& id, const supervise::Process& process, WallTime since) const {
  const Instant deadline = supervise::BootNow() + kEndIsTold;
  for (;;) {
    const auto facts = engine_.Inspect(id);
    if (!facts.has_value() && facts.error().code == ErrorCode::kNotFound) {
      Begun gone;
      gone.facts.id = id;
      gone.facts.status = kRemoved;
      return gone;
    }
    if (!facts.has_value()) return std::unexpected(facts.error());
    if (!facts->running) return Begun{*facts, std::nullopt};
    const supervise::Process first{static_cast<pid_t>(facts->pid), process.start_ticks == 0
                                                                       ? supervise::StartTicksOf(static_cast<pid_t>(facts->pid))
                                                                       : process.start_ticks};
    if (supervise::IsAlive(first)) {
      TRY(containers::LogStream log, engine_.LogsSince(id, since));
      Begun begun{*facts, std::nullopt};
      begun.log.emplace(std::move(log));
      return begun;
    }
    if (supervise::BootNow() > deadline) {
      return Fail(ErrorCode::kUnavailable, "The container engine says that a container runs whose process has ended.");
    }
    ::poll(nullptr, 0, kLookAgainMs);
  }
}

}  // namespace tuesday::process
