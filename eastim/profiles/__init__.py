"""Device profiles: one TOML each, data for drivers and safety alike."""
