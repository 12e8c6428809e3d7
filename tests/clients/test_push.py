"""Programs that are closed are told what happened, through push services (client-api.md 8b)."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web  # noqa: TID251 a push service to be told
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from federation import web_push
from schemas.records import Kind, Role, Visibility
from server.context import Context
from server.handlers.mastodon.push import compose
from server.services import clients, communities, people, posts, pushing, silencing
from server.services.posts import Draft
from server.storage.database import Transaction
from server.storage.embedded import Cluster
from server.storage.pushes import Push
from server.workers.push import push_forever
from tests.clients.programs import Program, program_of
from tests.instance import Instance, TurnedClock, running
from tests.stories import life

PATH = "/api/v1/push/subscription"
AUTH = bytes(range(16))
KEYS = {
    "access_token",
    "preferred_locale",
    "notification_id",
    "notification_type",
    "icon",
    "title",
    "body",
}
ALERTS = {"mention": True, "favourite": True, "follow": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Service:
    """A push service; it answers as it is told to, at first that it took the message."""

    origin: str = ""
    came: list[Came] = field(default_factory=list)
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    rang: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.came.append(Came(path=request.path, headers=headers, body=await request.read()))
        self.rang.set()
        return web.Response(status=self.status, headers=self.headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """Has a private key, and reads what is encrypted to it."""

    key: ec.EllipticCurvePrivateKey

    @property
    def public(self) -> bytes:
        number = self.key.private_numbers().private_value
        return web_push.public_of(number.to_bytes(32))

    def read(self, came: Came) -> Any:
        if came.headers["content-encoding"] == "aes128gcm":
            return orjson.loads(self._standard(came.body))
        return orjson.loads(self._legacy(came))

    def _standard(self, body: bytes) -> bytes:
        salt, size, sender = body[:16], int.from_bytes(body[16:20]), body[21 : 21 + body[20]]
        info = b"WebPush: info\0" + self.public + sender
        material = derived(AUTH, self._shared(sender), info, 32)
        key = derived(salt, material, b"Content-Encoding: aes128gcm\0", 16)
        nonce = derived(salt, material, b"Content-Encoding: nonce\0", 12)
        record = body[21 + body[20] :]
        assert len(record) <= size
        plain = AESGCM(key).decrypt(nonce, record, None)
        assert plain[-1:] == b"\x02"
        return plain[:-1]

    def _legacy(self, came: Came) -> bytes:
        salt = raw(came.headers["encryption"].removeprefix("salt="))
        sender = raw(came.headers["crypto-key"].split(";")[0].removeprefix("dh="))
        keys = b"P-256\0\0\x41" + self.public + b"\0\x41" + sender
        material = derived(AUTH, self._shared(sender), b"Content-Encoding: auth\0", 32)
        key = derived(salt, material, b"Content-Encoding: aesgcm\0" + keys, 16)
        nonce = derived(salt, material, b"Content-Encoding: nonce\0" + keys, 12)
        plain = AESGCM(key).decrypt(nonce, came.body, None)
        return plain[2 + int.from_bytes(plain[:2]) :]

    def _shared(self, sender: bytes) -> bytes:
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        return self.key.exchange(ec.ECDH(), point)


def derived(salt: bytes, material: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(material)


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Amina's phone is told; ben answers her in a plaza, and in a vault for its members."""

    here: Instance
    clock: TurnedClock
    service: Service
    phone: Phone
    plaza: int
    vault: int
    ids: dict[str, int]

    async def program(self, name: str = "amina", **more: Any) -> Program:
        """Give a new client that is told."""
        program = await program_of(self.here, name)
        await program.post(PATH, **(self.wanted() | more))
        return program

    def wanted(self, **place: Any) -> dict[str, Any]:
        keys = {"p256dh": web_push.encode(self.phone.public), "auth": web_push.encode(AUTH)}
        endpoint = f"{self.service.origin}/send/1"
        return {
            "subscription": {"endpoint": endpoint, "keys": keys} | place,
            "data": {"alerts": ALERTS},
        }

    async def answered(self, community: int) -> None:
        """Have ben answer a question of amina's, a minute later."""
        self.clock.turn(life.MINUTE)
        amina, ben = [
            await life.signed_in(self.here.context, name) for name in ("amina", "ben")
        ]
        asked = await posts.publish_thread(
            self.here.context,
            amina,
            community,
            Kind.QUESTION,
            Draft(title="How deep?", source="The river"),
        )
        await posts.publish_reply(
            self.here.context, ben, asked.id, Kind.ANSWER, Draft(source="Two metres")
        )

    async def sent(self) -> list[Any]:
        """Send what is due, all of it; give what the phone reads."""
        before = len(self.service.came)
        while await pushing.send_due(self.here.context, compose):
            pass
        return [self.phone.read(each) for each in self.service.came[before:]]

    async def owed(self) -> int:
        return int(await life.value(self.here, "SELECT count(*) FROM pushes"))


@pytest.fixture(scope="module")
async def service() -> AsyncIterator[Service]:
    service = Service()
    application = web.Application()
    application.router.add_post("/send/{number}", service.take)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    service.origin = f"http://push.localhost:{port}"
    yield service
    await runner.cleanup()


@pytest.fixture(scope="module")
async def place(cluster: Cluster, service: Service) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    async with running(
        cluster,
        "pushing",
        clock=clock,
        work=False,
        push_hosts="push.localhost",
        contact="ops@pushing.example",
    ) as here:
        amina = await here.member("amina", Role.STEWARD)
        ben = await here.member("ben")
        plaza = await life.opened(here, amina.actor, "plaza")
        vault = await life.opened(here, amina.actor, "vault", visibility=Visibility.MEMBERS)
        signed_in = await life.signed_in(here.context, "ben")
        for community in (plaza, vault):
            await communities.join(here.context, signed_in, community.id)
        yield Scene(
            here=here,
            clock=clock,
            service=service,
            phone=Phone(key=ec.generate_private_key(ec.SECP256R1())),
            plaza=plaza.id,
            vault=vault.id,
            ids={"amina": amina.id, "ben": ben.id},
        )


@pytest.fixture
async def scene(place: Scene) -> Scene:
    """Nobody is subscribed, the service takes everything, and all limits are a day old."""
    async with place.here.database.transaction("test") as tx:
        await tx.execute("DELETE FROM push_subscriptions")
    place.service.status, place.service.headers = 201, {}
    place.service.came.clear()
    place.service.rang.clear()
    place.clock.turn(timedelta(days=1))
    return place


# Where programs are told.


def _form(given: dict[str, Any]) -> list[tuple[str, str]]:
    place = given["subscription"]
    return [
        ("subscription[endpoint]", place["endpoint"]),
        ("subscription[keys][p256dh]", place["keys"]["p256dh"]),
        ("subscription[keys][auth]", place["keys"]["auth"]),
        ("subscription[standard]", "true"),
        ("data[alerts][mention]", "true"),
        ("data[alerts][poll]", "0"),
        ("data[policy]", "followed"),
    ]


@pytest.mark.parametrize("form", ["json", "urlencoded", "multipart", "query"])
async def test_a_program_subscribes_in_any_form(scene: Scene, form: str) -> None:
    program = await program_of(scene.here, "amina")
    given = scene.wanted(standard=True)
    given["data"] = {"alerts": {"mention": True, "poll": False}, "policy": "followed"}
    match form:
        case "json":
            sent: dict[str, Any] = {"json": given}
        case "urlencoded":
            sent = {"data": _form(given)}
        case "multipart":
            writer = aiohttp.FormData(default_to_multipart=True)
            for name, value in _form(given):
                writer.add_field(name, value)
            sent = {"data": writer}
        case _:
            sent = {"params": _form(given)}

    made = (await program.ask("POST", PATH, **sent)).json

    assert made == await program.get(PATH)
    assert isinstance(made["id"], int)
    assert (made["endpoint"], made["standard"]) == (given["subscription"]["endpoint"], True)
    assert [name for name, wanted in made["alerts"].items() if wanted] == ["mention"]
    assert made["policy"] == "followed"
    told = await program.get("/api/v2/instance")
    assert told["configuration"]["vapid"]["public_key"] == made["server_key"]
    app = await program.get("/api/v1/apps/verify_credentials")
    assert app["vapid_key"] == made["server_key"]
    assert raw(made["server_key"]) == web_push.public_of(scene.here.context.push_key)


async def test_a_subscription_is_changed_and_ended(scene: Scene) -> None:
    program = await scene.program(policy="follower")

    changed = await program.ask("PUT", PATH, json={"data": {"alerts": {"poll": True}}})
    again = await program.ask(
        "PUT", PATH, json={"data": {"alerts": {"poll": "1"}, "policy": "none"}}
    )
    ended = [await program.ask("DELETE", PATH) for _ in range(2)]
    nothing = [await program.ask(method, PATH) for method in ("GET", "PUT")]

    alerts = [name for name, wanted in changed.json["alerts"].items() if wanted]
    assert (alerts, changed.json["policy"]) == (["poll"], "follower")
    assert again.json["policy"] == "none"
    assert [(each.status, each.json) for each in ended] == [(200, {})] * 2
    for each in nothing:
        assert (each.status, each.json) == (404, {"error": "Record not found"})


async def test_each_program_has_one_subscription_of_its_own(scene: Scene) -> None:
    first, second = [await scene.program() for _ in range(2)]

    moved = await first.post(PATH, **scene.wanted(endpoint=f"{scene.service.origin}/send/2"))

    assert (await first.get(PATH))["id"] == moved["id"]
    assert (await second.get(PATH))["endpoint"].endswith("/send/1")


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "nonsense",
        "http://push.example/send",
        "https://192.0.2.1/send",
        "https://10.0.0.1/send",
        "https://user@push.localhost/send",
        "https://push.elsewhere.example/send",
        "https://push.localhost.example/send",
        "https://notpush.localhost/send",
        "https://push.localhost/" + "x" * 2048,
    ],
)
async def test_only_services_on_the_list_are_spoken_to(scene: Scene, endpoint: str) -> None:
    program = await program_of(scene.here, "amina")

    reply = await program.ask("POST", PATH, json=scene.wanted(endpoint=endpoint))

    assert reply.status == 422
    assert (await program.ask("GET", PATH)).status == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"subscription": {}},
        {"keys": {"p256dh": "AAAA", "auth": web_push.encode(AUTH)}},
        {"policy": "everybody"},
        {"data": {"alerts": {"mention": "perhaps"}}},
        {"data": {"alerts": ["mention"]}},
    ],
)
async def test_what_cannot_be_read_is_refused(scene: Scene, wrong: dict[str, Any]) -> None:
    program = await program_of(scene.here, "amina")
    given = scene.wanted()
    if "keys" in wrong:
        given["subscription"] |= wrong
    else:
        given |= wrong

    assert (await program.ask("POST", PATH, json=given)).status == 422


async def test_a_policy_that_is_none_is_refused_of_what_is_there(scene: Scene) -> None:
    program = await scene.program()

    reply = await program.ask("PUT", PATH, json={"data": {"policy": "everybody"}})

    assert reply.status == 422
    assert (await program.get(PATH))["policy"] == "all"


async def test_without_the_scope_or_a_member_there_is_no_push(scene: Scene) -> None:
    reader = await program_of(scene.here, "amina", ("read", "write"))
    alone = await program_of(scene.here, None)

    assert (await reader.ask("POST", PATH, json=scene.wanted())).status == 403
    assert (await alone.ask("POST", PATH, json=scene.wanted())).status == 401


async def test_operators_switch_push_off(cluster: Cluster, scene: Scene) -> None:
    async with running(
        cluster, "quiet", clock=TurnedClock(), work=False, push_hosts="none"
    ) as here:
        await here.member("amina")
        program = await program_of(here, "amina")

        reply = await program.ask("POST", PATH, json=scene.wanted())

        assert (reply.status, "switched off" in reply.json["error"]) == (422, True)
        told = await program.get("/api/v2/instance")
        assert told["configuration"]["vapid"]["public_key"] == ""


# What they are told.


@pytest.mark.parametrize("standard", [True, False])
async def test_a_phone_reads_what_happened(scene: Scene, standard: bool) -> None:
    await scene.program(**scene.wanted(standard=standard))
    await scene.answered(scene.plaza)

    [told] = await scene.sent()

    [came] = scene.service.came
    newest = await life.value(scene.here, "SELECT max(id) FROM notifications")
    assert set(told) == KEYS
    assert told["icon"].startswith(f"{scene.here.origin}/avatars/")
    assert (told["notification_id"], told["notification_type"]) == (newest, "mention")
    assert (told["title"], told["body"]) == ("Ben answered your question", "How deep?")
    assert (told["access_token"], told["preferred_locale"]) == ("", "en")
    assert (came.headers["ttl"], came.headers["urgency"]) == ("172800", "normal")
    assert came.headers["content-encoding"] == ("aes128gcm" if standard else "aesgcm")
    token = came.headers["authorization"].split(",")[0].split(".")[1]
    assert orjson.loads(raw(token))["aud"] == scene.service.origin
    assert orjson.loads(raw(token))["sub"] == "mailto:ops@pushing.example"
    assert await scene.owed() == 0


async def test_vis_04_no_word_for_members_is_pushed(scene: Scene) -> None:
    await scene.program()
    await scene.answered(scene.vault)

    [told] = await scene.sent()

    assert told["title"] == "Ben answered your question"
    assert told["body"] == "In a community for its members"
    assert "deep" not in str(told)


async def test_who_follows_is_told_of_without_a_post(scene: Scene) -> None:
    await scene.program()
    ben = await life.signed_in(scene.here.context, "ben")
    await people.follow(scene.here.context, ben, scene.ids["amina"])

    [told] = await scene.sent()
    await people.unfollow(scene.here.context, ben, scene.ids["amina"])

    assert (told["title"], told["body"]) == ("Ben follows you", "Pushing")


@pytest.mark.parametrize(
    ("alerts", "policy", "told"),
    [
        ({"mention": True}, "all", 1),
        ({"mention": False, "favourite": True}, "all", 0),
        ({}, "all", 0),
        ({"mention": True}, "none", 0),
        ({"mention": True}, "followed", 1),
        ({"mention": True}, "follower", 0),
    ],
)
async def test_a_program_is_told_what_it_wants(
    scene: Scene, alerts: dict[str, bool], policy: str, told: int
) -> None:
    await scene.program(data={"alerts": alerts, "policy": policy})
    amina = await life.signed_in(scene.here.context, "amina")
    await people.follow(scene.here.context, amina, scene.ids["ben"])
    await scene.answered(scene.plaza)

    assert len(await scene.sent()) == told
    assert await scene.owed() == 0


async def test_who_muted_meanwhile_is_not_told(scene: Scene) -> None:
    await scene.program()
    await scene.answered(scene.plaza)
    amina = await life.signed_in(scene.here.context, "amina")
    await silencing.mute(scene.here.context, amina, scene.ids["ben"])

    told = await scene.sent()
    await silencing.unmute(scene.here.context, amina, scene.ids["ben"])

    assert told == []


async def test_vis_10_who_left_meanwhile_is_not_told_of_what_is_for_members(
    scene: Scene,
) -> None:
    await scene.program("ben")
    ben = await life.signed_in(scene.here.context, "ben")
    amina = await life.signed_in(scene.here.context, "amina")
    asked = await posts.publish_thread(
        scene.here.context, ben, scene.vault, Kind.QUESTION, Draft(title="x", source="y")
    )
    await posts.publish_reply(
        scene.here.context, amina, asked.id, Kind.ANSWER, Draft(source="z")
    )
    await communities.leave(scene.here.context, ben, scene.vault)

    told, owed = await scene.sent(), await scene.owed()
    await communities.join(scene.here.context, ben, scene.vault)

    assert (told, owed) == ([], 0)


# How it goes.


async def test_a_waiting_service_is_told_by_the_loop_itself(scene: Scene) -> None:
    await scene.program()
    loop = asyncio.create_task(push_forever(scene.here.context, compose))
    await scene.answered(scene.plaza)

    async with asyncio.timeout(20):
        await scene.service.rang.wait()
    loop.cancel()
    with suppress(asyncio.CancelledError):
        await loop

    assert len(scene.service.came) == 1


@pytest.mark.parametrize("status", [404, 410])
async def test_who_is_no_more_is_forgotten(scene: Scene, status: int) -> None:
    program = await scene.program()
    scene.service.status = status
    await scene.answered(scene.plaza)
    await scene.sent()

    assert (await program.ask("GET", PATH)).status == 404
    assert await scene.owed() == 0


async def test_a_message_that_is_refused_is_not_sent_again(scene: Scene) -> None:
    program = await scene.program()
    scene.service.status = 413
    await scene.answered(scene.plaza)

    assert len(await scene.sent()) == 1
    assert await scene.owed() == 0
    assert (await program.ask("GET", PATH)).status == 200


async def test_a_service_that_is_busy_is_asked_again_and_given_up_in_the_end(
    scene: Scene,
) -> None:
    await scene.program()
    scene.service.status = 503
    await scene.answered(scene.plaza)

    tries = []
    for _ in range(7):
        tries.append(len(await scene.sent()))
        scene.clock.turn(timedelta(hours=3))

    assert tries == [1, 1, 1, 1, 1, 0, 0]
    assert await scene.owed() == 0


async def test_nobody_is_asked_sooner_than_they_said(scene: Scene) -> None:
    await scene.program()
    scene.service.status, scene.service.headers = 429, {"Retry-After": "600"}
    await scene.answered(scene.plaza)
    await scene.sent()

    scene.service.status = 201
    scene.clock.turn(timedelta(minutes=9))
    early = await scene.sent()
    scene.clock.turn(timedelta(minutes=2))

    assert (early, len(await scene.sent())) == ([], 1)


async def test_a_service_that_is_away_is_tried_again(scene: Scene) -> None:
    closed = "http://push.localhost:9/send/1"
    program = await scene.program(**scene.wanted(endpoint=closed))
    await scene.answered(scene.plaza)

    await scene.sent()

    assert await scene.owed() == 1
    await program.ask("DELETE", PATH)
    assert await scene.owed() == 0


async def test_an_address_that_is_refused_is_not_tried_again(scene: Scene) -> None:
    await scene.program()
    async with scene.here.database.transaction("test") as tx:
        await tx.execute("UPDATE push_subscriptions SET endpoint = endpoint || '#fragment'")
    await scene.answered(scene.plaza)

    assert (await scene.sent(), await scene.owed()) == ([], 0)


async def test_what_breaks_on_the_way_is_sent_when_its_lease_is_over(scene: Scene) -> None:
    async def broken(_tx: Transaction, _context: Context, _push: Push) -> bytes | None:
        raise RuntimeError

    await scene.program()
    await scene.answered(scene.plaza)

    assert await pushing.send_due(scene.here.context, broken)
    leased = await scene.sent()
    scene.clock.turn(timedelta(minutes=2))

    assert (leased, len(await scene.sent())) == ([], 1)


async def test_news_of_two_days_ago_are_none(scene: Scene) -> None:
    await scene.program()
    await scene.answered(scene.plaza)
    scene.clock.turn(timedelta(hours=48))

    assert (await scene.sent(), await scene.owed()) == ([], 0)


async def test_a_host_that_operators_took_off_the_list_is_told_nothing(scene: Scene) -> None:
    await scene.program()
    async with scene.here.database.transaction("test") as tx:
        await tx.execute(
            "UPDATE push_subscriptions SET endpoint = replace(endpoint, 'push.', 'other.')"
        )
    await scene.answered(scene.plaza)

    assert (await scene.sent(), await scene.owed()) == ([], 0)


async def test_aut_05_an_app_that_is_disconnected_is_told_nothing_more(scene: Scene) -> None:
    await scene.program()
    await scene.answered(scene.plaza)
    owed = await scene.owed()
    token_id = await life.value(scene.here, "SELECT max(id) FROM tokens")
    amina = await life.signed_in(scene.here.context, "amina")
    await clients.disconnect(scene.here.context, amina.member, token_id)

    assert (owed, await scene.owed()) == (1, 0)
    await scene.answered(scene.plaza)
    assert await scene.sent() == []
