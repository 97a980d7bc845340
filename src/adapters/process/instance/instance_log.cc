// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/instance/instance_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace tuesday::process {
namespace {

constexpr int kLinesMax = 100'000;

// The end of a file with at least `lines` line ends, or all of it.
std::string Tail(const std::string& path, int lines) {
  const files::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat facts{};
  if (!fd.is_open() || ::fstat(fd.get(), &facts) != 0) return {};
  std::string tail;
  off_t at = facts.st_size;
  constexpr off_t kChunk = 65536;
  std::string chunk;
  while (at > 0 && std::count(tail.begin(), tail.end(), '\n') <= lines) {
    const off_t size = std::min(at, kChunk);
    at -= size;
    chunk.resize(static_cast<std::size_t>(size));
    const ssize_t got = ::pread(fd.get(), chunk.data(), chunk.size(), at);
    if (got != size) break;
    tail.insert(0, chunk);
  }
  return tail;
}

}  // namespace

std::string MarksPath(const std::string& log_path) { return log_path + ".times"; }

InstanceLog::InstanceLog(InstanceFolder folder, std::int64_t bytes_max) : folder_(std::move(folder)), bytes_max_(bytes_max) {
  Open();
}

void InstanceLog::Open() {
  fd_ = files::Fd(::open(folder_.log().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  struct stat facts{};
  bytes_ = fd_.is_open() && ::fstat(fd_.get(), &facts) == 0 ? facts.st_size : 0;
  const std::string marks = MarksPath(folder_.log());
  marks_ = files::Fd(::open(marks.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  marked_ms_ = 0;
}

void InstanceLog::Mark(std::int64_t now_ms) {
  // A clock that was set back makes new marks too.
  if (now_ms == 0 || (now_ms >= marked_ms_ && now_ms - marked_ms_ < kMarkEveryMs)) return;
  marked_ms_ = now_ms;
  const std::string line = std::to_string(bytes_) + " " + std::to_string(now_ms) + "\n";
  [[maybe_unused]] const ssize_t written = ::write(marks_.get(), line.data(), line.size());
}

void InstanceLog::Append(std::string_view bytes, std::int64_t now_ms) {
  if (bytes_ + static_cast<std::int64_t>(bytes.size()) > bytes_max_) {
    ::rename(MarksPath(folder_.log()).c_str(), MarksPath(folder_.older_log()).c_str());
    ::rename(folder_.log().c_str(), folder_.older_log().c_str());
    Open();
  }
  if (static_cast<std::int64_t>(bytes.size()) > bytes_max_)
    bytes.remove_prefix(bytes.size() - static_cast<std::size_t>(bytes_max_));
  Mark(now_ms);
  const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
  if (written > 0) bytes_ += written;
}

std::vector<std::string> LastLines(const InstanceFolder& folder, int lines_max) {
  lines_max = std::clamp(lines_max, 0, kLinesMax);
  std::string text = Tail(folder.log(), lines_max);
  const auto newest = static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  if (newest <= lines_max) text.insert(0, Tail(folder.older_log(), lines_max - newest));
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (lines.size() > static_cast<std::size_t>(lines_max)) {
    lines.erase(lines.begin(), lines.end() - lines_max);
  }
  return lines;
}

}  // namespace tuesday::process
