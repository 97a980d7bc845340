// SPDX-License-Identifier: Apache-2.0
// A registry in memory: what stands behind each name, and what was asked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "ports/images.h"

namespace tuesday::testing {

class FakeImages : public Images {
 public:
  Result<std::string> Pin(const ImageAsk& ask) override {
    asked_.push_back(ask);
    if (error_) return std::unexpected(*error_);
    const auto content = contents_.find(ask.image);
    if (content == contents_.end()) return Fail(ErrorCode::kNotFound, "The registry does not have " + ask.image + ".");
    return ask.image.substr(0, ask.image.rfind(':')) + "@sha256:" + Sha256Hex(content->second);
  }
  // What a tag names from now on.
  void Push(const std::string& image, const std::string& content) { contents_[image] = content; }
  // What every call answers from now on; nothing: it works again.
  void FailWith(std::optional<Error> error) { error_ = std::move(error); }
  const std::vector<ImageAsk>& asked() const { return asked_; }

 private:
  std::map<std::string, std::string> contents_;
  std::optional<Error> error_;
  std::vector<ImageAsk> asked_;
};

}  // namespace tuesday::testing
