"""The wire contract (docs/protocol.md): topics, messages, values and state; no I/O."""
