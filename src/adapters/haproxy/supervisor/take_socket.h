// SPDX-License-Identifier: Apache-2.0
// Takes a socket out of another process, so that both hold it. Needs the right to trace that process.
#pragma once

#include <sys/types.h>

#include <functional>

#include "adapters/files/fd.h"

namespace tuesday::haproxy {

// The first descriptor of `process` that `fits`; a closed one when there is none or we may not look.
files::Fd TakeSocket(pid_t process, const std::function<bool(const files::Fd&)>& fits);

// Whether it is a socket that accepts connections.
bool IsListening(const files::Fd& fd);

}  // namespace tuesday::haproxy
