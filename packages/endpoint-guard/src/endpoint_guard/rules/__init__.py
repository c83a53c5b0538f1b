"""The rules, one package per pillar and one module per topic. `endpoint_guard.pack` finds them by themselves."""
