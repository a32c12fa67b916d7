"""The bridge: shows the household's players on the home's own broker.

It imports nothing from the broker or the web side.
"""
