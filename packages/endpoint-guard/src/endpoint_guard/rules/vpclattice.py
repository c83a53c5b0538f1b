"""VPC Lattice: services that know who calls."""

from __future__ import annotations

from endpoint_guard import types as t
from endpoint_guard.expect import one_of
from endpoint_guard.rule import property_rule

lattice_authenticates = property_rule(
    __name__,
    id="lattice-authenticates",
    title="Services of VPC Lattice authenticate their callers",
    pillar="auth",
    severity="medium",
    level="advisory",
    why="Without it every network that is associated may call.",
    remedy='Set auth_type="AWS_IAM" and declare an AuthPolicy.',
    references=("LAT-001",),
    on=t.LATTICE_SERVICE,
    path="authType",
    good=one_of("AWS_IAM"),
    text="does not authenticate its callers",
)
