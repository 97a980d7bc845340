// SPDX-License-Identifier: Apache-2.0
#include "adapters/files/file_tail.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "adapters/files/files.h"

namespace tuesday::files {

FileTail::FileTail(Take take, Fd inotify, Fd wake_read, Fd wake_write)
    : take_(std::move(take)),
      inotify_(std::move(inotify)),
      wake_read_(std::move(wake_read)),
      wake_write_(std::move(wake_write)) {
  thread_ = std::thread([this] { Run(); });
}

FileTail::~FileTail() {
  wake_write_ = Fd();
  thread_.join();
}

Result<std::unique_ptr<FileTail>> FileTail::Start(Take take) {
  Fd inotify(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify.is_open()) return std::unexpected(SystemError("cannot make", "a watch of files", errno));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(SystemError("cannot make", "a pipe", errno));
  return std::unique_ptr<FileTail>(new FileTail(std::move(take), std::move(inotify), Fd(ends[0]), Fd(ends[1])));
}

void FileTail::Follow(const std::string& name, const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (followed_.contains(name)) return;
  Followed& followed = followed_[name];
  followed.path = path;
  // The folder's watch tells of files that come to be in it, and of writes to them.
  const std::string folder = std::filesystem::path(path).parent_path().string();
  followed.folder_watch = ::inotify_add_watch(inotify_.get(), folder.c_str(), IN_MODIFY | IN_CREATE);
  ReadMore(name, followed);
}

void FileTail::Finish(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = followed_.find(name);
  if (found == followed_.end()) return;
  ReadMore(name, found->second);
  if (!found->second.held.empty()) take_(name, found->second.held);
  followed_.erase(found);
}

void FileTail::ReadMore(const std::string& name, Followed& followed) {
  if (!followed.file.is_open()) {
    followed.file = Fd(::open(followed.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!followed.file.is_open()) return;
  }
  char buffer[1 << 16];
  for (ssize_t got = ::read(followed.file.get(), buffer, sizeof buffer); got > 0;
       got = ::read(followed.file.get(), buffer, sizeof buffer)) {
    followed.held.append(buffer, static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (std::size_t end = followed.held.find('\n'); end != std::string::npos; end = followed.held.find('\n', begin)) {
      take_(name, std::string_view(followed.held).substr(begin, end - begin));
      begin = end + 1;
    }
    followed.held.erase(0, begin);
  }
}

void FileTail::Run() {
  std::array<pollfd, 2> watched = {pollfd{inotify_.get(), POLLIN, 0}, pollfd{wake_read_.get(), POLLIN, 0}};
  alignas(inotify_event) char events[1 << 14];
  while (true) {
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
    if (watched[1].revents != 0) return;
    bool any = false;
    while (::read(inotify_.get(), events, sizeof events) > 0) any = true;
    if (!any) continue;
    // Which file it was is not looked at: a run follows as many as it has jobs, and a read of nothing costs a microsecond.
    const std::lock_guard lock(mutex_);
    for (auto& [name, followed] : followed_) ReadMore(name, followed);
  }
}

}  // namespace tuesday::files
