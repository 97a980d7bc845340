// SPDX-License-Identifier: Apache-2.0
#include "adapters/process/instance/log_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "adapters/files/fd.h"
#include "adapters/files/files.h"
#include "adapters/process/instance/instance_log.h"

namespace tuesday::process {
namespace {

struct OpenLog {
  files::Fd fd;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
};

OpenLog Open(const std::string& path) {
  OpenLog log{files::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), 0, 0};
  struct stat facts{};
  if (log.fd.is_open() && ::fstat(log.fd.get(), &facts) == 0) {
    log.inode = facts.st_ino;
    log.size = facts.st_size;
  }
  return log;
}

std::string ReadFrom(const OpenLog& log, std::int64_t from, std::size_t bytes_max) {
  std::string text;
  if (!log.fd.is_open() || from >= log.size) return text;
  text.resize(std::min(static_cast<std::size_t>(log.size - from), bytes_max));
  const ssize_t got = ::pread(log.fd.get(), text.data(), text.size(), from);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

struct Place {
  std::uint64_t inode = 0;
  std::int64_t offset = 0;
};

Result<Place> ParsePlace(const std::string& text) {
  Place place;
  const char* const end = text.data() + text.size();
  const auto inode = std::from_chars(text.data(), end, place.inode);
  const bool dotted = inode.ec == std::errc() && inode.ptr != end && *inode.ptr == '.';
  const auto offset = dotted ? std::from_chars(inode.ptr + 1, end, place.offset) : std::from_chars_result{end, std::errc()};
  if (dotted && offset.ec == std::errc() && offset.ptr == end && place.offset >= 0) return place;
  return Fail(ErrorCode::kInvalid, fmt::format("\"{}\" is no place in a log.", text));
}

std::vector<std::string> LinesOf(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// The first offset that was written no earlier than about `since`; the end when nothing was.
std::int64_t OffsetSince(const std::string& marks_path, std::int64_t since_ms, std::int64_t size) {
  const Result<std::string> marks = files::ReadFile(marks_path);
  if (!marks) return 0;  // Of a supervisor that kept no marks: everything.
  for (const std::string& line : LinesOf(*marks)) {
    Place mark;
    const auto offset = std::from_chars(line.data(), line.data() + line.size(), mark.offset);
    if (offset.ec != std::errc() || offset.ptr == line.data() + line.size()) continue;
    std::int64_t at_ms = 0;
    std::from_chars(offset.ptr + 1, line.data() + line.size(), at_ms);
    if (at_ms > since_ms - kMarkEveryMs) return mark.offset;
  }
  return size;
}

// The two files as one text, from a place in each.
struct Span {
  std::int64_t older_from = 0;
  std::int64_t newest_from = 0;
};

OutputChunk ReadSpan(const OpenLog& older, const OpenLog& newest, const Span& span) {
  OutputChunk chunk;
  std::string text = ReadFrom(older, span.older_from, kOutputBytesMax);
  const std::size_t of_older = text.size();
  const bool older_is_done = span.older_from + static_cast<std::int64_t>(of_older) >= older.size;
  if (older_is_done) text += ReadFrom(newest, span.newest_from, kOutputBytesMax - text.size());
  const std::size_t last = text.rfind('\n');
  // A line without its end waits for it, unless it would never fit.
  std::size_t taken = last == std::string::npos ? 0 : last + 1;
  if (taken == 0 && text.size() >= kOutputBytesMax) taken = text.size();
  chunk.lines = LinesOf(std::string_view(text).substr(0, taken));
  if (taken < of_older || !older_is_done) {
    chunk.cursor = fmt::format("{}.{}", older.inode, span.older_from + static_cast<std::int64_t>(taken));
  } else {
    chunk.cursor = fmt::format("{}.{}", newest.inode, span.newest_from + static_cast<std::int64_t>(taken - of_older));
  }
  chunk.more = text.size() >= kOutputBytesMax;
  return chunk;
}

OutputChunk LookBack(const OpenLog& older, const OpenLog& newest, const InstanceFolder& folder, const OutputAsk& ask) {
  Span span;
  if (ask.since) {
    const std::int64_t since_ms = ask.since->time_since_epoch().count();
    span.older_from = older.fd.is_open() ? OffsetSince(MarksPath(folder.older_log()), since_ms, older.size) : 0;
    span.newest_from = OffsetSince(MarksPath(folder.log()), since_ms, newest.size);
  }
  // What one answer cannot hold is left out at the beginning: who looks back wants the end.
  const auto most = static_cast<std::int64_t>(kOutputBytesMax) - 1;
  const std::int64_t of_newest = std::min(newest.size - span.newest_from, most);
  OutputChunk chunk;
  const std::int64_t left_out = std::max<std::int64_t>(0, newest.size - of_newest - span.newest_from);
  span.newest_from += left_out;
  const std::int64_t older_room = most - of_newest;
  const std::int64_t older_out = std::max<std::int64_t>(0, older.size - span.older_from - older_room);
  span.older_from += older_out;
  chunk = ReadSpan(older, newest, span);
  if (left_out > 0 || older_out > 0) {
    // It begins in the middle of a line.
    if (!chunk.lines.empty()) chunk.lines.erase(chunk.lines.begin());
    chunk.cut = true;
  }
  if (ask.tail && chunk.lines.size() > static_cast<std::size_t>(std::max(0, *ask.tail))) {
    chunk.lines.erase(chunk.lines.begin(), chunk.lines.end() - std::max(0, *ask.tail));
  }
  return chunk;
}

}  // namespace

Result<OutputChunk> ReadLog(const InstanceFolder& folder, const OutputAsk& ask) {
  OpenLog newest = Open(folder.log());
  OpenLog older = Open(folder.older_log());
  // The files may have turned between the two.
  if (older.inode != 0 && older.inode == newest.inode) newest = Open(folder.log());
  if (ask.cursor.empty()) return LookBack(older, newest, folder, ask);
  TRY(const Place place, ParsePlace(ask.cursor));
  Span span{older.size, 0};
  if (place.inode == newest.inode || place.inode == 0) {
    span.newest_from = std::min(place.offset, newest.size);
    return ReadSpan(older, newest, span);
  }
  if (place.inode == older.inode) {
    span.older_from = std::min(place.offset, older.size);
    return ReadSpan(older, newest, span);
  }
  span.older_from = 0;
  OutputChunk chunk = ReadSpan(older, newest, span);
  chunk.cut = true;
  return chunk;
}

}  // namespace tuesday::process
