"""What a call's reader should know beside its output: one short sentence each, told once a call."""

import builtins

# Copies of its own: user code may replace the originals.
globals().update({name: value for name, value in vars(builtins).items() if not name.startswith("_")})

# Of one call; the host cuts again.
MOST, LONGEST = 8, 300

_notes = []


def add(text):
    """Keeps a note for the end of the call."""
    text = text[:LONGEST]
    if text not in _notes and len(_notes) < MOST:
        _notes.append(text)


def take():
    """The notes of this call, which are then forgotten."""
    global _notes
    taken, _notes = _notes, []
    return taken
