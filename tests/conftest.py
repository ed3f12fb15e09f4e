# SPDX-License-Identifier: Apache-2.0
"""What every test may use: httpd, origin, client, tenant, records,
and the REST API: api, queue, user, either."""

import os
import pathlib

import pytest

from wfptest.api import LOCATION, Api
from wfptest.client import Client
from wfptest.httpd import Httpd
from wfptest.origin import Origin
from wfptest.queues import Queues
from wfptest.records import Records
from wfptest.tenant import Tenant
from wfptest.uploads import Scripts

TESTS = pathlib.Path(__file__).resolve().parent


def pytest_addoption(parser):
    parser.addoption("--mpm", choices=("event", "worker", "prefork"),
                     default="event", help="httpd's MPM")


def pytest_collection_modifyitems(config, items):
    """Tests marked one_mpm run under event; with -m the caller chooses."""
    if config.option.mpm == "event" or config.option.markexpr:
        return
    out = [item for item in items if item.get_closest_marker("one_mpm")]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in set(out)]


@pytest.fixture(scope="session")
def build():
    """The build folder."""
    return pathlib.Path(os.environ.get("WFP_BUILD", TESTS.parent / "build")
                        ).resolve()


@pytest.fixture(scope="session")
def origin():
    server = Origin()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _server(request, build, origin):
    piece = os.environ.get("WFP_PIECE", "main")
    level = "trace2" if request.config.option.verbose > 1 else "info"
    mpm = request.config.option.mpm
    server = Httpd(build, TESTS / "gen" / f"{piece}-{mpm}", mpm, origin,
                   level)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def httpd(_server):
    """The server, with a store of its own that has the namespace demo."""
    return _server


@pytest.fixture(scope="module", autouse=True)
def _store(request):
    """Each file of tests begins with an empty store: what others have left
    would change what lists show."""
    if any("httpd" in item.fixturenames for item in request.session.items
           if item.path == request.path):
        server = request.getfixturevalue("_server")
        server.log.begin()
        server.forget()
        assert server.log.unexpected() == [], server.log.around()


@pytest.fixture(autouse=True)
def _error_log(request):
    """A test that leaves a warning nobody expected has failed."""
    if "httpd" not in request.fixturenames:
        yield
        return
    server = request.getfixturevalue("httpd")
    server.log.begin()
    yield
    assert server.log.unexpected() == [], server.log.around()


@pytest.fixture
def client(httpd):
    return Client(httpd.port)


@pytest.fixture
def tenant(httpd, client):
    """Deploys Workers that go when the test ends."""
    tenants = Tenant(httpd, client)
    yield tenants
    tenants.remove_all()


@pytest.fixture
def api(httpd, client):
    """The REST API, with the first token."""
    httpd.configure(LOCATION)
    return Api(httpd, client)


@pytest.fixture
def queue(api, tenant):
    """queue(**settings) makes a queue; they go when the test ends."""
    queues = Queues(api)
    yield queues
    tenant.remove_all()
    queues.remove_all()


@pytest.fixture
def user(api, tenant):
    """Workers of a new namespace, over the API."""
    return Scripts(api, tenant.namespace())


@pytest.fixture(params=["user", "account"])
def either(request, api, tenant):
    """The same, and once more those of the account."""
    return Scripts(api, tenant.namespace() if request.param == "user" else None)


@pytest.fixture(scope="module")
def world(request, httpd):
    """The module's World(httpd), what is around the server in its tests: it
    has lines of configuration and ends with stop()."""
    around = request.module.World(httpd)
    httpd.configure(around.lines)
    yield around
    around.stop()
    httpd.stop()


@pytest.fixture
def records(httpd):
    """What WfpLog has of the test; for files that configure Records.LINE in
    an autouse fixture, as those come first."""
    return Records(httpd)
