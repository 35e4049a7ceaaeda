"""What a process has loaded stays: the collector of garbage need not look at it again and again."""

import gc


def freeze_startup_objects() -> None:
    """Called once everything is imported and built, before the work begins.

    A run makes a hundred thousand small values in a row. Each full collection would walk every module,
    template and phrase beside them; frozen, these are left alone, and only what is new is looked at. What
    a batch makes lives until its end, so looking every few hundred values finds nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_VALUES_BETWEEN)


_VALUES_BETWEEN = 100_000
