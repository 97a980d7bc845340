#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Jobs in containers, their services, and actions in containers, with a podman of the test's own and images made from scratch."""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import repositories_test

SECRET = "correct-horse-battery-staple"
RUN_SECONDS_MAX = 180
SKIPPED = 77
TINY = "localhost/tiny:1"
APPLETS = "sh cat echo sleep id env nc httpd wget ls test true false touch grep printf mkdir pwd".split()

NODE_ACTION = {
    "node/action.yml": "name: node\ninputs: {who: {default: nobody}}\nruns: {using: node20, main: main.js, post: post.js}\n",
    "node/main.js": "const fs = require('fs');\nfs.appendFileSync(process.env.GITHUB_OUTPUT, `said=${process.env['INPUT_WHO']}\\n`);\n",
    "node/post.js": "console.log('post in ' + process.env.GITHUB_WORKSPACE);\n",
}

COMPOSITE = """name: greet
inputs: {who: {required: true}}
outputs: {text: {value: "${{ steps.g.outputs.text }}"}}
runs:
  using: composite
  steps:
    - id: g
      run: echo "text=hi ${{ inputs.who }} from $COLOUR" >> "$GITHUB_OUTPUT"
      shell: sh
"""

WEB = """      web:
        image: localhost/web:1
        env: {WORD: "word-${{ github.ref_name }}"}
        ports: ["18080:8080", "9090"]
        options: >-
          --health-cmd "wget -q -O - http://127.0.0.1:8080/word" --health-interval 1s --health-retries 30
"""


class Failed(Exception):
    pass


def expect(holds, why):
    if not holds:
        raise Failed(why)


class Podman:
    """A service with its own images and containers."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tuesday-podman-"))
        conf = self.folder / "containers.conf"
        conf.write_text('[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n')
        self.environment = dict(os.environ, CONTAINERS_CONF=str(conf))
        self.words = ["podman", "--root", str(self.folder / "root"), "--runroot", str(self.folder / "run"), "--storage-driver", "overlay"]
        self.socket = f"unix://{self.folder}/sock"
        self.process = subprocess.Popen([*self.words, "system", "service", "--time=0", self.socket], env=self.environment,
                                        stderr=subprocess.DEVNULL)
        for _ in range(400):
            if (self.folder / "sock").exists():
                break
            time.sleep(0.05)

    def run(self, *words):
        return subprocess.run([*self.words, *words], env=self.environment, capture_output=True, text=True, check=True).stdout

    def build(self, tag, more):
        context = self.folder / "context"
        shutil.rmtree(context, ignore_errors=True)
        for name in ("bin", "etc", "tmp"):
            (context / "root" / name).mkdir(parents=True)
        shutil.copy(shutil.which("busybox"), context / "root/bin/busybox")
        for name in APPLETS:
            (context / "root/bin" / name).symlink_to("busybox")
        (context / "root/etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        (context / "Dockerfile").write_text(f"FROM scratch\nCOPY root /\nENV COLOUR=green\n{more}\n")
        subprocess.run(["curl", "-sS", "--fail", "--unix-socket", str(self.folder / "sock"), "-X", "POST", "-H",
                        "Content-Type: application/x-tar", "--data-binary", "@-", f"http://d/v1.41/build?t={tag}"],
                       input=subprocess.run(["tar", "-C", context, "-cf", "-", "."], capture_output=True, check=True).stdout,
                       check=True, capture_output=True)

    def containers(self):
        return [name for name in self.run("ps", "-a", "--format", "{{.Names}}").splitlines() if name]

    def close(self):
        for name in self.containers():
            self.run("rm", "-f", name)
        self.process.terminate()
        self.process.wait()
        subprocess.run(["umount", self.folder / "root/overlay"], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)


class Tree:
    """A repository in a temporary folder, with a state folder beside it."""

    def __init__(self, program, podman):
        self.program = program
        self.podman = podman
        self.folder = tempfile.TemporaryDirectory(prefix="tuesday-containers-")
        self.root = pathlib.Path(self.folder.name) / "app"
        self.state = pathlib.Path(self.folder.name) / "state"
        self.environment = dict(os.environ, TOKEN=SECRET, DOCKER_HOST=podman.socket)
        self.write("a.txt", "hello\n")

    def close(self):
        self.folder.cleanup()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def workflow(self, text):
        self.write(".github/workflows/ci.yaml", text)
        subprocess.run(["git", "-C", str(self.root), "init", "-q", "-b", "main"], check=True)

    def start(self, *words):
        return subprocess.Popen([self.program, "--state", str(self.state), "workflow", "run", *words], cwd=self.root,
                                env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, *words, code=0):
        process = self.start(*words)
        out, _ = process.communicate(timeout=RUN_SECONDS_MAX)
        expect(process.returncode == code, f"exit code {process.returncode}, not {code}:\n{out}")
        return out


def has(out, *lines):
    for line in lines:
        expect(line in out, f"no {line!r} in:\n{out}")


def case_a_job_in_a_container_is_a_job_like_any_other(tree):
    tree.write("act/action.yml", COMPOSITE)
    for name, text in NODE_ACTION.items():
        tree.write(name, text)
    tree.workflow(f"""on: push
jobs:
  j:
    runs-on: ubuntu-latest
    container: {{image: {TINY}, env: {{EXTRA: more}}}}
    outputs: {{tag: "${{{{ steps.meta.outputs.tag }}}}"}}
    steps:
      - uses: actions/checkout@v4
      - run: echo "in $COLOUR and $EXTRA at $PWD as $(id -u), home $HOME"; cat a.txt
      - id: meta
        run: |
          echo "tag=v1-${{{{ hashFiles('a.txt') }}}}" >> "$GITHUB_OUTPUT"
          echo A=from-before >> "$GITHUB_ENV"
          echo "the secret is $TOKEN"
        env: {{TOKEN: "${{{{ secrets.TOKEN }}}}"}}
      - run: echo "then $A, container ${{{{ job.container.id != '' }}}}"
      - {{id: greet, uses: ./act, with: {{who: Ada}}}}
      - {{id: node, uses: ./node, with: {{who: Grace}}}}
      - run: echo "${{{{ steps.greet.outputs.text }}}} and ${{{{ steps.node.outputs.said }}}}"
      - run: nc -w 3 169.254.169.254 80 < /dev/null || echo no metadata
  after:
    needs: j
    runs-on: ubuntu-latest
    steps: [{{run: 'echo "got ${{{{ needs.j.outputs.tag }}}}"'}}]
""")
    out = tree.run("-s", "TOKEN")
    has(out, "Initialize containers", "in green and more at /__w/app/app as 0, home /github/home", "│ hello", "the secret is ***",
        "then from-before, container true", "hi Ada from green and Grace", "post in /__w/app/app", "no metadata", "got v1-ecb65bb",
        "Stop containers", "✓ run success")
    expect(SECRET not in out, out)
    expect(tree.podman.containers() == [], f"left: {tree.podman.containers()}")


def case_services_answer_host_jobs_and_container_jobs(tree):
    fetch = "python3 -c 'import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())'"
    tree.workflow(f"""on: push
jobs:
  host:
    runs-on: ubuntu-latest
    services:
{WEB}
    steps:
      - run: {fetch} http://127.0.0.1:18080/word
      - run: {fetch} http://web:8080/word
      - run: echo "ports ${{{{ job.services.web.ports['8080'] }}}} ${{{{ job.services.web.ports['9090'] }}}}"
  inside:
    runs-on: ubuntu-latest
    container: {TINY}
    services:
{WEB}
    steps:
      - run: wget -q -O - http://127.0.0.1:${{{{ job.services.web.ports['8080'] }}}}/word
      - run: wget -q -O - http://127.0.0.1:8080/word
""")
    out = tree.run()
    has(out, "web service is healthy.", "ports 18080 9090", "│ I serve", "✓ run success")
    expect(out.count("│ word-main") >= 4, out)
    expect(tree.podman.containers() == [], f"left: {tree.podman.containers()}")


def case_a_service_that_is_never_healthy_fails_the_job_and_shows_its_log(tree):
    tree.workflow("""on: push
jobs:
  j:
    runs-on: ubuntu-latest
    services:
      web: {image: localhost/web:1, options: --health-cmd false --health-interval 1s --health-retries 2}
    steps: [{run: echo never}]
""")
    out = tree.run(code=1)
    has(out, "│ I serve", "The service web is not healthy")
    expect("│ never" not in out, out)
    expect(tree.podman.containers() == [], f"left: {tree.podman.containers()}")


def case_an_action_of_a_dockerfile_runs_in_its_image(tree):
    tree.write("own/action.yml", """name: own
inputs: {who: {default: you}}
outputs: {said: {description: What it said}}
runs:
  using: docker
  image: Dockerfile
  args: ["${{ inputs.who }}", two]
  env: {FROM_ACTION: yes}
  post-entrypoint: /after.sh
""")
    tree.write("own/Dockerfile", f'FROM {TINY}\nCOPY run.sh after.sh /\nENTRYPOINT ["sh", "/run.sh"]\n')
    tree.write("own/run.sh", 'echo "$1 $2 $INPUT_WHO $FROM_ACTION in $PWD"; cat a.txt; test -s "$GITHUB_EVENT_PATH"\n'
               'echo said=something >> $GITHUB_OUTPUT\necho made > made.txt\n')
    tree.write("own/after.sh", "#!/bin/sh\necho after\n")
    (tree.root / "own/after.sh").chmod(0o755)
    tree.workflow(f"""on: push
jobs:
  j:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - {{id: own, uses: ./own, with: {{who: me}}}}
      - run: echo "said ${{{{ steps.own.outputs.said }}}}, $(cat made.txt)"; echo more >> made.txt
      - uses: docker://{TINY}
        with: {{entrypoint: /bin/cat, args: made.txt}}
      - uses: docker://{TINY}
        with: {{entrypoint: /bin/false}}
""")
    out = tree.run(code=1)
    has(out, "me two me yes in /github/workspace", "│ hello", "said something, made", "│ more", "│ after", "Process completed with exit code 1.")
    expect(tree.podman.containers() == [], f"left: {tree.podman.containers()}")


def case_after_kill_9_nothing_is_left_and_a_killed_command_goes_on(tree):
    tree.workflow(f"""on: push
jobs:
  j:
    runs-on: ubuntu-latest
    container: {TINY}
    services: {{web: {{image: localhost/web:1}}}}
    steps:
      - run: echo began; sleep 8; echo slept
""")
    process = tree.start()
    for line in process.stdout:
        if "began" in line and "│" in line:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    expect(len(tree.podman.containers()) == 2, "the job ended with the command")
    has(tree.run("--continue"), "│ slept", "✓ run success")
    process = tree.start()
    for line in process.stdout:
        if "began" in line and "│" in line:
            break
    for entry in pathlib.Path("/proc").iterdir():
        command = (entry / "cmdline").read_bytes() if entry.name.isdigit() and (entry / "cmdline").exists() else b""
        if b"supervise\0place" in command and str(tree.state).encode() in command:
            os.kill(int(entry.name), signal.SIGKILL)
    out = process.communicate(timeout=RUN_SECONDS_MAX)[0]
    expect(process.returncode == 1, out)
    for _ in range(400):
        if not tree.podman.containers():
            break
        time.sleep(0.05)
    expect(tree.podman.containers() == [], f"left: {tree.podman.containers()}")


def case_on_the_daemon_a_container_job_survives_it(tree):
    os.environ["DOCKER_HOST"] = tree.podman.socket
    world = repositories_test.World(tree.program)
    try:
        world.write(".github/workflows/ci.yaml", f"""on: push
jobs:
  j:
    runs-on: ubuntu-latest
    container: {TINY}
    services: {{web: {{image: localhost/web:1}}}}
    steps:
      - uses: actions/checkout@v4
      - run: echo began; sleep 4; echo slept; cat test.sh
""")
        world.push("First")
        until = time.monotonic() + RUN_SECONDS_MAX
        while not any("began" in log.read_text() for log in world.state.glob("places/1.j/logs/*.log")):
            expect(time.monotonic() < until, "the step does not begin")
            time.sleep(0.05)
        world.kill()
        expect(len(tree.podman.containers()) == 2, "the job's containers ended with the daemon")
        world.start()
        expect(world.run_of("1")["result"] == "success", world.watched)
        log = "".join(path.read_text() for path in world.state.glob("places/1.j/logs/*.log"))
        expect("slept" in log and log.count("began") == 1, log)
        expect(tree.podman.containers() == [], f"left: {tree.podman.containers()}")
    finally:
        world.close()
        del os.environ["DOCKER_HOST"]


def case_a_failed_container_job_goes_on_at_its_step(tree):
    tree.workflow(f"""on: push
jobs:
  j:
    runs-on: ubuntu-latest
    container: {TINY}
    services: {{web: {{image: localhost/web:1}}}}
    steps:
      - run: echo x >> count; echo A=kept >> $GITHUB_ENV
      - run: test -f repaired
      - run: echo "$A $(cat count)"
""")
    has(tree.run("-n"), "Initialize containers", "Stop containers")
    tree.run(code=1)
    (sorted(tree.state.rglob("places/*/work"))[0] / "repaired").write_text("")
    has(tree.run("--from-step"), "✓ Initialize containers", "│ kept x", "✓ run success")
    expect(tree.podman.containers() == [], f"left: {tree.podman.containers()}")


def case_another_user_and_ours_work_on_the_same_files(tree):
    tree.workflow(f"""on: push
jobs:
  j:
    runs-on: ubuntu-latest
    container: {{image: {TINY}, options: --user 1001, volumes: ["data:/data"]}}
    steps:
      - uses: actions/checkout@v4
      - run: echo "as $(id -u)"; echo x > made; touch $HOME/h $RUNNER_TEMP/t /data/d; echo A=b >> $GITHUB_ENV
      - uses: actions/checkout@v4
      - run: touch a.txt; echo "$A in $(ls)"
""")
    has(tree.run(), "│ as 1001", "│ b in a.txt", "✓ run success")
    expect(tree.podman.containers() == [] and not tree.podman.run("volume", "ls", "-q"), "the volume is left")


def case_an_interrupted_begin_leaves_nothing_and_does_not_wait(tree):
    tree.workflow(f"""on: push
jobs:
  j:
    runs-on: ubuntu-latest
    container: {TINY}
    services: {{web: {{image: localhost/web:1, options: --health-cmd false --health-retries 9}}}}
    steps: [{{run: echo never}}]
""")
    process = tree.start()
    for line in process.stdout:
        if "Waiting for all services" in line:
            break
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    out = process.communicate(timeout=RUN_SECONDS_MAX)[0]
    expect("■ Initialize containers" in out and time.monotonic() - began < 20, out)
    expect(tree.podman.containers() == [], f"left: {tree.podman.containers()}")


def case_what_reaches_the_machine_is_refused_by_name(tree):
    tree.workflow(f"""on: push
jobs:
  a:
    runs-on: ubuntu-latest
    container: {{image: {TINY}, options: --privileged}}
    steps: [{{run: echo never}}]
  b:
    runs-on: ubuntu-latest
    container: {{image: {TINY}, volumes: ["/etc:/machine"]}}
    steps: [{{run: echo never}}]
""")
    out = tree.run(code=1)
    has(out, "--privileged is refused", "is a folder of the machine")
    expect("│ never" not in out, out)


def case_without_an_engine_it_is_said_what_to_install(tree):
    tree.workflow(f"on: push\njobs:\n  j:\n    runs-on: ubuntu-latest\n    container: {TINY}\n    steps: [{{run: echo never}}]\n")
    tree.environment["DOCKER_HOST"] = "unix:///nowhere/sock"
    has(tree.run(code=1), "there is no socket of a container engine")


def missing():
    if os.geteuid() != 0:
        return "containers of jobs need root"
    return next((f"{name} is not installed" for name in ("podman", "runc", "busybox") if shutil.which(name) is None), "")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tuesday", required=True)
    parser.add_argument("--examples", help="not used")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    arguments = parser.parse_args()
    if missing():
        print(f"skipped: {missing()}")
        return SKIPPED
    failures = 0
    podman = Podman()
    try:
        podman.build(TINY, 'CMD ["sh"]')
        podman.build("localhost/web:1", 'CMD ["sh", "-c", "echo $WORD > /tmp/word; echo I serve; exec httpd -f -p 8080 -h /tmp"]')
        for name, case in list(globals().items()):
            if not name.startswith("case_") or arguments.only not in name:
                continue
            tree = Tree(os.path.abspath(arguments.tuesday), podman)
            began = time.monotonic()
            try:
                case(tree)
                print(f"ok   {name} ({time.monotonic() - began:.1f} s)", flush=True)
            except (Failed, repositories_test.Failed, subprocess.SubprocessError, json.JSONDecodeError) as problem:
                failures += 1
                print(f"FAIL {name}: {problem}", flush=True)
            finally:
                tree.close()
    finally:
        podman.close()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
