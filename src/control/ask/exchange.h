// SPDX-License-Identifier: Apache-2.0
// One outbound question, filled in and ready to be asked on any thread: signing in, asking, making a value of the answer.
#pragma once

#include <string>

#include "core/analysis/ask/question.h"
#include "core/analysis/ask/secrets.h"
#include "ports/web.h"

namespace tuesday::control {

// A question without places of Secrets, and what has to be masked in its answer.
struct Exchange {
  analysis::Question question;
  analysis::SecretFiller secrets;
};

// Fills the question's places. kNotFound names a Secret or key that is not there.
Result<Exchange> MakeExchange(analysis::Question question, analysis::SecretLookup lookup);

// Blocks up to twice the question's timeout (the token, the answer). `time_ms` is the instant that a Prometheus is asked for.
// What it returns holds no Secret. Never for jobs.
Result<Json> RunExchange(Web& web, Exchange exchange, std::int64_t time_ms);

}  // namespace tuesday::control
