# SPDX-License-Identifier: Apache-2.0
"""Which functions of the module requests run, as callgrind counts them, for
bench/hot: written down as mod_wfp/hot.ld, by which the linker puts them side by
side."""

import argparse
import collections
import http.client
import pathlib
import re
import tempfile

from bench import (ROOT, Server, build_null, deploy_all, main_lines,
                   plain_modules)

REQUESTS = 300
# what runs for every other request of one kind
OFTEN = REQUESTS // 2
LINES = [
    "ThreadsPerChild 4", "MaxRequestWorkers 8", "StartServers 1",
    # all that is slow here is callgrind
    "WfpLimit cpu_ms 30000", "WfpLimit startup_ms 1000",
    "WfpLimit instructions 1000000000 0",
    "WfpLog logs/workers.log", "WfpLogRetention off"]
PATHS = [("/builtin/hello/", "localhost"), ("/builtin/fetcher/", "localhost"),
         ("/dispatch/", "hello.bench.test")]
HEAD = """/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that requests run, side by side: they are few among many, and a page of
   code for each costs a processor more than the code itself. Written by bench/hot;
   a name that is missing or gone costs speed only. */
SECTIONS
{
  .text.wfp_hot : ALIGN(64)
  {
"""
TAIL = """  }
}
INSERT BEFORE .text;
"""


def ask(port, path, host):
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    for _ in range(REQUESTS):
        conn.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
        conn.putheader("Host", host)
        conn.endheaders()
        answer = conn.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {body[:200]}")
    conn.close()


def calls_of(text):
    """{(file, function): calls} of the module's in what callgrind wrote."""
    calls, made_in = collections.Counter(), collections.defaultdict(set)
    ob = callee_ob = file = callee = None
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key == "ob":
            ob = value
        elif key == "fl":
            file = pathlib.Path(value)
        elif key == "cob":
            callee_ob = value
        elif key in ("fn", "cfn"):
            name = re.sub(r"['.].*", "", value)
            if key == "cfn":
                callee = name
            elif ob.endswith("/mod_wfp.so") and file.suffix == ".c":
                made_in[name].add(file.stem)
        elif key == "calls":
            if (callee_ob or ob).endswith("/mod_wfp.so"):
                calls[callee] += int(value.split()[0])
            callee_ob = None
    return collections.Counter({(file, name): n for name, n in calls.items()
                                for file in made_in[name]})


def measure(build, out):
    names = plain_modules("mpm_event", "authz_core")
    null = build_null(build)
    origin = Server(build, build / "bench/origin",
                    lambda folder: [*names(folder), ("null", null)],
                    lambda server: [])
    base = main_lines(origin.port, origin.port)
    names = plain_modules("mpm_event", "authz_core", "lua", "proxy",
                          "proxy_http")
    server = Server(build, build / "bench/hot",
                    lambda folder: [*names(folder),
                                    ("wfp", build / ".libs/mod_wfp.so")],
                    lambda server: [*base(server), *LINES])
    server.wrap = [
        "valgrind", "--tool=callgrind", "--trace-children=yes",
        "--fair-sched=yes", "--compress-strings=no", "--compress-pos=no",
        "--toggle-collect=ap_process_async_request",
        f"--callgrind-out-file={out}/%p"]
    server.env["DEBUGINFOD_URLS"] = ""
    try:
        origin.configure()
        deploy_all(server, origin)
        server.configure()
        for path, host in PATHS:
            ask(server.port, path, host)
    finally:
        server.stop()
        origin.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path,
                        default=ROOT / "mod_wfp/hot.ld")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder)
        out.chmod(0o1777)  # children write as their user
        measure(options.build.resolve(), out)
        calls = sum((calls_of(file.read_text()) for file in out.iterdir()),
                    collections.Counter())
    hot = sorted(key for key, n in calls.items() if n >= OFTEN)
    if not hot:
        raise SystemExit("callgrind saw no request")
    options.out.write_text(HEAD + "".join(
        f"    *{file}.o(.text.{name} .text.{name}.*)\n" for file, name in hot)
        + TAIL)
    print(f"{options.out}: {len(hot)} functions")


if __name__ == "__main__":
    main()
