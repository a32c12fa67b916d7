"""An object that other programs use remotely, as with Pyro: python examples/bank/service.py.

client.py uses it from Python, bank.js from a page.
"""

from __future__ import annotations

from typing import Annotated

from zapette import Application, Range
from zapette.errors import NotSupported


class Account:
    """An account with a balance, in cents."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._balance = 0

    def balance(self) -> int:
        """Return the balance."""
        return self._balance

    def deposit(self, amount: Annotated[int, Range(1, 1_000_000)]) -> int:
        """Deposit an amount; return the balance."""
        return self._change(amount)

    def withdraw(self, amount: Annotated[int, Range(1, 1_000_000)]) -> int:
        """Withdraw an amount; return the balance."""
        if amount > self._balance:
            raise NotSupported(f"there are only {self._balance} cents")
        return self._change(-amount)

    def _change(self, amount: int) -> int:
        self._balance += amount
        self._app.event("changed", balance=self._balance)
        return self._balance


def main() -> None:
    """Offer an account as the service ``bank``."""
    app = Application("bank")
    app.expose(Account(app))
    app.run()


if __name__ == "__main__":
    main()
