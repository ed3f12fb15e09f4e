# SPDX-License-Identifier: Apache-2.0
"""The real httpd with the module as built, in a server root of its own."""

import grp
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from .errorlog import ErrorLog
from .ports import free_ports
from .process import children_of, state_of
from .said import Said
from .tap import SUPPRESSIONS
from .wait import until

MODULES = ("authz_core", "alias", "headers", "rewrite", "setenvif", "proxy",
           "proxy_http", "status", "auth_basic", "authn_file", "authn_core",
           "authz_user", "socache_shmcb")

BASE = """
ServerRoot "{root}"
PidFile "{root}/httpd.pid"
DefaultRuntimeDir "{root}"
ErrorLog "{root}/logs/error_log"
LogLevel warn mpm_{mpm}:notice wfp:{level}
Listen 127.0.0.1:{port}
ServerName localhost
DocumentRoot "{root}/htdocs"
{modules}
LoadModule wfp_module "{module}"
{user}
{mpm_conf}
GracefulShutdownTimeout 30
WfpDatabase {database}
WfpDataDir "{root}/data"
WfpEgressAllow 127.0.0.1/32:{origin_port}
<Location "/_ns/">
    WfpNamespace by-path
</Location>
{lines}
"""
# the admin page as it is in the sources
WEB = pathlib.Path(__file__).resolve().parents[2] / "admin/web"
MPM_CONF = {
    "prefork": "StartServers 4\nMinSpareServers 4\nMaxSpareServers 16\n"
               "MaxRequestWorkers 16\nMaxConnectionsPerChild 0",
    "worker": "StartServers 2\nServerLimit 6\nThreadsPerChild 16\n"
              "MaxRequestWorkers 32\nMinSpareThreads 1\nMaxSpareThreads 32",
}
MPM_CONF["event"] = MPM_CONF["worker"]


def first_existing(*paths):
    return next((p for p in paths if p.exists()), paths[0])


def server_user():
    """(user, group) that children run as when we are root."""
    for user in ("www-data", "nobody"):
        try:
            entry = pwd.getpwnam(user)
            return user, grp.getgrgid(entry.pw_gid).gr_name
        except KeyError:
            pass
    raise AssertionError("no user for httpd's children")


def place(wanted):
    """A server root that children can reach, made new."""
    shutil.rmtree(wanted, ignore_errors=True)
    if os.getuid() == 0 and any(not p.stat().st_mode & 0o001
                                for p in wanted.parents if p.exists()):
        wanted = pathlib.Path(tempfile.mkdtemp(prefix="wfp-test-"))
    for name in ("logs", "htdocs", "data"):
        (wanted / name).mkdir(parents=True)
    wanted.chmod(0o755)
    if os.getuid() == 0:
        shutil.chown(wanted / "data", *server_user())
    (wanted / "data").chmod(0o700)
    return wanted


class Httpd:
    """One server; configure() makes it run with the lines given."""

    def __init__(self, build, folder, mpm, origin, level, database=None):
        self.build, self.mpm, self.level = build, mpm, level
        self.root = place(folder)
        self.database = database or f'sqlite3 "{self.root}/data/wfp.db"'
        self.port, = free_ports(1, folder.parent / "ports")
        self.origin = origin
        self.binary = shutil.which("apache2") or shutil.which("httpd") \
            or "/usr/sbin/apache2"
        apxs = shutil.which("apxs") or shutil.which("apxs2")
        self.modules = pathlib.Path(subprocess.run(
            [apxs, "-q", "LIBEXECDIR"], text=True, capture_output=True,
            check=True).stdout.strip())
        self.conf = self.root / "httpd.conf"
        self.log = ErrorLog(self.root / "logs/error_log")
        self.wrap = []  # words in front of its command
        self.said = Said(self)
        self.process = None
        self.running = None
        self.token = None
        self.first = []  # lines before mod_wfp is loaded
        self.env = {"ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
                    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
                    "TSAN_OPTIONS": SUPPRESSIONS,
                    **{k: v for k, v in os.environ.items()
                       if not k.startswith(("WFP_", "APACHE_"))},
                    "WFP_WEB_DIR": str(WEB)}
        (self.root / "htdocs/index.html").write_text("static\n")

    def config(self, lines):
        """The whole configuration for these lines."""
        names = (f"mpm_{self.mpm}", *MODULES,
                 *(() if self.mpm == "prefork" else ("http2",)))
        load = [f'LoadModule {n}_module "{self.modules}/mod_{n}.so"'
                for n in names]
        if self.mpm != "prefork":
            load.append("Protocols h2c http/1.1")
        load += self.first
        user = "User {}\nGroup {}".format(*server_user()) \
            if os.getuid() == 0 else ""
        return BASE.format(
            root=self.root, mpm=self.mpm, level=self.level, port=self.port,
            modules="\n".join(load), user=user, mpm_conf=MPM_CONF[self.mpm],
            module=self.build / ".libs/mod_wfp.so", database=self.database,
            origin_port=self.origin.port, lines="\n".join(lines))

    def configtest(self, lines):
        """(exit code, output) of httpd -t on these lines."""
        path = self.root / "configtest.conf"
        path.write_text(self.config(lines))
        return self.configtest_of(path)

    def configtest_of(self, path, *options):
        """The same of a file."""
        done = subprocess.run([self.binary, "-t", "-f", str(path), *options],
                              text=True, env=self.server_env(),
                              capture_output=True, check=False)
        return done.returncode, done.stderr + done.stdout

    def configure(self, lines=()):
        """Run with these lines; a restart only when the text changed."""
        text = self.config(lines)
        if self.running == text and self.process.poll() is None:
            return
        self.stop()
        self.conf.write_text(text)
        self.start()

    def start_refused(self, lines):
        """The error log of a start that these lines make fail."""
        self.stop()
        self.need_store()
        path = self.root / "refused.conf"
        path.write_text(self.config(lines))
        before = len(self.log.lines())
        done = subprocess.run(
            [self.binary, "-DFOREGROUND", "-f", str(path)],
            env=self.server_env(), capture_output=True, check=False,
            start_new_session=True, timeout=120)
        assert done.returncode != 0
        return "\n".join(self.log.lines()[before:])

    def forget(self):
        """Stop; the next start has a new and empty store."""
        self.stop()
        self.token = None
        for path in (self.root / "data").iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def need_store(self):
        """wfpctl init, once; the namespace that tests use."""
        if self.token is None:
            self.token = ""
            if not self.conf.exists():
                self.conf.write_text(self.config(()))
            self.token = self.wfpctl("init").stdout
            self.wfpctl("namespace", "create", "demo")

    def server_env(self):
        """WFP_PRELOAD: a sanitizer's runtime, needed by httpd only."""
        preload = os.environ.get("WFP_PRELOAD")
        return {**self.env, **({"LD_PRELOAD": preload} if preload else {})}

    def start(self):
        self.need_store()
        text = self.conf.read_text()
        before = self.log.size()
        with (self.root / "logs/stderr").open("ab") as out:
            # a session of its own: prefork signals its process group; and
            # it ends with us, whatever ends us
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *self.wrap, self.binary,
                 "-DFOREGROUND", "-f", str(self.conf)],
                cwd=self.root, env=self.server_env(), stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, start_new_session=True)
        until(self.answers, "httpd to listen", 60)
        # listening is too early: signals sent before this may be lost
        until(lambda: "resuming normal" in self.log.text(before),
              "httpd to begin", 60)
        self.running = text

    def answers(self):
        """Does it accept connections? Fails when it ended."""
        if self.process.poll() is not None:
            tail = (self.root / "logs/stderr").read_text()[-2000:]
            raise AssertionError(f"httpd ended {self.process.returncode}: "
                                 f"{tail}{self.log.lines()[-20:]}")
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def stop(self):
        """End the server we started; killed when it does not obey.

        Gracefully at first: told to end at once, the event MPM may abort a
        connection that its worker is just closing, and its child dies of that.
        """
        if self.process and self.process.poll() is None:
            for ask, patience in ((self.wind_down, 35), (self.terminate, 40)):
                ask()
                try:
                    self.process.wait(patience)
                    break
                except subprocess.TimeoutExpired:
                    continue
            else:
                # children, too: they hold the port
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                raise AssertionError("httpd did not stop in 75 s")
        self.running = None

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wind_down(self):
        """Ask for a graceful stop. httpd then sleeps for a second before it
        looks whether a child is left: when none is, SIGTERM wakes it. Not
        later than that, as it may be unloading what handles the signal. The
        worker MPM may count an exit twice then and miss the last ones."""
        self.log.expect("AH00546")
        before = self.log.size()
        asleep = time.monotonic() + 0.9
        self.process.send_signal(signal.SIGWINCH)
        while time.monotonic() < asleep and self.process.poll() is None:
            if "shutting down gracefully" in self.log.text(before) \
                    and all(state_of(pid) in "ZX" for pid in self.children()):
                self.terminate()
                return
            time.sleep(0.01)

    def graceful(self):
        """A graceful restart, until the new generation serves."""
        before = len(self.log.lines())
        self.process.send_signal(signal.SIGUSR1)
        until(lambda: any("resuming normal" in line
                          for line in self.log.lines()[before:]),
              "httpd to restart")

    def children(self):
        """Process ids of the children."""
        return children_of(self.process.pid)

    def settle(self, waiting=True):
        """Until each child has begun, and waits for something: httpd's handlers
        of SIGTERM free memory wherever the process is, and one that has yet to
        come to its threads, or to our code, may die of that."""
        def has_begun(pid):
            try:
                tasks = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
                stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
            except OSError:
                return False  # it has just ended
            return len(tasks) > 1 and (not waiting or ") S " in stat)

        until(lambda: all(has_begun(pid) for pid in self.children()),
              "children that wait")

    def wfpctl(self, *args, check=True, stdin=None, quick=False):
        """Run wfpctl on this server's store. quick: it is not what is tested,
        and need not start httpd to learn its settings."""
        self.need_store()
        env = self.server_env()
        if quick:
            env.update(self.said.env())
        command = first_existing(self.build / "wfpctl",
                                 self.build / "admin/wfpctl/wfpctl")
        done = subprocess.run(
            [str(command), "--config", str(self.conf), *args], text=True,
            env=env, input=stdin, capture_output=True, check=False, timeout=120)
        assert not check or done.returncode == 0, \
            f"wfpctl {args}: {done.returncode} {done.stderr}{done.stdout}"
        return done
