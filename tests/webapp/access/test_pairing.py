"""Codes to type: short-lived, good once, and not to be guessed."""

from __future__ import annotations

import itertools
import re
import secrets

import pytest

from zapette_server.access.rights import Role
from zapette_webapp.access import device_names, pairing
from zapette_webapp.access.pairing import CALM, LIFETIME, LONG, MOST, Pairing, read, spelled

PLAYER = "a" * 32


class Clock:
    """A clock that stands still until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def codes(clock: Clock) -> Pairing:
    return Pairing(clock=clock)


def test_a_code_is_good_once(codes: Pairing) -> None:
    code = codes.invite(PLAYER, "g", Role.GUEST)
    assert re.fullmatch(r"\d{8}", code)
    found = codes.accept(code)
    assert found is not None
    assert (found.player_id, found.generation, found.role) == (PLAYER, "g", Role.GUEST)
    assert codes.accept(code) is None


def test_a_code_ends(codes: Pairing, clock: Clock) -> None:
    code = codes.invite(PLAYER, "g", Role.REMOTE)
    clock.now += LIFETIME
    assert codes.accept(code) is None


def test_one_code_for_each_player_and_role(codes: Pairing) -> None:
    first = codes.invite(PLAYER, "g", Role.REMOTE)
    guest = codes.invite(PLAYER, "g", Role.GUEST)
    other = codes.invite("b" * 32, "g", Role.REMOTE)
    second = codes.invite(PLAYER, "g", Role.REMOTE)
    assert codes.accept(first) is None
    assert codes.accept(second) is not None
    assert codes.accept(guest) is not None
    assert codes.accept(other) is not None


def test_codes_are_bounded(codes: Pairing) -> None:
    oldest = codes.invite(PLAYER, "g", Role.REMOTE)
    given = {codes.invite(f"{number:032}", "g", Role.REMOTE) for number in range(MOST)}
    assert len(given) == MOST
    assert codes.accept(oldest) is None


def test_no_code_is_kept_in_the_clear(codes: Pairing) -> None:
    code = codes.invite(PLAYER, "g", Role.REMOTE)
    kept = repr(vars(codes))
    assert code not in kept


def guesses(codes: Pairing, clock: Clock, addresses: int) -> int:
    """Return how many guesses so many addresses have in the life of a code."""
    many = 0
    for _ in range(int(LIFETIME * 2)):
        for number in range(addresses):
            while codes.wait(f"10.0.0.{number}") == 0:
                many += 1
        clock.now += 0.5
    return many


def test_one_address_guesses_as_often_as_the_description_says(codes: Pairing, clock: Clock) -> None:
    assert guesses(codes, clock, 1) <= 17
    assert "17 in the life of a code" in " ".join(str(pairing.__doc__).split())


def wrong(codes: Pairing, many: int, digits: int = 8) -> None:
    """Guess wrong; no code that is made in these tests begins with these zeros for long."""
    for number in range(many):
        codes.accept(f"{number:0{digits}}")


@pytest.fixture
def high(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have codes be those that no test guesses."""
    numbers = itertools.count()
    monkeypatch.setattr(secrets, "randbelow", lambda most: most - 1 - next(numbers))


@pytest.mark.usefixtures("high")
def test_a_code_ends_when_too_many_were_guessed(codes: Pairing) -> None:
    code = codes.invite(PLAYER, "g", Role.REMOTE)
    wrong(codes, 89)
    assert codes.guessed() == []
    wrong(codes, 1)
    assert [it.player_id for it in codes.guessed()] == [PLAYER]
    assert codes.guessed() == []
    assert codes.accept(code) is None
    assert "90 wrong guesses" in str(pairing.__doc__)


@pytest.mark.usefixtures("high")
def test_while_codes_are_guessed_new_ones_are_longer(codes: Pairing, clock: Clock) -> None:
    short = codes.invite(PLAYER, "g", Role.REMOTE)
    wrong(codes, 46)
    long = codes.invite("b" * 32, "g", Role.REMOTE)
    assert (len(short), len(long)) == (8, 12)
    # the short one is good until its budget is used up, the long one does not mind
    wrong(codes, 10_000)
    assert [it.player_id for it in codes.guessed()] == [PLAYER]
    assert codes.accept(long) is not None
    clock.now += CALM + 1
    assert len(codes.invite(PLAYER, "g", Role.REMOTE)) == 8


@pytest.mark.usefixtures("high")
def test_a_long_code_has_a_budget_too(codes: Pairing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pairing.BUDGETS, LONG, 50)
    wrong(codes, 60)
    code = codes.invite(PLAYER, "g", Role.REMOTE)
    wrong(codes, 60)
    assert codes.guessed() == []
    wrong(codes, 50, LONG)
    assert [it.digits for it in codes.guessed()] == [len(code)]


def test_every_budget_is_below_one_in_a_million() -> None:
    assert all(many / 10**digits < 1e-6 for digits, many in pairing.BUDGETS.items())


def test_now_and_then_a_wrong_one_changes_nothing(codes: Pairing, clock: Clock) -> None:
    for _ in range(1000):
        wrong(codes, 1)
        clock.now += 10
    assert len(codes.invite(PLAYER, "g", Role.REMOTE)) == 8


@pytest.mark.usefixtures("high")
def test_guesses_from_many_addresses_keep_nobody_out(codes: Pairing, clock: Clock) -> None:
    """The honest person types a code that is shown, while 1,000 addresses guess all the time."""
    for _ in range(20):
        for number in range(1000):
            if codes.wait(f"10.0.{number // 250}.{number % 250}") == 0:
                wrong(codes, 1)
        codes.guessed()
        code = codes.invite(PLAYER, "g", Role.REMOTE)
        assert codes.wait("192.168.1.5") == 0
        assert codes.accept(code) is not None
        clock.now += 10


def test_who_guesses_too_often_keeps_nobody_else_out(codes: Pairing) -> None:
    for _ in range(100):
        codes.wait("10.0.0.1")
    assert codes.wait("10.0.0.1") > 0
    assert codes.wait("10.0.0.2") == 0


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("4821-9367", "48219367"),
        (" 4821 9367 ", "48219367"),
        ("48.21.93.67", "48219367"),
        ("4821\u20119367", "48219367"),
        ("4821936", None),
        ("482193670", None),
        ("4821-9367-1234", "482193671234"),
        ("4821-9367-12345", None),
        ("4821936a", None),
        ("٤٨٢١٩٣٦٧", None),
        ("", None),
    ],
)
def test_what_people_type(typed: str, code: str | None) -> None:
    assert read(typed) == code


def test_what_people_see() -> None:
    assert spelled("48219367") == "4821-9367"
    assert read(spelled("00000001")) == "00000001"


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        (("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/140.0.0.0 Mobile Safari/537.36"), "Android · Chrome"),
        (("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
         "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"), "iPhone · Safari"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
         "Linux · Firefox"),
        (("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"), "Windows · Edge"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_devices(agent: str, label: str) -> None:
    assert device_names.label(agent) == label
