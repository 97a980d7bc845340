// SPDX-License-Identifier: Apache-2.0
#include "app/server/daemon/disk_watch.h"

#include <memory>
#include <utility>

#include "adapters/files/files.h"

namespace tuesday::server {
namespace {

Json DiskJson(const DiskUse& use, std::optional<std::int64_t> growth, std::uint64_t free_bytes) {
  return Json(Json::Object{{"metrics_bytes", use.metrics},
                           {"state_bytes", use.database},
                           {"blobs_bytes", use.blobs},
                           {"logs_bytes", use.logs},
                           {"growth_bytes_per_day", growth.has_value() ? Json(*growth) : Json()},
                           {"free_bytes", free_bytes}});
}

}  // namespace

void DiskWatch::Start(control::Executor& executor, Store& store) {
  executor_ = &executor;
  store_ = &store;
  history_ = DiskHistory::Decode(files::ReadFile(HistoryPath()).value_or(""));
  MeasureForEver();
}

std::function<Json()> DiskWatch::Describe() const {
  return [folder = folder_, use = use_, growth = history_.GrowthPerDay()] {
    return DiskJson(use, growth, files::FreeBytes(folder).value_or(0));
  };
}

void DiskWatch::MeasureForEver() {
  Measure();
  loop_.After(kDiskInterval, [this] { MeasureForEver(); });
}

void DiskWatch::Measure() {
  if (executor_ == nullptr || std::exchange(is_measuring_, true)) return;
  auto use = std::make_shared<DiskUse>();
  executor_->Run(
      "disk",
      [this, use] {
        *use = MeasureDisk(folder_);
        const Result<std::vector<OutboxRow>> outbox = store_->Outbox();
        use->outbox_rows = outbox.has_value() ? outbox->size() : 0;
      },
      [this, use] {
        is_measuring_ = false;
        use_ = *use;
        history_.Take(use->total(), clock_.Wall());
        executor_->Run(
            "disk",
            [path = HistoryPath(), text = history_.Encode()] { static_cast<void>(files::ReplaceFile(path, text, 0600)); },
            [] {});
      });
}

}  // namespace tuesday::server
