// SPDX-License-Identifier: Apache-2.0
// Turns the name of an image that nobody has bound into what a revision records. Nothing that runs is touched. May block for
// as long as a pull takes; any thread, one call at a time.
#pragma once

#include <string>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "core/manifest/pod.h"

namespace tuesday {

struct ImageAsk {
  RolloutName rollout;  // That will run it.
  std::string image;    // By tag or digest.
  manifest::PodSpec pod;
  std::vector<std::string> registry_logins;  // Contents of the Secrets that the pod names. Never logged.
};

class Images {
 public:
  virtual ~Images() = default;

  // The image by its digest, "repository@sha256:...": content that never changes, and that is here now. kUnsupported names
  // each field of the pod that an image cannot be run with; kDenied, kNotFound and kUnavailable are the registry's or the
  // engine's word.
  virtual Result<std::string> Pin(const ImageAsk& ask) = 0;
};

}  // namespace tuesday
