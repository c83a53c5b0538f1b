"""Rules of the resilience pillar."""
