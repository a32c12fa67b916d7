"""Mosquitto's own tests of a broker, from Debian's sources, run on ours: a suite from outside.

``python -m tests.conformance.outside`` fetches them, runs them on our broker and on the Mosquitto
of the same release, and says what passed. Nothing of them is in this repository, and none of their
files is changed: they start what is at ``src/mosquitto`` below ``BUILD_ROOT``, and find there a
program that takes Mosquitto's options and settings and runs our broker (`stand_in`).
"""
