"""Figures that others can repeat: `make bench`."""
