"""What a region is: tables and their schema, scenarios, and the folder that keeps them."""
