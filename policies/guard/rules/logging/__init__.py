"""Rules of the logging pillar."""
