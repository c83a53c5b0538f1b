"""Small stacks of services that the project's own stack does not have: good ones, and what may be wrong with them."""
