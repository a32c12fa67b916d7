"""The MQTT broker as the rest of the server sees it: our own, or a cluster of NATS servers."""
