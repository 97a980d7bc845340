// SPDX-License-Identifier: Apache-2.0
// A TCP port of 127.0.0.1 that stays ours while the instance's processes come and go. The reservation is a bound socket that
// does not listen: the instance binds the same port beside it, for which it must set SO_REUSEADDR, as servers do.
#pragma once

#include <cstdint>

#include "adapters/files/fd.h"
#include "base/result.h"

namespace tuesday::process {

struct PortReservation {
  files::Fd socket;
  std::uint16_t port = 0;
};

// Takes `wanted` when it is free, else (or for 0) a port that the kernel chooses.
Result<PortReservation> ReservePort(std::uint16_t wanted);

}  // namespace tuesday::process
