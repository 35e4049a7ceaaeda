"""The keys by which columns are sealed: none of them is ever in the database."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol

from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK: Final = "kvs1:"
"""How every sealed value begins; the id of its key follows, a colon, and the sealed bytes in base64."""
BYTES: Final = 32
_NONCE: Final = 12
_ID: Final = 8


class BadKey(Refusal):
    """A key is not 32 bytes in base64."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"{where}: is no key of Kvitt (32 bytes in base64, one key a line): put back the copy you keep"
        )


class KeyUnknown(Refusal):
    """A value was sealed by a key that is not there, or is damaged."""

    def __init__(self, key_id: str, where: str) -> None:
        super().__init__(
            f"{where}: the database has values sealed by the key {key_id}, which is not there or does not "
            "open them: put back the copy of the key that you keep"
        )


class Key:
    """One key of 32 bytes, and the keys that are derived from it, one for each purpose."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.id: str = hashlib.sha256(b"id of a key" + secret).hexdigest()[:_ID]
        """Names the key without telling anything of it."""
        self.prefix: str = f"{MARK}{self.id}:"
        """How everything that it seals begins."""
        self._indexes: dict[str, bytes] = {}

    @classmethod
    def of_text(cls, text: str, where: str) -> Key:
        """The key of a line of base64 (standard or URL-safe).

        Raises:
            BadKey: it is no key.
        """
        try:
            secret = base64.b64decode(text.translate(_STANDARD), validate=True)
        except (binascii.Error, ValueError):
            raise BadKey(where) from None
        if len(secret) != BYTES:
            raise BadKey(where)
        return cls(secret)

    @cached_property
    def _cipher(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - slow to import

        return AESGCM(self._derived("seal"))

    def _derived(self, purpose: str) -> bytes:
        # One block of HKDF-Expand (RFC 5869): the key itself is uniformly random.
        return hmac.digest(self._secret, purpose.encode() + b"\x01", "sha256")

    def seal(self, text: str) -> str:
        """Seal a text (AES-256-GCM); the same text is sealed differently each time."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, text.encode(), None)
        return self.prefix + binascii.b2a_base64(sealed, newline=False).decode("ascii")

    def open(self, sealed: str) -> str:
        """The text of what this key sealed.

        Raises:
            ValueError: another key sealed it, or it was changed.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - slow to import

        data = binascii.a2b_base64(sealed[len(self.prefix) :])
        try:
            return self._cipher.decrypt(data[:_NONCE], data[_NONCE:], None).decode()
        except InvalidTag:
            raise ValueError("sealed by another key, or changed") from None

    def index(self, purpose: str, value: str) -> str:
        """The keyed digest (HMAC-SHA256) by which equal values of a purpose are found."""
        derived = self._indexes.get(purpose)
        if derived is None:
            derived = self._indexes[purpose] = self._derived(f"index {purpose}")
        return hmac.digest(derived, value.encode(), "sha256").hex()


_STANDARD: Final = str.maketrans("-_", "+/")


@dataclass(frozen=True, slots=True)
class KeyTexts:
    """Keys as they are written: those of the rows, the newest first, and the one of stops."""

    rows: Sequence[str]
    stops: str


class KeySource(Protocol):
    """Where keys are read from, and where to tell a person to look for them."""

    @property
    def where(self) -> str:
        """The name of the file or setting."""

    def state(self) -> Hashable:
        """Changes when the keys may have changed; cheap to ask."""

    def read(self) -> KeyTexts:
        """The keys as they are written there now.

        Raises:
            billing.refusals.Refusal: they cannot be read.
        """


@dataclass(frozen=True, slots=True)
class FixedKeys:
    """Keys that never change while the process runs."""

    texts: KeyTexts
    where: str = "KVITT_KEY"

    def state(self) -> Hashable:
        """Always the same."""
        return None

    def read(self) -> KeyTexts:
        """The keys."""
        return self.texts


class Keys:
    """The keys of a database: the newest seals, each of them opens; another key for stops.

    They are read again when their source has changed, which is looked at when a transaction begins.
    """

    def __init__(self, source: KeySource) -> None:
        self._source = source
        self._reading = Lock()
        self._by_id: dict[str, Key] = {}
        self._state = source.state()
        self._take(source.read())

    def _take(self, texts: KeyTexts) -> None:
        rows = tuple(Key.of_text(one, self._source.where) for one in texts.rows)
        if not rows:
            raise BadKey(self._source.where)
        self._rows, self._stops = rows, Key.of_text(texts.stops, f"{self._source.where} (stops)")
        # A key that is taken out of the source still opens what a transaction that goes on reads.
        self._by_id = {**self._by_id, **{key.id: key for key in rows}}

    @property
    def where(self) -> str:
        """Where they lie, for a sentence to a person."""
        return self._source.where

    @property
    def newest(self) -> Key:
        """The key that seals."""
        return self._rows[0]

    @property
    def rows(self) -> tuple[Key, ...]:
        """Every key that rows may be sealed by, the newest first."""
        return self._rows

    @property
    def stops(self) -> Key:
        """The key of stops, which never changes."""
        return self._stops

    def refresh(self) -> None:
        """Read the keys again if their source has changed; keys that cannot be read now stay as they were."""
        state = self._source.state()
        if state != self._state:
            with self._reading:
                try:
                    self._take(self._source.read())
                except Refusal:
                    return
                self._state = state

    def seal(self, text: str) -> str:
        """Seal a text by the newest key."""
        return self._rows[0].seal(text)

    def open(self, sealed: str) -> str:
        """The text of a sealed value; a value that is not sealed is returned as it is.

        Raises:
            KeyUnknown: its key is not there, or it was changed.
        """
        if not sealed.startswith(MARK):
            return sealed
        key_id = sealed[len(MARK) : len(MARK) + _ID]
        key = self._by_id.get(key_id)
        if key is None:
            self.refresh()
            key = self._by_id.get(key_id)
        if key is None:
            raise KeyUnknown(key_id, self.where)
        try:
            return key.open(sealed)
        except ValueError:
            raise KeyUnknown(key_id, self.where) from None

    def index(self, purpose: str, value: str) -> str:
        """The keyed digest of a value under the newest key; of a stop under the key of stops."""
        return (self._stops if purpose == STOP else self._rows[0]).index(purpose, value)

    def proof(self, text: str) -> str:
        """The keyed digest that shows that nobody without the keys wrote a text: no rotation changes it."""
        return self._stops.index(PROOF, text)

    def indexes(self, purpose: str, value: str) -> list[str]:
        """The digests that rows may have for a value: more than one while keys are rotated."""
        keys = (self._stops,) if purpose == STOP else self._rows
        return [key.index(purpose, value) for key in keys]


STOP: Final = "stop"
"""The purpose whose digests outlive every rotation."""


REFERENCE: Final = "payment reference"
"""The purpose of the digests by which payments are found by what their payer gave as the reference."""
PROOF: Final = "proof"
"""The purpose of the digests by which a backup's manifest is known for ours."""
MEMBER: Final = "member"
"""The purpose of the digests by which member numbers are found."""


def new_text() -> str:
    """A new key, as it is written."""
    return base64.b64encode(secrets.token_bytes(BYTES)).decode("ascii")


def throwaway() -> Keys:
    """Keys that nobody keeps, for a database that is gone with its process."""
    return Keys(FixedKeys(KeyTexts((new_text(),), new_text()), "the keys of this process"))


def of_dialect(dialect: Any) -> Keys:
    """The keys of the database that a dialect speaks to."""
    keys: Keys = dialect.kvitt_keys
    return keys
