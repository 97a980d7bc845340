// SPDX-License-Identifier: Apache-2.0
// The manifests of a first service, from five answers. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tuesday::cli {

struct FirstService {
  std::string image;  // A reference with a tag.
  std::string name;
  std::string host;
  std::string health_path;
  int port = 0;
};

struct FirstFile {
  std::string name;
  std::string text;
};

// kInvalid, with what would do, for an answer that the manifests cannot hold.
Result<void> CheckFirstName(const std::string& name);
Result<void> CheckFirstHost(const std::string& host);
Result<void> CheckFirstPath(const std::string& path);
Result<void> CheckFirstImage(const std::string& image);

// Rollout, Services, Ingress and PrometheusRule, which `tuesday check` accepts without a finding.
std::vector<FirstFile> FirstFiles(const FirstService& service);

}  // namespace tuesday::cli
