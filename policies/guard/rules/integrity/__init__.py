"""Rules of the integrity pillar."""
