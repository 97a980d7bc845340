// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/supervisor/process_body.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/process/instance/instance_process.h"
#include "adapters/supervise/cgroup.h"
#include "adapters/supervise/children.h"

namespace tuesday::process {

Result<std::unique_ptr<ProcessBody>> ProcessBody::Make(supervise::PollLoop& loop, const InstanceSpec& spec,
                                                       const std::uint16_t& port, const std::string& group_name,
                                                       Callbacks callbacks) {
  std::unique_ptr<ProcessBody> body(new ProcessBody(loop, spec, port, std::move(callbacks)));
  supervise::LimitGroups groups = supervise::MakeGroups(group_name, spec.resources);
  body->groups_ = std::move(groups.folders);
  body->limits_message_ = std::move(groups.message);
  TRY(supervise::OutputPipe pipe, supervise::MakeOutputPipe());
  body->output_ = std::move(pipe.ours);
  body->output_write_ = std::move(pipe.child_end);
  loop.Watch(body->output_.get(), POLLIN, [raw = body.get()](short) { raw->OnOutput(); });
  return body;
}

ProcessBody::~ProcessBody() { loop_.Unwatch(output_.get()); }

bool ProcessBody::EndsWhatIsLeft(const InstanceRecord& before) {
  if (before.process.pid != 0) supervise::KillGroupOf(before.process);
  supervise::KillGroups(before.groups);
  return before.process.pid != 0;
}

Result<void> ProcessBody::TryStart() {
  TRY(plan_, PlanProcess(spec_, port_));
  plan_.standard_output = output_write_.get();
  plan_.standard_error = output_write_.get();
  plan_.join_groups = groups_;
  memory_kills_ = supervise::OutOfMemoryKills(groups_);
  TRY(process_, supervise::Spawn(plan_));
  return {};
}

void ProcessBody::Start() {
  if (const auto started = TryStart(); !started.has_value()) {
    process_ = {};
    return callbacks_.not_begun(started.error(), Counts::kYes);
  }
  callbacks_.begun({process_, "", {}});
}

void ProcessBody::Terminate() {
  if (process_.pid != 0) ::kill(process_.pid, SIGTERM);
}

void ProcessBody::Kill() {
  if (process_.pid != 0) supervise::KillGroupOf(process_);
  supervise::KillGroups(groups_);
}

// Descendants that left the process group are our children by now, or still in the cgroup.
void ProcessBody::KillRemaining() {
  supervise::KillGroups(groups_);
  supervise::KillOwnChildren();
}

void ProcessBody::Clear(std::function<void()> done) {
  KillRemaining();
  supervise::RemoveGroups(groups_);
  done();
}

supervise::SpawnPlan ProcessBody::CommandPlan() const {
  supervise::SpawnPlan plan = plan_;
  plan.argv.clear();
  return plan;
}

bool ProcessBody::TakeEnd(pid_t pid, int wait_status, const rusage& usage) {
  if (process_.pid == 0 || pid != process_.pid) return false;
  OnOutput();
  supervise::KillGroupOf(process_);
  KillRemaining();
  process_ = {};
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  BodyEnd end;
  end.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  end.out_of_memory =
      WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL && supervise::OutOfMemoryKills(groups_) > memory_kills_;
  end.how = end.out_of_memory ? "signal 9 (OOM)" : supervise::ExitText(wait_status);
  callbacks_.ended(end);
  return true;
}

void ProcessBody::OnOutput() {
  char buffer[65536];
  const ssize_t got = ::read(output_.get(), buffer, sizeof buffer);
  if (got > 0) callbacks_.output(std::string_view(buffer, static_cast<std::size_t>(got)));
}

}  // namespace tuesday::process
