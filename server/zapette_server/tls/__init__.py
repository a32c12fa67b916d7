"""TLS for the pages, the API and MQTT over WebSocket: a process in front of the web side."""
