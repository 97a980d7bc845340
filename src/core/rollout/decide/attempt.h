// SPDX-License-Identifier: Apache-2.0
// How an attempt begins and how it ends. Private to core/rollout.
#pragma once

#include <string>

#include "core/rollout/decide/turn.h"

namespace tuesday::rollout {

// Begins an attempt when the spec names a revision that is neither stable nor already tried, and ends the one before.
void AdoptSpec(Turn& turn);

// Begins the next attempt to bring `revision` to stable, from step 0.
void BeginAttempt(Turn& turn, const RevisionId& revision);

// The spec has turned away from the attempt's revision: nothing more is judged of it.
void Supersede(Turn& turn, const std::string& why);

// Ends the attempt. Needs neither metrics nor analyses: before promotion it is an abort, in the bake a way back to the
// predecessor. Nothing happens to an initial deploy, which has nothing to fall back on.
void GiveUp(Turn& turn, const std::string& reason, Json::Object data = {});

// Whether GiveUp has something to do.
bool CanGiveUp(const Status& status);

}  // namespace tuesday::rollout
