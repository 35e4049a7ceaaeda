"""Tunes Python's garbage collector: while a process loads its parts, and once it works with them for long."""

import gc


def pause() -> None:
    """Collect nothing while a process starts: what it loads stays until its end."""
    gc.disable()


def resume() -> None:
    """Collect again, if that was paused: seldom, and leaving alone what is loaded by now."""
    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(_VALUES_BETWEEN)
        gc.enable()


def freeze_startup_objects() -> None:
    """Freeze all loaded objects; call it once everything is imported and built, before the work begins.

    A run makes a hundred thousand small values in a row. Each full collection would walk every module,
    template and phrase beside them; frozen, these are left alone, and only what is new is looked at. What
    a batch makes lives until its end, so looking every few hundred values finds nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_VALUES_BETWEEN)


_VALUES_BETWEEN = 100_000
