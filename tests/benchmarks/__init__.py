"""Programs that measure: a seeded log, and a clock beside the peers."""
