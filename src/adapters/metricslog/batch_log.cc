// SPDX-License-Identifier: Apache-2.0
#include "adapters/metricslog/batch_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "adapters/metricslog/segment.h"

namespace tuesday::metricslog {
namespace {

constexpr std::string_view kPrefix = "segment-";
constexpr std::string_view kSuffix = ".log";
constexpr std::string_view kUnfinished = ".new";  // A merged segment that is not in its place yet.
constexpr std::uint64_t kBatchesMergedMax = 4;    // With no more a segment counts as merged.

std::unexpected<Error> SystemFailure(std::string_view what, const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return Fail(full              ? ErrorCode::kLimit
              : error == EACCES ? ErrorCode::kDenied
                                : ErrorCode::kUnavailable,
              fmt::format("The metrics log {} cannot be {}: {}.", path, what, std::strerror(error)),
              full ? "Free space on that disk; it goes on by itself." : "Check the owner and mode of the state folder.");
}

std::optional<std::uint64_t> NumberOf(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  name.remove_suffix(kSuffix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

Result<void> WriteAll(int descriptor, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemFailure("written", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> SyncFolder(const std::string& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return SystemFailure("opened", folder, errno);
  const int error = fsync(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  if (error != 0) return SystemFailure("synced", folder, error);
  return {};
}

}  // namespace

BatchLog::BatchLog(BatchLog&& other) noexcept
    : folder_(std::move(other.folder_)),
      limits_(other.limits_),
      segments_(std::move(other.segments_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      begun_(other.begun_) {}

BatchLog& BatchLog::operator=(BatchLog&& other) noexcept {
  folder_.swap(other.folder_);
  limits_ = other.limits_;
  segments_.swap(other.segments_);
  std::swap(descriptor_, other.descriptor_);
  begun_ = other.begun_;
  return *this;
}

BatchLog::~BatchLog() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string BatchLog::PathOf(std::uint64_t number) const {
  return fmt::format("{}/{}{:012}{}", folder_, kPrefix, number, kSuffix);
}

std::uint64_t BatchLog::total_bytes() const {
  std::uint64_t total = 0;
  for (const Segment& segment : segments_) total += segment.bytes;
  return total;
}

Result<BatchLog> BatchLog::Open(const std::string& folder, LogLimits limits, const Take& take, Replayed& replayed) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return SystemFailure("made", folder, error.value());
  BatchLog log(folder, limits);
  for (const auto& file : std::filesystem::directory_iterator(folder, error)) {
    const std::optional<std::uint64_t> number = NumberOf(file.path().filename().string());
    if (number.has_value()) log.segments_.push_back({.number = *number});
    if (file.path().extension() == kUnfinished) unlink(file.path().c_str());
  }
  if (error) return SystemFailure("read", folder, error.value());
  std::ranges::sort(log.segments_, {}, &Segment::number);
  TRY_OK(log.Replay(take, replayed));
  TRY_OK(log.DropOldest(0));
  return log;
}

Result<void> BatchLog::Replay(const Take& take, Replayed& replayed) {
  for (Segment& segment : segments_) {
    TRY_OK(ReplaySegment(segment, &segment == &segments_.back(), take, replayed));
  }
  return {};
}

Result<void> BatchLog::ReplaySegment(Segment& segment, bool newest, const Take& take, Replayed& replayed) {
  const std::string path = PathOf(segment.number);
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    replayed.complaints.push_back(fmt::format("The segment {} cannot be read; it is skipped.", path));
    return {};
  }
  const SegmentRead read = ReadSegment(bytes, take);
  ++replayed.segments;
  replayed.batches += read.batches;
  segment.bytes = bytes.size();
  segment.batches = read.batches;
  if (read.end == SegmentEnd::kWhole) return {};
  const std::uint64_t rest = bytes.size() - read.whole_bytes;
  if (read.end == SegmentEnd::kTorn && newest) {
    if (truncate(path.c_str(), static_cast<off_t>(read.whole_bytes)) != 0) return SystemFailure("cut", path, errno);
    replayed.torn_bytes = rest;
    segment.bytes = read.whole_bytes;
    return {};
  }
  replayed.complaints.push_back(
      fmt::format("The segment {} is damaged at byte {}: its last {} bytes are skipped, {} batches before are used.", path,
                  read.whole_bytes, rest, read.batches));
  return {};
}

Result<void> BatchLog::Begin(Instant now) {
  // A new segment at each start: what an older process or a damaged disk left is never written to.
  const std::uint64_t number = segments_.empty() ? 1 : segments_.back().number + 1;
  const std::string path = PathOf(number);
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (descriptor < 0) return SystemFailure("made", path, errno);
  Result<void> begun = WriteAll(descriptor, kSegmentMagic, path);
  if (begun.has_value()) begun = SyncFolder(folder_);
  if (!begun.has_value()) {
    close(descriptor);
    unlink(path.c_str());
    return begun;
  }
  descriptor_ = descriptor;
  begun_ = now;
  segments_.push_back({.number = number, .bytes = kSegmentMagic.size()});
  return {};
}

Result<void> BatchLog::EndSegment() {
  TRY_OK(Sync());
  close(std::exchange(descriptor_, -1));
  return {};
}

Result<void> BatchLog::DropOldest(std::uint64_t room_bytes) {
  std::uint64_t total = total_bytes();
  const std::size_t kept = descriptor_ >= 0 ? 1 : 0;
  while (segments_.size() > kept && total + room_bytes > limits_.total_bytes_max) {
    const std::string path = PathOf(segments_.front().number);
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return SystemFailure("removed", path, errno);
    total -= segments_.front().bytes;
    segments_.pop_front();
  }
  return {};
}

Result<void> BatchLog::SetTotalBytesMax(std::uint64_t bytes) {
  limits_.total_bytes_max = bytes;
  return DropOldest(0);
}

Result<void> BatchLog::Append(std::string_view batch, Instant now) {
  if (batch.size() > kBatchBytesMax) {
    return Fail(ErrorCode::kLimit,
                fmt::format("A batch of metrics has {} bytes; the limit is {}.", batch.size(), kBatchBytesMax));
  }
  const std::string frame = FrameBatch(batch);
  const bool is_full =
      descriptor_ >= 0 && segments_.back().bytes > kSegmentMagic.size() &&
      (segments_.back().bytes + frame.size() > limits_.segment_bytes_max || now - begun_ >= limits_.segment_time_max);
  if (is_full) TRY_OK(EndSegment());
  TRY_OK(DropOldest(frame.size() + kSegmentMagic.size()));
  if (descriptor_ < 0) TRY_OK(Begin(now));
  Segment& segment = segments_.back();
  const Result<void> written = WriteAll(descriptor_, frame, PathOf(segment.number));
  if (written.has_value()) {
    segment.bytes += frame.size();
    ++segment.batches;
    return {};
  }
  // What a full disk took of the batch must go, or every later batch would stand behind damage.
  const auto end = static_cast<off_t>(segment.bytes);
  if (ftruncate(descriptor_, end) != 0 || lseek(descriptor_, end, SEEK_SET) != end) close(std::exchange(descriptor_, -1));
  return written;
}

Result<bool> BatchLog::MergeOldest(const Merge& merge) {
  const std::size_t ended = segments_.size() - (descriptor_ >= 0 ? 1 : 0);
  for (std::size_t i = 0; i < ended; ++i) {
    Segment& segment = segments_[i];
    if (segment.is_settled || segment.batches <= kBatchesMergedMax) continue;
    segment.is_settled = true;
    TRY_OK(MergeSegment(segment, merge));
    return true;
  }
  return false;
}

Result<void> BatchLog::MergeSegment(Segment& segment, const Merge& merge) {
  std::ifstream file(PathOf(segment.number), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string_view> batches;
  const SegmentRead read = ReadSegment(bytes, [&batches](std::string_view batch) { batches.push_back(batch); });
  if (!file.is_open() || read.end != SegmentEnd::kWhole) return {};
  TRY(const std::vector<std::string> merged, merge(batches));
  return Replace(segment, merged);
}

Result<void> BatchLog::Replace(Segment& segment, const std::vector<std::string>& batches) {
  const std::string path = PathOf(segment.number);
  const std::string unfinished = path + std::string(kUnfinished);
  std::string bytes(kSegmentMagic);
  for (const std::string& batch : batches) bytes += FrameBatch(batch);
  const int descriptor = open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (descriptor < 0) return SystemFailure("made", unfinished, errno);
  Result<void> written = WriteAll(descriptor, bytes, unfinished);
  if (written.has_value() && fsync(descriptor) != 0) written = SystemFailure("synced", unfinished, errno);
  close(descriptor);
  if (written.has_value() && rename(unfinished.c_str(), path.c_str()) != 0) written = SystemFailure("replaced", path, errno);
  if (!written.has_value()) {
    unlink(unfinished.c_str());
    return written;
  }
  segment.bytes = bytes.size();
  segment.batches = batches.size();
  return SyncFolder(folder_);
}

Result<void> BatchLog::Sync() {
  if (descriptor_ >= 0 && fdatasync(descriptor_) != 0) return SystemFailure("synced", PathOf(segments_.back().number), errno);
  return {};
}

}  // namespace tuesday::metricslog
