"""Calls from one Python program to another: our library, and Autobahn on Crossbar.io."""
