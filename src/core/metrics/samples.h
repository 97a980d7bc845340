// SPDX-License-Identifier: Apache-2.0
// The samples of one series in ascending time, as a value: either a list of its own, or a view of samples that somebody else
// holds (the head of a series in a store), which it keeps alive. A copy of a view copies no samples.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace tuesday::metrics {

// `t` in milliseconds since 1970, as Prometheus counts. A value may be NaN; a stale marker has the bits of kStaleBits.
struct Sample {
  std::int64_t t = 0;
  double value = 0;
};

class Samples {
 public:
  using value_type = Sample;
  using iterator = const Sample*;
  using const_iterator = const Sample*;

  Samples() = default;
  Samples(std::initializer_list<Sample> samples) : own_(samples) {}
  Samples(std::vector<Sample> samples) : own_(std::move(samples)) {}  // NOLINT(google-explicit-constructor)
  // A view: `samples` must stay as they are for as long as `holder` lives.
  Samples(std::shared_ptr<const void> holder, std::span<const Sample> samples) : holder_(std::move(holder)), view_(samples) {}

  std::span<const Sample> span() const { return holder_ == nullptr ? std::span<const Sample>(own_) : view_; }
  bool empty() const { return span().empty(); }
  std::size_t size() const { return span().size(); }
  const Sample* data() const { return span().data(); }
  const Sample* begin() const { return data(); }
  const Sample* end() const { return data() + size(); }
  const Sample& front() const { return span().front(); }
  const Sample& back() const { return span().back(); }
  const Sample& operator[](std::size_t i) const { return span()[i]; }

  // Makes a list of its own a view, so that copies copy no samples.
  void Share() {
    if (holder_ != nullptr || own_.empty()) return;
    auto list = std::make_shared<const std::vector<Sample>>(std::move(own_));
    own_.clear();
    view_ = *list;
    holder_ = std::move(list);
  }

  // Makes a view a list of its own first.
  void push_back(Sample sample) {
    if (holder_ != nullptr) {
      own_.assign(view_.begin(), view_.end());
      holder_ = nullptr;
    }
    own_.push_back(sample);
  }

 private:
  std::vector<Sample> own_;             // Used while there is no holder.
  std::shared_ptr<const void> holder_;  // Of what `view_` sees.
  std::span<const Sample> view_;
};

}  // namespace tuesday::metrics
