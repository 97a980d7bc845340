// SPDX-License-Identifier: Apache-2.0
// Who is at the other end of a connected socket, as the kernel tells. An internal header of this folder.
#pragma once

#include <optional>
#include <string>

#include "adapters/http/message.h"

namespace tuesday::http {

// Nullopt when the socket is of another family than AF_UNIX.
std::optional<Peer> PeerOf(int descriptor, int family);

// The numeric address of the client; empty on a unix socket.
std::string RemoteOf(int descriptor, int family);

}  // namespace tuesday::http
