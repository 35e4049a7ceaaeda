"""What is wrong with a setting, said by its name and with what to write."""

from __future__ import annotations

import os
import tomllib
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, get_args

from pydantic import SecretStr

from billing.given_files import regular
from billing.policy import keys
from billing.refusals import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel, ValidationError

CONFIG: Final = "kvitt.toml"
PREFIX: Final = "KVITT_"


class BadSetting(Refusal):
    """A setting has a value that cannot be used."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")


class MissingSetting(Refusal):
    """A function needs a setting that is missing."""

    def __init__(self, name: str, what_for: str) -> None:
        super().__init__(f"{name} is not set: {what_for}; set it in the environment or in {CONFIG}")


def read(file: Path) -> dict[str, Any]:
    """The values of a settings file; none where there is no such file and nobody named it.

    Raises:
        BadSetting: it is missing though KVITT_CONFIG names it, or cannot be read.
    """
    try:
        return tomllib.loads(regular(file).read_text(encoding="utf-8"))
    except FileNotFoundError:
        if "KVITT_CONFIG" in os.environ:
            raise BadSetting("KVITT_CONFIG", f"there is no file {file}") from None
        return {}
    except OSError as error:
        raise BadSetting(str(file), f"cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        why = "it is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise BadSetting(str(file), f"is not TOML: {why}") from None


def explained(
    error: ValidationError, model: type[BaseModel], file: Path, problem: dict[str, Any]
) -> BadSetting:
    """The first thing that is wrong with values of a model, by its name in the file or the environment."""
    first = error.errors()[0]
    path = [str(step) for step in first["loc"]]
    in_file = path[0] in problem and f"{PREFIX}{path[0].upper()}" not in os.environ
    name = f"{file}, {'.'.join(path)}" if in_file else f"{PREFIX}{'_'.join(path).upper()}"
    if first["type"] == "extra_forbidden":
        near = get_close_matches(path[-1], keys.names_at(model, first["loc"][:-1]), n=1)
        meant = (
            f": did you mean {near[0]}? Rename it or remove it" if near else "; fix its spelling or remove it"
        )
        return BadSetting(name, f"there is no such setting{meant}")
    found = first["input"]
    shown = f" (found {found!r})" if isinstance(found, str) and not _secret(model, path) else ""
    wanted = "" if first["type"] == "value_error" else keys.wanted_by(model, first)
    said = f"write {wanted}" if wanted else first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        said = f"is missing; {said}" if wanted else "is missing"
    return BadSetting(name, said + shown)


def _secret(settings: type[BaseModel], path: list[str]) -> bool:
    """Whether a setting may hold a secret, by the type of its field; a URL may, as it can hold a login."""
    model: Any = settings
    for step in path:
        field = getattr(model, "model_fields", {}).get(step)
        if field is None:
            continue  # a place in a list, or what is in a field that is no table
        kinds = [field.annotation]
        while kinds:
            kind = kinds.pop()
            if kind is SecretStr or step.endswith("url"):
                return True
            kinds += get_args(kind)
            model = kind if hasattr(kind, "model_fields") else model
    return False
