"""Conformance of an MQTT server to MQTT 3.1.1 and MQTT 5.0, seen from the wire."""
