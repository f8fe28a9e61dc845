"""How many records a share or a percentile takes to say anything."""

from __future__ import annotations

from typing import Final

ENOUGH: Final = 100
"""Records from which on a share or a percentile is told, of fewer the counts alone.

Of a hundred a share is known to ten points either way (the 95 % interval after Wilson), and their 99th percentile is
not the slowest of them."""
