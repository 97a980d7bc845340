#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tuesday itself is upgraded, downgraded, backed up and restored in the middle of a canary, under load: not a request fails, and the
canary ends as it would have."""

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import e2e_test  # noqa: E402
from e2e_test import PLAIN, Skipped, expect, first_version, promoted, wait_for  # noqa: E402
from tuesday_bench import ROOT  # noqa: E402


def previous_program():
    """The release before this one, built once."""
    done = subprocess.run([str(ROOT / "tools/previous_release.sh")], capture_output=True, text=True)
    last = (done.stdout.strip().splitlines() or [""])[-1]
    if done.returncode == 3:
        raise Skipped(last)
    expect(done.returncode == 0, f"the release before cannot be built: {done.stdout[-500:]}{done.stderr[-1500:]}")
    return last


def under_load(bench):
    first_version(bench, latency_ms=2)
    load = bench.load("api.default.localhost", 200)
    wait_for("load flows", lambda: load.totals()["ok"] > 200, 30)
    return load


def at_weight(bench, permille):
    wait_for(f"weight {permille}", lambda: bench.rollout("api")["weight_permille"] == permille, 60)


def requests_go_on(load, count=200):
    sent = load.totals()["sent"]
    wait_for("requests go on", lambda: load.totals()["sent"] > sent + count, 60)


def nothing_failed(load):
    lines = len(load.seconds())
    wait_for("two more seconds", lambda: len(load.seconds()) >= lines + 2, 30)
    expect(load.totals()["failed"] == 0, f"failed requests: {load.totals()}")


def change_program(bench, load, program):
    bench.stop_daemon()
    requests_go_on(load)
    bench.tuesday = program
    bench.start_daemon()


def case_upgrade_and_downgrade_in_mid_canary(bench):
    new, old = bench.tuesday, previous_program()
    bench.tuesday = old
    load = under_load(bench)
    bench.deploy("api", "v2", PLAIN, latency_ms=2)
    at_weight(bench, 200)
    change_program(bench, load, new)
    at_weight(bench, 500)
    change_program(bench, load, old)
    promoted(bench, "api", 2)
    change_program(bench, load, new)
    wait_for("the bake ends", lambda: bench.attempt("api").get("stage") == "done", 60)
    nothing_failed(load)
    bench.run("audit", "log", "--verify")


def restore(bench, load, backup):
    bench.stop_daemon()
    requests_go_on(load)
    done = bench.run("restore", str(backup), "--replace")
    expect("The state before is in" in done.stdout, f"restore does not say where the old state is: {done.stdout}")
    bench.start_daemon()


def case_backup_and_restore_in_mid_canary(bench):
    load = under_load(bench)
    bench.deploy("api", "v2", PLAIN, latency_ms=2)
    at_weight(bench, 200)
    backup = bench.folder / "backup.tar"
    bench.run("backup", str(backup))
    expect("whole" in bench.run("backup", "--check", str(backup)).stdout, "the backup is not whole")
    at_weight(bench, 500)
    restore(bench, load, backup)
    promoted(bench, "api", 2)
    wait_for("v2 answers everything", lambda: load.seconds()[-1]["by_version"].keys() == {"v2"}, 30)
    nothing_failed(load)
    log = bench.run("audit", "log", "--verify").stdout
    expect("state.restored" in log and "rollout.restored" in log, f"the journal does not tell of it: {log[-800:]}")
    expect(len(command_lines(bench)) <= 6, f"instances are left over: {command_lines(bench)}")


def case_a_restore_far_back_takes_nothing_away_that_serves(bench):
    load = under_load(bench)
    bench.deploy("api", "v2", PLAIN, latency_ms=2)
    at_weight(bench, 200)
    backup = bench.folder / "backup.tar"
    bench.run("backup", str(backup))
    promoted(bench, "api", 2)
    bench.deploy("api", "v3", PLAIN, latency_ms=2)
    promoted(bench, "api", 3)
    wait_for("v1 is gone", lambda: not any("--version=v1" in line for line in command_lines(bench)), 90)
    v1_before = load.totals()["by_version"]["v1"]
    restore(bench, load, backup)
    promoted(bench, "api", 2)
    wait_for("v2 answers everything", lambda: load.seconds()[-1]["by_version"].keys() == {"v2"}, 30)
    nothing_failed(load)
    expect(load.totals()["by_version"]["v1"] > v1_before, "the canary of the backup did not go on")


def command_lines(bench):
    """Of instances; some end while we look."""
    lines = []
    for pid in bench.processes():
        try:
            lines.append(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace"))
        except OSError:
            pass
    return [line for line in lines if "./service" in line]


def case_what_cannot_be_restored_changes_nothing(bench):
    first_version(bench)
    backup = bench.folder / "backup.tar"
    bench.run("backup", str(backup))
    expect(os.stat(backup).st_mode & 0o777 == 0o600, "others may read the backup")
    entries = bench.run("audit", "log").stdout
    refused = bench.run("restore", str(backup), "--replace", check=False)
    expect(refused.returncode == 1 and str(bench.daemon.pid) in refused.stderr, f"over a daemon: {refused.returncode} {refused.stderr}")
    bench.stop_daemon()
    occupied = bench.run("restore", str(backup), check=False)
    expect(occupied.returncode == 1 and "--replace" in occupied.stderr, f"over a state: {occupied.returncode} {occupied.stderr}")
    bytes_of_it = backup.read_bytes()
    broken = {
        "cut.tar": bytes_of_it[:len(bytes_of_it) // 2],
        "changed.tar": bytes_of_it.replace(b"Rollout", b"rollout", 1),
        "newer.tar": bytes_of_it.replace(b'"readable_by":1', b'"readable_by":9', 1),
        "other.tar": b"PK\x03\x04 no backup",
    }
    for name, content in broken.items():
        path = bench.folder / name
        path.write_bytes(content)
        for words in (("restore", str(path), "--replace"), ("restore", "--check", str(path)), ("backup", "--check", str(path))):
            done = bench.run(*words, check=False)
            expect(done.returncode in (1, 2) and done.stderr.strip(), f"{words}: {done.returncode} {done.stdout}")
    bench.start_daemon()
    expect(bench.run("audit", "log").stdout == entries, "a refused restore changed the journal")
    expect(not list(bench.state.glob("replaced-*")) and not (bench.state / ".restore").exists(), "a refused restore left something")


def case_a_machine_that_lost_its_disk(bench):
    first_version(bench, latency_ms=1)
    stream = subprocess.run([bench.tuesday, "--state", str(bench.state), "backup", "--with-keys", "-"], capture_output=True, timeout=120)
    expect(stream.returncode == 0, f"backup to a pipe: {stream.stderr!r}")
    bench.stop_daemon()
    bench.kill_all()
    subprocess.run(["rm", "-rf", str(bench.state)], check=True)
    back = subprocess.run([bench.tuesday, "--state", str(bench.state), "restore", "-"], input=stream.stdout, capture_output=True, timeout=120)
    expect(back.returncode == 0, f"restore from a pipe: {back.stderr!r}")
    bench.start_daemon()
    load = bench.load("api.default.localhost", 50)
    wait_for("requests are answered", lambda: load.totals()["ok"] > 100, 60)
    bench.wait_healthy("api", "v1")


def unit_findings(path):
    """What systemd says of a unit; nothing where its checker is not there."""
    try:
        done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        return None
    return [line for line in done.stderr.splitlines() if "tuesday" in line and "man:" not in line]


def case_install_below_a_root(bench):
    root = bench.folder / "root"
    words = ("install", "--root", str(root), "--prefix", "/usr")
    run = lambda *more: subprocess.run([bench.tuesday, *words, *more], capture_output=True, text=True, timeout=60)  # noqa: E731
    dry = run("--dry-run")
    expect(dry.returncode == 0 and "KillMode=process" in dry.stdout and not root.exists(), f"--dry-run: {dry.stdout}{dry.stderr}")
    first, second = run(), run()
    expect(first.returncode == 0 and ": made" in first.stdout, f"install: {first.stdout}{first.stderr}")
    expect(": made" not in second.stdout and ": changed" not in second.stdout, f"again: {second.stdout}")
    settings = subprocess.run([bench.tuesday, "config", "check", str(root / "etc/tuesday/tuesday.yaml")], capture_output=True, text=True)
    expect(settings.returncode == 0, f"the settings are not taken: {settings.stderr}")
    expect(subprocess.run(["bash", "-n", str(root / "usr/share/bash-completion/completions/tuesday")]).returncode == 0, "completion")
    # The checker looks for the program on this machine.
    unit = bench.folder / "tuesday.service"
    unit.write_text((root / "etc/systemd/system/tuesday.service").read_text().replace("/usr/bin/tuesday", bench.tuesday))
    findings = unit_findings(unit)
    expect(not findings, f"systemd does not take the unit: {findings}")
    (root / "var/lib/tuesday/kept").write_text("state")
    gone = subprocess.run([bench.tuesday, "uninstall", *words[1:]], capture_output=True, text=True)
    expect(gone.returncode == 0 and not (root / "usr/bin/tuesday").exists(), f"uninstall: {gone.stdout}{gone.stderr}")
    expect((root / "var/lib/tuesday/kept").exists(), "uninstall took the state")
    asked = subprocess.run([bench.tuesday, "uninstall", "--purge", *words[1:]], input="no\n", capture_output=True, text=True)
    expect(asked.returncode == 1 and (root / "var/lib/tuesday/kept").exists(), "--purge did not ask")
    subprocess.run([bench.tuesday, "uninstall", "--purge", "--yes", *words[1:]], check=True, capture_output=True)
    expect(not (root / "var/lib/tuesday").exists(), "--purge left the state")


e2e_test.CASES = {name[5:]: case for name, case in list(globals().items()) if name.startswith("case_")}

if __name__ == "__main__":
    sys.exit(e2e_test.main())
