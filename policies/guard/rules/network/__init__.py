"""Rules of the network pillar."""
