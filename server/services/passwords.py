"""Passwords: which may be chosen, and hashing them without stopping everybody else."""

import asyncio
import os
import secrets
import unicodedata
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 12
LONGEST: Final = 200

# RFC 9106, second recommended choice: 64 MiB, about 170 ms of one core.
_HASHER: Final = PasswordHasher(
    time_cost=3, memory_cost=65536, parallelism=4, hash_len=32, salt_len=16, type=Type.ID
)
# Each hash takes 64 MiB and a core: more at once would only be slower, and end in swap.
_THREADS: Final = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="passwords")

# Of at least twelve characters, what people choose first, in lower case.
_COMMON: Final = frozenset(
    """
    123456789012 1234567890123 12345678901234 123456789123 123456789abc 1234567891011
    012345678901 0123456789ab 1234567890ab 1234567890qwerty 123456789qwe 123qweasdzxc
    1q2w3e4r5t6y 1q2w3e4r5t6y7u 1q2w3e4r5t6y7u8i 1qaz2wsx3edc 1qaz2wsx3edc4rfv 1qazxsw23edc
    1a2b3c4d5e6f 12qwaszxerdf 123123123123 121212121212 112233445566 123321123321 123654789123
    111111111111 000000000000 222222222222 555555555555 666666666666 777777777777 888888888888
    999999999999 101010101010 111222333444 987654321012 9876543210123 098765432109
    147258369147 159753159753 741852963741 aaaaaaaaaaaa abcabcabcabc abcd1234abcd abcdefghijkl
    abcdefghijklm abcdefghijklmnop abcdefgh1234 abc123abc123 abcdef123456 a1b2c3d4e5f6
    asdfasdfasdf asdfghjkl123 asdfghjkl1234 asdfghjklzxc asdf1234asdf qwertyuiop12
    qwertyuiop123 qwertyuiop1234 qwertyuiopas qwertyuiopasdf qwerty123456 qwerty1234567
    qwerty12345678 qwerty123456789 qwertyqwerty qwerty123qwerty qweasdzxc123 qweqweqweqwe
    qwerqwerqwer q1w2e3r4t5y6 q1w2e3r4t5y6u7 zxcvbnm12345 zxcvbnmasdfg zaq12wsxcde3
    password1234 password12345 password123456 password1234567 passwordpassword password123!
    password2023 password2024 password2025 password2026 passw0rd1234 p@ssw0rd1234 p@ssword1234
    p@ssw0rd123! mypassword12 mypassword123 mypassword1234 thepassword1 changeme1234
    changeme12345 changemechangeme letmein12345 letmein123456 letmeinletmein welcome12345
    welcome123456 welcomewelcome admin1234567 administrator administrator1 administrator123
    adminadminadmin iloveyou1234 iloveyou12345 iloveyouiloveyou iloveyousomuch iloveyouforever
    monkeymonkey dragondragon sunshine1234 princess1234 princess12345 football1234
    football12345 baseball1234 basketball12 basketball23 superman1234 michael12345
    jessica12345 charlie12345 computer1234 liverpool123 liverpoolfc1 manchester12
    manchesterunited trustno1trustno1 whateverwhatever correcthorsebatterystaple unknown12345
    internet1234 secret123456 secretsecret
    """.split()  # noqa: SIM905 -- a list of words reads best
)


def what_is_wrong(password: str, *names: str) -> str | None:
    """Say in a sentence why a password may not be chosen by somebody of these names."""
    password = _normal(password)
    if len(password) < SHORTEST:
        return "The password must be at least 12 characters. A few words you remember do well."
    if len(password) > LONGEST:
        return "The password must be at most 200 characters."
    folded = password.casefold()
    if folded in {name.casefold() for name in names}:
        return "The password must not be your name."
    if folded in _COMMON or len(set(folded)) < 3:  # noqa: PLR2004 one or two keys, over and over
        return "That password is among the first that anybody would guess. Choose another."
    return None


async def make_hash(password: str) -> str:
    """Hash with argon2id, in a thread; the answer is the encoded hash with its parameters."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_THREADS, _HASHER.hash, _bytes(password))


async def is_right(password_hash: str | None, password: str) -> bool:
    """Say whether this is the password; where there is no hash, no, but no sooner (AUT-06)."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(
        _THREADS, _verify, password_hash or _NOBODYS, _bytes(password)
    )


def is_outdated(password_hash: str) -> bool:
    """Say whether a hash was made with other parameters than we use now."""
    return _HASHER.check_needs_rehash(password_hash)


def _verify(password_hash: str, password: bytes) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    # The same keys give other code points on other systems (NIST SP 800-63B).
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return _normal(password).encode("utf-8", "surrogatepass")


def _hash_of_nothing() -> str:
    """Write down a hash that costs as much to verify as any, and that no password has."""
    salt, tag = (
        b64encode(secrets.token_bytes(size)).rstrip(b"=").decode()
        for size in (_HASHER.salt_len, _HASHER.hash_len)
    )
    cost = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${tag}"


_NOBODYS: Final = _hash_of_nothing()
