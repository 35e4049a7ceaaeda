"""The keys that databases of tests are sealed by."""

from __future__ import annotations

from typing import Final

from storage.sealing.keys import FixedKeys, Keys, KeyTexts

KEY: Final = "dGVzdHMgc2VhbCBieSB0aGlzIGtleSBhbmQgbm8uLi4="
STOPS_KEY: Final = "dGVzdHMga2VlcCBzdG9wcyBieSB0aGlzIGtleSEuLi4="
KEYS: Final = Keys(FixedKeys(KeyTexts((KEY,), STOPS_KEY), "the key of the tests"))
