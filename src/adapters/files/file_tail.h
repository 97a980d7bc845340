// SPDX-License-Identifier: Apache-2.0
// Files that grow, read as they do: the kernel tells of each write, nothing is asked again and again.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "adapters/files/fd.h"
#include "base/result.h"

namespace tuesday::files {

// Calls `take(name, lines…)` with what was written, whole lines at a time, from a thread of its own; calls of one FileTail
// never overlap. A file that is not there yet is waited for as long as its folder is there.
class FileTail {
 public:
  using Take = std::function<void(const std::string& name, std::string_view line)>;

  static Result<std::unique_ptr<FileTail>> Start(Take take);
  ~FileTail();
  FileTail(const FileTail&) = delete;
  FileTail& operator=(const FileTail&) = delete;

  // Follows the file from its begin. The name is what `take` is told. A name that is followed already changes nothing.
  void Follow(const std::string& name, const std::string& path);

  // Gives what is there by now, a last line without an end too, and follows no more.
  void Finish(const std::string& name);

 private:
  struct Followed {
    std::string path;
    Fd file;
    int folder_watch = -1;
    std::string held;  // A line that has no end yet.
  };

  FileTail(Take take, Fd inotify, Fd wake_read, Fd wake_write);
  void Run();
  void ReadMore(const std::string& name, Followed& followed);

  Take take_;
  Fd inotify_;
  Fd wake_read_;
  Fd wake_write_;
  std::mutex mutex_;
  std::map<std::string, Followed> followed_;
  std::thread thread_;
};

}  // namespace tuesday::files
