"""Attacks a declared stack on this machine: serves its graph with a few keys more, and runs the probes against it.

The added keys are copies of the fastest client's key and plan: disabled, retired, without a plan, with a small
quota, with a plan looser than the stage. What the copied plan does not limit, theirs does not limit either.
"""

from __future__ import annotations

import copy
import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pulumi_preflight.graph import Graph, Resource

from attacks import bearer, clients
from attacks.probe import Key, Outcome, Probe
from attacks.probes import ALL
from attacks.promise import promise_of
from attacks.runner import attack
from attacks.target import Promise, Target, read_signer
from localaws import keys as key_file
from localaws import run, token_client, tokens, user_pool
from localaws.declared_authorizer import MachineClient

_PROJECT = Path(__file__).resolve().parents[1]
_LAG = 3.0
"""The local firewall counts without delay."""
_LOOSE = 5
"""How many times the stage's limits the plan of the loose key lets through."""


def attack_stack(
    graph: Graph,
    say: Callable[[Outcome], None] = lambda outcome: None,
    *,
    probes: Sequence[Probe] = ALL,
    promise: Promise | None = None,
    project: Path = _PROJECT,
) -> list[Outcome]:
    """Serves `graph` on a free port and runs `probes` against it.

    What the probes expect is `promise`, or what the graph itself declares. Raises ServerError when the graph cannot
    be served.
    """
    with serving(graph, promise=promise, project=project) as target:
        return attack(target, probes, say=say)


@contextmanager
def serving(graph: Graph, *, promise: Promise | None = None, project: Path = _PROJECT) -> Iterator[Target]:
    """The graph, served for the duration of the block, as a target with everything that probes can ask for."""
    promise = dataclasses.replace(promise or promise_of(graph), lag=_LAG)
    prepared = with_probe_keys(graph, promise)
    with run.running(prepared, project=project, trust_forwarded=True) as served:
        values = key_file.load(served.keys_file)
        yield Target(
            served.url,
            promise,
            clients.ordered(values, graph),
            read_signer(served.credentials_file),
            promise.known_caller,
            served.log_dir,
            plays_addresses=True,
            purse=_purse(served, promise),
        )


def _purse(served: run.Served, promise: Promise) -> bearer.Purse | None:
    """The clients' tokens; where they are promised and none is asked for, one that nobody looks at."""
    if served.tokens_file:
        return bearer.filled(token_client.load(served.tokens_file), served.pool)
    if not promise.tokens:
        return None
    pool = user_pool.issue([MachineClient("nobody", ())], "nowhere")
    return bearer.Purse((pool.access_token(pool.clients["nobody"], time.time()),), pool)


def with_probe_keys(graph: Graph, promise: Promise) -> Graph:
    """A copy of `graph` with the keys that some probes need, made from those it declares."""
    resources = list(graph.resources)
    name = clients.fastest(graph)
    key, binding, plan = clients.chain(graph, name)
    for which, change in _CHANGES.items():
        if which is Key.SECOND and len(graph.by_type(tokens.API_KEY)) > 1:
            continue
        made = [_copied(resource, which.value) for resource in (key, plan, binding)]
        made[0]["inputs"]["name"] = which.value
        made[2]["inputs"] |= {"keyId": made[0]["id"], "usagePlanId": made[1]["id"]}
        resources += change(made, promise)
    return dataclasses.replace(graph, resources=resources)


def _unplanned(made: list[Resource], _: Promise) -> list[Resource]:
    return made[:1]


def _disabled(made: list[Resource], _: Promise) -> list[Resource]:
    made[0]["inputs"]["enabled"] = False
    return made


def _small_quota(made: list[Resource], promise: Promise) -> list[Resource]:
    if made[1]["inputs"].get("quotaSettings"):
        made[1]["inputs"]["quotaSettings"]["limit"] = promise.quota
    return made


def _loose(made: list[Resource], promise: Promise) -> list[Resource]:
    limits = {"rateLimit": promise.stage_burst * _LOOSE, "burstLimit": promise.stage_burst * _LOOSE}
    made[1]["inputs"]["throttleSettings"] = limits
    for stage in made[1]["inputs"].get("apiStages") or ():
        stage.pop("throttles", None)
    return made


def _same(made: list[Resource], _: Promise) -> list[Resource]:
    return made


_CHANGES: Mapping[Key, Callable[[list[Resource], Promise], list[Resource]]] = {
    Key.SECOND: _same,
    Key.DISABLED: _disabled,
    Key.RETIRED: _disabled,
    Key.SUCCESSOR: _same,
    Key.UNPLANNED: _unplanned,
    Key.SPENT: _small_quota,
    Key.BUDGET: _small_quota,
    Key.LOOSE: _loose,
}


def _copied(resource: Resource, name: str) -> Resource:
    """The resource under another logical name and id."""
    made: Resource = copy.deepcopy(resource)
    made["urn"] = f"{resource['urn'].rpartition('::')[0]}::{name}"
    made["id"] = f"{resource['id']}-{name}"
    return made
