"""Which rules of table `transfers` hold for all, and which for single trips or routes."""

from __future__ import annotations

NARROWING_FIELDS = ("from_trip_id", "to_trip_id", "from_route_id", "to_route_id")
"""Fields of table `transfers` that narrow a rule down to trips or routes; one that holds for all leaves them blank."""
