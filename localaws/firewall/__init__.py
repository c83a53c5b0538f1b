"""The declared web ACL, evaluated on this machine: statements, rate counters, managed groups, log."""
