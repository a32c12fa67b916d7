"""MQTT packets to and from bytes; no I/O."""
