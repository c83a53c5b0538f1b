"""Attacks on a stack that asks for tokens: they hold, and turn red when the control they are about is taken away."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from attacks import bearer, local, proof
from attacks.about import about
from attacks.bearer import Purse
from attacks.mutations import TOKEN_MUTATIONS
from attacks.probe import Outcome, Token, Verdict
from attacks.probes import FAMILIES
from attacks.promise import promise_of
from localaws import user_pool
from localaws.declared_authorizer import MachineClient, TokenCheck
from localaws.run import running
from preflight.__main__ import app
from tests.components.switched import named
from tests.harness import PROJECT

pytestmark = pytest.mark.slow

BAD = set(Token) - {Token.GOOD, Token.OTHER_CLIENT, Token.NONE, Token.IN_QUERY}


def purse(clients: int = 2) -> Purse:
    pool = user_pool.issue([MachineClient(f"c{n}", ("a/score",)) for n in range(clients)], "https://own")
    now = time.time()
    return Purse(tuple(pool.access_token(client, now) for client in pool.clients.values()), pool)


@pytest.mark.parametrize("which", Token)
def test_each_token_is_good_or_bad_as_its_name_says(which: Token) -> None:
    filled, check = purse(), TokenCheck("authorization", ("https://own",), ("a/score",))
    text = filled.token(which)
    assert filled.pool is not None
    assert (text is None) is (which is Token.NONE)
    if which in BAD:
        with pytest.raises(user_pool.TokenError):
            user_pool.verify(text, check, filled.pool)
    elif text is not None:
        user_pool.verify(text, check, filled.pool)


def test_a_purse_without_the_pool_or_a_second_client_lacks_some_and_shows_none() -> None:
    one = Purse(purse(1).own)
    lacking = {which for which in Token if one.token(which) is None}
    assert lacking == {
        Token.NONE, Token.OTHER_CLIENT, Token.EXPIRED, Token.OTHER_POOL, Token.OTHER_SCOPE, Token.USERS
    }  # fmt: skip
    assert one.own[0] not in repr(one)


@pytest.fixture(scope="module", name="before")
def outcomes_with_all_controls() -> dict[str, Outcome]:
    probes = [*FAMILIES["tokens"], *(probe for probe in FAMILIES["identity"] if probe.name == "nobody")]
    return {outcome.probe.name: outcome for outcome in local.attack_stack(named(), probes=probes)}


def test_a_stack_with_tokens_holds(before: dict[str, Outcome]) -> None:
    skipped = {name for name, outcome in before.items() if outcome.verdict is Verdict.SKIPPED}
    assert {
        name: o.seen for name, o in before.items() if o.verdict not in (Verdict.PASS, Verdict.SKIPPED)
    } == {}
    assert skipped <= {"token-of-another-client"}
    assert promise_of(named()).tokens
    assert not promise_of(named()).signed


@pytest.mark.parametrize("probe", ["token-of-another-pool", "token-of-a-user"])
def test_a_probe_notices_when_its_control_is_gone(probe: str, before: dict[str, Outcome]) -> None:
    (mutation,) = (item for item in TOKEN_MUTATIONS if item.probe == probe)
    assert proof.prove(named(), mutation, before).noticed


def test_a_report_says_which_pools_tokens_are_not_known() -> None:
    assert about("staging", None, None, named(), 1, PROJECT).evidence[1].endswith("UTC")
    (mutation,) = (item for item in TOKEN_MUTATIONS if item.probe == "token-of-another-pool")
    said = about("staging", None, None, mutation.apply(named()), 1, PROJECT).evidence[1]
    assert said.startswith("not imitated: ")
    assert bearer.OTHER_POOL in said


def test_the_smoke_test_gets_a_token_by_itself_and_a_score_by_file(tmp_path: Path) -> None:
    with running(named(), log_dir=tmp_path) as served:
        assert served.tokens_file is not None
        tokens = json.loads(served.tokens_file.read_text())
        outputs = tmp_path / "outputs.json"
        version = next(iter(named().by_type("aws:lambda/function:Function")))["inputs"]["environment"]
        content = {
            "url": served.url,
            "keyValues": json.loads(served.keys_file.read_text()),
            "modelVersion": version["variables"]["MODEL_VERSION"],
            "tokens": tokens,
        }
        outputs.write_text(json.dumps(content))
        smoke = CliRunner().invoke(app, ["smoke", str(outputs)])
        keys, file = ("--api-key-file", str(served.keys_file)), ("--tokens-file", str(served.tokens_file))
        scored = CliRunner().invoke(app, ["score", served.url, *keys, *file])
        without = CliRunner().invoke(app, ["score", served.url, *keys])
        outputs.write_text(
            json.dumps(content | {"tokens": {"url": "", "scope": "x", "ids": {}, "secrets": {}}})
        )
        elsewhere = CliRunner().invoke(app, ["smoke", str(outputs)])
        attacked = CliRunner().invoke(
            app, ["attack", served.url, *keys, *file, "--only", "token-unsigned", "--log-dir", str(tmp_path)]
        )
    assert (smoke.exit_code, scored.exit_code, attacked.exit_code) == (0, 0, 0), smoke.output + scored.output
    assert without.exit_code == 1
    assert "the token is missing or not valid here" in without.output
    assert elsewhere.exit_code == 2
    assert "--tokens-file" in elsewhere.stderr
    said = smoke.output + scored.output + attacked.output
    assert not [secret for secret in tokens["secrets"].values() if secret in said]
