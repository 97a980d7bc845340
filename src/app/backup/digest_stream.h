// SPDX-License-Identifier: Apache-2.0
// SHA-256 of bytes that come in pieces. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tuesday::backup {

class DigestStream {
 public:
  DigestStream();
  ~DigestStream();
  DigestStream(const DigestStream&) = delete;
  DigestStream& operator=(const DigestStream&) = delete;

  void Add(std::string_view bytes);

  // 64 lower-case hex digits of everything added; the next Add begins anew.
  std::string Take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tuesday::backup
