"""How data come in: one reader per format, file to tables and findings."""
