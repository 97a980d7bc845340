#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Analyses that ask others, end to end: a web address, a job, a real Prometheus where the machine has one."""

import base64
import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import e2e_test  # noqa: E402
from e2e_test import PLAIN, Skipped, ended_badly, expect, first_version, promoted, wait_for  # noqa: E402
from tuesday_bench import free_port  # noqa: E402

TOKEN = "correct-horse-battery-staple"

TEMPLATE = """---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata:
  name: asks%(annotations)s
spec:
  args:
    - name: token
      valueFrom: {secretKeyRef: {name: login, key: token}}
  metrics:
    - name: asked
%(metric)s
"""


def deploy(bench, version, metric, annotations=""):
    """The plain rollout with an analysis as a step after its first pause."""
    if not (bench.folder / "artifacts" / f"api-{version}").exists():
        bench.run("image", "bind", f"registry.example.com/api:{version}", f"dir:{bench.artifact('api', version, latency_ms=2)}")
    path = pathlib.Path(bench.manifest("api", version, PLAIN))
    text = path.read_text().replace("        - setWeight: 50\n",
                                    "        - analysis: {templates: [{templateName: asks}]}\n        - setWeight: 50\n")
    path.write_text(text + TEMPLATE % {"metric": metric, "annotations": annotations})
    return bench.run("apply", "-f", str(path), check=False)


class Endpoint:
    """A small web server whose answers the test sets, and which keeps what it was asked."""

    def __init__(self):
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802
                endpoint.take(self, "")

            def do_POST(self):  # noqa: N802
                endpoint.take(self, self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

            def answer(self, status, body):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.asked = []
        self.answer = (200, "{}")
        self.headers = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, request, body):
        self.headers.append(dict(request.headers))
        self.asked.append((request.path, urllib.parse.parse_qs(body)))
        request.answer(*self.answer)


def begin(bench):
    """A first version under load, and the Secret that the template reads."""
    first_version(bench, latency_ms=2)
    load = bench.load("api.default.localhost", 100)
    wait_for("load flows", lambda: load.totals()["ok"] > 100, 30)
    set_token(bench)


def set_token(bench):
    done = subprocess.run([bench.tuesday, "--state", str(bench.state), "secret", "set", "login", "token"],
                          input=TOKEN, text=True, capture_output=True)
    expect(done.returncode == 0, done.stderr)


def web_metric(url):
    return f"""      interval: 1s
      count: 3
      successCondition: result.ok
      provider:
        web:
          url: {url}/health
          jsonPath: "{{$.data}}"
          headers: [{{key: X-Token, value: "{{{{args.token}}}}"}}]"""


def case_what_a_web_address_answers_decides(bench):
    begin(bench)
    endpoint = Endpoint()
    endpoint.answer = (200, json.dumps({"data": {"ok": True}}))
    done = deploy(bench, "v2", web_metric(endpoint.url))
    expect(done.returncode == 0, done.stderr)
    promoted(bench, "api", 2)
    expect(len(endpoint.headers) == 3, f"asked {len(endpoint.headers)} times")
    expect(all(headers["X-Token"] == TOKEN for headers in endpoint.headers), f"{endpoint.headers}")
    endpoint.answer = (200, json.dumps({"data": {"ok": False, "said": TOKEN}}))
    expect(deploy(bench, "v3", web_metric(endpoint.url)).returncode == 0, "apply of v3")
    attempt = ended_badly(bench, "api")
    expect("asked" in attempt["reason"], f"the reason: {attempt['reason']}")
    log = bench.run("audit", "log", "--verify").stdout
    expect(TOKEN not in log, "the token is in the journal")
    bench.stop_daemon()
    found = subprocess.run(["grep", "-rlF", TOKEN, str(bench.state)], capture_output=True, text=True).stdout
    expect(found == "", f"the token is in {found}")


RANGE = """      successCondition: "len(result) == 3 && all(result, # < 10)"
      provider:
        prometheus:
          address: %s
          query: latency
          rangeQuery: {start: 'now() - duration("60s")', end: now(), step: 15s}
          authentication:
            basicAuth: {username: me, password: "{{args.token}}"}"""


def case_a_range_is_asked_with_name_and_password(bench):
    begin(bench)
    endpoint = Endpoint()
    series = [{"metric": {}, "values": [[1, "1"], [2, "9"]]}, {"metric": {"a": "b"}, "values": [[1, "3"]]}]
    endpoint.answer = (200, json.dumps({"status": "success", "data": {"resultType": "matrix", "result": series}}))
    done = deploy(bench, "v2", RANGE % endpoint.url)
    expect(done.returncode == 0, done.stderr)
    promoted(bench, "api", 2)
    path, form = endpoint.asked[-1]
    expect(path == "/api/v1/query_range" and form["query"] == ["latency"] and form["step"] == ["15.000"], f"{path} {form}")
    expect(abs(float(form["end"][0]) - float(form["start"][0]) - 60) < 0.001, f"{form}")
    credentials = base64.b64encode(f"me:{TOKEN}".encode()).decode()
    expect(endpoint.headers[-1]["Authorization"] == "Basic " + credentials, f"{endpoint.headers[-1]}")
    log = bench.run("audit", "log", "--verify").stdout
    expect(TOKEN not in log and credentials not in log, "the password is in the journal")
    done = deploy(bench, "v3", RANGE.replace("60s", "60 seconds") % endpoint.url)
    expect(done.returncode == 2 and "60 seconds" in done.stderr, f"{done.returncode}: {done.stderr}")


def case_what_cannot_be_asked_is_refused_at_apply_and_changes_nothing(bench):
    first_version(bench, latency_ms=2)
    done = deploy(bench, "v2", web_metric("http://127.0.0.1:1"))
    expect(done.returncode == 2 and "key token of the Secret login" in done.stderr, f"{done.returncode}: {done.stderr}")
    set_token(bench)
    done = deploy(bench, "v2", web_metric("ftp://127.0.0.1"))
    expect(done.returncode == 2 and "must begin with http://" in done.stderr, f"{done.returncode}: {done.stderr}")
    expect(bench.attempt("api")["number"] == 1, "something was begun")


def job_metric(script):
    return f"""      provider:
        job:
          spec:
            backoffLimit: 0
            template:
              spec:
                containers:
                  - name: check
                    command: [sh, -c, {json.dumps(script)}]
                    env: [{{name: TOKEN, valueFrom: {{secretKeyRef: {{name: login, key: token}}}}}}]"""


def case_a_job_runs_once_though_the_daemon_is_killed_in_its_middle(bench):
    begin(bench)
    marks, go = bench.folder / "marks", bench.folder / "go"
    bench.folder.chmod(0o777)
    script = f'[ -n "$TOKEN" ] && echo begun >> {marks}; while [ ! -e {go} ]; do sleep 0.05; done; echo "saw $TOKEN"'
    expect(deploy(bench, "v2", job_metric(script)).returncode == 0, "apply of v2")
    wait_for("the job has begun", lambda: marks.exists(), 60)
    bench.kill_daemon()
    bench.start_daemon()
    bench.kill_daemon()
    go.touch()
    bench.start_daemon()
    promoted(bench, "api", 2)
    expect(marks.read_text() == "begun\n", f"the job ran again: {marks.read_text()!r}")
    expect(TOKEN not in bench.run("audit", "log", "--verify").stdout, "what the job said of the token is in the journal")


def case_a_job_that_fails_takes_the_version_back_and_says_its_last_line(bench):
    begin(bench)
    expect(deploy(bench, "v2", job_metric("echo no rows in $TOKEN; exit 3")).returncode == 0, "apply of v2")
    attempt = ended_badly(bench, "api")
    expect("asked" in attempt["reason"], f"the reason: {attempt['reason']}")
    log = bench.run("audit", "log", "--verify").stdout + bench.run("why", "api").stdout
    expect("exit 3" in log and TOKEN not in log, f"the journal: {log[-600:]}")


def case_a_job_of_a_rollout_that_is_aborted_is_ended(bench):
    begin(bench)
    marks = bench.folder / "pid"
    bench.folder.chmod(0o777)
    expect(deploy(bench, "v2", job_metric(f"echo $$$$ > {marks}; exec sleep 600")).returncode == 0, "apply of v2")
    wait_for("the job has begun", lambda: marks.exists() and marks.read_text().strip(), 60)
    bench.run("rollout", "abort", "api")

    def is_gone():
        try:
            os.kill(int(marks.read_text()), 0)
        except ProcessLookupError:
            return True
        return False
    wait_for("its process is gone", is_gone, 120)


def case_a_real_prometheus_is_asked(bench):
    program = os.environ.get("PROMETHEUS") or shutil.which("prometheus")
    if program is None:
        raise Skipped("no prometheus on this machine: apt-get install prometheus, or PROMETHEUS=/path/to/prometheus")
    begin(bench)
    port = free_port()
    (bench.folder / "prometheus.yml").write_text(
        f"scrape_configs: [{{job_name: self, scrape_interval: 1s, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]\n")
    server = subprocess.Popen([program, f"--config.file={bench.folder}/prometheus.yml", f"--storage.tsdb.path={bench.folder}/tsdb",
                               f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
        annotations = "\n  annotations: {tuesday/prometheus-version: '2'}" if "version 2" in version else ""
        metric = f"""      interval: 1s
      count: 2
      successCondition: len(result) == 1 and result[0] > 0.5
      provider:
        prometheus: {{address: "http://127.0.0.1:{port}", query: 'avg_over_time(up{{job=~"se.f"}}[1m])'}}"""
        expect(deploy(bench, "v2", metric, annotations).returncode == 0, "apply of v2")
        promoted(bench, "api", 2)
        expect(deploy(bench, "v3", metric.replace("> 0.5", "> 1.5"), annotations).returncode == 0, "apply of v3")
        expect("asked" in ended_badly(bench, "api")["reason"], "another reason")
        server.send_signal(signal.SIGKILL)
        server.wait()
        expect(deploy(bench, "v4", metric, annotations).returncode == 0, "apply of v4")
        expect("Nothing answers" in ended_badly(bench, "api")["reason"], "another reason")
    finally:
        server.kill()


if __name__ == "__main__":
    e2e_test.CASES.clear()
    e2e_test.CASES.update({name[5:]: case for name, case in list(globals().items()) if name.startswith("case_")})
    sys.exit(e2e_test.main())
