// SPDX-License-Identifier: Apache-2.0
// The services of actions behind a unix socket, on a thread and a loop of their own: a large upload delays no decision.
#pragma once

#include <memory>
#include <string>

#include "app/services/action_services.h"
#include "base/result.h"

namespace tuesday::services {

class ServiceThread {
 public:
  // `clock` must outlive it. kConflict when somebody serves the socket.
  static Result<std::unique_ptr<ServiceThread>> Start(const ServiceSettings& settings, const Clock& clock,
                                                      const std::string& socket);

  // Ends open requests and waits for the thread.
  ~ServiceThread();

 private:
  struct Impl;
  explicit ServiceThread(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tuesday::services
