"""Terms of payers and coverages come back from the database as they went in."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payers.claims import Code
from billing.payers.coverage import CoverageTerms, Covered, PayerTerms
from storage.payers import coverages
from storage.payers import terms as kept
from tests.world import World

if TYPE_CHECKING:
    from storage.database.transaction import Database

pytestmark = pytest.mark.both_databases

CODES = st.builds(Code, st.sampled_from(["CPT", "KVÅ"]), st.text(max_size=5))
AMOUNTS = st.integers(0, 10**9)
DAYS = st.none() | st.integers(0, 999)
TERMS = st.builds(
    CoverageTerms,
    plan=st.text(max_size=9),
    deductible=AMOUNTS,
    copay=AMOUNTS,
    coinsurance=st.integers(0, 10_000),
    out_of_pocket_max=st.none() | AMOUNTS,
    ceiling=st.none() | AMOUNTS,
    needs_authorisation=st.frozensets(CODES, max_size=3),
    excluded=st.frozensets(CODES, max_size=3),
    allowed=st.dictionaries(CODES, AMOUNTS, max_size=3),
)
PAYER_TERMS = st.builds(
    PayerTerms,
    form=st.sampled_from(["x12", "fhir", "csv", "invoice"]),
    code_systems=st.lists(st.text(max_size=4), max_size=3).map(tuple),
    file_days=DAYS,
    answer_days=DAYS,
    appeal_days=DAYS,
    email=st.text(max_size=9),
    remind_days=st.lists(st.integers(1, 99), max_size=3).map(tuple),
)


@given(TERMS, PAYER_TERMS)
def test_terms_survive_json(terms: CoverageTerms, payer_terms: PayerTerms) -> None:
    """Codes, amounts and days are the same after a round through JSON; what is usual takes no room."""
    assert kept.unpack(json.loads(json.dumps(kept.pack(terms)))) == terms
    packed = json.loads(json.dumps(kept.pack_payer(payer_terms)))
    assert kept.unpack_payer(packed) == payer_terms
    assert kept.pack(CoverageTerms()) == kept.pack_payer(PayerTerms()) == {}


def test_terms_stand_with_their_coverage(database: Database) -> None:
    """A coverage is read with its terms."""
    world = World(database)
    world.customer()
    terms = CoverageTerms("Gold", 50_000, 2_500, 2_000, 400_000, allowed={Code("CPT", "99213"): 9_000})
    payer = coverages.Payer("acme", "Acme", "insurer", PayerTerms("x12", file_days=90))
    with database.write() as session:
        coverages.save(
            session,
            coverages.Coverage("V1", "ada", payer, "M1", 1, date(2026, 1, 1), None, "PPO", kept.pack(terms)),
        )
        assert coverages.payer(session, "acme") == payer
        found = coverages.covering(session, ["ada"])
    assert found == {"ada": [Covered("V1", "acme", "M1", 1, date(2026, 1, 1), None, terms)]}
