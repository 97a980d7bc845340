// SPDX-License-Identifier: Apache-2.0
// A terminal for a person within a place. It is made inside, and only its near end comes out: nothing in the place ever holds
// the person's own terminal.
#pragma once

#include <string>

#include "adapters/files/fd.h"
#include "base/result.h"

namespace tuesday::sandbox {

// `tuesday supervise terminal SOCKET START_FILE`: makes a terminal, hands its near end to who listens on the socket, and
// becomes a bash on the far end that begins with the commands in the file. Only comes back when that cannot be.
Result<void> RunTerminal(const std::string& socket, const std::string& start_file);

// The near end, on a connection of such a listener. kInvalid when something else comes.
Result<files::Fd> TakeTerminal(int connection);

}  // namespace tuesday::sandbox
