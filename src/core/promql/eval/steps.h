// SPDX-License-Identifier: Apache-2.0
// One element a step of an evaluation. Rules have one step, and then it needs no memory of its own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

namespace tuesday::promql {

template <typename T>
class Steps {
 public:
  Steps() = default;
  explicit Steps(std::size_t count) : count_(count), many_(count > 1 ? std::make_unique<T[]>(count) : nullptr) {}
  Steps(const Steps& other) : Steps(other.count_) { std::copy(other.begin(), other.end(), begin()); }
  Steps(Steps&& other) noexcept : count_(std::exchange(other.count_, 0)), one_(other.one_), many_(std::move(other.many_)) {}
  Steps& operator=(Steps other) noexcept {
    count_ = other.count_;
    one_ = other.one_;
    many_ = std::move(other.many_);
    return *this;
  }
  ~Steps() = default;

  std::size_t size() const { return count_; }
  T* begin() { return many_ == nullptr ? &one_ : many_.get(); }
  T* end() { return begin() + count_; }
  const T* begin() const { return many_ == nullptr ? &one_ : many_.get(); }
  const T* end() const { return begin() + count_; }
  T& operator[](std::size_t i) { return begin()[i]; }
  const T& operator[](std::size_t i) const { return begin()[i]; }

 private:
  std::size_t count_ = 0;
  T one_{};
  std::unique_ptr<T[]> many_;  // Null for up to one element.
};

}  // namespace tuesday::promql
