// SPDX-License-Identifier: Apache-2.0
// Measures what the state takes on the disk every kDiskInterval. Walking the folders may take long, so what is shown is the
// last walk; the history is worth no more than a day. Loop thread only.
#pragma once

#include <functional>
#include <string>

#include "adapters/http/loop.h"
#include "app/server/daemon/disk.h"
#include "control/executor.h"
#include "ports/clock.h"
#include "ports/store.h"

namespace tuesday::server {

class DiskWatch {
 public:
  DiskWatch(std::string state_folder, http::Loop& loop, const Clock& clock)
      : folder_(std::move(state_folder)), loop_(loop), clock_(clock) {}

  // Reads the history, which blocks, and measures from now on.
  void Start(control::Executor& executor, Store& store);

  // Measures out of turn: something went.
  void Look() { Measure(); }

  const DiskUse& use() const { return use_; }

  // Makes the JSON of `status`: called on the loop, and what it returns on any thread.
  std::function<Json()> Describe() const;

 private:
  void Measure();
  void MeasureForEver();
  std::string HistoryPath() const { return folder_ + "/disk.json"; }

  std::string folder_;
  http::Loop& loop_;
  const Clock& clock_;
  control::Executor* executor_ = nullptr;
  Store* store_ = nullptr;
  DiskUse use_;
  DiskHistory history_;
  bool is_measuring_ = false;
};

}  // namespace tuesday::server
