"""The bridge: shows the household's players on the broker that the home has already.

Imports nothing of the broker or the web side.
"""
