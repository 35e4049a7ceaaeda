"""docs/policies.md describes every part and key as the code has it, with examples that can be written."""

from __future__ import annotations

import re
import tomllib

from billing.policy import Policy
from billing.policy.keys import table_of
from tests import policy_reference


def test_the_page_is_that_of_the_code() -> None:
    """A key that was added, or takes something else, is written by ``python -m tests.policy_reference``."""
    page = policy_reference.PAGE.read_text(encoding="utf-8")
    assert page == policy_reference.written(page)


def test_every_key_has_an_example_that_is_toml() -> None:
    """Each one can be copied into a file: it is read, and gives its key."""
    section = policy_reference.section()
    for name, field in Policy.model_fields.items():
        table = table_of(field.annotation)
        if name in policy_reference.NOT_WRITTEN or table is None:
            continue
        heading = re.escape(name)
        (rows,) = re.findall(rf"^### `\[+{heading}\]+`\n(.*?)(?=^### |\Z)", section, re.MULTILINE | re.DOTALL)
        for key in set(table.model_fields) - {policy_reference.EVERYWHERE}:
            (example,) = re.findall(rf"^\| `{key}` \|.*\| `({key} = .*)` \|$", rows, re.MULTILINE)
            assert key in tomllib.loads(example), example
