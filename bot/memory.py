"""What a process has loaded stays: the collector of garbage need not look at it again and again."""

import gc


def settle() -> None:
    """Called once everything is imported and built, before the work begins.

    A run makes a hundred thousand small values in a row. Each full collection would walk every module,
    template and phrase beside them; frozen, these are left alone, and only what is new is looked at.
    """
    gc.collect()
    gc.freeze()
