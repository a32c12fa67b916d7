"""What Paho's tests import in place of the reference broker: the package ``mqtt`` in this folder."""
