"""Rules of one service; each module is a topic."""
