"""Switch each control of tests/hazards.toml off, in a copy of the tree, and see a test of that hazard fail."""
