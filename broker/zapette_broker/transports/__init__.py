"""The wires that clients come by: TCP, WebSocket, and whatever an embedding program brings."""
