"""The fence around amqtt: its configuration, its plugins, and what they see of the broker."""
