"""Errors of wording: an undeclared message, facts that do not fit, a broken word list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from billing.policy import keys
from billing.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from pydantic import BaseModel


class UnknownMessage(Refusal):
    """The catalogue does not declare this key."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"{key!r} is no message: declare it in messages/writing/catalogue.toml or fix its spelling"
        )


class WrongFacts(Refusal):
    """A message got too few facts, too many, or facts of another type."""

    def __init__(
        self, key: str, *, missing: Iterable[str], extra: Iterable[str], unlike: Iterable[str]
    ) -> None:
        kinds = (("missing", missing), ("not asked for", extra), ("of the wrong kind", unlike))
        found = "; ".join(f"{kind}: {', '.join(sorted(names))}" for kind, names in kinds if names)
        super().__init__(f"{key} cannot be said with these facts ({found}): give what the catalogue declares")


class MissingWording(Refusal):
    """A declared message has no wording in a language."""

    def __init__(self, key: str, language: str) -> None:
        area, _, block = key.partition(".")
        super().__init__(f"{key} has no wording in {language!r}: add block {block} to {language}/{area}.j2")


class BadWordList(Refusal):
    """A catalogue or phrase file is invalid."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file} cannot be read: {reason}")

    @classmethod
    def because(cls, file: str, broken: ValueError | OSError, model: type[BaseModel] | None = None) -> Self:
        """The refusal of a file that is not there or no TOML, or of the first key that ``model`` refuses."""
        if not isinstance(broken, ValidationError) or model is None:
            return cls(file, str(broken))
        first = broken.errors()[0]
        return cls(file, f"{'.'.join(map(str, first['loc']))} {'; '.join(keys.mistake(model, first))}")
