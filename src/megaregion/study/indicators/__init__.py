"""One file for each family of measures; `study.measures` finds them. A new file with `MEASURES` adds its own."""
