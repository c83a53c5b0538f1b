"""Small programs of which the right verdict is known, by subject."""
