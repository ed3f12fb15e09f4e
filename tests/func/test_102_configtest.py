# SPDX-License-Identifier: Apache-2.0
"""What httpd -t says of directives that are wrong together, where they stand
or about what they name: the line (marked with !) and what would be right."""

import re

import pytest

pytestmark = pytest.mark.one_mpm

# name: configuration, words of the answer
REFUSED = {
    # ---- useless without another directive
    "route-alone": ("""
        <Location "/x">
        !WfpRouteBy path
        </Location>""", "does nothing: give WfpNamespace"),
    "outbound-alone": ("""
        <Location "/x">
        !WfpOutbound gate
        </Location>""", "WfpNamespace or WfpDispatcher"),
    "route-of-vhost": ("""
        <VirtualHost *:1>
        !WfpRouteBy path
        </VirtualHost>""", "does nothing"),
    "outbound-of-vhost": ("""
        <VirtualHost *:1>
        !WfpOutbound gate a=1
        </VirtualHost>""", "does nothing"),
    "route-with-dispatcher": ("""
        <VirtualHost *:1>
        WfpDispatcher front
        !WfpRouteBy path
        </VirtualHost>""", "does nothing"),
    "route-where-it-ends": ("""
        <VirtualHost *:1>
        WfpNamespace demo
        <Location "/x">
        WfpDispatcher off
        !WfpRouteBy path
        </Location>
        </VirtualHost>""", "does nothing"),
    "outbound-where-it-ends": ("""
        <VirtualHost *:1>
        WfpNamespace demo
        <Location "/x">
        WfpDispatcher off
        !WfpOutbound gate
        </Location>
        </VirtualHost>""", "does nothing"),
    "route-beside": ("""
        <Location "/x">
        WfpNamespace demo
        </Location>
        <Location "/xy">
        !WfpRouteBy path
        </Location>""", "does nothing"),
    "namespace-of-another-vhost": ("""
        <VirtualHost *:1>
        WfpNamespace demo
        </VirtualHost>
        <VirtualHost *:2>
        <Location "/x">
        !WfpRouteBy path
        </Location>
        </VirtualHost>""", "does nothing"),
    "if-module": ("""
        <IfModule wfp_module>
        <Location "/x">
        <IfModule headers_module>
        !WfpRouteBy path
        </IfModule>
        </Location>
        </IfModule>""", "does nothing"),
    # ---- contradictions
    "limit-over-ceiling": ("""
        WfpLimit cpu_ms 50 100
        <VirtualHost *:1>
        !WfpLimit cpu_ms 500
        </VirtualHost>""", "500 is not in 1 to 100"),
    "by-path-by-header": ("""
        <Location "/x">
        WfpNamespace by-path
        !WfpRouteBy header:X
        </Location>""", "choose one"),
    "by-header-by-path": ("""
        <Location "/x">
        WfpRouteBy subdomain
        !WfpNamespace by-path
        </Location>""", "choose one"),
    "param-twice": ("!WfpOutbound gate a=1 a=2", "second time"),
    "quota-below-worker": ("!WfpQuota kv_reads 100 10", "one Worker's"),
    "cool-down-off": ("!WfpCoolDown off 1min", "nothing beside off"),
    "retention-off": ("!WfpLogRetention off 1G", "nothing beside off"),
    "beside-a-handler": ("""
        <Location "/x">
        SetHandler server-status
        !WfpNamespace demo
        </Location>""", "beside SetHandler server-status"),
    "beside-a-handler-of-ours": ("""
        <VirtualHost *:1>
        <Location "/api">
        !WfpDispatcher front
        SetHandler wfp-api
        </Location>
        </VirtualHost>""", "beside SetHandler wfp-api"),
    # ---- the wrong place
    "if": ("""
        <Location "/x">
        <If "true">
        !WfpNamespace demo
        </If>
        </Location>""", "WfpNamespace cannot occur within <If>"),
    "server-in-if": ("""
        <If "true">
        !WfpIsolates 5
        </If>""", "WfpIsolates not allowed in <If>"),
    "server-in-directory": ("""
        <Directory "/tmp">
        !WfpLog logs/x
        </Directory>""", "WfpLog not allowed in <Directory>"),
    "server-in-files": ("""
        <Files "x">
        !WfpLimit cpu_ms 5
        </Files>""", "WfpLimit not allowed in <Files>"),
    "server-in-vhost": ("""
        <VirtualHost *:1>
        !WfpKeyFile key
        </VirtualHost>""", "outside <VirtualHost>"),
    # ---- values
    "namespace-off": ("!WfpNamespace off", "WfpDispatcher off"),
    "limit-name": ("!WfpLimit cpu 5", "cpu_ms, instructions, wall_ms"),
    "limit-large": ("!WfpLimit memory_mb 9223372036854775807 0",
                    "at most 1000000000000"),
    "ceiling-low": ("!WfpLimit wall_ms 100 5", "at least 10, or 0 for none"),
    "ceiling-word": ("!WfpLimit cpu_ms 5 many", "whole number"),
    "quota-name": ("!WfpQuota reads 5", "kv_reads, kv_writes"),
    "quota-word": ("!WfpQuota kv_reads many", "0 for no bound"),
    "unit": ("!WfpSyncInterval 5sausages", "10ms to 60min"),
    "unit-min": ("!WfpCoolDown 5 5mistakes", "1min, 1ms or more"),
    "time-large": ("!WfpEgressTimeout 5s 999999999999999h", "30s"),
    "time-short": ("!WfpEgressTimeout 5s 4s", "at least as long as the first"),
    "time-missing": ("!WfpCoolDown 20", "wants a time"),
    "count-word": ("!WfpIsolates many", "1 to 1000000"),
    "size-small": ("!WfpRegistrySize 1K", "1M to 256G"),
    "size-word": ("!WfpKvCache some", "1M to 256G, or off"),
    "header-word": ('!WfpTrustHeader "a b"', "nor off"),
    "socache-args": ("!WfpSocache shmcb:/x(10)", "8192"),
    # ---- paths
    "log-folder": ("!WfpLog /no/such/folder/x", "no folder that is there"),
    "log-is-folder": ("!WfpLog logs", "is a folder"),
    "log-program": ('!WfpLog "|/no/such/program -x"', "names no program"),
    "log-program-path": ('!WfpLog "|cat"', "the whole path"),
    "data-dir": ("!WfpDataDir htdocs/index.html", "is no folder"),
    "key-folder": ("!WfpKeyFile logs", "not a file"),
    "key-text": ("!WfpKeyFile bare.conf", "cannot be used"),
    "database-folder": ("!WfpDatabase sqlite3 logs", "is a folder"),
    "route-beside-by-path": ("""
        <Location "/x/">
        WfpNamespace by-path
        </Location>
        <Location "/x/y">
        !WfpRouteBy path
        </Location>""", "does nothing"),
    "ca-missing": ("!WfpEgressCA none.pem", "no file that can be read"),
    "ca-folder": ("!WfpEgressCA logs", "no file that can be read"),
    "ca-empty": ("!WfpEgressCA htdocs/index.html", "has no certificate"),
}

TAKEN = {
    "route-of-the-server": """
        WfpRouteBy path
        <VirtualHost *:1>
        WfpDispatcher front
        </VirtualHost>
        <VirtualHost *:2>
        <Location "/x">
        WfpNamespace demo
        </Location>
        </VirtualHost>""",
    "route-around": """
        <Location "/x">
        WfpRouteBy path
        </Location>
        <Location "/x/y/">
        WfpNamespace demo
        </Location>""",
    "route-below": """
        <VirtualHost *:1>
        WfpNamespace demo
        <Location "/x/">
        WfpRouteBy path
        </Location>
        </VirtualHost>""",
    "route-by-wildcard": """
        <Location "/x/y">
        WfpNamespace demo
        </Location>
        <Location "/*/y">
        WfpRouteBy path
        </Location>""",
    "outbound-of-a-dispatcher": """
        <VirtualHost *:1>
        WfpDispatcher front
        WfpOutbound gate
        </VirtualHost>""",
    "namespace-of-the-server": """
        WfpNamespace demo
        <VirtualHost *:1>
        WfpRouteBy path
        WfpOutbound gate
        </VirtualHost>""",
    "the-last-one-holds": """
        WfpNamespace demo
        WfpNamespace other
        WfpIsolates 5
        WfpIsolates 6
        WfpLimit cpu_ms 50 100
        WfpLimit cpu_ms 500""",
    "ceiling-of-its-own": """
        WfpLimit cpu_ms 50 100
        <VirtualHost *:1>
        WfpLimit cpu_ms 500 1000
        </VirtualHost>""",
    "by-path": """
        <Location "/x">
        WfpNamespace by-path
        WfpRouteBy path
        </Location>""",
    "not-there-yet": """
        WfpDataDir /no/such/folder
        WfpKeyFile /no/such/folder/key
        WfpDatabase sqlite3 /no/such/folder/wfp.db""",
    "handlers-elsewhere": """
        <Location "/">
        WfpNamespace demo
        </Location>
        <Location "/x">
        SetHandler server-status
        </Location>
        <Location "/y">
        SetHandler none
        WfpDispatcher front
        </Location>
        <Location "/z">
        SetHandler wfp-api
        WfpDispatcher off
        </Location>""",
    "programs": """
        WfpLog "|/bin/cat -u"
        <VirtualHost *:1>
        WfpLog "|$cat >/dev/null"
        </VirtualHost>""",
    "log": "WfpLog logs/workers",
    "no-ceiling": "WfpLimit cpu_ms 50000 0",
    "quota": "WfpQuota kv_reads 100 0",
    "socache": "WfpSocache shmcb:cache(8192)",
    "hours": "WfpLogRetention 24h",
}


def lines_of(block):
    """Lines without the mark, and the one that had it."""
    lines = [line.strip() for line in block.strip().splitlines()]
    marked = [line[1:] for line in lines if line.startswith("!")]
    return [line.lstrip("!") for line in lines], marked[0] if marked else None


def bare(httpd, lines):
    """A configuration where nothing is a Worker's yet, in a file."""
    path = httpd.root / "bare.conf"
    path.write_text(re.sub(r'<Location "/_ns/">.*?</Location>\n', "",
                           httpd.config(lines), flags=re.S))
    return path


@pytest.mark.parametrize("name", REFUSED)
def test_102_01_refused(httpd, name):
    block, words = REFUSED[name]
    lines, wrong = lines_of(block)
    path = bare(httpd, lines)
    code, told = httpd.configtest_of(path)
    number = path.read_text().splitlines().index(wrong) + 1
    assert code == 1
    assert f"line {number} of {path}" in told, told
    assert wrong.split()[0] in told and words in told, told


@pytest.mark.parametrize("name", TAKEN)
def test_102_02_taken(httpd, name):
    lines, _ = lines_of(TAKEN[name])
    assert httpd.configtest_of(bare(httpd, lines)) == (0, "Syntax OK\n")


@pytest.mark.parametrize("line", ["WfpRouteBy path", "WfpOutbound gate"])
def test_102_03_of_the_server_for_nobody(httpd, line):
    """Virtual hosts may come and go: it is told, and refused to nobody."""
    path = bare(httpd, [line])
    code, told = httpd.configtest_of(path)
    number = path.read_text().splitlines().index(line) + 1
    assert code == 0
    assert f"line {number} of {path}: {line} does nothing" in told


def test_102_04_key_that_others_can_read(httpd):
    httpd.need_store()
    key = httpd.root / "open.key"
    key.write_bytes((httpd.root / "data/key").read_bytes())
    key.chmod(0o644)
    code, told = httpd.configtest([f"WfpKeyFile {key}"])
    assert code == 1 and "line " in told and "mode 0600" in told
    key.chmod(0o600)
    assert httpd.configtest([f"WfpKeyFile {key}"]) == (0, "Syntax OK\n")


def test_102_05_wfpctl_goes_on(httpd):
    """It reads settings by httpd -t, and mends what is missing."""
    httpd.need_store()
    conf = httpd.root / "wfpctl.conf"
    conf.write_text(httpd.config(["WfpLog /no/such/folder/x"]))
    assert httpd.configtest_of(conf)[0] == 1
    assert httpd.configtest_of(conf, "-DDUMP_WFP")[0] == 0
