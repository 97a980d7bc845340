// SPDX-License-Identifier: Apache-2.0
#include "core/rollout/decide/by_hand.h"

#include "core/rollout/decide/attempt.h"

namespace tuesday::rollout {
namespace {

std::string Sentence(const ByHand& said) {
  return "taken back by hand by " + said.by + " at " + said.at + ", while no daemon answered" +
         (said.reason.empty() ? "." : ": " + said.reason);
}

Json::Object Facts(const ByHand& said) {
  return {{"by", said.by},   {"reason", said.reason},   {"at", said.at},
          {"by_hand", true}, {"from", said.from.str()}, {"to", said.to.str()}};
}

}  // namespace

void AdoptByHand(Turn& turn) {
  if (!turn.world.route.has_value() || !turn.world.route->by_hand.has_value()) return;
  Status& status = turn.status;
  const Epoch seen = turn.world.route->route.epoch;
  // Without a route of our own nothing is known that it could have taken back.
  if (status.route.epoch.value == 0 || seen <= status.route.epoch) return;
  const ByHand& said = *turn.world.route->by_hand;
  std::optional<Attempt>& attempt = status.attempt;
  const bool ours = attempt.has_value() && attempt->revision == said.from && attempt->baseline == said.to;
  if (ours && attempt->stage == Stage::kDone && status.stable == said.from) {
    // Its bake had ended, and the predecessor still stood by.
    attempt->stage = Stage::kBaking;
  }
  if (ours && CanGiveUp(status)) {
    GiveUp(turn, Sentence(said), Facts(said));
  } else {
    const bool agrees = status.stable == said.to;
    const std::string what = agrees ? RevisionText(status, said.to) + " is stable here too: "
                                    : "It could not be matched with what is stored, and " +
                                          (status.stable ? RevisionText(status, *status.stable) : "nothing") + " is stable: ";
    Tell(turn, "rollout.rolled_back_by_hand", what + RevisionText(status, said.from) + " was " + Sentence(said), Facts(said));
  }
  // The next route goes beyond it, and this one is never adopted twice.
  status.route.epoch = seen;
  turn.changed = true;
}

}  // namespace tuesday::rollout
