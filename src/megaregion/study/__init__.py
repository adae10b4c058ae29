"""What is asked of a region: examples and imports, city travel, comparisons."""
