"""Use the bank from Python: python examples/bank/client.py AMOUNT."""

import sys

from zapette import Application, CallError

with Application() as app:
    bank = app.service("bank")
    amount = int(sys.argv[1])
    try:
        print(bank.deposit(amount) if amount > 0 else bank.withdraw(-amount))
    except CallError as error:
        sys.exit(f"{error.code}: {error}")
