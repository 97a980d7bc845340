// SPDX-License-Identifier: Apache-2.0
// Texts of a run's state that an expression may have made with a secret: stored with its name instead, and whole again when
// they are used.
#pragma once

#include <string>
#include <string_view>

#include "core/expression/value/value.h"
#include "core/workflow/run/state.h"

namespace tuesday::workflow {

// `secrets` is an object of texts. Whatever the text is, RevealSecrets gives it back with the same secrets; one that is not
// there any more becomes empty.
std::string HideSecrets(const expression::Value& secrets, std::string_view text);
std::string RevealSecrets(const expression::Value& secrets, std::string_view text);

Pairs HideSecrets(const expression::Value& secrets, Pairs pairs);
Pairs RevealSecrets(const expression::Value& secrets, Pairs pairs);

}  // namespace tuesday::workflow
