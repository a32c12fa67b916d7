"""MQTT for the client: paho-mqtt on an event loop, lasting connections, subscriptions."""
