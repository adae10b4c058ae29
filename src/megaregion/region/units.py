"""Units that more than one part converts between."""

from __future__ import annotations

KMH_PER_M_S = 3.6
"""Kilometres an hour in one metre a second."""
