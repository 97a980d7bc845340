// SPDX-License-Identifier: Apache-2.0
// Errors as values. `Result<T>` is the return type of everything that can fail; no exception crosses a port.
// A bug is not an error: it stops the process (`base/check.h`).
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace tuesday {

// One exit code of the CLI and one HTTP status belong to each code (`wire/api/status.h`).
enum class ErrorCode {
  kInvalid,      // The caller's input is wrong; trying again cannot help.
  kNotFound,     // The named thing does not exist.
  kConflict,     // The thing is in another state than the caller believes.
  kStale,        // A newer generation or epoch is in force; nothing was changed.
  kDenied,       // The caller may not do this.
  kLimit,        // A written limit was reached.
  kUnsupported,  // Understood, and refused by name.
  kUnavailable,  // The other side is not there, or did not answer in time; trying again can help.
  kCorrupt,      // Bytes that we wrote do not read back.
  kInternal,     // None of the above; look at the message.
};

// `message` is a sentence that names the thing; `hint` says what to do next and may be empty.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string hint;

  friend bool operator==(const Error&, const Error&) = default;
};

// The stable word for a code in JSON and logs: "invalid", "not_found", ...
std::string_view ErrorCodeName(ErrorCode code);

// The message and, where there is one, the hint, in one line.
std::string ErrorText(const Error& error);

template <typename T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> Fail(ErrorCode code, std::string message, std::string hint = {}) {
  return std::unexpected(Error{code, std::move(message), std::move(hint)});
}

}  // namespace tuesday

#define TUESDAY_CONCAT_(a, b) a##b
#define TUESDAY_CONCAT(a, b) TUESDAY_CONCAT_(a, b)
#define TUESDAY_TRY_(temporary, declaration, expression)                            \
  auto&& temporary = (expression);                                                  \
  if (!temporary.has_value()) return std::unexpected(std::move(temporary).error()); \
  declaration = std::move(temporary).value()

// TRY(const Plan plan, LoadPlan(text)); returns early with the error, or declares `plan`.
#define TRY(declaration, expression) TUESDAY_TRY_(TUESDAY_CONCAT(tuesday_try_, __COUNTER__), declaration, expression)

// TRY_OK(Save(plan)); returns early with the error of a Result whose value is not needed.
#define TRY_OK(expression)                                                                      \
  do {                                                                                          \
    auto&& tuesday_try_ok = (expression);                                                       \
    if (!tuesday_try_ok.has_value()) return std::unexpected(std::move(tuesday_try_ok).error()); \
  } while (false)
