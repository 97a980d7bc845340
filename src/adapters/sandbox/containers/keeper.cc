// SPDX-License-Identifier: Apache-2.0
#include "adapters/sandbox/containers/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "adapters/files/files.h"
#include "adapters/supervise/unix_address.h"

namespace tuesday::sandbox {
namespace {

constexpr Duration kRemovePatience = std::chrono::seconds(60);
constexpr int kRemoveTriesMax = 5;
constexpr int kTryAgainMs = 1000;
constexpr int kFirstFree = 10;  // Descriptors below are given numbers of their own.

// In a child: keeps these descriptors under the numbers 3, 4, …, and no other one.
void KeepOnly(std::vector<int*> kept) {
  for (int*& one : kept) *one = ::fcntl(*one, F_DUPFD, kFirstFree + 10);
  int number = 3;
  for (int* one : kept) *one = ::dup2(*one, number++);
  ::close_range(static_cast<unsigned>(number), ~0U, 0);
}

void BecomePlain() {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

Result<void> ContainerKeeper::StartRemover(const PlaceFolder& folder) {
  if (remover_ != 0) return {};
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(files::SystemError("cannot make", "a pipe", errno));
  alive_seen_ = files::Fd(ends[0]);
  alive_ = files::Fd(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(files::SystemError("cannot fork for", "a remover", errno));
  if (child != 0) {
    remover_ = child;
    return {};
  }
  ::setsid();
  BecomePlain();
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_IGN);
  int seen = alive_seen_.get();
  KeepOnly({&seen});
  char byte = 0;
  while (::read(seen, &byte, 1) < 0 && errno == EINTR) {}
  for (int tries = 0; tries < kRemoveTriesMax && !RemoveContainersOf(folder); ++tries) ::poll(nullptr, 0, kTryAgainMs);
  ::_exit(0);
}

Result<void> ContainerKeeper::Listen(const PlaceFolder& folder) {
  TRY_OK(files::MakeFolders(folder.runner(), 0755));
  const std::string path = folder.runner() + "/socket";
  ::unlink(path.c_str());
  TRY(const auto address, supervise::MakeUnixAddress(path));
  files::Fd listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const bool listens = listener.is_open() && ::bind(listener.get(), address.get(), address.size()) == 0 &&
                       ::chmod(path.c_str(), 0666) == 0 && ::listen(listener.get(), 1) == 0;
  if (!listens) return std::unexpected(files::SystemError("cannot listen at", path, errno));
  listener_ = std::move(listener);
  loop_.Watch(listener_.get(), POLLIN, [this](short) { Accept(); });
  return {};
}

// The first one is the runner: nothing else runs in its container yet.
void ContainerKeeper::Accept() {
  files::Fd came(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  ucred who{};
  socklen_t size = sizeof who;
  if (!came.is_open() || ::getsockopt(came.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return;
  loop_.Unwatch(listener_.get());
  listener_.Close();
  user_ = {who.uid, who.gid};
  runner_ = std::move(came);
  loop_.Watch(runner_.get(), POLLIN, [this](short) { message_(); });
  came_();
}

Result<pid_t> ContainerKeeper::Start(ContainerWork work, int output) {
  TRY_OK(StartRemover(work.terms.folder));
  TRY_OK(files::MakeFolders(work.terms.folder.commands(), 0711));
  ::chmod(work.terms.folder.commands().c_str(), 0711);
  const auto& plans = work.order.containers->containers;
  const bool has_job = std::ranges::any_of(plans, [](const workflow::ContainerPlan& plan) { return plan.id.empty(); });
  if (work.order.containers->task == workflow::ContainerTask::kBegin && has_job && !runner_.is_open())
    TRY_OK(Listen(work.terms.folder));
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(files::SystemError("cannot fork for", "containers", errno));
  if (child != 0) return child;
  ::setsid();
  BecomePlain();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  for (const int fd : {1, 2}) ::dup2(output, fd);
  work.alive = alive_seen_.get();
  KeepOnly({&work.alive});
  RunContainerWork(work);
}

void ContainerKeeper::Signal(pid_t worker, int signal) { ::kill(worker, signal == SIGKILL ? SIGQUIT : signal); }

void ContainerKeeper::End() {
  if (listener_.is_open()) loop_.Unwatch(listener_.get());
  if (runner_.is_open()) loop_.Unwatch(runner_.get());
  listener_.Close();
  runner_.Close();
  if (remover_ == 0) return;
  alive_.Close();
  const Instant deadline = supervise::BootNow() + kRemovePatience;
  while (::waitpid(remover_, nullptr, WNOHANG) == 0 && supervise::BootNow() < deadline) ::poll(nullptr, 0, 2);
  remover_ = 0;
}

}  // namespace tuesday::sandbox
