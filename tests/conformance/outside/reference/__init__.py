"""Paho's tests import the package ``mqtt`` of this folder in place of their reference broker."""
