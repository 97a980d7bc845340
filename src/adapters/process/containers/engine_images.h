// SPDX-License-Identifier: Apache-2.0
// Images through the machine's container engine: pulled, so that instances find them, and named by their digest.
#pragma once

#include <string>

#include "ports/images.h"

namespace tuesday::process {

class EngineImages : public Images {
 public:
  // `logins_file`: for registries, after those of an ask; empty: none. Read each time.
  EngineImages(std::string socket, std::string logins_file)
      : socket_(std::move(socket)), logins_file_(std::move(logins_file)) {}

  Result<std::string> Pin(const ImageAsk& ask) override;

 private:
  const std::string socket_;
  const std::string logins_file_;
};

}  // namespace tuesday::process
