// SPDX-License-Identifier: Apache-2.0
// An append-only log of opaque batches in segment files of one folder, bounded in size. What was synced survives power loss;
// what was only appended survives the end of the process. One writer; may block; not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace tuesday::metricslog {

struct LogLimits {
  std::uint64_t segment_bytes_max = 16 << 20;
  Duration segment_time_max = std::chrono::minutes(15);
  std::uint64_t total_bytes_max = 256 << 20;  // The oldest segment goes when this would be passed.
};

// What opening found. Sentences are for the daemon's log.
struct Replayed {
  std::uint64_t segments = 0;
  std::uint64_t batches = 0;
  std::uint64_t torn_bytes = 0;         // Cut off at the end of the newest segment: a crash while it was written.
  std::vector<std::string> complaints;  // One for each damaged segment, naming it and what of it was skipped.
};

class BatchLog {
 public:
  using Take = std::function<void(std::string_view batch)>;

  // Opens the log in `folder` (made if it is missing), gives every whole batch to `take`, oldest first, and is ready to append.
  // A torn end is cut off; the rest of a damaged segment is skipped, named in `replayed`, and left as it is.
  static Result<BatchLog> Open(const std::string& folder, LogLimits limits, const Take& take, Replayed& replayed);

  BatchLog(BatchLog&& other) noexcept;
  BatchLog& operator=(BatchLog&& other) noexcept;
  ~BatchLog();

  // Appends one batch; `now` is for the rotation by time. After a failure nothing of the batch is left, and the next may
  // succeed: kLimit when the disk is full or the batch is larger than kBatchBytesMax.
  Result<void> Append(std::string_view batch, Instant now);

  // Makes of the batches of one segment fewer that say the same; not empty.
  using Merge = std::function<Result<std::vector<std::string>>(const std::vector<std::string_view>& batches)>;

  // Replaces the oldest ended segment of many batches by what `merge` makes of it, in one step: whoever opens the log sees the
  // one or the other, durable. False when there is none. A damaged segment is left as it is.
  Result<bool> MergeOldest(const Merge& merge);

  // Makes everything appended so far survive power loss. The caller asks at least every 5 s while there is anything new.
  Result<void> Sync();

  // From now on; what is over it goes at once, but for the segment that is written to.
  Result<void> SetTotalBytesMax(std::uint64_t bytes);

  std::uint64_t total_bytes() const;

 private:
  struct Segment {
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;
    std::uint64_t batches = 0;
    bool is_settled = false;  // Merged already, or nothing can be gained by it.
  };

  BatchLog(std::string folder, LogLimits limits) : folder_(std::move(folder)), limits_(limits) {}

  std::string PathOf(std::uint64_t number) const;
  Result<void> MergeSegment(Segment& segment, const Merge& merge);
  Result<void> Replace(Segment& segment, const std::vector<std::string>& batches);
  Result<void> Replay(const Take& take, Replayed& replayed);
  Result<void> ReplaySegment(Segment& segment, bool newest, const Take& take, Replayed& replayed);
  Result<void> Begin(Instant now);
  Result<void> EndSegment();
  Result<void> DropOldest(std::uint64_t room_bytes);

  std::string folder_;
  LogLimits limits_;
  std::deque<Segment> segments_;  // Oldest first; the last one is written to while `descriptor_` is open.
  int descriptor_ = -1;
  Instant begun_;
};

}  // namespace tuesday::metricslog
