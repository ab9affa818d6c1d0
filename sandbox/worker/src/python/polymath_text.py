"""Text in figures: a `$` that is money and not mathematics, and characters that the chosen font lacks."""

import builtins
import copy
import functools
import os
import re
import unicodedata

import polymath_notes as notes

# Copies of its own: user code may replace the originals.
globals().update({name: value for name, value in vars(builtins).items() if not name.startswith("_")})

FUNCTIONS = {"sin", "cos", "tan", "log", "ln", "exp", "max", "min", "lim", "mod", "det", "arg", "sup", "inf"}
# Files of fonts that some text needed, beside those that any text may use.
_needed = []
_usual = []
_manager = None


def setup(matplotlib, font_manager, usual):
    """`usual`: names of the families that every text may fall back to, in order."""
    global _manager
    from matplotlib.text import Text

    _manager = font_manager.fontManager
    _usual[:] = usual
    _fall_back(font_manager)
    _dollars(matplotlib, Text)
    _formulas(font_manager)


def _fall_back(font_manager):
    """Whatever family is asked for, the usual ones stand behind it, in the same weight."""
    original = font_manager.FontManager._find_fonts_by_props

    def find(self, prop, fontext="ttf", *args, **kwargs):
        found = original(self, prop, fontext, *args, **kwargs)
        if fontext != "ttf":
            return found
        prop = font_manager.FontProperties._from_any(prop)
        for family in _usual:
            other = copy.copy(prop)
            other.set_family(family)
            try:
                path = self.findfont(other, fontext, fallback_to_default=False)
            except ValueError:
                continue
            if path not in found:
                found.append(path)
        return found + [path for path in _needed if path not in found]

    font_manager.FontManager._find_fonts_by_props = find


def _dollars(matplotlib, kind):
    from matplotlib.mathtext import MathTextParser

    original = kind._preprocess_math
    parser = MathTextParser("path")

    def preprocess(self, text):
        _cover(text, self.get_fontproperties())
        if not self.get_parse_math() or "$" not in text:
            return original(self, text)
        kept = formulas(text)
        if "$" in kept.replace(r"\$", ""):
            try:
                parser.parse(kept)
                return kept, True
            except ValueError as error:
                notes.add(f"a formula in a figure was drawn as text: {' '.join(str(error).split())[-120:]}")
        return text.replace(r"\$", "$"), False

    kind._preprocess_math = preprocess


def formulas(text):
    """The text with every `$` escaped that begins or ends no formula."""
    parts = re.split(r"(?<!\\)\$", text)
    out, at = parts[0], 1
    while at < len(parts):
        after = parts[at + 1][:1] if at + 1 < len(parts) else None
        if after is not None and not after.isdigit() and is_formula(parts[at]):
            out += f"${parts[at]}${parts[at + 1]}"
            at += 2
        else:
            out += rf"\${parts[at]}"
            at += 1
    return out


def is_formula(inner):
    """Whether what stands between two `$` clearly is mathematics."""
    if not inner or inner != inner.strip() or "\n" in inner:
        return False
    if re.fullmatch(r"[A-Za-z]'?|[α-ωΑ-Ω]", inner):
        return True
    if any(inner.count(a) != inner.count(b) for a, b in ("()", "[]", "{}")) or inner[0] in ")],;:":
        return False
    if re.search(r"\\[A-Za-z]+", inner):
        return True
    plain = re.sub(r"\{[^{}]*\}|[_^](?:\{[^{}]*\}|\w+)", "", inner)
    words = [word for word in re.findall(r"[^\W\d_]+", plain) if word not in FUNCTIONS]
    if re.search(r"[_^]", inner):
        spaced = " " in inner and any(len(word) > (2 if "=" in inner else 1) for word in words)
        return not spaced and all(len(word) <= 4 for word in words)
    both = re.fullmatch(r"[^=<>≤≥≈]+(?:[=<>≤≥≈]+[^=<>≤≥≈]+)+", inner)
    return bool(both) and bool(words) and all(len(word) <= 2 for word in words) and inner[0] not in "=<>"


@functools.lru_cache(maxsize=4096)
def _covered(character, families):
    """Whether a font that text of these families uses has the character; finds another that has where none does."""
    from matplotlib import font_manager

    prop = font_manager.FontProperties(family=list(families))
    if any(_has(path, character) for path in _manager._find_fonts_by_props(prop)):
        return True
    seen = set()
    for entry in _manager.ttflist:
        if entry.fname in seen or "LastResort" in entry.fname or "Emoji" in entry.fname:
            continue
        seen.add(entry.fname)
        path = font_manager.FontPath(entry.fname, entry.index) if hasattr(entry, "index") else entry.fname
        if _has(path, character):
            _needed.append(path)
            return True
    return False


def _has(path, character):
    from matplotlib import font_manager

    if "LastResort" in os.fspath(path):
        return False
    try:
        return font_manager.get_font(path).get_char_index(ord(character)) != 0
    except (OSError, RuntimeError):
        return False


def _cover(text, prop):
    """Sees to fonts for all characters; tells of those that none has."""
    if text.isascii():
        return
    families = tuple(prop.get_family())
    for character in dict.fromkeys(text):
        # Controls, joiners and variation selectors have no shape of their own.
        if character.isascii() or unicodedata.category(character) in ("Cc", "Cf", "Mn", "Zs"):
            continue
        if not _covered(character, families):
            name = unicodedata.name(character, "without a name").lower()
            notes.add(f"no font here has {character!r} (U+{ord(character):04X}, {name}): the figure shows a box in its place")


def _formulas(font_manager):
    """Text with a formula in it is set by other code, which knows no second font."""
    from matplotlib import _mathtext

    for kind in (_mathtext.BakomaFonts, _mathtext.UnicodeFonts, _mathtext.DejaVuFonts):
        kind._get_glyph = _with_others(font_manager, kind._get_glyph)


def _with_others(font_manager, original):
    def get_glyph(self, fontname, font_class, sym):
        if len(sym) == 1 and ord(sym) >= 0x0370 and not _mathematical(sym):
            for path in _manager._find_fonts_by_props(font_manager.FontProperties()):
                if _has(path, sym):
                    return font_manager.get_font(path), ord(sym), False
        return original(self, fontname, font_class, sym)

    return get_glyph


def _mathematical(sym):
    """Greek letters and signs, which the fonts for formulas have."""
    return 0x0370 <= ord(sym) < 0x0400 or 0x2000 <= ord(sym) < 0x2E80 or ord(sym) >= 0x1D400 and ord(sym) < 0x1D800
