# SPDX-License-Identifier: Apache-2.0
"""The demo's act about the other two strategies: a rolling release that goes well and one that is taken back, a blue-green release
that goes over at once, and a version that crashes after its promotion and is switched back at once by the bake."""

import calendar
import re
import time

from tuesday_bench import Failed, wait_for

ROLLING = "examples/demo/rolling.yaml.in"
BLUE_GREEN = "examples/demo/blue-green.yaml.in"
RATE = 100
NAMES = ("cart", "pay")
CRASH_AFTER_S = 10  # Later than the switch: three instances are up and over after four seconds.


def wall_seconds(text):
    whole, fraction = re.match(r"(.*)\.(\d+)Z", text).groups()
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float("0." + fraction)


def settle(load):
    """The generator tells of each second at its end: two lines later all is told."""
    lines = len(load.seconds())
    wait_for("two more seconds", lambda: len(load.seconds()) >= lines + 2, 30)


def answered_by(load, version):
    return lambda: load.seconds()[-1]["by_version"].keys() == {version}


class Strategies:
    def __init__(self, bench, loads, say):
        self.bench, self.loads, self.say = bench, loads, say

    def run(self):
        for name, template in zip(NAMES, (ROLLING, BLUE_GREEN)):
            self.bench.deploy(name, "v1", template, latency_ms=5)
        for name in NAMES:
            self.bench.wait_healthy(name, "v1")
            self.loads[name] = self.bench.load(f"{name}.default.localhost", RATE)
        wait_for("both services answer", lambda: all(self.loads[name].totals()["ok"] > RATE for name in NAMES), 30)
        self.say("v1 of cart (rolling, four instances) and pay (blue-green, three) serve under live load")
        self.rolling_goes_out()
        self.rolling_comes_back()
        self.blue_green_goes_over()
        self.blue_green_crashes_after_its_promotion()
        for name in NAMES:
            self.loads.pop(name).stop()
            self.bench.run("delete", "rollout", name, "--reason", "the act is over")

    def event(self, name, kind):
        """When the newest entry of this kind was written, on the wall clock."""
        entries = self.bench.json("audit", "log", "--rollout", name, "--limit", "1000")["entries"]
        return max(wall_seconds(entry["time"]) for entry in entries if entry["kind"] == kind)

    def failed(self, name):
        settle(self.loads[name])
        return self.loads[name].totals()["failed"]

    def promoted(self, name, version):
        ordinal = int(version[1:])  # A version an attempt.

        def is_promoted():
            attempt = self.bench.attempt(name)
            if attempt.get("ordinal") == ordinal and attempt["ending"] in ("aborted", "rolled back"):
                raise Failed(f"{name} {version} was taken back: {attempt['reason']}")
            return attempt.get("ordinal") == ordinal and attempt["stage"] in ("baking", "done")
        wait_for(f"{name} {version} promoted", is_promoted, 90)

    def taken_back(self, name, version):
        def is_over():
            attempt = self.bench.attempt(name)
            return attempt.get("ending") in ("aborted", "rolled back") and attempt
        attempt = wait_for(f"{name} {version} taken back", is_over, 90)
        wait_for(f"{name}'s older version answers everything", answered_by(self.loads[name], "v2"), 60)
        return attempt

    def rolling_goes_out(self):
        before = self.failed("cart")
        self.bench.deploy("cart", "v2", ROLLING, latency_ms=5)
        self.say("cart v2: a healthy version goes out batch by batch")
        self.promoted("cart", "v2")
        wait_for("cart v2 answers everything", answered_by(self.loads["cart"], "v2"), 60)
        took = self.event("cart", "rollout.promoted") - self.event("cart", "rollout.started")
        failed = self.failed("cart") - before
        if failed:
            raise Failed(f"{failed} requests failed during a rolling release")
        self.say(f"cart v2 has replaced all four instances after {took:.1f} s; no request failed")

    def rolling_comes_back(self):
        wait_for("cart's bake is over", lambda: self.bench.attempt("cart").get("stage") == "done", 60)
        before = self.failed("cart")
        self.bench.deploy("cart", "v3", ROLLING, latency_ms=5, crash_after_s=2)
        self.say("cart v3 crashes two seconds after its start")
        attempt = self.taken_back("cart", "v3")
        if attempt["ending"] != "aborted":
            raise Failed(f"cart v3 was {attempt['ending']}; it should not get so far")
        took = self.event("cart", "rollout.aborted") - self.event("cart", "rollout.started")
        print(self.bench.run("why", "cart").stdout.splitlines()[0], flush=True)
        self.say(f"cart v3 taken back {took:.1f} s after its start, at {attempt['weight_permille_max'] / 10:.0f} % at most; "
                 f"{self.failed('cart') - before} requests failed")

    def blue_green_goes_over(self):
        before = self.failed("pay")
        self.bench.deploy("pay", "v2", BLUE_GREEN, latency_ms=5)
        self.say("pay v2: a whole second side comes up, then all requests go over")
        self.promoted("pay", "v2")
        wait_for("pay v2 answers everything", answered_by(self.loads["pay"], "v2"), 60)
        settle(self.loads["pay"])
        mixed = [second for second in self.loads["pay"].seconds() if len(second["by_version"]) > 1]
        failed = self.failed("pay") - before
        if failed:
            raise Failed(f"{failed} requests failed during a blue-green switch")
        self.say(f"pay v2 answers everything; {len(mixed)} second(s) had answers of both sides; no request failed")

    def blue_green_crashes_after_its_promotion(self):
        before = self.failed("pay")
        self.bench.deploy("pay", "v3", BLUE_GREEN, latency_ms=5, crash_after_s=CRASH_AFTER_S)
        self.say(f"pay v3 crashes {CRASH_AFTER_S} s after its start, when it has been promoted")
        self.promoted("pay", "v3")
        self.say("pay v3 is promoted and bakes; v2's instances stay")
        attempt = self.taken_back("pay", "v3")
        if attempt["ending"] != "rolled back":
            raise Failed(f"pay v3 was {attempt['ending']} before its promotion")
        stood = self.event("pay", "rollout.rolled_back") - self.event("pay", "rollout.promoted")
        failed = self.failed("pay") - before
        bad = [second for second in self.loads["pay"].seconds() if second["failed"]]
        print(self.bench.run("why", "pay").stdout.splitlines()[0], flush=True)
        self.say(f"pay v3 switched back by the bake {stood:.1f} s after its promotion; {failed} requests failed, in {len(bad)} second(s)")
