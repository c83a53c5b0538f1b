"""The rules, one package per pillar and one module per topic. `guard.pack` finds them by themselves."""
