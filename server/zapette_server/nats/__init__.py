"""NATS as the engine of MQTT: keys, tokens, rights, revocations and node configurations."""
