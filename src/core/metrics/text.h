// SPDX-License-Identifier: Apache-2.0
// How Prometheus writes names, strings and numbers. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace tuesday::metrics {

// A name that needs no quotes: `[a-zA-Z_:][a-zA-Z0-9_:]*`, for labels without the colon.
bool IsMetricName(std::string_view name);
bool IsLabelName(std::string_view name);

// Bytes of the well-formed UTF-8 sequence at the start of `text`; 0 if there is none.
std::size_t Utf8Length(std::string_view text);

// In double quotes, escaped as Go's strconv.Quote does; printable UTF-8 stays as it is.
std::string Quoted(std::string_view text);

// The shortest digits that read back: fixed notation, without exponent (Go's 'f', -1).
std::string FixedText(double value);

// As the HTTP API writes it: fixed for 1e-6 <= |x| < 1e21, else with an exponent of at least two digits; NaN, +Inf, -Inf.
std::string NumberText(double value);

// As Go's %g: an exponent below 1e-4 and from 1e21 on.
std::string ShortText(double value);

}  // namespace tuesday::metrics
