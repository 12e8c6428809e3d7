"""An agency behind TLS and a Fedify peer, each trusting the test's authority."""

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from schemas.records import AgencyState, Community, Role
from server import app
from server.config import Settings
from server.storage import agencies
from server.storage.embedded import Cluster
from tests import npm
from tests.browser import Browser
from tests.fedify.peer import FedifyPeer, running_peer
from tests.hostile_peer import PrivateAuthority
from tests.instance import Instance, cloned
from tests.stories import life
from tests.stories.installation import Visitor
from tests.tls_proxy import TlsProxy


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fedify")


@pytest.fixture(scope="session")
def authority(directory: Path) -> PrivateAuthority:
    return PrivateAuthority(directory)


@pytest.fixture(scope="session")
async def peer(directory: Path, authority: PrivateAuthority) -> AsyncIterator[FedifyPeer]:
    npm.require(npm.FEDIFY)
    authority.vouch("peer.localhost")
    pem = (directory / "server.pem").rename(directory / "peer.pem")
    async with running_peer(
        pem=pem, trust=authority.bundle, log=directory / "peer.log"
    ) as peer:
        yield peer


@pytest.fixture(scope="session")
async def transport(
    cluster: Cluster, authority: PrivateAuthority, peer: FedifyPeer
) -> AsyncIterator[Instance]:
    """An agency that has admitted the peer; its clock is the machine's, as Fedify's is."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        behind = listener.getsockname()[1]
        tls = authority.vouch("transport.localhost")
        async with TlsProxy(tls=tls, behind=behind) as proxy, cloned(cluster) as url:
            settings = Settings.model_validate(
                {
                    "origin": f"https://transport.localhost:{proxy.port}",
                    "name": "Transport",
                    "database": url,
                    "development_networks": "127.0.0.0/8",
                    "trusted_proxies": "127.0.0.1/32",
                    "ca_file": str(authority.bundle),
                    "pool": 5,
                }
            )
            async with (
                app.running(settings, parts=app.Parts(listener=listener)) as context,
                AsyncExitStack() as stack,
            ):
                instance = Instance(name="transport", context=context, _stack=stack)
                now, admitted = instance.now(), AgencyState.ADMITTED
                async with instance.database.transaction("test") as tx:
                    await agencies.decide(tx, peer.host, admitted, by=None, reason="", now=now)
                yield instance


@pytest.fixture(scope="session")
async def roads(transport: Instance) -> Community:
    steward = await transport.member("steward_of_roads", Role.STEWARD)
    return await life.opened(transport, steward.actor, "roads")


@pytest.fixture(scope="session")
async def guest(transport: Instance, authority: PrivateAuthority) -> AsyncIterator[Browser]:
    trust = ssl.create_default_context(cafile=authority.bundle)
    visitor = Visitor(transport.origin, trust)
    yield visitor
    await visitor.client.close()
