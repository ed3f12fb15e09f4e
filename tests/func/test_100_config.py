# SPDX-License-Identifier: Apache-2.0
"""A wrong configuration does not start: the line and the reason are told."""

import pathlib
import re

import pytest

pytestmark = pytest.mark.one_mpm

ROOT = pathlib.Path(__file__).resolve().parents[2]
KNOWN = set(re.findall(r'"(Wfp[A-Z]\w*)"',
                       (ROOT / "mod_wfp/directives.c").read_text()))

WRONG = """
WfpOutbound off a=b
WfpLog "|"
WfpDatabase mysql whatever
WfpDatabase sqlite3
WfpDataDir /one /two
WfpKeyFile /one /two
WfpAccount not-hex
WfpAccount 0123456789abcdef
WfpRegistrySize much
WfpRegistrySize -1
WfpRegistrySize 64Q
WfpRegistrySize 1K
WfpKvCache much
WfpKvCache 1K
WfpKvCache -1
WfpKvCache on
WfpQuota kv_reads
WfpQuota kv_reads x
WfpQuota kv_reads 5 y
WfpQuota kv_reads -1
WfpQuota nothing 5
WfpQuota kv_bytes 5
WfpQuota kv_bytes 1M 2M
WfpQuota r2_bytes x
WfpQuota asset_bytes 1M 2M
WfpAdminSession long
WfpAdminSession 59s
WfpAdminSession 43201min
WfpSyncInterval soon
WfpSyncInterval -5s
WfpSyncInterval 5parsecs
WfpSyncInterval 0
WfpDispatcher two words
WfpDispatcher a/b
WfpDispatcher a.b
WfpNamespace a/b
WfpNamespace two words
WfpNamespace a2345678901234567890123456789012345678901234567890123456789_1234
WfpOutbound a/b
WfpOutbound name =value
WfpOutbound name novalue
WfpRouteBy magic
WfpRouteBy header:
WfpRouteBy "header:a b"
WfpLimit cpu_ms
WfpLimit nothing 5
WfpLimit cpu_ms 0
WfpLimit cpu_ms -1
WfpLimit cpu_ms 1.5
WfpLimit cpu_ms 50x
WfpLimit cpu_ms 99999999999999999999
WfpLimit cpu_ms 100 50
WfpLimit instructions 999
WfpLimit wall_ms 9
WfpLimit memory_mb 0
WfpLimit memory_mb 513
WfpLimit subrequests -1
WfpLimit connections 65
WfpLimit startup_ms 9
WfpLimit depth 0
WfpCoolDown 20
WfpCoolDown x 1min
WfpCoolDown 20 never
WfpCoolDown on
WfpApiRate x 5min
WfpApiRate 5
WfpVersionsKept -1
WfpVersionsKept some
WfpLogRetention
WfpLogRetention 7w
WfpLogRetention x
WfpLogRetention 0s
WfpLogRetention -1d
WfpLogRetention 3651d
WfpLogRetention 99999999999999999d
WfpLogRetention d
WfpLogRetention 7d x
WfpLogRetention 7d 1K
WfpLogRetention 7d 2000G
WfpLogRetention off 1G
WfpLogRetention ever
WfpTrustHeader "a b"
WfpWorkerHeader maybe
WfpMetering fast
WfpHardening maybe
WfpHardening off +landlock
WfpHardening auto +more
WfpApiRate 10
WfpApiRate 0 5min
WfpApiRate x 5min
WfpApiRate 10 never
WfpApiRate 10 10ms
WfpVersionsKept -1
WfpVersionsKept all
WfpIsolates many
WfpIsolates 0
WfpIsolateMemory lots
WfpQueueBacklog lots
WfpQueueBacklog 10K
WfpIsolateReuse maybe
WfpEgressAllow 300.0.0.0/8
WfpEgressAllow 10.0.0.0/33
WfpEgressAllow :99999
WfpEgressAllow http://example.com/
WfpEgressDeny 10.0.0.0/x
WfpEgressDeny [::1/129
WfpEgressTimeout x 30s
WfpEgressTimeout 5s -1s
WfpEgressTimeout 5s 30s 0s
WfpEgressTimeout 5s 30s x
WfpEgressCA /no/such/file.pem
WfpEgressConnections none
WfpEgressConnections 0
WfpHardening perhaps
WfpSocache nosuchprovider
"""
WRONG = [line for line in WRONG.splitlines() if line.split()
         and line.split()[0] in KNOWN]

RIGHT = """
WfpRegistrySize 1M
WfpRegistrySize 2G
WfpKvCache 1M
WfpKvCache off
WfpQuota kv_reads 0
WfpQuota kv_reads 100 1000
WfpQuota d1_bytes 1M
WfpAdminSession 1min
WfpAdminSession 43200min
WfpSyncInterval 250ms
WfpSyncInterval 2s
WfpDispatcher router
WfpDispatcher off
WfpNamespace production
WfpNamespace by-path
WfpOutbound out customer=a plan=b
WfpOutbound off
WfpRouteBy subdomain
WfpRouteBy path
WfpRouteBy header:X-Worker
WfpRouteBy table
WfpLimit cpu_ms 20
WfpLimit cpu_ms 20 100
WfpLimit instructions 1000000 0
WfpLimit response_mb 0
WfpCoolDown off
WfpCoolDown 20 1min
WfpCoolDown 20 1min 30s
WfpTrustHeader X-Real-IP
WfpTrustHeader off
WfpWorkerHeader on
WfpMetering exact
WfpHardening on
WfpHardening on +landlock
WfpHardening auto +landlock
WfpHardening Off
WfpApiRate 10 1s
WfpVersionsKept 0
WfpLogRetention 1s
WfpLogRetention 12h
WfpLogRetention 30d 10G
WfpLogRetention off
WfpIsolates 10
WfpIsolateMemory 128M
WfpQueueBacklog 1M
WfpIsolateReuse off
WfpEgressAllow 10.0.0.0/8 [fd00::]/8 10.1.2.3/32:8080 *.example.com
WfpEgressAllow api.example.com:8443 :8443
WfpEgressDeny 192.0.2.0/24 bad.example.com
WfpEgressTimeout 2s 20s
WfpEgressTimeout 2s 600s 20s
WfpEgressConnections 64
"""
RIGHT = [line for line in RIGHT.splitlines() if line.split()
         and line.split()[0] in KNOWN]

EXAMPLES = [(page.stem, example.strip().splitlines())
            for page in sorted((ROOT / "docs/directives").glob("Wfp*.md"))
            for example in re.findall(r"^```apache\n(.*?)^```",
                                      page.read_text(), re.M | re.S)]
SHIPPED = [line[1:] for line in
           (ROOT / "conf/wfp.conf").read_text().splitlines()
           if line.startswith(("#Wfp", "#<", "#    ", "#</"))]

SERVER_ONLY = {"WfpRegistrySize": "64M", "WfpKvCache": "off", "WfpQuota": "kv_reads 5",
               "WfpSyncInterval": "1s",
               "WfpIsolates": "10", "WfpApiRate": "10 1s",
               "WfpAdminSession": "60min",
               "WfpVersionsKept": "1", "WfpMetering": "exact",
               "WfpDataDir": "/tmp", "WfpCoolDown": "off"}


class TestConfig:
    """httpd -t says what is wrong and where."""

    def test_100_01_fixture_is_right(self, httpd):
        assert httpd.configtest([]) == (0, "Syntax OK\n")

    @pytest.mark.parametrize("line", WRONG)
    def test_100_02_wrong_value_is_refused(self, httpd, line):
        code, text = httpd.configtest([line])
        number = httpd.config([line]).splitlines().index(line) + 1
        assert code != 0
        assert f"line {number} of" in text
        reason = text.split(":\n", 1)[1].strip()
        assert "Invalid command" not in reason
        assert len(reason) > 15, "no reason was told"
        # whoever reads it knows which directive is meant
        assert line.split()[0] in reason

    @pytest.mark.parametrize("line", RIGHT)
    def test_100_03_right_value_is_taken(self, httpd, line):
        assert httpd.configtest([line]) == (0, "Syntax OK\n")

    def test_100_04_every_directive_is_tried(self):
        free = {"WfpLog"}
        tried = {line.split()[0] for line in WRONG}
        assert KNOWN - free - tried == set()

    @pytest.mark.parametrize("name", sorted(KNOWN & set(SERVER_ONLY)))
    @pytest.mark.parametrize("scope", ["VirtualHost *:1", "Location /x"])
    def test_100_05_server_directive_elsewhere(self, httpd, name, scope):
        code, text = httpd.configtest([f"<{scope}>",
                                       f"{name} {SERVER_ONLY[name]}",
                                       f"</{scope.split()[0]}>"])
        assert code != 0
        assert name in text

    @pytest.mark.parametrize("first", [0, 1])
    def test_100_13_table_is_not_by_path(self, httpd, first):
        lines = ["WfpNamespace by-path", "WfpRouteBy table"]
        lines = lines[first:] + lines[:first]
        code, text = httpd.configtest(['<Location "/x">', *lines,
                                       "</Location>"])
        assert code != 0
        assert "choose one" in text

    @pytest.mark.parametrize("section", [
        '<If "true">', '<Proxy "*">', '<ProxyMatch "x">', '<Files "x">',
        '<Directory "/tmp">', '<Location "/x">\n<LimitExcept GET>',
        '<Location "~" "^/x">', '<Location "/x*/y">'])
    def test_100_14_sections_without_a_claim(self, httpd, section):
        """Where it would do nothing, or something else than it says."""
        lines = section.splitlines()
        ends = [f"</{line[1:].split()[0]}>" for line in reversed(lines)]
        code, text = httpd.configtest([*lines, "WfpNamespace demo", *ends])
        assert code != 0
        assert "WfpNamespace" in text

    @pytest.mark.parametrize("first", [0, 1])
    @pytest.mark.parametrize("dispatcher", ["router", "off"])
    def test_100_15_dispatcher_or_namespace(self, httpd, dispatcher, first):
        lines = [f"WfpDispatcher {dispatcher}", "WfpNamespace demo"]
        lines = lines[first:] + lines[:first]
        code, text = httpd.configtest(['<Location "/x">', *lines,
                                       "</Location>"])
        assert code != 0
        assert "choose one" in text

    def test_100_06_no_claim_by_regular_expression(self, httpd):
        code, text = httpd.configtest(
            ['<LocationMatch "^/x">', "WfpNamespace demo",
             "</LocationMatch>"])
        assert code != 0
        assert "WfpNamespace" in text

    @pytest.mark.parametrize("line", ["WfpNamespace demo", "WfpRouteBy path",
                                      "WfpDispatcher router"])
    def test_100_07_never_in_htaccess(self, httpd, client, line):
        folder = httpd.root / "htdocs/sub"
        folder.mkdir(exist_ok=True)
        (folder / ".htaccess").write_text(line + "\n")
        httpd.configure([f'<Directory "{httpd.root}/htdocs">',
                         "AllowOverride All", "</Directory>"])
        httpd.log.expect(f"{line.split()[0]} not allowed here")
        assert client.get("/sub/").status == 500

    def test_100_08_key_that_others_can_read(self, httpd):
        httpd.need_store()
        key = httpd.root / "open.key"
        key.write_bytes((httpd.root / "data/key").read_bytes())
        key.chmod(0o644)
        httpd.log.expect(r"\[wfp:", "AH00020|AH00014|AH00016")
        told = httpd.start_refused([f'WfpKeyFile "{key}"'])
        assert "open.key" in told

    @pytest.mark.parametrize("name,lines", EXAMPLES,
                             ids=[name for name, _ in EXAMPLES])
    def test_100_09_examples_of_the_pages(self, httpd, name, lines):
        assert httpd.configtest(lines) == (0, "Syntax OK\n")

    def test_100_10_every_page_has_an_example(self):
        assert {name for name, _ in EXAMPLES} == KNOWN

    def test_100_11_shipped_configuration(self, httpd):
        # the dispatcher and the second database are alternatives
        lines = [line.replace("/var/log/apache2", f"{httpd.root}/logs")
                 for line in SHIPPED
                 if not line.startswith(("WfpDatabase pgsql",))]
        assert httpd.configtest(lines) == (0, "Syntax OK\n")

    def test_100_12_store_without_schema(self, httpd):
        httpd.log.expect(r"\[wfp:", "AH00020|AH00014|AH00016")
        told = httpd.start_refused(
            [f'WfpDatabase sqlite3 "{httpd.root}/data/none.db"'])
        assert "wfpctl init" in told
