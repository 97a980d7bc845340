// SPDX-License-Identifier: Apache-2.0
// The network of a sandbox: a namespace of its own, whose owner is not the sandbox. From inside it nothing can be changed.
#pragma once

#include <string>
#include <vector>

#include "adapters/files/fd.h"
#include "base/result.h"

namespace tuesday::sandbox {

// Addresses that slirp4netns gives out: chosen so that the machine has none of them.
struct OutsideNetwork {
  std::string cidr;        // "10.0.2.0/24"
  std::string nameserver;  // "10.0.2.3"
};
Result<OutsideNetwork> ChooseNetwork(const std::vector<std::string>& own_addresses);

// Every address of this machine but those of its loopback, of both kinds, as text.
Result<std::vector<std::string>> OwnAddresses();

// For the process that is in a new network namespace: loopback up, and unreachable what a job shall not reach: the metadata
// address, link-local addresses and `own_addresses`.
Result<void> ShutOff(const std::vector<std::string>& own_addresses);

// Listens at 127.0.0.1:`port` in the namespace that we are in.
Result<files::Fd> ListenOnLoopback(int port);

}  // namespace tuesday::sandbox
