"""Consents that the policy has no use for are said at the end of an import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage import tables

if TYPE_CHECKING:
    from tests.bot.importing.folder import Folder

HEADER = "customer_id,name,phone,sms_consent_on,sms_consent_basis,whatsapp_consent_on,whatsapp_consent_basis"
FORM = "2026-01-05,signed form"
SAID = "policy generic never reminds or bills by it, so the consent is saved and not used"


def test_an_import_says_which_consents_the_policy_does_not_use(folder: Folder) -> None:
    """Of WhatsApp one line for all of them, also in a dry run; they are saved all the same."""
    folder.holds(
        "customers.csv",
        HEADER,
        f"ada,Ada Lind,+15035550142,{FORM},{FORM}",
        f"bo,Bo Ek,+15035550143,{FORM},{FORM}",
        f"cy,Cy Dahl,+15035550144,{FORM},,",
    )
    for dry_run in (True, False):
        notes = folder.imported(dry_run=dry_run).notes
        assert [note for note in notes if "consent" in note] == [
            f"2 customers with a consent to WhatsApp: {SAID}"
        ]
    assert len(folder.rows(tables.Consent, "id")) == 5
